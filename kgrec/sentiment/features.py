"""Texts → features: words and pairs of words where blanks separate them, runs of characters where nothing does.

A feature is a 64-bit hash of its code points and its place in the text. So no vocabulary of strings has to be built or
stored, a million reviews are read with array operations, and what a model weighs can be pointed at in the text.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kgrec.sentiment.word_set import word_set

__all__ = ["Features", "features_of", "folded", "portions"]

_WORD, _CHARACTER, _SIGN = 1, 2, 3
_TABLE = 0x20000  # two planes: all letters of living scripts; beyond them there are signs such as emoji
_PORTION_TEXTS, _PORTION_CHARACTERS = 8192, 2_000_000
_UNSPACED = ((0x0E00, 0x0E7F), (0x3005, 0x3006), (0x3040, 0x30FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF))
_BASE = 0x9E3779B97F4A7C15 | 1
_BASE_INVERSE = pow(_BASE, -1, 2**64)
_NEGATORS = word_set(
    "not no never nor none nothing without hardly barely scarcely cannot cant dont doesnt didnt isnt wasnt wont"
)
_REACH = 4
_BREAKS = ".,;:!?()…\n"
_AS_ONE = {"’": "'", "‘": "'", "`": "'", "´": "'"}


class Features(NamedTuple):
    """What stands in some texts, text by text.

    ``text``: int32 (f,), number of the text, rising. ``code``: uint64 (f,), hash of the feature. ``start`` and ``end``:
    int32 (f,), its span in that text, in code points.
    """

    text: NDArray[np.int32]
    code: NDArray[np.uint64]
    start: NDArray[np.int32]
    end: NDArray[np.int32]


def features_of(texts: Sequence[str], *, longest: int = 4, max_characters: int = 20_000) -> Features:
    """Return the features of texts.

    Case, width and compatibility forms are folded, code point for code point. Scripts that separate words yield words,
    pairs of neighbouring words, and words that an English negation comes before in the same clause, at most four words
    far and spanning from the negation on (as Das and Chen, 2001, marked them); Chinese, Japanese and Thai yield runs of
    one to ``longest`` characters; ``!``, ``?`` and signs such as emoji stand for themselves.

    Args:
        texts: any number of texts.
        longest: of the runs of characters, at least 1.
        max_characters: what comes after so many code points of a text is not read.
    """
    pieces = [folded(text[:max_characters]) for text in texts]
    lengths = np.array([len(piece) + 1 for piece in pieces], np.int64)
    if not len(lengths):
        none = np.zeros(0, np.int32)
        return Features(none, np.zeros(0, np.uint64), none, none)
    points = np.concatenate([np.append(piece, np.uint32(10)) for piece in pieces])
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    of_text = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
    sums, inverse = _sums(points)
    kinds = _kinds()[np.minimum(points, _TABLE - 1)]
    found = [*_words(points, kinds, sums, inverse), *_runs(kinds, sums, inverse, longest), _signs(kinds, sums, inverse)]
    code, start, end = (np.concatenate(parts) for parts in zip(*found, strict=True))
    order = np.argsort(start, kind="stable")
    code, start, end = code[order], start[order], end[order]
    text = of_text[start]
    return Features(text, code, (start - starts[text]).astype(np.int32), (end - starts[text]).astype(np.int32))


def portions(texts: Sequence[str], max_characters: int) -> Iterator[Sequence[str]]:
    """Yield the texts in portions whose features fit into memory, however long single texts are."""
    first = characters = 0
    for at, text in enumerate(texts):
        length = min(len(text), max_characters)
        if at > first and (at - first >= _PORTION_TEXTS or characters + length > _PORTION_CHARACTERS):
            yield texts[first:at]
            first, characters = at, 0
        characters += length
    if first < len(texts):
        yield texts[first:]


def folded(text: str) -> NDArray[np.uint32]:
    """Return the code points of a text, uint32 (len(text),), without case and compatibility forms."""
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    return np.where(points < _TABLE, _folding()[np.minimum(points, _TABLE - 1)], points).astype(np.uint32)


_Found = tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.int64]]


def _words(
    points: NDArray[np.uint32], kinds: NDArray[np.uint8], sums: NDArray[np.uint64], inverse: NDArray[np.uint64]
) -> list[_Found]:
    inside = kinds == _WORD
    inside[1:-1] |= (points[1:-1] == ord("'")) & inside[:-2] & inside[2:]  # don't
    edges = np.flatnonzero(np.diff(np.concatenate([[False], inside, [False]])))
    first, last = edges[::2], edges[1::2]
    words = _hashed(sums, inverse, first, last, 1)
    beside = np.flatnonzero((first[1:] - last[:-1] == 1) & (points[np.minimum(last[:-1], len(points) - 1)] != 10))
    with np.errstate(over="ignore"):
        pairs = _mixed(words[beside] * np.uint64(_BASE) + words[beside + 1])
    negated, since = _negated(points, words, first, last)
    with np.errstate(over="ignore"):
        turned = _mixed(words[negated] ^ np.uint64(_BASE))
    return [
        (words, first, last),
        (pairs, first[beside], last[beside + 1]),
        (turned, first[since], last[negated]),
    ]


def _negated(
    points: NDArray[np.uint32], words: NDArray[np.uint64], first: NDArray[np.int64], last: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return which words a negation comes before, and which word that negation is."""
    if not len(words):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    ends_in_nt = (last - first > 3) & (points[last - 1] == ord("t")) & (points[last - 2] == ord("'"))
    number = np.arange(len(words))
    here = np.where(np.isin(words, _negator_codes()) | ends_in_nt, number, -1)
    since = np.concatenate([[-1], np.maximum.accumulate(here)[:-1]])
    clause = np.cumsum(np.isin(points, np.array([ord(char) for char in _BREAKS], np.uint32)))[first]
    negated = np.flatnonzero((since >= 0) & (number - since <= _REACH) & (clause == clause[np.maximum(since, 0)]))
    return negated, since[negated]


