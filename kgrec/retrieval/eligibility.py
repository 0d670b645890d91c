"""Which products may be shown at all, decided before anything is ranked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kgrec.data import DEFAULT_WEIGHTS, Catalogue, Histories
from kgrec.errors import HistoryError, SettingsError
from kgrec.retrieval.filters import Filter, parse_filter
from kgrec.retrieval.product_table import ProductTable

__all__ = ["Eligibility"]


class Eligibility:
    """Filters, lists of ids and what shoppers did, as masks over the products.

    Args:
        catalogue: n products.
        table: the same products in columns.
        histories: of the known users, row by row.
        user_num: user id → row in ``histories``.
    """

    def __init__(
        self, catalogue: Catalogue, table: ProductTable, histories: Histories, user_num: Mapping[str, int]
    ) -> None:
        """Hold the parts."""
        self._catalogue = catalogue
        self._table = table
        self._histories = histories
        self._user_num = user_num

    def allowed(
        self, where: Filter | Mapping[str, Any] | None, only: Iterable[str] | None, exclude: Iterable[str]
    ) -> tuple[NDArray[np.bool_], tuple[str, ...]]:
        """Return which products may be shown, bool (n,), writable, and what is to be noted.

        Args:
            where: a filter or its JSON form, or None.
            only: ids, or None for all; unknown ones are noted.
            exclude: ids; unknown ones are ignored.

        Raises:
            SettingsError: the filter is malformed or does not fit the shop.
            HistoryError: a list of ids is one string, or no list.
        """
        n = len(self._catalogue)
        allowed = np.ones(n, np.bool_) if where is None else self._table.mask(parse_filter(where)).copy()
        notes: tuple[str, ...] = ()
        if only is not None:
            given = set(_ids("only", only))
            known = [num for num in map(self._catalogue.find, given) if num is not None]
            kept = np.zeros(n, np.bool_)
            kept[known] = True
            allowed &= kept
            if len(known) < len(given):
                notes = (f"{len(given) - len(known)} of {len(given)} products of only are not in the catalogue",)
        allowed[[num for num in map(self._catalogue.find, _ids("exclude", exclude)) if num is not None]] = False
        return allowed, notes

    def seen_by_type(self, user: str | None, types: Iterable[str]) -> tuple[NDArray[np.int32], tuple[str, ...]]:
        """Return the products, int32 (m,), with which a user did something of these types, and what is to be noted.

        Raises:
            SettingsError: a type is unknown, or the histories keep no types.
        """
        histories = self._histories
        if isinstance(types, str) or not isinstance(types, Iterable):
            raise SettingsError(f"exclude_seen is True, False or a list of event types; got {types!r:.80}")
        wanted = tuple(types)
        if histories.kinds is None and len(histories.items):
            raise SettingsError("this shop keeps no event types: build it again from events, or use exclude_seen=True")
        known = tuple(dict.fromkeys((*histories.kind_names, *DEFAULT_WEIGHTS)))
        if unknown := [name for name in wanted if name not in known]:
            raise SettingsError(f"unknown event type {unknown[0]!r:.80}; known are {', '.join(known)}")
        row = self._user_num.get(user) if isinstance(user, str) else None
        if row is None or histories.kinds is None:
            return np.zeros(0, np.int32), ("no event types are known of this shopper: exclude_seen left nothing out",)
        mine = slice(int(histories.indptr[row]), int(histories.indptr[row + 1]))
        bits = sum(1 << at for at, name in enumerate(histories.kind_names) if name in wanted)
        kinds = histories.kinds[mine]
        return np.asarray(histories.items[mine][(kinds & kinds.dtype.type(bits)) != 0], np.int32), ()


def _ids(name: str, given: Iterable[str]) -> Iterable[str]:
    if isinstance(given, str):
        raise HistoryError(f"{name} must hold product ids; got the single string {given!r:.80}: write [{given!r:.80}]")
    if not isinstance(given, Iterable):
        raise HistoryError(f"{name} must hold product ids; got {given!r:.80}")
    return given
