"""Words of a text as the tagger sees them: where they stand and what they look like."""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np

from kgrec.language.remembered import Remembered

__all__ = ["DIGITS", "SHAPES", "SIGN", "Words", "cut_words"]

_CJK = "\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_CJK}]|[^\W_{_CJK}]+|[^\s]")
_LOWER, _TITLE, _UPPER, _MIXED, _LETTER, _NUMBER, _BOTH, _BOTH_UPPER, SIGN, _IDEOGRAPH = range(10)
SHAPES = 10
DIGITS = np.isin(np.arange(SHAPES), (_NUMBER, _BOTH, _BOTH_UPPER))
"""Which shapes have digits, bool (SHAPES,)."""


class Words(NamedTuple):
    """The words of a text in order: runs of letters and digits, other signs and ideographs one by one.

    ``starts`` and ``ends`` are spans in code points of the original text, ``shapes`` the number of a word's shape,
    0 … SHAPES − 1.
    """

    starts: list[int]
    ends: list[int]
    shapes: list[int]


def cut_words(text: str) -> Words:
    """Cut a text; white space belongs to no word."""
    spans = [match.span() for match in _WORD.finditer(text)]
    shapes = [_SHAPES[text[start:end]] for start, end in spans]
    return Words([start for start, _ in spans], [end for _, end in spans], shapes)


def _shape(word: str) -> int:
    if not word.isalnum():
        return SIGN
    if word.isalpha():
        if word.islower():
            return _LOWER
        if len(word) == 1:
            return _LETTER if word.isupper() else _IDEOGRAPH
        return _UPPER if word.isupper() else _TITLE if word.istitle() else _MIXED
    if any(char.isalpha() for char in word):
        return _BOTH_UPPER if word.isupper() else _BOTH
    return _NUMBER


_SHAPES: Remembered[int] = Remembered(_shape)
