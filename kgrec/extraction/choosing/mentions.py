"""The places of a text that may state a value: numbers, and runs of a few words with what stands around them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from kgrec.extraction.choosing.amounts import AMOUNT
from kgrec.language.tokens import fold

__all__ = ["SLOT", "Mention", "Piece", "find_mentions", "pattern_of", "pieces_of", "shape_of"]

_CJK = "\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_PIECE = re.compile(rf"[{_CJK}]|[^\W_{_CJK}]+|[^\w\s]|_")
SLOT = "\x01"
"""Stands for a number in a pattern; no text has it."""

_DIGITS = re.compile(r"\d+(?:\.\d+)?", re.ASCII)
_UPPER, _LOWER, _RUN = re.compile(r"[^\W\d_a-z]+"), re.compile(r"[a-z]+"), re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Piece:
    """A word or a sign of a text, with its span, its folded spelling and its shape."""

    start: int
    end: int
    folded: str
    shape: str


@dataclass(frozen=True, slots=True)
class Mention:
    """A place that may state a value.

    Attributes:
        field: ``"title"`` or ``"description"``.
        start: first code point in the field.
        end: one past the last.
        text: the words as they stand there.
        shape: what they look like: ``"A9-A9"`` for ``"TN580-B21"``.
        number: whether this is a number, to be counted with, and not a run of words.
        first: number of its first piece in the field.
        last: one past the number of its last piece.
    """

    field: str
    start: int
    end: int
    text: str
    shape: str
    number: bool
    first: int
    last: int


@lru_cache(maxsize=262_144)
def shape_of(word: str) -> str:
    """Return a word with its runs of capitals as ``A``, of small letters as ``a``, of digits as ``9``."""
    return _LOWER.sub("a", _UPPER.sub("A", _RUN.sub("9", word)))


def pattern_of(text: str) -> tuple[str, tuple[str, ...]]:
    """Return a text in small letters with ``SLOT`` for its numbers, and the numbers."""
    folded = fold(text)
    return _DIGITS.sub(SLOT, folded), tuple(_DIGITS.findall(folded))


def pieces_of(text: str) -> list[Piece]:
    """Cut a text into words and signs."""
    folded = fold(text)
    return [
        Piece(match.start(), match.end(), folded[match.start() : match.end()], shape_of(match.group()))
        for match in _PIECE.finditer(text)
    ]


def find_mentions(field: str, text: str, pieces: list[Piece], longest: int) -> Iterator[Mention]:
    """Yield the runs of at most ``longest`` pieces, and the numbers, of one field."""
    for first, start in enumerate(pieces):
        shape, before = "", start.start
        for last in range(first + 1, min(first + longest, len(pieces)) + 1):
            piece = pieces[last - 1]
            gap = piece.start - before
            if gap > 2:
                break
            shape += (" " if gap else "") + piece.shape
            before = piece.end
            yield Mention(field, start.start, piece.end, text[start.start : piece.end], shape, False, first, last)
    starts = {piece.start: at for at, piece in enumerate(pieces)}
    at = 0
    for match in AMOUNT.finditer(text):
        at = starts.get(match.start(), at)
        while at + 1 < len(pieces) and pieces[at].end <= match.start():
            at += 1
        last = at
        while last < len(pieces) and pieces[last].start < match.end():
            last += 1
        yield Mention(field, match.start(), match.end(), match.group(), "9", True, at, last)
