"""Values that are measures: exact amounts, so that 1000 ml and 1 l are one value and ranges can be drawn."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any, NamedTuple

from kgrec.language.tokens import fold
from kgrec.language.units import UNIT_PATTERN, canonical_number, unit_of

__all__ = ["Measure", "measure_of", "measures_in"]

_NUMBER = r"(?:\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d{1,6})?|\d{1,9}(?:[.,]\d{1,6})?|\.\d{1,6}|\d{1,2}/\d{1,2})"
_FURTHER = {
    **{"kwh": "kwh", "wh": "wh", "ma": "ma", "ampere": "a", "amperes": "a", "amp": "a", "amps": "a", "a": "a"},
    **{"ms": "ms", "s": "s", "sec": "s", "second": "s", "seconds": "s", "min": "min", "minute": "min"},
    **{"minutes": "min", "h": "h", "hr": "h", "hrs": "h", "hour": "h", "hours": "h", "mw": "mw"},
    **{"month": "months", "months": "months", "year": "years", "years": "years", "day": "days", "days": "days"},
    **{"px": "px", "pixel": "px", "pixels": "px", "db": "db", "rpm": "rpm", "psi": "psi", "bar": "bar", "%": "%"},
    **{"°c": "°c", "°f": "°f", "km": "km", "小时": "h", "分钟": "min", "个月": "months", "年": "years", "天": "days"},
}
_UNIT = (
    rf"(?:{'|'.join(sorted(map(re.escape, _FURTHER), key=lambda unit: (-len(unit), unit)))}(?![a-z])|{UNIT_PATTERN})"
)
_MEASURE = re.compile(rf"({_NUMBER})\s?-?\s?({_UNIT})\.?")
_SIDES = re.compile(rf"({_NUMBER})\s?({_UNIT})?(?:\s?[x*]\s?({_NUMBER})\s?({_UNIT})?){{1,2}}")
_SIDE = re.compile(rf"({_NUMBER})\s?({_UNIT})?")
_WHOLE = re.compile(r"(0|[1-9]\d{0,8}|[1-9]\d{0,2}(?:,\d{3})+)(?:\.0{1,6})?")
_PINT_NAMES = {
    **{"in": "inch", "yd": "yard", "cl": "centiliter", "fl oz": "fluid_ounce", "gal": "gallon", "mah": "mA*hour"},
    **{"w": "watt", "kw": "kilowatt", "mw": "milliwatt", "v": "volt", "kwh": "kilowatt_hour", "wh": "watt_hour"},
    **{"hz": "hertz", "khz": "kilohertz", "mhz": "megahertz", "ghz": "gigahertz", "lm": "lumen", "a": "ampere"},
    **{"mb": "megabyte", "gb": "gigabyte", "tb": "terabyte", "ma": "milliampere", "s": "second", "ms": "millisecond"},
    **{"min": "minute", "h": "hour", "days": "day", "months": "month", "years": "year", "pt": "pint", "jin": "jin"},
    **{"l": "liter", "ml": "milliliter", "m": "meter", "g": "gram", "mg": "milligram", "kg": "kilogram", "ft": "foot"},
    **{"cm": "centimeter", "mm": "millimeter", "km": "kilometer", "oz": "ounce", "lb": "pound", "bar": "bar"},
    "psi": "psi",
}
_DIMENSIONS = {
    **{"": "information", "length^1": "length", "length^3": "volume", "mass^1": "mass", "time^1": "time"},
    **{
        "time^-1": "frequency",
        "current^1": "current",
        "length^2 mass^1 time^-3": "power",
        "current^1 time^1": "charge",
    },
    **{"current^-1 length^2 mass^1 time^-3": "voltage", "length^2 mass^1 time^-2": "energy"},
    "length^-1 mass^1 time^-2": "pressure",
}
_ONLY_SMALL = re.compile(r"\d\s?[GM]$")  # 4G is a network and 5M anything, but no weight and no length


_SPOKEN = frozenset({"a", "s", "h", "bar", "ma", "min", "day", "ms"})
"""Spellings of units that are too often something else where they stand in a text."""
_IN_TEXT = re.compile(
    rf"(?<![a-z0-9_.,/])({_NUMBER})(?:(\s?-?\s?)({_UNIT})(?![^\W\d_\u3400-\u9fff])"
    rf"|(?:\s?({_UNIT}))?((?:\s?[x*]\s?{_NUMBER}\s?(?:{_UNIT})?){{1,2}})(?![^\W_\u3400-\u9fff]))"
)


class Measure(NamedTuple):
    """An amount, or the sides of something, with a unit.

    Attributes:
        amounts: exact, in ``unit``.
        unit: as the library writes it (``"ml"``); empty for a plain whole number.
        dimension: what is measured; measures of one dimension can be compared.
        factor: one ``unit`` in the base unit of the dimension (metre, kilogram, cubic metre, second …), exact.
    """

    amounts: tuple[Fraction, ...]
    unit: str
    dimension: str
    factor: Fraction

    @property
    def exact(self) -> tuple[str, tuple[Fraction, ...]]:
        """Equal for equal quantities, whatever the unit."""
        return self.dimension, tuple(amount * self.factor for amount in self.amounts)

    @property
    def in_base_units(self) -> float:
        """The amount, or the longest side, in the base unit."""
        return float(max(self.amounts) * self.factor)

    @property
    def text(self) -> str:
        """As the library writes it: ``"1.5 l"``, ``"30 x 40 cm"``."""
        return f"{' x '.join(map(_number, self.amounts))} {self.unit}".strip()


@lru_cache(maxsize=262_144)
def measure_of(value: str) -> Measure | None:
    """Read a value that is a measure and nothing else; None for any other.

    Nothing is rounded. ``"4G"`` is no weight, ``"007"`` no number and ``"2.10"`` (a version, perhaps) neither.
    """
    if not any(char.isdigit() for char in value) or len(value) > 60:
        return None
    text = fold(value).strip().replace("\0", "")
    if whole := _WHOLE.fullmatch(text):
        return Measure((Fraction(int(whole[1].replace(",", ""))),), "", "number", Fraction(1))
    if _ONLY_SMALL.search(value.strip()):
        return None
    if found := _MEASURE.fullmatch(text):
        return _measured([found[1]], found[2])
    if _SIDES.fullmatch(text):
        sides = [(side[1], side[2]) for side in _SIDE.finditer(text)]
        units = {_symbol(unit) for _, unit in sides if unit}
        if len(units) == 1 and sides[-1][1]:
            return _measured([number for number, _ in sides], sides[-1][1])
    return None


def measures_in(folded: str) -> Iterator[tuple[int, int, Measure]]:
    """Yield the amounts with units that stand in a folded text (see ``fold``), with start and end in code points.

    A unit that is also a word has to touch its number: ``"5 in your basket"`` are no inches.
    """
    for found in _IN_TEXT.finditer(folded):
        blank, unit = found[2], found[3]
        if unit is not None and (unit in _SPOKEN or (blank.strip(" ") == "" and blank and not _may_stand_apart(unit))):
            continue
        measure = measure_of(found[0])
        if measure is not None and measure.unit:
            yield found.start(), found.end(), measure


def _may_stand_apart(unit: str) -> bool:
    return unit in _FURTHER or unit_of(unit).loose


def _measured(numbers: list[str], unit: str) -> Measure | None:
    symbol = _symbol(unit)
    amounts = [_exact(number) for number in numbers]
    if any(amount is None for amount in amounts):
        return None
    dimension, factor = _scale(symbol)
    sides = f"{dimension} of {len(amounts)} sides" if len(amounts) > 1 else dimension
    return Measure(tuple(amount for amount in amounts if amount is not None), symbol, sides, factor)


def _symbol(unit: str) -> str:
    return _FURTHER.get(unit) or unit_of(unit).symbol


def _exact(number: str) -> Fraction | None:
    try:
        return Fraction(canonical_number(number))
    except (ValueError, ZeroDivisionError):
        return None


def _number(amount: Fraction) -> str:
    if amount.denominator == 1:
        return str(amount.numerator)
    decimal = f"{float(amount):.6f}".rstrip("0")
    return decimal if Fraction(decimal) == amount else f"{amount.numerator}/{amount.denominator}"


@cache
def _scale(symbol: str) -> tuple[str, Fraction]:
    """Return what a unit measures, and what one of it is in the base unit; a unit pint lacks measures itself."""
    name = _PINT_NAMES.get(symbol)
    if name is None:
        return symbol, Fraction(1)
    base = _registry().Quantity(Fraction(1), name).to_base_units()
    powers = sorted((str(name), int(power)) for name, power in base.dimensionality.items())
    written = " ".join(f"{name.strip('[]')}^{power}" for name, power in powers)
    return _DIMENSIONS.get(written, written), Fraction(base.magnitude)


@cache
def _registry() -> Any:  # pint builds its classes when it runs
    import pint

    registry: Any = pint.UnitRegistry(non_int_type=Fraction)
    registry.define("jin = 500 * gram")
    return registry
