"""Filters: which products may be shown, as a small typed expression or as plain JSON.

In Python::

    cheap = kgrec.field("price") <= 20
    known = kgrec.field("brand").isin(["OPI", "Essie"])
    where = cheap & known & ~kgrec.field("category").under("Beauty > Nails > Glue")
    shop.recommend("u1", where=where)

The same as JSON, for servers and files::

    {"price": {"<=": 20}, "brand": ["OPI", "Essie"], "not": {"category": {"under": "Beauty > Nails > Glue"}}}

=========================== ========================================= =======================================
Python                      JSON                                      holds for a product where
=========================== ========================================= =======================================
``field(f) == v``           ``{f: v}`` or ``{f: {"==": v}}``          one of its values is v
``field(f) != v``           ``{f: {"!=": v}}``                        it has values, and none is v
``field(f) < v`` …          ``{f: {"<": v}}``, ``<=``, ``>``, ``>=``  one of its values compares so
``field(f).isin([v, w])``   ``{f: [v, w]}`` or ``{f: {"in": [v, w]}}``  one of its values is in the list
``field(f).under(path)``    ``{f: {"under": path}}``                  it is in that category or below it
``field(f).exists()``       ``{f: {"exists": true}}``                 it has a value at all
``a & b``                   ``{…a, …b}`` or ``{"all": [a, b]}``       both hold
``a | b``                   ``{"any": [a, b]}``                       at least one holds
``~a``                      ``{"not": a}``                            a does not hold
=========================== ========================================= =======================================

Several keys of one object, and several operators of one field, must all hold. ``{}`` holds for every product, an
empty ``in`` or ``any`` for none.

**Missing values.** Every comparison with a missing value is false, ``!=`` too; so ``not`` of it is true:
``~(field("price") > 20)`` keeps products without a price, ``field("price") <= 20`` does not.

**Fields.**

- ``price``: a number, compared as it stands (add ``currency`` where the shop has several).
- ``available``: true or false, missing where the shop does not say.
- ``category``: paths. With ``==`` and ``in``, one level such as ``"Nails"`` means every path that has it at any
  level, and several levels such as ``"Beauty > Nails"`` mean that whole path. ``under`` means a path from its top or
  anything below it. Levels are compared whole. Under ``under``, give the levels ``["Beauty", "Nails"]`` where a level
  itself holds a ``>`` (so a list there is one path).
- ``id``, ``brand``, ``currency``, ``language``: text.
- every relation of the graph (``colour``, ``material`` …), every declared attribute and every further column of the
  catalogue, under its name: text, any number of values a product. Where a name is several of these, a product has the
  values of them all.

**Values.** Texts are equal without regard to case, width (NFKC) and doubled blanks. Text fields are ordered only by
the numbers in them: ``field("stock") > 3`` looks at values that are plain numbers, ``field("height") < "15 cm"`` at
values in the same unit.

Whatever is unknown or of the wrong type raises :class:`kgrec.errors.SettingsError`; a value that no product has is no
error and matches nothing.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, Literal, TypeAlias, cast

import numpy as np

from kgrec.errors import SettingsError

__all__ = ["AllOf", "AnyOf", "Condition", "Field", "Filter", "Negation", "Op", "Value", "field", "parse_filter"]

Value: TypeAlias = bool | float | str
Op: TypeAlias = Literal["==", "!=", "<", "<=", ">", ">=", "in", "under", "exists"]

_ORDERED = ("<", "<=", ">", ">=")
_OPS = ("==", "!=", *_ORDERED, "in", "under", "exists")
_MAX_DEPTH = 32


class Filter:
    """An expression that holds for a product or not; made by :func:`field` or :func:`parse_filter`, and immutable.

    Combine with ``&``, ``|`` and ``~``. Equal expressions are equal and hash alike.
    """

    __slots__ = ()

    def __and__(self, other: Filter) -> Filter:
        """Return the expression that holds where both hold."""
        return AllOf((*_parts(self, AllOf), *_parts(other, AllOf))) if isinstance(other, Filter) else NotImplemented

    def __or__(self, other: Filter) -> Filter:
        """Return the expression that holds where at least one holds."""
        return AnyOf((*_parts(self, AnyOf), *_parts(other, AnyOf))) if isinstance(other, Filter) else NotImplemented

    def __invert__(self) -> Filter:
        """Return the expression that holds where this one does not."""
        return self.part if isinstance(self, Negation) else Negation(self)

    def __bool__(self) -> bool:
        """Refuse: ``and``, ``or``, ``not`` and chains such as ``5 < f < 20`` cannot build an expression.

        Raises:
            SettingsError: always.
        """
        raise SettingsError(
            f"the filter {self} has no truth value of its own: combine filters with & | ~ in place of and, or, not, "
            "and write 5 < f < 20 as (f > 5) & (f < 20)"
        )


@dataclass(frozen=True, slots=True)
class Condition(Filter):
    """One field compared with values.

    Attributes:
        name: of the field.
        op: how to compare.
        values: one value; any number for ``in``; the levels of one path, or one text, for ``under``; none for
            ``exists``.
        types: of the values, so that 1 and true are different questions.

    Raises:
        SettingsError: the operator is unknown, or it cannot compare such a value.
    """

    name: str
    op: Op
    values: tuple[Value, ...]
    types: tuple[type, ...] = dataclasses.field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Bring the values to bool, float or str, and check them."""
        if not isinstance(self.name, str) or not self.name:
            raise SettingsError(f"a field's name must be a text; got {self.name!r:.80}")
        if self.op not in _OPS:
            raise SettingsError(f"unknown operator {self.op!r:.40} for {self.name!r}; known are {', '.join(_OPS)}")
        fitting = {"in": True, "under": bool(self.values), "exists": not self.values}
        if not fitting.get(self.op, len(self.values) == 1):
            raise SettingsError(f"{self.op} of {self.name!r} does not take {len(self.values)} values")
        values = tuple(_scalar(self.name, self.op, value) for value in self.values)
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "types", tuple(map(type, values)))

    def __str__(self) -> str:
        """Return the condition as a person writes it."""
        if self.op == "exists":
            return f"{self.name} exists"
        if self.op == "in":
            return f"{self.name} in {list(self.values)!r}"
        value = " > ".join(map(str, self.values)) if self.op == "under" else self.values[0]
        return f"{self.name} {self.op} {value!r}"


