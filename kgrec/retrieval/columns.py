"""Columns of products: each answers a condition with one mask over all products."""

from __future__ import annotations

import operator
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from kgrec.errors import SettingsError
from kgrec.retrieval.filters import Condition

__all__ = ["Column", "FlagColumn", "NumberColumn", "PathColumn", "TextColumn", "path_key", "text_key"]

_COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_QUANTITY = re.compile(r"([-+]?\d+(?:\.\d+)?)(?:\s*([^\W\d_]+[²³]?|[%°\"']))?")
_LEVEL = "\x1f"
"""Joins the levels of a path; no text of a shop holds it."""


class Column(Protocol):
    """One field of all products."""

    def match(self, condition: Condition) -> NDArray[np.bool_]:
        """Return bool (n,), for which products the condition holds.

        Raises:
            SettingsError: the column cannot be compared so.
        """


class NumberColumn:
    """One number a product.

    Args:
        values: float64 (n,), NaN where missing.
    """

    def __init__(self, values: NDArray[np.float64]) -> None:
        """Hold the numbers."""
        self._values = values

    def match(self, condition: Condition) -> NDArray[np.bool_]:
        """Return bool (n,), for which products the condition holds.

        Raises:
            SettingsError: a value is no number, or the operator is ``under``.
        """
        stated = ~np.isnan(self._values)
        if condition.op == "exists":
            return stated
        _refuse_under(condition)
        _expect(condition, float, "numbers")
        if condition.op == "in":
            return np.isin(self._values, np.array(condition.values, np.float64))
        return np.asarray(stated & _COMPARE[condition.op](self._values, condition.values[0]), np.bool_)


class FlagColumn:
    """True or false a product.

    Args:
        values: int8 (n,), 1, 0, or −1 where missing.
    """

    def __init__(self, values: NDArray[np.int8]) -> None:
        """Hold the flags."""
        self._values = values

    def match(self, condition: Condition) -> NDArray[np.bool_]:
        """Return bool (n,), for which products the condition holds.

        Raises:
            SettingsError: a value is neither true nor false, or the operator orders.
        """
        if condition.op == "exists":
            return self._values >= 0
        _refuse_under(condition)
        _expect(condition, bool, "true or false")
        if condition.op == "in":
            return np.isin(self._values, np.array(condition.values, np.int8))
        if condition.op not in ("==", "!="):
            raise SettingsError(f"{condition.name} holds true or false, which {condition.op} cannot order: use ==")
        return np.asarray((self._values >= 0) & _COMPARE[condition.op](self._values, condition.values[0]), np.bool_)


class TextColumn:
    """Any number of texts a product, as codes of a dictionary, in both directions.

    Args:
        n: number of products.
        products: int (t,), one entry a product and text; doubles are dropped.
        keys: (t,) the texts, as :func:`text_key` gives them.
    """

    def __init__(self, n: int, products: NDArray[np.integer[Any]], keys: Sequence[str]) -> None:
        """Number the texts and sort the entries by text."""
        self.n = n
        self._code: dict[str, int] = {}
        codes = np.fromiter((self._code.setdefault(key, len(self._code)) for key in keys), np.int64, len(keys))
        pairs = np.unique(codes * max(n, 1) + products)
        self._products = (pairs % max(n, 1)).astype(np.int32)
        codes = pairs // max(n, 1)
        self._starts = np.searchsorted(codes, np.arange(len(self._code) + 1))

    @cached_property
    def _stated(self) -> NDArray[np.bool_]:
        stated = np.zeros(self.n, np.bool_)
        stated[self._products] = True
        return stated

    @cached_property
    def _by_product(self) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Starts (n + 1,) and codes (t,), product by product."""
        order = np.argsort(self._products, kind="stable")
        codes = np.repeat(np.arange(len(self._code), dtype=np.int32), np.diff(self._starts))
        return np.searchsorted(self._products[order], np.arange(self.n + 1)), codes[order]

    @cached_property
    def _quantities(self) -> tuple[NDArray[np.float64], list[str]]:
        """The number in each text, NaN where there is none, and its unit."""
        found = [_quantity(key) for key in self._code]
        return np.array([number for number, _ in found], np.float64), [unit for _, unit in found]

    @property
    def code_of(self) -> Mapping[str, int]:
        """Text → its number, in order of the numbers."""
        return self._code

    def codes_of(self, num: int) -> list[int]:
        """Return the numbers of a product's texts."""
        starts, codes = self._by_product
        return [int(code) for code in codes[starts[num] : starts[num + 1]]]

    def products_with(self, code: int) -> NDArray[np.int32]:
        """Return the products that have a text, int32 (c,), rising."""
        return self._products[self._starts[code] : self._starts[code + 1]]

    def with_keys(self, keys: Iterable[str]) -> NDArray[np.bool_]:
        """Return bool (n,), which products have one of these texts."""
        return self._with_codes(self._code[key] for key in keys if key in self._code)

    def match(self, condition: Condition) -> NDArray[np.bool_]:
        """Return bool (n,), for which products the condition holds.

        Raises:
            SettingsError: the texts hold no numbers to order by, or the operator is ``under``.
        """
        if condition.op == "exists":
            return self._stated.copy()
        _refuse_under(condition)
        if condition.op in ("==", "!=", "in"):
            texts = {text_key(value) for value in condition.values if isinstance(value, str)}
            texts |= {str(value).casefold() for value in condition.values if isinstance(value, bool)}
            equal = self.with_keys(texts)
            for value in condition.values:
                if isinstance(value, float):
                    equal |= self._with_codes(self._compared(condition.name, "==", value, ""))
            return self._stated & ~equal if condition.op == "!=" else equal
        wanted = condition.values[0]
        number, unit = (float(wanted), "") if isinstance(wanted, float) else _quantity(text_key(str(wanted)))
        if np.isnan(number):
            raise SettingsError(
                f"{condition.name} is text, which {condition.op} orders only by number: give 15 or '15 cm', "
                f"or use == and in; got {wanted!r:.80}"
            )
        return self._with_codes(self._compared(condition.name, condition.op, number, unit))

    def _compared(self, name: str, op: str, number: float, unit: str) -> Iterable[int]:
        numbers, units = self._quantities
        if len(numbers) and bool(np.isnan(numbers).all()):
            raise SettingsError(
                f"{name} holds texts such as {next(iter(self._code))!r:.60} and no number to compare with {number:g}"
            )
        return (int(at) for at in np.flatnonzero(_COMPARE[op](numbers, number)) if units[at] == unit)

    def _with_codes(self, codes: Iterable[int]) -> NDArray[np.bool_]:
        mask = np.zeros(self.n, np.bool_)
        for code in codes:
            mask[self.products_with(code)] = True
        return mask


