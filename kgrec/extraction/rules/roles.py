"""What a word can do in a title, as bits: each word is looked at once, however many titles it stands in."""

from __future__ import annotations

import re

__all__ = [
    "AGED",
    "AMOUNT",
    "BEGINS",
    "BREAK",
    "COUNT",
    "DIGIT",
    "NOUN",
    "PACKED",
    "SIZED",
    "SPF",
    "quantity_roles",
]

DIGIT, COUNT, PACKED, AGED, SPF, SIZED = (1 << bit for bit in range(6))
"""The word holds a digit; is a number in words; may belong to a pack, an age, a sun protection factor, a size."""

BEGINS, NOUN, BREAK, AMOUNT = (1 << bit for bit in range(6, 10))
"""A known phrase begins with the word; it can name a product; it ends a part of the title; it is a bare number."""

_NUMBERS = "(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen)"
_PACK = rf"""
    (?<!\w)(?:
        (?:set|pack|pk|box|bag|case|lot|pkt|packet|card|bundle|tub|tube|jar)s?(?:of|$)
      | (?:set|pack|pk)\d | x\d{{0,4}}$ | \d{{1,4}}x$
      | (?:\d+|a?{_NUMBERS})?
        (?:pieces?|pcs?|packs?|pk|counts?|ct|set|pairs?|units?|tablets?|capsules?|caps|sheets|sachets|tea|teabags|
           servings|rolls|wipes)\b
    )"""
_PATTERNS = {
    DIGIT: "[0-9]",
    COUNT: rf"\b{_NUMBERS}\b",
    PACKED: _PACK,
    AGED: "year|yr|month|mth",
    SPF: "spf",
    SIZED: r"(?<!\w)(?:size|x{1,3}[sl]|[2-6]xl|a[3-7]|(?:uk|us|eu)\d{0,2})$",
}
_COMPILED = {role: re.compile(pattern, re.VERBOSE | re.ASCII) for role, pattern in _PATTERNS.items()}
_ANY = re.compile("|".join(_PATTERNS.values()), re.VERBOSE | re.ASCII)


def quantity_roles(word: str) -> int:
    """Return which quantities an ASCII word could be part of, too many rather than too few."""
    if word.isalpha():
        # Whatever these are part of begins with them: in letters alone there is no place within to begin at.
        if _ANY.match(word) is None:
            return 0
        return sum(role for role, pattern in _COMPILED.items() if pattern.match(word))
    return sum(role for role, pattern in _COMPILED.items() if pattern.search(word))