@dataclass(frozen=True, slots=True)
class AllOf(Filter):
    """Holds where every part holds; everywhere without parts."""

    parts: tuple[Filter, ...]

    def __str__(self) -> str:
        """Return the expression as a person writes it."""
        return "(" + " and ".join(map(str, self.parts)) + ")" if self.parts else "everything"


@dataclass(frozen=True, slots=True)
class AnyOf(Filter):
    """Holds where at least one part holds; nowhere without parts."""

    parts: tuple[Filter, ...]

    def __str__(self) -> str:
        """Return the expression as a person writes it."""
        return "(" + " or ".join(map(str, self.parts)) + ")" if self.parts else "nothing"


@dataclass(frozen=True, slots=True)
class Negation(Filter):
    """Holds where its part does not."""

    part: Filter

    def __str__(self) -> str:
        """Return the expression as a person writes it."""
        return f"not {self.part}"


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """A field of a product, to compare: ``field("price") <= 20``. Made by :func:`field`."""

    name: str

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, value: object) -> Filter:  # type: ignore[override]
        """Return: one of the field's values is ``value``."""
        return Condition(self.name, "==", (cast(Value, value),))

    def __ne__(self, value: object) -> Filter:  # type: ignore[override]
        """Return: the field has values, and none is ``value``."""
        return Condition(self.name, "!=", (cast(Value, value),))

    def __lt__(self, value: float | str) -> Filter:
        """Return: one of the field's values is below ``value``."""
        return Condition(self.name, "<", (value,))

    def __le__(self, value: float | str) -> Filter:
        """Return: one of the field's values is at most ``value``."""
        return Condition(self.name, "<=", (value,))

    def __gt__(self, value: float | str) -> Filter:
        """Return: one of the field's values is above ``value``."""
        return Condition(self.name, ">", (value,))

    def __ge__(self, value: float | str) -> Filter:
        """Return: one of the field's values is at least ``value``."""
        return Condition(self.name, ">=", (value,))

    def isin(self, values: Iterable[Value]) -> Filter:
        """Return: one of the field's values is one of these.

        Raises:
            SettingsError: a single text, or something that is no collection of values.
        """
        if isinstance(values, str | Mapping) or not isinstance(values, Iterable):
            raise SettingsError(f"isin takes a list of values; got {values!r:.80}: write [{values!r:.80}]")
        return Condition(self.name, "in", tuple(values))

    def under(self, path: str | Sequence[str]) -> Filter:
        """Return: the product is in this category or below it.

        Args:
            path: ``"Beauty > Nails"``, or the levels from general to special.

        Raises:
            SettingsError: the path is empty or no text.
        """
        return Condition(self.name, "under", (path,) if isinstance(path, str) else _levels(self.name, path))

    def exists(self) -> Filter:
        """Return: the product has a value in this field."""
        return Condition(self.name, "exists", ())


