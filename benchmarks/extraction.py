"""How well attribute values are read: by rule, by the learned tagger, by an LLM's recorded replies, and fused.

Any folder of the AE-110K form (train.jsonl and test.jsonl, packed or not, gpt4_replies.jsonl where there is one), of
WDC-PAVE's or of MEPAVE's; where there is nothing to train on, five folds inside the judged file.

    python benchmarks/extraction.py --gold ../shared/data/ae-110k --json extraction.json
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from answered import Answered, NotRunError
from gold import Gold, answers_of, cells_of, read_gold
from measuring import console, write_json
from methods import METHODS
from rich.table import Table

from kgrec.data import Fact
from kgrec.evaluation.values import ValueCell, ValueScores, score_values
from kgrec.extraction.grounding import why_ungrounded
from kgrec.extraction.labelled import LabelledProduct

SHOWN = ("micro_precision", "micro_recall", "micro_f1", "macro_f1", "wrong_spans", "training_seconds", "titles_per_s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gold", type=Path, required=True, help="folder with the labelled texts")
    parser.add_argument("--json", type=Path, default=None, help="write the figures to this file")
    parser.add_argument("--only", nargs="*", default=list(METHODS), choices=list(METHODS), help="methods to run")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    gold = read_gold(arguments.gold, seed=arguments.seed)
    result: dict[str, Any] = {"gold": str(arguments.gold), "form": gold.kind, "notes": list(gold.notes)}
    result["judged"] = {"products": len(gold.judged), "cells": sum(len(row.values) for row in gold.judged)}
    for name in arguments.only:
        with console.status(name):
            result[name] = found = measured(name, gold)
        said = found.get("reason") or f"micro F1 {found['micro_f1']:.4f}, {found['seconds']:.0f} s"
        console.print(f"· {name}: {said}", highlight=False)
        if name != arguments.only[-1]:
            write_json(arguments.json, result)  # the rest may take long: what is known so far
    show(result, arguments.only)
    write_json(arguments.json, result)


def measured(name: str, gold: Gold) -> dict[str, Any]:
    """Run one method on every fold and score all folds together."""
    cells: list[ValueCell] = []
    wrong, training = 0, 0.0
    reading: list[float] = []
    extra: dict[str, Any] = {}
    started = time.perf_counter()
    for train, test in gold.folds:
        try:
            answered: Answered = METHODS[name](gold, train, test)
        except NotRunError as reason:
            return {"reason": str(reason)}
        facts = list(answered.facts)
        cells.extend(cells_of(test, answers_of(facts), gold.absent_too))
        wrong += wrong_spans(facts, test)
        training += answered.training_seconds
        reading += [answered.reading_seconds] if answered.reading_seconds is not None else []
        extra.update(answered.extra)
    return {
        **figures(score_values(cells)),
        "wrong_spans": wrong,
        "seconds": time.perf_counter() - started,
        "training_seconds": training,
        "titles_per_s": len(gold.judged) / max(sum(reading), 1e-9) if reading else None,
        **extra,
    }


def figures(scores: ValueScores) -> dict[str, Any]:
    """Return the scores under the names of the JSON."""
    total = scores.total
    return {
        "micro_precision": total.precision,
        "micro_recall": total.recall,
        "micro_f1": total.f1,
        "macro_f1": scores.macro_f1,
        "counts": {name: getattr(total, name) for name in ("nn", "nv", "vn", "vc", "vw")},
    }


def wrong_spans(facts: Iterable[Fact], products: Sequence[LabelledProduct]) -> int:
    """Count the facts whose words do not stand where they say."""
    by_id = {row.product.id: row.product for row in products}
    return sum(why_ungrounded(fact, by_id[fact.product]) is not None for fact in facts)


def show(result: Mapping[str, Any], names: Sequence[str]) -> None:
    """Print the methods one below the other."""
    judged = result["judged"]
    title = f"{result['gold']}: {judged['products']:,} products, {judged['cells']:,} attributes looked for"
    table = Table(title=title, title_justify="left")
    table.add_column("")
    for key in SHOWN:
        table.add_column(key, justify="right")
    for name in names:
        row = result[name]
        if "reason" in row:
            table.add_row(name, row["reason"])
        else:
            table.add_row(name, *[_shown(row.get(key)) for key in SHOWN])
    console.print(table)
    for note in (*result["notes"], *(line for name in names for line in result[name].get("notes", ()))):
        console.print(note, highlight=False)


def _shown(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:,.4f}" if isinstance(value, float) and abs(value) < 1 else f"{value:,.0f}"  # type: ignore[str-bytes-safe]


if __name__ == "__main__":
    main()
