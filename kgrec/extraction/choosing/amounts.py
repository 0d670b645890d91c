"""Numbers as shops write them: decimals, thousands, fractions, and how much they are."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

__all__ = ["AMOUNT", "amount", "rounded"]

_SIGNS = {"½": Fraction(1, 2), "¼": Fraction(1, 4), "¾": Fraction(3, 4)}
_LONGEST = 24
_PLAIN = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d{1,14})(?:\.\d{1,6})?|\.\d{1,6}"
AMOUNT = re.compile(
    rf"(?<![\d.,/])(?:\d{{1,5}}[ -]\d{{1,2}}/\d{{1,3}}|\d{{1,2}}/\d{{1,3}}|\d{{0,5}}[ -]?[½¼¾]|{_PLAIN})"
    r"(?!\d|/\d|[.,]\d)",
    re.ASCII,
)
"""Matches a number with its fraction: ``1,000``, ``.5``, ``47-1/4``, ``2 3/8``, ``7½``."""


@lru_cache(maxsize=65_536)
def amount(text: str) -> Fraction | None:
    """Return how much a number as ``AMOUNT`` finds it is, exactly; None where the text is no such number.

    What is longer than 24 characters is an identifier, a picture or an attack, and no amount of anything.
    """
    text = text.strip()
    if len(text) > _LONGEST:
        return None
    whole = Fraction(0)
    if text and text[-1] in _SIGNS:
        rest = text[:-1].rstrip(" -")
        return (_decimal(rest) or whole) + _SIGNS[text[-1]] if not rest or _decimal(rest) is not None else None
    if "/" in text:
        parts = re.fullmatch(r"(?:(\d+)[ -])?(\d+)/(\d+)", text, re.ASCII)
        if parts is None or int(parts[3]) == 0:
            return None
        return Fraction(int(parts[1] or 0)) + Fraction(int(parts[2]), int(parts[3]))
    return _decimal(text)


def _decimal(text: str) -> Fraction | None:
    plain = text.replace(",", "")
    if re.fullmatch(r"\d+(?:\.\d+)?|\.\d+", plain, re.ASCII) is None:
        return None
    return Fraction(plain)


def rounded(exact: Fraction, decimals: int) -> str:
    """Return a number with so many decimals, halves rounded up: ``rounded(Fraction("30.48"), 1)`` is ``"30.5"``."""
    scale = 10**decimals
    units = (exact * scale * 2 + 1) // 2
    whole, part = divmod(units, scale)
    return f"{whole}.{part:0{decimals}d}" if decimals else str(whole)