def field(name: str) -> Field:
    """Return a field of the catalogue or the graph, to compare in a filter.

    Args:
        name: ``"price"``, ``"available"``, ``"brand"``, ``"category"``, ``"currency"``, ``"language"``, ``"id"``, a
            relation of the graph, a declared attribute or a further column; checked when the filter is used.
    """
    return Field(name)


def parse_filter(where: Filter | Mapping[str, Any]) -> Filter:
    """Return the expression that a JSON object states; an expression comes back as it is.

    Args:
        where: as described at the top of this module.

    Raises:
        SettingsError: the object is malformed; the message names the part.
    """
    return _parse(where, 0)


def _parse(where: object, depth: int) -> Filter:
    if isinstance(where, Filter):
        return where
    if isinstance(where, Field) or not isinstance(where, Mapping):
        raise SettingsError(
            f'a filter is an expression or an object such as {{"price": {{"<=": 20}}}}; got {where!r:.80}'
        )
    if depth > _MAX_DEPTH:
        raise SettingsError(f"the filter is nested more than {_MAX_DEPTH} deep; write it flatter")
    parts: list[Filter] = []
    for key, value in where.items():
        if key == "not":
            parts.append(~_parse(value, depth + 1))
        elif key in ("any", "all"):
            if isinstance(value, str | Mapping) or not isinstance(value, Sequence):
                raise SettingsError(f"{key!r} takes a list of filters; got {value!r:.80}")
            nested = tuple(_parse(part, depth + 1) for part in value)
            parts.append(AnyOf(nested) if key == "any" else AllOf(nested))
        else:
            parts += _conditions(key, value)
    return parts[0] if len(parts) == 1 else AllOf(tuple(parts))


def _conditions(name: Any, stated: object) -> list[Filter]:
    """Return the conditions on one field of an object."""
    if not isinstance(stated, Mapping):
        several = isinstance(stated, Iterable) and not isinstance(stated, str | bytes)
        return [Field(name).isin(cast(Iterable[Value], stated)) if several else Field(name) == stated]
    if not stated:
        raise SettingsError(f"the field {name!r:.80} has no operator; give one of {', '.join(_OPS)}")
    found: list[Filter] = []
    for op, value in stated.items():
        if op == "in":
            found.append(Field(name).isin(value))
        elif op == "under":
            found.append(Field(name).under(value))
        elif op == "exists":
            if not isinstance(value, bool):
                raise SettingsError(f"exists of {name!r} takes true or false; got {value!r:.80}")
            found.append(Field(name).exists() if value else ~Field(name).exists())
        else:
            found.append(Condition(name, op, (value,)))
    return found


def _parts(where: Filter, kind: type[AllOf] | type[AnyOf]) -> tuple[Filter, ...]:
    return where.parts if isinstance(where, kind) else (where,)


def _levels(name: str, path: object) -> tuple[str, ...]:
    levels = tuple(path) if isinstance(path, Iterable) and not isinstance(path, Mapping) else ()
    if not levels or not all(isinstance(level, str) and level.strip() for level in levels):
        raise SettingsError(f"under of {name!r} takes a path such as 'Beauty > Nails' or its levels; got {path!r:.80}")
    return levels


def _scalar(name: str, op: str, value: object) -> Value:
    """Return a value as bool, float or str."""
    if isinstance(value, bool | np.bool_) and op not in _ORDERED:
        return bool(value)
    if not isinstance(value, bool) and isinstance(value, Real) and not math.isnan(value):
        return float(value)
    if isinstance(value, str) and (op != "under" or value.strip(" >")):
        return str(value)
    what = "a number or a number with its unit" if op in _ORDERED else "a text, a number, or true or false"
    hint = "; ask for missing values with exists" if value is None else ""
    raise SettingsError(f"{name} {op} takes {what}; got {value!r:.80}{hint}")
