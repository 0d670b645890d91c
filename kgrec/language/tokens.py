"""Text as the rules see it: folded without moving a single code point, and cut into words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import reduce
from itertools import accumulate
from operator import or_
from typing import NamedTuple

from kgrec.language.remembered import Remembered
from kgrec.language.singular import singular

__all__ = ["Tokens", "fold", "phrase_key", "tokenise", "word_key"]

_SAME_LENGTH = {"’": "'", "‘": "'", "`": "'", "´": "'", "“": '"', "”": '"', "″": '"', "′": "'", "×": "x", "✕": "x"}
_SAME_LENGTH |= dict.fromkeys("‐‑‒–—―−", "-")


class _Folding(dict[int, str]):
    """Folds one code point to one code point, or leaves it alone; remembers the answers."""

    def __missing__(self, code: int) -> str:
        """Fold a code point that was not seen before."""
        char = chr(code)
        folded = _SAME_LENGTH.get(char) or unicodedata.normalize("NFKC", char).casefold()
        self[code] = folded if len(folded) == 1 else char
        return self[code]


_FOLDING = _Folding()
_CJK = "\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"([{_CJK}]|[^\W_{_CJK}]+(?:['\u0300-\u036f]+[^\W_{_CJK}]+)*[\u0300-\u036f]*)")
_ASCII_WORD = re.compile(r"([a-zA-Z0-9]+(?:'+[a-zA-Z0-9]+)*)")  # the same for text in ASCII, in half the time
_MARKUP = re.compile(
    r"<(script|style)\b.{0,20000}?</\1\s*>|<!--.{0,20000}?-->|</?[a-z][^<>]{0,2000}>|&(?:#x?[0-9a-f]{1,6}|[a-z]{2,8});",
    re.DOTALL,
)
_ENTITIES = {"&quot;": '"', "&#34;": '"', "&#39;": "'", "&apos;": "'", "&amp;": "&", "&times;": "x", "&rsquo;": "'"}


def fold(text: str) -> str:
    """Return the text in lower case and compatibility form, code point for code point.

    ``len(fold(text)) == len(text)``, so a span of one is a span of the other. HTML tags and comments become spaces;
    so does an entity, except that the character it stands for takes the place of its last code point. (A quotation mark
    is filled up with NUL instead of blanks, so that seven inches written with an entity stay together.)
    """
    folded = text.lower() if text.isascii() else text.translate(_FOLDING)
    if "<" in folded or "&" in folded:
        folded = _MARKUP.sub(_blank, folded)
    return folded


def _blank(match: re.Match[str]) -> str:
    found = match.group()
    sign = _ENTITIES.get(found, " ")
    return sign.rjust(len(found), "\0" if sign == '"' else " ")


class Tokens(NamedTuple):
    """The words of a folded text, in order; a Chinese or Japanese character is a word of its own.

    ``words`` holds each as it stands in the folded text, ``keys`` in the singular, ``starts`` and ``ends`` its span in
    code points, ``gaps`` what stands before it. ``roles`` holds what the reader knows of each word, as bits of its own,
    and ``any_role`` the bits of all of them.
    """

    folded: str
    words: list[str]
    keys: Sequence[str]
    roles: Sequence[int]
    any_role: int
    starts: list[int]
    ends: list[int]
    gaps: list[str]


def word_key(word: str) -> str:
    """Return the singular of a folded word, composed."""
    key = singular(word)
    return key if key.isascii() else unicodedata.normalize("NFC", key)


_NO_ROLES: Remembered[tuple[str, int]] = Remembered(lambda word: (word_key(word), 0))


def tokenise(folded: str, known: Mapping[str, tuple[str, int]] = _NO_ROLES) -> Tokens:
    """Cut a folded text into words.

    Args:
        folded: from ``fold``.
        known: word → its key and its roles, one look a word; without it no word has a role.
    """
    parts = (_ASCII_WORD if folded.isascii() else _WORD).split(folded)
    places = list(accumulate(map(len, parts)))
    words = parts[1::2]
    keys, roles = zip(*map(known.__getitem__, words), strict=True) if words else ((), ())
    any_role = reduce(or_, set(roles), 0)
    return Tokens(folded, words, keys, roles, any_role, places[0:-1:2], places[1::2], parts[0:-1:2])


def phrase_key(phrase: str) -> str:
    """Return the key under which a phrase is looked up: its words, singular, one space between."""
    return " ".join(tokenise(fold(phrase)).keys)