class PathColumn:
    """Any number of category paths a product.

    Args:
        n: number of products.
        products: int (t,), one entry a product and path.
        keys: (t,) the paths, as :func:`path_key` gives them.
    """

    def __init__(self, n: int, products: NDArray[np.integer[Any]], keys: Sequence[str]) -> None:
        """Keep each path whole, by all its ancestors, and by all its levels."""
        self.paths = TextColumn(n, products, keys)
        split = [key.split(_LEVEL) for key in keys]
        owners = np.repeat(products, [len(levels) for levels in split]) if split else products
        ancestors = [_LEVEL.join(levels[:depth]) for levels in split for depth in range(1, len(levels) + 1)]
        self._under = TextColumn(n, owners, ancestors)
        self._levels = TextColumn(n, owners, [level for levels in split for level in levels])

    def match(self, condition: Condition) -> NDArray[np.bool_]:
        """Return bool (n,), for which products the condition holds.

        Raises:
            SettingsError: a value is no text, or the operator orders.
        """
        if condition.op == "exists":
            return self.paths.match(condition)
        _expect(condition, str, "paths such as 'Beauty > Nails'")
        if condition.op == "under":
            return self._under.with_keys([path_key([str(value) for value in condition.values])])
        if condition.op not in ("==", "!=", "in"):
            raise SettingsError(f"{condition.name} holds paths, which {condition.op} cannot order: use under, == or in")
        keys = {path_key(str(value)) for value in condition.values}
        equal = self.paths.with_keys(keys) | self._levels.with_keys(key for key in keys if _LEVEL not in key)
        return self.paths._stated & ~equal if condition.op == "!=" else equal


def text_key(text: str) -> str:
    """Return what two texts share that a filter takes for equal."""
    return " ".join(unicodedata.normalize("NFKC", text).split()).casefold()


def path_key(path: str | Sequence[str]) -> str:
    """Return the same for a path: ``"Beauty > Nails"``, or its levels (a single level is split too)."""
    levels = path.split(">") if isinstance(path, str) else path[0].split(">") if len(path) == 1 else path
    return _LEVEL.join(key for level in levels if (key := text_key(level)))


def _quantity(key: str) -> tuple[float, str]:
    found = _QUANTITY.fullmatch(key)
    return (float(found[1]), found[2] or "") if found else (float("nan"), "")


def _expect(condition: Condition, kind: type, what: str) -> None:
    for value in condition.values:
        if not isinstance(value, kind):
            raise SettingsError(f"{condition.name} holds {what}; it cannot be compared with {value!r:.80}")


def _refuse_under(condition: Condition) -> None:
    if condition.op == "under":
        raise SettingsError(f"{condition.name} holds no paths, so nothing is under one: use == or in")
