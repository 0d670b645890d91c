"""Reviews → sentences → clauses, with their places."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["Clause", "clauses_of", "is_chinese"]

_SENTENCE = re.compile(r"[^.!?;。！？；\n…]+(?:\.(?=\d)[^.!?;。！？；\n…]+)*[.!?;。！？；…]*")
_BREAK = re.compile(
    r"[,，、:：()（）]|\s[-–—]+\s|\b(?:but|however|although|though|except|while|whereas|because|yet)\b|(?:但是|但|不过|可是|只是|就是|然而|虽然)"
)
_HAN = re.compile(r"[\u4e00-\u9fff]")


class Clause(NamedTuple):
    """A part of a sentence that says one thing; ``sentence`` is (start, end) in the review, so are start and end."""

    text: str
    start: int
    end: int
    sentence: tuple[int, int]


def clauses_of(text: str) -> Iterator[Clause]:
    """Yield the clauses of a text in order; spans count code points and leave out blanks at the ends."""
    for found in _SENTENCE.finditer(text):
        sentence = _trimmed(text, found.start(), found.end())
        start = found.start()
        for stop in [*_BREAK.finditer(text, found.start(), found.end()), None]:
            end = found.end() if stop is None else stop.start()
            first, last = _trimmed(text, start, end)
            if first < last:
                yield Clause(text[first:last], first, last, sentence)
            start = end if stop is None else stop.end()


def is_chinese(text: str) -> bool:
    """Tell whether a text has Chinese characters."""
    return _HAN.search(text) is not None


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return start, end
