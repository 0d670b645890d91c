"""Pairs of values that may be one: alike in letters or near in meaning. Somebody has to say: a model, or a person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kgrec.extraction.canonical.guards import keeps_apart
from kgrec.extraction.canonical.merging import Values, plain_keys
from kgrec.extraction.canonical.settings import CanonicalSettings
from kgrec.protocols import Encoder

__all__ = ["Doubt", "alike_in_letters", "by_weight", "near_in_meaning"]

_BLOCK = 200
_START = 4
_ROWS = 512
_NEAREST = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Two values of a relation that may be one.

    Attributes:
        relation: the values' relation.
        rarer: the one with fewer facts.
        commoner: the other.
        likeness: of their letters, 0 … 1.
        cosine: of their vectors; None where there is no encoder.
        facts: that state the rarer one.
    """

    relation: str
    rarer: str
    commoner: str
    likeness: float
    cosine: float | None
    facts: int


def alike_in_letters(values: Values, settings: CanonicalSettings) -> list[Doubt]:
    """Return the pairs whose letters are alike, compared within blocks of one first word, start or last word only.

    A block of more than 200 values is cut into overlapping stretches in order of the alphabet.
    """
    from rapidfuzz import fuzz, process

    named = plain_keys(values, settings)
    blocks: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for key in named:
        words = key.split(" ")
        for block in {("first", words[0]), ("last", words[-1]), ("start", key.replace(" ", "")[:_START])}:
            blocks[block].append(key)
    pairs: dict[tuple[str, str], float] = {}
    for members in blocks.values():
        members.sort()
        for start in range(0, max(len(members) - _BLOCK // 2, 1), _BLOCK // 2):
            stretch = members[start : start + _BLOCK]
            if len(stretch) > 1:
                scores = process.cdist(
                    stretch, stretch, scorer=fuzz.ratio, score_cutoff=100 * settings.doubtful_likeness, workers=1
                )
                for one, other in np.argwhere(np.triu(scores, 1) > 0).tolist():
                    pairs[stretch[one], stretch[other]] = float(scores[one, other]) / 100
    return _doubts(values, named, {pair: (likeness, None) for pair, likeness in pairs.items()})


def near_in_meaning(values: Values, settings: CanonicalSettings, encoder: Encoder) -> list[Doubt]:
    """Return the pairs whose vectors are near: of each value its five nearest, among the most used values."""
    from rapidfuzz import fuzz

    named = plain_keys(values, settings)
    keys = sorted(named, key=lambda key: (-values.counts[named[key]], key))[: settings.max_encoded]
    if len(keys) < 2:
        return []
    vectors = np.asarray(encoder.encode([named[key] for key in keys]), np.float32)
    pairs: dict[tuple[str, str], tuple[float, float | None]] = {}
    for one, other, cosine in _nearest(vectors, settings.vector_likeness):
        first, second = sorted((keys[one], keys[other]))
        pairs[first, second] = fuzz.ratio(first, second) / 100, cosine
    return _doubts(values, named, pairs)


def _nearest(vectors: NDArray[np.float32], least: float) -> list[tuple[int, int, float]]:
    """Return (row, another row, cosine) of float32 (n, d), each row's nearest that are near enough."""
    found = []
    for start in range(0, len(vectors), _ROWS):
        cosines = vectors[start : start + _ROWS] @ vectors.T
        cosines[np.arange(len(cosines)), np.arange(start, start + len(cosines))] = -1
        best = np.argsort(-cosines, axis=1, kind="stable")[:, :_NEAREST]
        for row, others in enumerate(best.tolist()):
            found += [(start + row, at, float(cosines[row, at])) for at in others if cosines[row, at] >= least]
    return found


def _doubts(
    values: Values, named: Mapping[str, str], pairs: Mapping[tuple[str, str], tuple[float, float | None]]
) -> list[Doubt]:
    """Leave out what must stay apart, and say which of each pair is the rarer."""
    doubts = []
    for (first, second), (likeness, cosine) in sorted(pairs.items()):
        if first == second or keeps_apart(first, second, values.relation):
            continue
        rarer, commoner = sorted((named[first], named[second]), key=lambda value: (values.counts[value], value))
        if rarer in values.kept and commoner in values.kept:
            continue
        if rarer in values.kept:
            rarer, commoner = commoner, rarer
        doubts.append(
            Doubt(
                relation=values.relation,
                rarer=rarer,
                commoner=commoner,
                likeness=round(likeness, 4),
                cosine=None if cosine is None else round(cosine, 4),
                facts=values.counts[rarer],
            )
        )
    return doubts


def by_weight(doubts: Sequence[Doubt]) -> list[Doubt]:
    """Return doubts in the order in which they should be settled: those that concern most facts first."""
    return sorted(
        doubts, key=lambda doubt: (-doubt.facts, -doubt.likeness, doubt.relation, doubt.rarer, doubt.commoner)
    )
