"""The values that a product may state of an attribute, and what speaks for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import log

import numpy as np
from numpy.typing import NDArray

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
) -> tuple[list[NDArray[np.int64]], list[NDArray[np.float32]]]:
    """Return the features of each candidate: columns, below ``FEATURES``, and their values.

    Args:
        text: the product's texts.
        lexicon: of the attribute.
        classes: value → the classifier's score.
        candidates: see :func:`candidates_of`.
        levels: names under which weights are kept: of the attribute, and of the attribute in its category.
    """
    plain = {transform.name for transform in lexicon.transforms}
    several = len(plain) > 1
    ranking = sorted(classes.values(), reverse=True)
    columns, values = [], []
    best_known = max((lexicon.values.get(candidate.value, 0) for candidate in candidates), default=0)
    best_precision = max((candidate.precision for candidate in candidates), default=0.0)
    for candidate in candidates:
        parts: list[NDArray[np.uint64]] = []
        for at, how in candidate.mentions[:_MOST_MENTIONS]:
            around = text.around(at)
            # A rewriting names its words already; of a transform it counts where it is applied.
            telling = around[: 1 if how not in plain else TELLING if several else 0]
            parts.extend((around, telling ^ np.uint64(hashed(how) << 32)))
        named, real = _of_value(candidate, text, lexicon, classes, ranking)
        if candidate.value == ABSENT:
            named += [
                f"known {_bucket(best_known)}",
                f"sure {round(best_precision * 5)}",
                f"many {_bucket(len(candidates))}",
            ]
        parts.append(np.array([hashed(name) for name in named], dtype=np.uint64))
        keys = np.unique(np.concatenate(parts))
        extra = np.array([hashed(name) for name in real], dtype=np.uint64)
        both = np.concatenate((keys, extra))
        amounts = np.concatenate((np.ones(len(keys)), np.array(list(real.values())))).astype(np.float32)
        columns.append(crossed(both, levels))
        values.append(np.tile(amounts, len(levels)))
    return columns, values


def crossed(features: NDArray[np.uint64], levels: tuple[str, ...]) -> NDArray[np.int64]:
    """Return the columns of features under each level in turn, int64 (len(levels) · f,), 0 … ``FEATURES`` − 1."""
    marks = np.array([hashed(level) for level in levels], dtype=np.uint64)
    mixed = (features[None, :] ^ (marks[:, None] << np.uint64(20))) * _MIX >> _SHIFT
    return mixed.ravel().astype(np.int64)


def _of_value(
    candidate: Candidate, text: ProductText, lexicon: Lexicon, classes: Mapping[str, float], ranking: list[float]
) -> tuple[list[str], dict[str, float]]:
    value = candidate.value
    kind = "absent" if value == ABSENT else "value"
    named = [f"kind {kind}"]
    real: dict[str, float] = {}
    if value in classes:
        score = classes[value]
        real[f"class {kind}"] = 4 * score
        real[f"class over {kind}"] = 4 * max(0.0, score - 0.5)
        real[f"class of {value}"] = 2 * score
        named.append(f"rank {kind} {min(ranking.index(score), 3)}")
        if ranking[0] == score and len(ranking) > 1:
            real[f"lead {kind}"] = 4 * (score - ranking[1])
    elif classes:
        named.append(f"no class {kind}")
    if value == ABSENT:
        return named, real
    fields = "".join(sorted({text.mentions[at].field[0] for at, _ in candidate.mentions}))
    known = lexicon.values.get(value, 0)
    named += [
        f"value {value}",
        f"shape of value {shape_of(value)}",
        f"fields {fields}",
        f"count {min(len(candidate.mentions), 4)}",
        f"known {_bucket(known)}",
        f"known {_bucket(known)} {fields}",
        f"sure {round(candidate.precision * 10)}",
        f"sure {round(candidate.precision * 10)} {fields}",
    ]
    real["known"] = log(1 + known)
    if (size := amount(value)) is not None:
        named.append(f"size {round(2 * log(float(size) + 0.01))}")
    return named, real


def _bucket(count: int) -> int:
    return count.bit_length()
