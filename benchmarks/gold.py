"""Readers of labelled product texts: folders of the AE-110K, WDC-PAVE and MEPAVE forms."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from kgrec.data import Fact, Product
from kgrec.evaluation.values import ValueCell
from kgrec.extraction.labelled import LabelledProduct

__all__ = ["Gold", "answers_of", "cells_of", "read_gold", "read_rows"]

FOLDS = 5
_ABSENT = "n/a"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gold:
    """A labelled set, cut into what may be learned from and what is judged on.

    Attributes:
        kind: ``"titles"`` (AE-110K), ``"offers"`` (WDC-PAVE) or ``"spans"`` (MEPAVE).
        folds: pairs of training and test products; one pair where the folder has both, five inside a lone file.
        replies: (title, category) → a language model's reply as it came, where the folder has recorded ones.
        attributes: category → attributes that are looked for there, from the folder or from the training products.
        spans: product id → (attribute, start, end) in its title; of the span form alone.
        absent_too: (product id, attribute) for which the gold lists "n/a" beside values.
        notes: what was used in place of what.
    """

    kind: str
    folds: tuple[tuple[tuple[LabelledProduct, ...], tuple[LabelledProduct, ...]], ...]
    replies: Mapping[tuple[str, str], str] = field(default_factory=dict)
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    spans: Mapping[str, tuple[tuple[str, int, int], ...]] = field(default_factory=dict)
    absent_too: frozenset[tuple[str, str]] = frozenset()
    notes: tuple[str, ...] = ()

    @property
    def judged(self) -> tuple[LabelledProduct, ...]:
        """The test products of all folds."""
        return tuple(row for _, test in self.folds for row in test)


def read_gold(folder: Path, *, seed: int = 0) -> Gold:
    """Read a folder; where it holds variants in folders of their own, the normalised published values are read.

    Raises:
        FileNotFoundError: no file that could be judged on.
        ValueError: rows of a form that is not known.
    """
    folder = _variant(folder)
    files = {name: found for name in ("train_large", "train", "dev", "test") if (found := _file(folder, name))}
    notes: list[str] = []
    rows = {name: list(read_rows(file)) for name, file in files.items()}
    train_name = next((name for name in ("train_large", "train") if rows.get(name)), None)
    test_name = next((name for name in ("test", "dev") if rows.get(name)), None)
    if test_name is None:
        raise FileNotFoundError(f"{folder}: no rows in test.jsonl, dev.jsonl or their .gz; nothing to judge on")
    kind = _kind(rows[test_name][0])
    test = _labelled(rows[test_name], kind, test_name)
    if train_name is not None:
        train = _labelled(rows[train_name], kind, train_name)
        folds: tuple[tuple[tuple[LabelledProduct, ...], tuple[LabelledProduct, ...]], ...] = ((train, test),)
        notes.append(f"trained on {files[train_name].name}, judged on {files[test_name].name}")
    else:
        train, folds = test, _inside(test, seed)
        notes.append(f"no training file: {len(folds)} folds inside {files[test_name].name}")
    spans = {}
    if kind == "spans":
        for name in {train_name, test_name} - {None}:
            spans.update(_spans(rows[str(name)], str(name)))
    judged_rows = zip(test, rows[test_name], strict=True)
    return Gold(
        kind=kind,
        folds=folds,
        replies=_replies(folder),
        attributes=_attributes(folder, (*train, *test)),
        spans=spans,
        absent_too=frozenset(key for made, row in judged_rows for key in _absent_too(made, row)),
        notes=tuple(notes),
    )


def read_rows(file: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a JSON-lines file, packed or not; blank lines are passed over.

    Raises:
        ValueError: a line is not a JSON object; file and line are named.
    """
    open_text = gzip.open if file.suffix == ".gz" else open
    with open_text(file, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except json.JSONDecodeError as error:
                raise ValueError(f"{file}, line {number}: not JSON ({error})") from error
            if not isinstance(row, dict):
                raise ValueError(f"{file}, line {number}: expected an object, found {type(row).__name__}")
            yield row


def answers_of(facts: Sequence[Fact]) -> dict[tuple[str, str], Fact]:
    """Return the most confident fact of each (product, attribute), the first of equals."""
    best: dict[tuple[str, str], Fact] = {}
    for fact in facts:
        key = fact.product, fact.relation
        if key not in best or fact.confidence > best[key].confidence:
            best[key] = fact
    return best


def cells_of(
    judged: Sequence[LabelledProduct],
    answers: Mapping[tuple[str, str], Fact],
    absent_too: Set[tuple[str, str]] = frozenset(),
) -> Iterator[ValueCell]:
    """Yield a cell for every attribute that the gold looked for."""
    for row in judged:
        for attribute, values in row.values.items():
            key = row.product.id, attribute
            predicted = answers[key].value if key in answers else None
            group = row.category, attribute
            yield ValueCell(group=group, gold=values, predicted=predicted, absent_too=key in absent_too)


def _variant(folder: Path) -> Path:
    if any(_file(folder, name) for name in ("test", "dev")):
        return folder
    inside = sorted(path for path in folder.glob("*") if path.is_dir() and (_file(path, "test") or _file(path, "dev")))
    preferred = [path for path in inside if "normalized" in path.name or "normalised" in path.name]
    return next(iter(preferred or inside), folder)


def _file(folder: Path, name: str) -> Path | None:
    return next((file for end in (".jsonl", ".jsonl.gz") if (file := folder / f"{name}{end}").is_file()), None)


def _kind(row: Mapping[str, Any]) -> str:
    for key, kind in (("input_title", "offers"), ("input", "titles"), ("sentences", "spans")):
        if key in row:
            return kind
    raise ValueError(f"rows of a form that is not known: expected input, input_title or sentences, found {sorted(row)}")


def _labelled(rows: Sequence[Mapping[str, Any]], kind: str, name: str) -> tuple[LabelledProduct, ...]:
    made = []
    for num, row in enumerate(rows):
        product_id = f"{name}-{num}"
        if kind == "spans":
            values: dict[str, tuple[str, ...]] = dict.fromkeys(row.get("label_set") or (), ())
            for span in row.get("spans") or ():
                values[span["type"]] = tuple(dict.fromkeys((*values.get(span["type"], ()), span["term"])))
            product, category = Product(id=product_id, title=row["sentences"], language="zh"), ""
        else:
            scores = row.get("target_scores") or {}
            values = {attribute: _present(given) for attribute, given in scores.items()}
            title, description = str(row.get("input_title", row.get("input")) or ""), row.get("input_description") or ""
            product = Product(id=product_id, title=title, description=str(description))
            category = str(row.get("category") or "")
        made.append(LabelledProduct(product=product, category=category, values=values))
    return tuple(made)


def _present(given: object) -> tuple[str, ...]:
    """Return the values of a cell; none where its only one says that there is none."""
    return tuple(str(value) for value in given if value != _ABSENT) if isinstance(given, Mapping) else ()


def _absent_too(made: LabelledProduct, row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for attribute, given in (row.get("target_scores") or {}).items():
        if isinstance(given, Mapping) and _ABSENT in given and len(given) > 1:
            yield made.product.id, attribute


def _spans(rows: Sequence[Mapping[str, Any]], name: str) -> dict[str, tuple[tuple[str, int, int], ...]]:
    return {
        f"{name}-{num}": tuple((span["type"], span["start"], span["end"]) for span in row.get("spans") or ())
        for num, row in enumerate(rows)
    }


def _inside(
    rows: tuple[LabelledProduct, ...], seed: int
) -> tuple[tuple[tuple[LabelledProduct, ...], tuple[LabelledProduct, ...]], ...]:
    fold = np.random.default_rng(seed).permutation(len(rows)) % FOLDS
    pairs = []
    for num in range(min(FOLDS, len(rows))):
        train = tuple(row for row, of in zip(rows, fold, strict=True) if of != num)
        pairs.append((train, tuple(row for row, of in zip(rows, fold, strict=True) if of == num)))
    return tuple(pairs)


def _replies(folder: Path) -> dict[tuple[str, str], str]:
    file = _file(folder, "gpt4_replies")
    return {(row["title"], row["category"]): str(row["reply"]) for row in read_rows(file)} if file else {}


def _attributes(folder: Path, rows: Sequence[LabelledProduct]) -> dict[str, tuple[str, ...]]:
    """Return the attributes of each category: those of the folder's list, then those that rows have beside it."""
    file = folder / "attributes.json"
    listed: dict[str, dict[str, None]] = {}
    if file.is_file():
        listed = {category: dict.fromkeys(names) for category, names in json.loads(file.read_text("utf-8")).items()}
    for row in rows:
        listed.setdefault(row.category, {}).update(dict.fromkeys(row.values))
    return {category: tuple(names) for category, names in listed.items()}
