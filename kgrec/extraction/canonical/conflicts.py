"""Relations of one value, and which source is believed where several state several."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kgrec.data import Facts
from kgrec.extraction.canonical.columns import Coded, coded, with_column
from kgrec.extraction.canonical.keys import words_key
from kgrec.language.measures import measure_of

__all__ = ["learned_single", "resolved"]

_NEARLY = 0.02  # 18 cm and 7 in say the same of a product


def learned_single(facts: Facts, *, share: float, support: int) -> frozenset[str]:
    """Return the relations that have one value a product, as the shop's own declarations show.

    Args:
        facts: under their canonical values.
        share: of the products that declare the relation, at least so many (0 … 1) declare one value.
        support: at least so many products declare it.
    """
    product, relation, value, extractor = (coded(facts, name) for name in ("product", "relation", "value", "extractor"))
    declared = np.flatnonzero((extractor.codes == extractor.find("declared")) & (relation.codes >= 0))
    owner = relation.codes[declared] * max(len(product.texts), 1) + product.codes[declared]
    triples = np.unique(np.stack([owner, value.codes[declared]]), axis=1)
    owners, counts = np.unique(triples[0], return_counts=True)
    relations = owners // max(len(product.texts), 1)
    products = np.bincount(relations, minlength=len(relation.texts))
    single = np.bincount(relations, weights=counts == 1, minlength=len(relation.texts))
    kept = (products >= support) & (single >= share * products)
    return frozenset(relation.texts[at] for at in np.flatnonzero(kept).tolist()) - {"category"}


def resolved(facts: Facts, single: Collection[str]) -> Facts:
    """Mark, where sources disagree on a relation of one value, what is believed and what is overruled.

    Within a product and relation, in this order: what a person accepted; what the shop declares; the value that most
    sources state (an extractor in one field is a source), then the surest, then the first by letters. Several values
    that a person accepted, or that the shop declares, are no conflict among themselves. A value that is more general
    than the one believed (``"blue"`` beside ``"dark blue"``), or a measure within 2 % of it, agrees with it.

    Args:
        facts: under their canonical values; marks of an earlier call are taken away first.
        single: relations of one value.
    """
    standing = coded(facts, "standing")
    plain, chosen, overruled = (standing.code(name) for name in ("", "chosen", "overruled"))
    before = standing.codes.copy()
    standing.codes[np.isin(standing.codes, (chosen, overruled))] = plain
    rejected = standing.find("rejected")
    disputed = _disputed(facts, single, standing.codes != rejected)
    for rows, statements in disputed:
        believed = _believed(statements)
        if all(statement.value in believed or _agrees(statement.value, believed) for statement in statements):
            continue
        for row, statement in zip(rows, statements, strict=True):
            if statement.value in believed:
                standing.codes[row] = chosen if standing.codes[row] == plain else standing.codes[row]
            elif not _agrees(statement.value, believed):
                standing.codes[row] = overruled
    if np.array_equal(before, standing.codes):
        return facts
    return with_column(facts, "standing", standing.column("standing"))


class _Statement(NamedTuple):
    value: str
    source: tuple[str, str]
    confidence: float
    accepted: bool


def _disputed(
    facts: Facts, single: Collection[str], live: NDArray[np.bool_]
) -> Iterable[tuple[list[int], list[_Statement]]]:
    """Yield the rows, and what they state, of each product and relation of one value that has several."""
    product, relation, value = (coded(facts, name) for name in ("product", "relation", "value"))
    wanted = np.array([name in single for name in relation.texts] + [False])
    rows = np.flatnonzero(wanted[relation.codes] & live & (value.codes >= 0))
    owner = product.codes[rows] * max(len(relation.texts), 1) + relation.codes[rows]
    order = np.lexsort((rows, owner))
    rows, owner = rows[order], owner[order]
    starts = np.flatnonzero(np.diff(owner, prepend=-1))
    if not len(starts):
        return
    low, high = (reduce.reduceat(value.codes[rows], starts) for reduce in (np.minimum, np.maximum))
    ends = np.append(starts[1:], len(rows))
    columns = _Columns(facts, value)
    for at in np.flatnonzero(low != high).tolist():
        mine = rows[starts[at] : ends[at]].tolist()
        yield mine, [columns.statement(row) for row in mine]


class _Columns:
    """The columns that a conflict is settled by."""

    def __init__(self, facts: Facts, value: Coded) -> None:
        self._value = value
        self._extractor, self._field, self._standing = (
            coded(facts, name) for name in ("extractor", "field", "standing")
        )
        self._confidence = facts.table["confidence"].to_numpy()

    def statement(self, row: int) -> _Statement:
        extractor = self._extractor.texts[self._extractor.codes[row]]
        field = "" if extractor == "declared" else self._field.texts[self._field.codes[row]]
        return _Statement(
            self._value.texts[self._value.codes[row]],
            (extractor, field),
            float(self._confidence[row]),
            self._standing.texts[self._standing.codes[row]] == "accepted",
        )


def _believed(statements: Sequence[_Statement]) -> frozenset[str]:
    accepted = frozenset(statement.value for statement in statements if statement.accepted)
    declared = frozenset(statement.value for statement in statements if statement.source[0] == "declared")
    if accepted or declared:
        return accepted or declared
    sources: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    surest: defaultdict[str, float] = defaultdict(float)
    for statement in statements:
        sources[statement.value].add(statement.source)
        surest[statement.value] = max(surest[statement.value], statement.confidence)
    return frozenset([min(sources, key=lambda value: (-len(sources[value]), -surest[value], value))])


def _agrees(value: str, believed: frozenset[str]) -> bool:
    return any(_more_general(value, other) or _nearly_equal(value, other) for other in believed)


def _more_general(value: str, other: str) -> bool:
    """Tell whether every word of a value is one of the other's."""
    mine, theirs = words_key(value), words_key(other)
    if not mine.isascii() and " " not in mine:
        return mine in theirs
    words = mine.replace("/", " ").replace(",", " ").split()
    return set(words) <= set(theirs.replace("/", " ").replace(",", " ").split())


def _nearly_equal(value: str, other: str) -> bool:
    mine, theirs = measure_of(value), measure_of(other)
    if mine is None or theirs is None or mine.dimension != theirs.dimension or not mine.unit:
        return False
    pairs = zip(mine.exact[1], theirs.exact[1], strict=True)
    return all(abs(one - another) <= _NEARLY * max(one, another) for one, another in pairs)