@cache
def _negator_codes() -> NDArray[np.uint64]:
    points = [np.append(folded(word), np.uint32(10)) for word in sorted(_NEGATORS)]
    return np.concatenate([_hashed(*_sums(one), np.array([0]), np.array([len(one) - 1]), 1) for one in points])


def _runs(
    kinds: NDArray[np.uint8], sums: NDArray[np.uint64], inverse: NDArray[np.uint64], longest: int
) -> list[_Found]:
    at = np.flatnonzero(kinds == _CHARACTER)
    inside = np.concatenate([kinds == _CHARACTER, np.zeros(longest, bool)])
    found: list[_Found] = []
    for length in range(1, longest + 1):
        at = at[inside[at + length - 1]]
        found.append((_hashed(sums, inverse, at, at + length, 2), at, at + length))
    return found


def _signs(kinds: NDArray[np.uint8], sums: NDArray[np.uint64], inverse: NDArray[np.uint64]) -> _Found:
    at = np.flatnonzero(kinds == _SIGN)
    return _hashed(sums, inverse, at, at + 1, 3), at, at + 1


def _sums(points: NDArray[np.uint32]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Return prefix sums of point × base^place, and base^−place, mod 2^64: the hash of a span is then a difference.

    The base is odd, so it has an inverse; code points are mixed first because plain polynomials mod 2^64 collide.
    """
    size = len(points)
    powers, inverse = np.full(size, _BASE, np.uint64), np.full(size, _BASE_INVERSE, np.uint64)
    powers[0] = inverse[0] = 1
    with np.errstate(over="ignore"):
        terms = _mixed(points.astype(np.uint64) + np.uint64(1)) * np.cumprod(powers)
        sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(terms)])
        return sums, np.cumprod(inverse)


def _hashed(
    sums: NDArray[np.uint64], inverse: NDArray[np.uint64], first: NDArray[np.int64], last: NDArray[np.int64], kind: int
) -> NDArray[np.uint64]:
    with np.errstate(over="ignore"):
        return _mixed((sums[last] - sums[first]) * inverse[first] + np.uint64(kind))


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the finaliser of splitmix64 (Steele, Lea and Flood, OOPSLA 2014)."""
    with np.errstate(over="ignore"):
        values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return values ^ (values >> np.uint64(31))


@cache
def _folding() -> NDArray[np.uint32]:
    table = np.arange(_TABLE, dtype=np.uint32)
    for code in range(_TABLE):
        char = chr(code)
        if 0xD800 <= code < 0xE000 or 0x4E00 <= code < 0x9FFF:
            continue
        one = _AS_ONE.get(char) or unicodedata.normalize("NFKC", char).casefold()
        if len(one) == 1:
            table[code] = ord(one)
    return table


@cache
def _kinds() -> NDArray[np.uint8]:
    """Return what each code point is; the last place stands for all beyond the table."""
    table = np.zeros(_TABLE, np.uint8)
    for code in range(_TABLE):
        category = unicodedata.category(chr(code))
        if category[0] in "LNM":
            table[code] = _WORD
        elif category in ("So", "Sk") or chr(code) in "!?～~…":
            table[code] = _SIGN
    for low, high in _UNSPACED:
        table[low : high + 1] = np.where(table[low : high + 1] == _WORD, _CHARACTER, table[low : high + 1])
    table[_TABLE - 1] = _SIGN
    return table
