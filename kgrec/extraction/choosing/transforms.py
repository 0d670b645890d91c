"""How a shop's words become the value that is written down: named, pure functions of the words alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from kgrec.errors import SettingsError
from kgrec.extraction.choosing.amounts import amount, rounded

__all__ = ["SCALES", "WORDINGS", "Counting", "Scaling", "Slice", "Transform", "Wording", "read_transform"]

_MARKS = re.compile(r"[\W_]+")
_NOT_DIGIT = re.compile(r"\D+", re.ASCII)


class Transform(Protocol):
    """Words → the value they are written down as, or None where it does not apply."""

    @property
    def name(self) -> str:
        """Identifies the transform; :func:`read_transform` returns it again."""
        ...

    @property
    def numbers(self) -> bool:
        """Whether it is applied to numbers, and not to runs of words."""
        ...

    def __call__(self, text: str) -> str | None:
        """Return the value."""
        ...


def _same(text: str) -> str:
    return text


def _without_marks(text: str) -> str:
    return _MARKS.sub("", text)


_WORDINGS: dict[str, Callable[[str], str]] = {
    "as it stands": _same,
    "without marks": _without_marks,
    "upper": str.upper,
    "lower": str.lower,
    "title": str.title,
    "upper without marks": lambda text: _without_marks(text).upper(),
    "without blanks": lambda text: "".join(text.split()),
    "digits": lambda text: _NOT_DIGIT.sub("", text),
}


@dataclass(frozen=True, slots=True)
class Wording:
    """The words in another spelling: in capitals, without marks, digits alone and the like."""

    name: str
    numbers: bool = False

    def __call__(self, text: str) -> str | None:
        """Return the words respelt, None where nothing is left of them."""
        return _WORDINGS[self.name](text) or None


@dataclass(frozen=True, slots=True)
class Slice:
    """Some digits of a long number, such as the maker's part of a UPC: digits ``first`` … ``last − 1``."""

    first: int
    last: int
    least: int = 8
    numbers: bool = True

    @property
    def name(self) -> str:
        """Return the name."""
        return f"digits {self.first} to {self.last} of {self.least}"

    def __call__(self, text: str) -> str | None:
        """Return the digits, None where the text is no number of at least ``least`` digits."""
        digits = text.replace("-", "").replace(" ", "")
        if not (digits.isascii() and digits.isdigit()) or len(digits) < max(self.least, self.last):
            return None
        return digits[self.first : self.last]


@dataclass(frozen=True, slots=True)
class Scaling:
    """A number in another unit, rounded: inches to centimetres are times 2.54."""

    factor: Fraction
    decimals: int | None
    numbers: bool = True

    @property
    def name(self) -> str:
        """Return the name."""
        return f"times {self.factor} to {'any' if self.decimals is None else self.decimals} decimals"

    def __call__(self, text: str) -> str | None:
        """Return the number, None where the text is none."""
        exact = amount(text)
        if exact is None:
            return None
        scaled = exact * self.factor
        if self.decimals is not None:
            return rounded(scaled, self.decimals)
        text = rounded(scaled, 6)
        return text.rstrip("0").rstrip(".") if Fraction(text) == scaled else None


_COUNTS = {
    word: str(count)
    for count, words in enumerate(
        (
            "",
            "one single mono 1st",
            "two dual double twin pair couple",
            "three triple",
            "four quad quadruple",
            "five",
            "six hexa",
            "seven",
            "eight octa",
            "nine",
            "ten",
            "eleven",
            "twelve dozen",
        )
    )
    for word in words.split()
} | {"dozens": "12", "hundred": "100", "thousand": "1000"}


@dataclass(frozen=True, slots=True)
class Counting:
    """A number word in digits: ``dual`` is 2."""

    name: str = "counted"
    numbers: bool = False

    def __call__(self, text: str) -> str | None:
        """Return the digits, None where the text is no number word."""
        return _COUNTS.get(text.casefold())


WORDINGS = tuple(Wording(name) for name in _WORDINGS)
"""Every respelling."""

# Metre, gram and second family: what one unit of one system is in another; 1000 and 1024 for k, M, G.
_FACTORS = (
    *("1", "10", "100", "1000", "0.1", "0.01", "0.001", "1024", "2.54", "25.4", "0.0254", "30.48", "0.3048", "91.44"),
    *("0.9144", "12", "36", "0.45359237", "453.59237", "28.349523125", "0.028349523125", "16", "3.785411784"),
    *("0.946352946", "29.5735295625", "28.3495", "28.35", "453.592", "0.453592", "0.4536", "0.454", "454", "28"),
)
SCALES = tuple(
    Scaling(Fraction(factor) if sign > 0 else 1 / Fraction(factor), decimals)
    for factor in _FACTORS
    for sign in (1, -1)
    for decimals in (None, 0, 1, 2)
    if not (sign < 0 and factor in ("1", "10", "100", "1000", "0.1", "0.01", "0.001"))
)
"""Every change of unit that is tried."""


def read_transform(name: str) -> Transform:
    """Return the transform of a name.

    Raises:
        SettingsError: no transform has that name.
    """
    if name in _WORDINGS:
        return Wording(name)
    if name == Counting().name:
        return Counting()
    if match := re.fullmatch(r"digits (\d+) to (\d+) of (\d+)", name):
        return Slice(int(match[1]), int(match[2]), int(match[3]))
    if match := re.fullmatch(r"times (\d+(?:/\d+)?) to (any|\d) decimals", name):
        return Scaling(Fraction(match[1]), None if match[2] == "any" else int(match[2]))
    raise SettingsError(f"no transform is named {name!r}; known are the names that transforms give themselves")
