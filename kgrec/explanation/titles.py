"""Texts of strangers, made fit to stand in a sentence: no control characters, no shouting, not too long."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

__all__ = ["clean", "readable"]

_KEPT = "\u200c\u200d"  # joiners, which Persian and emoji are written with
_SMALL_WORDS = "a an and as at by for from in into of on or the to with"
_ACRONYM_WORDS = "bbq cd diy dvd eu hd ii iii iv lcd led mp3 tv uk usa usb uv xl xs xxl"
_UNIT_WORDS = "cl cm ft g in kg lb m mg ml mm oz pc pcs s th"
_SMALL = frozenset(_SMALL_WORDS.split())
_ACRONYMS = frozenset(_ACRONYM_WORDS.split())
_UNITS = frozenset(_UNIT_WORDS.split())
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_AFTER_DIGITS = re.compile(r"(?<=[\d'’])[^\W\d_]+")
_READ = 4  # how many times the wanted length is looked at


def clean(text: str, length: int) -> str:
    """Return a text without control characters, on one line, at most ``length`` characters and an ellipsis.

    Directional overrides and lone surrogates go too; typographic double quotes become single ones, because the text
    will stand between double ones. The cut is at a blank where one is near, and never inside a combined character. Only
    the beginning of a very long text is looked at.
    """
    return _cleaned(text[: _READ * length + 200], length)


@lru_cache(maxsize=16_384)
def _cleaned(text: str, length: int) -> str:
    plain = "".join(" " if c.isspace() else c for c in text if c in _KEPT or not _unfit(c))
    plain = " ".join(plain.translate({0x201C: "‘", 0x201D: "’"}).split()).strip(_KEPT)
    if len(plain) <= length:
        return plain
    end = length
    while end > length // 2 and _joined(plain, end):
        end -= 1
    blank = plain.rfind(" ", length // 2, end + 1)
    return plain[: blank if blank > 0 else end].rstrip(" ,;:-–—(/&+" + _KEPT) + "…"


def readable(text: str, length: int) -> str:
    """Return a title as :func:`clean` does, with capitals throughout turned into a title's capitals."""
    return _calmed(text[: _READ * length + 200], length)


@lru_cache(maxsize=16_384)
def _calmed(text: str, length: int) -> str:
    plain = clean(text, length)
    upper = sum(map(str.isupper, plain))
    if upper < 5 or upper < 4 * sum(map(str.islower, plain)):
        return plain
    first = next(_WORD.finditer(plain), None)
    return _WORD.sub(
        lambda match: _capital(match[0], first=first is not None and match.start() == first.start()), plain
    )


def _capital(word: str, *, first: bool) -> str:
    low = word.lower()
    if low in _ACRONYMS or not word.isupper():
        return word
    if low in _SMALL and not first:
        return low
    if word[0].isdigit():
        return _AFTER_DIGITS.sub(lambda match: match[0].lower() if match[0].lower() in _UNITS else match[0], word)
    if any(map(str.isdigit, word)):
        return word
    return low[:1].upper() + low[1:]


def _unfit(character: str) -> bool:
    return not character.isspace() and unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")


def _joined(text: str, at: int) -> bool:
    """Tell whether a cut before ``at`` would take a character apart."""
    here = text[at]
    return (
        here in _KEPT
        or text[at - 1] in _KEPT
        or unicodedata.category(here).startswith("M")
        or "\U0001f3fb" <= here <= "\U0001f3ff"
    )
