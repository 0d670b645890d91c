"""The learned taggers in the extraction benchmark: which one reads a set, and one taught by recorded replies alone."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from answered import Answered, NotRunError, Rows
from gold import Gold, answers_of, cells_of

from kgrec.data import Fact
from kgrec.errors import DataError, EncoderUnavailableError
from kgrec.evaluation.values import score_values
from kgrec.extraction.labelled import LabelledProduct
from kgrec.extraction.tagging import CharacterTagger, TaggerExtractor
from kgrec.language.tokens import fold

__all__ = ["character_tagger", "span_tagger"]


def span_tagger(gold: Gold, train: Rows, test: Rows) -> Answered:
    """Read with the learned tagger, as it is loaded from its folder; beside it one taught by the recorded replies."""
    started = time.perf_counter()
    try:
        made = TaggerExtractor.train(train, attributes=gold.attributes)
    except (DataError, EncoderUnavailableError) as error:
        raise NotRunError(str(error)) from error
    trained = time.perf_counter()
    with TemporaryDirectory() as folder:
        made.save(Path(folder))
        int8 = json.loads((Path(folder) / "tagger.json").read_text("utf-8"))["int8"]
        loaded = TaggerExtractor.load(Path(folder))
        precision = loaded.model.states.precision
    products, categories = [row.product for row in test], [row.category for row in test]
    list(loaded.answers(products[:32], categories[:32]))
    begun = time.perf_counter()
    facts = list(loaded.answers(products, categories))
    read = time.perf_counter() - begun
    extra: dict[str, Any] = {"precision": precision, "int8": int8}
    notes = [f"tagger: {made.settings.layers} layers of {made.model.source}, {precision}"]
    if gold.replies:
        extra["taught_by_replies"] = taught_by_replies(gold, test)
        notes += _against_replies(len(test) / read, extra["taught_by_replies"])
    return Answered(
        facts=facts,
        training_seconds=trained - started,
        reading_seconds=read,
        extra={**extra, "notes": notes},
    )


def taught_by_replies(gold: Gold, judged: Rows) -> dict[str, Any]:
    """Teach a tagger with the replies to one half of the products, judge it on the gold of the other; both ways round.

    Nothing of the gold is seen in training: labels are the replies, absent where the model said so, and unknown where
    its value does not stand in the title.
    """
    started = time.perf_counter()
    facts: list[Fact] = []
    for half in (0, 1):
        taught = [_as_replied(row, gold.replies) for row in judged[half::2]]
        made = TaggerExtractor.train(taught, attributes=gold.attributes)
        others = judged[1 - half :: 2]
        facts += made.answers([row.product for row in others], [row.category for row in others])
    scores = score_values(cells_of(judged, answers_of(facts), gold.absent_too))
    return {
        "micro_precision": scores.total.precision,
        "micro_recall": scores.total.recall,
        "micro_f1": scores.total.f1,
        "macro_f1": scores.macro_f1,
        "seconds": time.perf_counter() - started,
    }


def _as_replied(row: LabelledProduct, replies: Mapping[tuple[str, str], str]) -> LabelledProduct:
    """Label a product by the reply to it; of a list of values each part that stands in the title is one."""
    try:
        reply = json.loads(replies.get((row.product.title, row.category), "{}"))
    except json.JSONDecodeError:
        reply = {}
    title, folded = row.product.title, fold(row.product.title)
    values: dict[str, tuple[str, ...]] = {}
    for attribute, value in reply.items() if isinstance(reply, dict) else ():
        if value in (None, "", "n/a"):
            values[attribute] = ()
            continue
        whole = str(value) if isinstance(value, str | int | float) else ""
        parts = [whole] if whole and fold(whole) in folded else whole.split(", ")
        found = [title[at : at + len(part)] for part in parts if part and (at := folded.find(fold(part))) >= 0]
        if found:
            values[attribute] = tuple(dict.fromkeys(found))
    return replace(row, values=values)


GPT4_TOKENS_A_TITLE = 1_102_557 / 524


def _against_replies(titles_per_s: float, taught: Mapping[str, Any]) -> list[str]:
    billions = GPT4_TOKENS_A_TITLE / 1e3
    hours = 1e6 / titles_per_s / 3600
    return [
        f"tagger taught by the replies alone, halves crossed: micro F1 {taught['micro_f1']:.4f}",
        f"price: the LLM took {GPT4_TOKENS_A_TITLE:,.0f} tokens a title, {billions:.1f} billion for a million titles; "
        f"the tagger reads {titles_per_s:,.0f} titles/s here, a million in {hours:,.1f} h, and no token",
    ]


def character_tagger(gold: Gold, train: Rows, test: Rows) -> Answered:
    """Read with the character tagger, trained on the spans."""
    started = time.perf_counter()
    learned = CharacterTagger.train(train, spans=gold.spans)
    trained = time.perf_counter()
    facts = list(learned.answers(row.product for row in test))
    read = time.perf_counter()
    return Answered(facts=facts, training_seconds=trained - started, reading_seconds=read - trained)
