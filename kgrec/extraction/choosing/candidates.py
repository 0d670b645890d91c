"""The values that a product may state of an attribute, and what speaks for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import log

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from kgrec.extraction.choosing.amounts import amount
from kgrec.extraction.choosing.classes import ABSENT
from kgrec.extraction.choosing.lexicon import Lexicon
from kgrec.extraction.choosing.mentions import shape_of
from kgrec.extraction.choosing.texts import TELLING, ProductText, hashed

__all__ = ["FEATURES", "Candidate", "candidates_of", "crossed", "features_of"]

FEATURES = 1 << 20
_MOST_MENTIONS = 4
_MIX = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(44)


@dataclass(slots=True)
class Candidate:
    """A value and the mentions that lead to it: their numbers, and how each leads there."""

    value: str
    mentions: list[tuple[int, str]] = field(default_factory=list)
    precision: float = 0.0


def candidates_of(text: ProductText, lexicon: Lexicon, classes: Mapping[str, float]) -> list[Candidate]:
    """Return the candidates for one attribute of a product, absence first, the rest in the order of the text."""
    found: dict[str, Candidate] = {ABSENT: Candidate(ABSENT)}

    def add(value: str | None, at: int, how: str, precision: float = 0.0) -> None:
        if value:
            candidate = found.setdefault(value, Candidate(value))
            candidate.mentions.append((at, how))
            candidate.precision = max(candidate.precision, precision)

    words = [(transform, lexicon.shapes[transform.name]) for transform in lexicon.transforms if not transform.numbers]
    numbers = [transform for transform in lexicon.transforms if transform.numbers]
    for at, mention in enumerate(text.mentions):
        if mention.number:
            for transform in numbers:
                add(transform(mention.text), at, transform.name)
        else:
            for transform, shapes in words:
                if mention.shape in shapes:
                    add(transform(mention.text), at, transform.name)
    if lexicon.rewritings:
        for pattern, places in text.patterns.items():
            for rewriting in lexicon.rewritings.get(pattern, ()):
                for given, at in places:
                    add(rewriting.fill(given), at, f"{pattern} as {rewriting.template}", rewriting.precision)
    for value in classes:
        found.setdefault(value, Candidate(value))
    return list(found.values())


def features_of(
    text: ProductText,
    lexicon: Lexicon,
    classes: Mapping[str, float],
    candidates: list[Candidate],
    levels: tuple[str, ...],
) -> sparse.csr_matrix:
    """Return the features of each candidate, a row each: float32 (len(candidates), ``FEATURES``).

    Args:
        text: the product's texts.
        lexicon: of the attribute.
        classes: value → the classifier's score.
        candidates: see :func:`candidates_of`.
        levels: names under which weights are kept: of the attribute, and of the attribute in its category.
    """
    parts, owners = _of_mentions(text, lexicon, candidates)
    ranking = sorted(classes.values(), reverse=True)
    names: list[int] = []
    amounts: list[float] = []
    holders: list[int] = []
    for at, candidate in enumerate(candidates):
        named = _of_value(candidate, text, lexicon, classes, ranking)
        if candidate.value == ABSENT:
            known = max(lexicon.values.get(other.value, 0) for other in candidates)
            sure = max(other.precision for other in candidates)
            named |= {f"known {_bucket(known)}": 1.0, f"sure {round(sure * 5)}": 1.0}
            named[f"many {_bucket(len(candidates))}"] = 1.0
        names.extend(map(hashed, named))
        amounts.extend(named.values())
        holders.extend([at] * len(named))
    # A candidate of several mentions has a feature once.
    keys = crossed(np.concatenate(parts), levels) if parts else np.zeros(0, dtype=np.int64)
    rows = np.tile(np.repeat(np.array(owners, dtype=np.int64), [len(part) for part in parts]), len(levels))
    keys = np.unique(rows * FEATURES + keys)
    columns = np.concatenate((keys % FEATURES, crossed(np.array(names, dtype=np.uint64), levels)))
    rows = np.concatenate((keys // FEATURES, np.tile(np.array(holders, dtype=np.int64), len(levels))))
    values = np.concatenate((np.ones(len(keys)), np.tile(amounts, len(levels)))).astype(np.float32)
    order = np.argsort(rows, kind="stable")
    ends = np.searchsorted(rows[order], np.arange(len(candidates) + 1))
    return sparse.csr_matrix((values[order], columns[order], ends), shape=(len(candidates), FEATURES))


def _of_mentions(
    text: ProductText, lexicon: Lexicon, candidates: list[Candidate]
) -> tuple[list[NDArray[np.uint64]], list[int]]:
    """Return the features of the candidates' mentions, and the candidate that each part belongs to."""
    plain = {transform.name for transform in lexicon.transforms}
    several = len(plain) > 1
    parts: list[NDArray[np.uint64]] = []
    owners: list[int] = []
    for number, candidate in enumerate(candidates):
        for at, how in candidate.mentions[:_MOST_MENTIONS]:
            around = text.around(at)
            # A rewriting names its words already; of a transform it counts where it is applied.
            telling = around[: 1 if how not in plain else TELLING if several else 0]
            parts.extend((around, telling ^ np.uint64(hashed(how) << 32)))
            owners.extend((number, number))
    return parts, owners


def crossed(features: NDArray[np.uint64], levels: tuple[str, ...]) -> NDArray[np.int64]:
    """Return the columns of features under each level in turn, int64 (len(levels) · f,), 0 … ``FEATURES`` − 1."""
    marks = np.array([hashed(level) for level in levels], dtype=np.uint64)
    mixed = (features[None, :] ^ (marks[:, None] << np.uint64(20))) * _MIX >> _SHIFT
    return mixed.ravel().astype(np.int64)


def _of_value(
    candidate: Candidate, text: ProductText, lexicon: Lexicon, classes: Mapping[str, float], ranking: list[float]
) -> dict[str, float]:
    """Return what speaks for a value as such: the classifier, how often it is stated, what it looks like."""
    value = candidate.value
    kind = "absent" if value == ABSENT else "value"
    named = {f"kind {kind}": 1.0}
    if value in classes:
        score = classes[value]
        named[f"class {kind}"] = 4 * score
        named[f"class over {kind}"] = 4 * max(0.0, score - 0.5)
        named[f"class of {value}"] = 2 * score
        named[f"rank {kind} {min(ranking.index(score), 3)}"] = 1.0
        if ranking[0] == score and len(ranking) > 1:
            named[f"lead {kind}"] = 4 * (score - ranking[1])
    elif classes:
        named[f"no class {kind}"] = 1.0
    if value == ABSENT:
        return named
    fields = "".join(sorted({text.mentions[at].field[0] for at, _ in candidate.mentions}))
    known, sure = _bucket(lexicon.values.get(value, 0)), round(candidate.precision * 10)
    several = min(len(candidate.mentions), 4)
    named["known"] = log(1 + lexicon.values.get(value, 0))
    named |= dict.fromkeys((f"value {value}", f"shape of value {shape_of(value)}", f"fields {fields}"), 1.0)
    named |= dict.fromkeys((f"count {several}", f"known {known}", f"known {known} {fields}"), 1.0)
    named |= dict.fromkeys((f"sure {sure}", f"sure {sure} {fields}"), 1.0)
    if (size := amount(value)) is not None:
        named[f"size {round(2 * log(float(size) + 0.01))}"] = 1.0
    return named


def _bucket(count: int) -> int:
    return count.bit_length()
