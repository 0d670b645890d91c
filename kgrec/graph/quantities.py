"""Values that are a number with a unit, brought to one unit for each kind of quantity."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kgrec.errors import SettingsError

if TYPE_CHECKING:
    from kgrec.graph.triples import Triples

__all__ = ["Quantities", "factor_of", "quantities_of", "values_between"]

_VALUE = re.compile(
    r"(?P<sign>[-−]?)\s*(?P<number>\d+(?:\.\d+)?|\d{1,3}(?:,\d{3})+(?:\.\d+)?)(?:\s*/\s*(?P<below>[1-9]\d{0,3}))?"
    r"\s*(?P<unit>[^\d\s\"'′″][^\d]{0,23}|[\"'′″])?"
)
_UNIT = re.compile(r"[A-Za-zµμ°Ω%²³ ./-]{1,24}")
_SPELLED = {
    **{"in": "inch", "inches": "inch", '"': "inch", "″": "inch", "'": "foot", "′": "foot", "ft": "foot", "yd": "yard"},
    **{"fl oz": "fluid_ounce", "pt": "pint", "gal": "gallon", "cl": "centiliter", "l": "liter", "ml": "milliliter"},
    **{"oz": "ounce", "lb": "pound", "lbs": "pound", "jin": "0.5 kilogram", "g": "gram", "kg": "kilogram"},
    **{
        "w": "watt",
        "kw": "kilowatt",
        "v": "volt",
        "mah": "milliampere_hour",
        "wh": "watt_hour",
        "kwh": "kilowatt_hour",
    },
    **{"hz": "hertz", "khz": "kilohertz", "mhz": "megahertz", "ghz": "gigahertz", "lm": "lumen"},
    **{"kb": "kilobyte", "mb": "megabyte", "gb": "gigabyte", "tb": "terabyte", "mp": "1e6 count", "dpi": "count/inch"},
    **{"°c": "degree_Celsius", "°f": "degree_Fahrenheit", "years": "year", "months": "month", "%": "percent"},
    **{"pcs": "count", "pc": "count", "pieces": "count", "pack": "count", "m": "meter", "mm": "millimeter"},
}
"""Spellings that the library writes or shops use, where pint knows them as something else or not at all."""

_SAME = 1e-9  # relative: 0.15 m and 15 cm differ by a rounding error


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Quantities:
    """The values of a relation that are quantities.

    Attributes:
        value: int32 (q,), value numbers, rising.
        amount: float64 (q,), in the unit of their kind.
        kind: int16 (q,), 0 … len(units)−1. Amounts of different kinds cannot be compared.
        units: the base unit of each kind, for example ``"meter"``; ``""`` for numbers without a unit.
        written: the unit of each kind that most triples of the relation write, for example ``"cm"``.
    """

    value: NDArray[np.int32]
    amount: NDArray[np.float64]
    kind: NDArray[np.int16]
    units: tuple[str, ...]
    written: tuple[str, ...]


def quantities_of(graph: Triples, relation: str) -> Quantities:
    """Read the values of a relation as quantities; those that are no single number with a unit are left out.

    Length, weight, volume and so on become kinds of their own, so ``15 cm`` and ``0.15 m`` are equal and ``15 g`` is
    something else. Units are those of pint, with the spellings that shops use.

    Args:
        graph: the graph.
        relation: its name; an unknown one has no values.
    """
    numbers = graph.values_in(relation)
    texts = graph.values.slice(numbers.start, len(numbers)).to_pylist()
    counts = np.diff(graph.value_indptr[numbers.start : numbers.stop + 1]).tolist() if len(numbers) else []
    found: list[tuple[int, float, str]] = []
    spelled: dict[str, dict[str, int]] = {}
    for num, text, count in zip(numbers, texts, counts, strict=True):
        if (parsed := _parsed(text)) is not None:
            amount, base, unit = parsed
            found.append((num, amount, base))
            tally = spelled.setdefault(base, {})
            tally[unit] = tally.get(unit, 0) + count
    units = tuple(sorted(spelled))
    return Quantities(
        value=np.array([num for num, _, _ in found], np.int32),
        amount=np.array([amount for _, amount, _ in found], np.float64),
        kind=np.array([units.index(base) for _, _, base in found], np.int16),
        units=units,
        written=tuple(min(spelled[base], key=lambda unit: (-spelled[base][unit], unit)) for base in units),
    )


def values_between(
    graph: Triples, relation: str, low: float | None, high: float | None, unit: str
) -> NDArray[np.int32]:
    """Return the values of a relation from ``low`` to ``high``, both included, int32 (m,), rising.

    Args:
        graph: the graph.
        relation: its name; an unknown one has no values.
        low: in ``unit``; None for no lower bound.
        high: in ``unit``; None for no upper bound.
        unit: such as ``"cm"``; values of other units of the same kind are converted. ``""`` means plain numbers.

    Raises:
        SettingsError: there is no such unit, or ``low`` is above ``high``.
    """
    if low is not None and high is not None and not low <= high:
        raise SettingsError(f"low must not be above high; got {low} and {high}")
    base, factor, offset = factor_of(unit)
    found = quantities_of(graph, relation)
    if base not in found.units:
        return found.value[:0]
    chosen = found.kind == found.units.index(base)
    for bound, above in ((low, True), (high, False)):
        if bound is not None:
            limit = bound * factor + offset
            slack = _SAME * max(abs(limit), abs(factor) * _SAME)
            chosen &= (found.amount >= limit - slack) if above else (found.amount <= limit + slack)
    kept: NDArray[np.int32] = found.value[chosen]
    return kept


def factor_of(unit: str) -> tuple[str, float, float]:
    """Return the base unit of a unit, and what turns an amount into it: ``amount · factor + offset``.

    Raises:
        SettingsError: there is no such unit.
    """
    found = _factor(unit.strip())
    if found is None:
        raise SettingsError(f"unit must be one such as 'cm', 'kg' or 'fl oz', or '' for plain numbers; got {unit!r}")
    return found


def _parsed(text: str) -> tuple[float, str, str] | None:
    """Return amount in the base unit, base unit and the unit as written, or None."""
    match = _VALUE.fullmatch(text.strip()) if len(text) <= 64 else None
    if match is None:
        return None
    unit = (match["unit"] or "").strip()
    found = _factor(unit)
    if found is None:
        return None
    amount = float(match["number"].replace(",", "")) / float(match["below"] or 1) * (-1 if match["sign"] else 1)
    base, factor, offset = found
    return amount * factor + offset, base, unit


@lru_cache(maxsize=4096)
def _factor(unit: str) -> tuple[str, float, float] | None:
    if not unit:
        return "", 1.0, 0.0
    name = _SPELLED.get(unit) or _SPELLED.get(unit.casefold()) or unit
    if name == unit and not _UNIT.fullmatch(unit):
        return None
    try:
        zero, one = (_registry().Quantity(amount, _unit(name)).to_base_units() for amount in (0.0, 1.0))
    except Exception:  # noqa: BLE001 - pint raises errors of many kinds at texts that are no units
        return None
    scale = _scale(name)
    factor = float(one.magnitude - zero.magnitude) * scale
    return (str(one.units), factor, float(zero.magnitude)) if np.isfinite(factor) and factor > 0 else None


def _unit(name: str) -> Any:
    return _registry().parse_units(name.split(" ", 1)[1] if name[0].isdigit() else name)


def _scale(name: str) -> float:
    return float(name.split(" ", 1)[0]) if name[0].isdigit() else 1.0


@lru_cache(maxsize=1)
def _registry() -> Any:
    import pint

    return pint.UnitRegistry(cache_folder=None)
