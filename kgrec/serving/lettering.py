"""Words fit for a drawing or a page: escaped, on few lines, no wider than their box."""

from __future__ import annotations

from html import escape
from unicodedata import category, combining, east_asian_width

from kgrec.explanation.titles import clean, readable

__all__ = ["escaped", "percent", "plain_name", "title_of", "width_of", "wrapped"]

_LONGEST = 400
_READ = 4  # how many times the wanted length is looked at
_JOINERS = "\u200c\u200d"  # which Persian and emoji are written with
_NARROW = frozenset("iljtfrI.,:;'’!|()[] ·-1/")
_BROAD = frozenset("mwMW@%—…")


def escaped(value: object, length: int = _LONGEST) -> str:
    """Return any text of a stranger for HTML and XML: one line, no control characters, ``& < > " '`` as entities.

    Args:
        value: is turned into text.
        length: longer texts end in an ellipsis after so many characters.
    """
    text = str(value)[: _READ * length]
    plain = " ".join("".join(" " if c.isspace() else c for c in text if _printable(c)).split())
    return escape(plain if len(plain) <= length else plain[:length].rstrip() + "…", quote=True)


def title_of(title: str, product_id: str, length: int = 90) -> str:
    """Return a product's readable title, or its id where it has none; not escaped."""
    return readable(title, length) or clean(product_id, length) or "?"


def plain_name(name: str) -> str:
    """Return a relation's or a setting's name in words: ``pack_size`` → ``pack size``; not escaped."""
    return name.replace("_", " ")


def percent(share: float) -> str:
    """Return a share (1 is all) as ``12.3%``; what is too small to show is ``<0.1%``."""
    return "<0.1%" if 0 < share < 0.0005 else f"{100 * share:.1f}%"


def width_of(text: str, size: float) -> float:
    """Return about how wide a text is in a sans-serif face of ``size`` pixels, rather too wide than too narrow."""
    return size * sum(map(_em, text))


def wrapped(text: str, width: float, size: float, lines: int) -> tuple[str, ...]:
    """Break a text into at most so many lines of at most ``width`` pixels; an ellipsis tells that words are missing.

    Args:
        text: on one line, not escaped.
        width: in pixels.
        size: of the letters, in pixels.
        lines: at least 1.
    """
    made: list[str] = []
    rest = text.strip()
    while rest and len(made) < lines:
        end = _fitting(rest, width, size)
        if end == len(rest):
            return (*made, rest)
        if len(made) == lines - 1:
            return (*made, rest[: _fitting(rest, width - width_of("…", size), size)].rstrip(" ,;:-–(") + "…")
        blank = rest.rfind(" ", 1, end + 1)
        at = blank if blank > 0 else end
        made.append(rest[:at].rstrip())
        rest = rest[at:].lstrip()
    return tuple(made)


def _printable(character: str) -> bool:
    """Tell whether XML and a reader can do with a character: no controls, overrides, surrogates or non-characters."""
    if character.isspace() or character in _JOINERS:
        return True
    point = ord(character)
    return category(character) not in ("Cc", "Cf", "Cs") and point & 0xFFFE != 0xFFFE and not 0xFDD0 <= point <= 0xFDEF


def _fitting(text: str, width: float, size: float) -> int:
    """Return how many characters fit, at least one."""
    used = 0.0
    for at, character in enumerate(text):
        used += size * _em(character)
        if used > width:
            return max(at, 1)
    return len(text)


def _em(character: str) -> float:
    if combining(character):
        return 0.0
    if east_asian_width(character) in "WF":
        return 1.05
    if character in _NARROW:
        return 0.34
    if character in _BROAD:
        return 0.95
    return 0.7 if character.isupper() or not character.isascii() else 0.57
