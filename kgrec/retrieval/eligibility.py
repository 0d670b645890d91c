"""Which products may be shown at all, decided before anything is ranked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from kgrec.data import DEFAULT_WEIGHTS, Catalogue, Histories
from kgrec.errors import HistoryError, SettingsError
from kgrec.retrieval.filters import Filter, parse_filter

__all__ = ["Eligibility", "Masks", "Shown", "UserHistories"]

_NOBODY = np.zeros(0, np.int32)


class Masks(Protocol):
    """Answers a filter with one mask over all products."""

    def mask(self, where: Filter) -> NDArray[np.bool_]:
        """Return bool (n,), read-only."""


class UserHistories(Protocol):
    """The histories of known users, row by row."""

    @property
    def kind_names(self) -> tuple[str, ...]:
        """The event types."""

    @property
    def size(self) -> int:
        """Number of events."""

    def __len__(self) -> int:
        """Return the number of users."""

    def select(self, users: NDArray[np.integer[Any]]) -> Histories:
        """Return the histories of some rows, in that order."""


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """Which products may be shown.

    Without a filter nothing as long as the catalogue is made.

    Attributes:
        mask: bool (n,), read-only, false where a product must not be shown; None where all may be.
        hidden: int32 (h,), further products that must not be.
    """

    mask: NDArray[np.bool_] | None = None
    hidden: NDArray[np.int32] = field(default_factory=lambda: _NOBODY)

    def without(self, nums: NDArray[np.int32]) -> Shown:
        """Return the same with some more products hidden."""
        return replace(self, hidden=np.concatenate([self.hidden, nums])) if len(nums) else self

    def dense(self, n: int) -> NDArray[np.bool_]:
        """Return bool (n,), writable."""
        mask = np.ones(n, np.bool_) if self.mask is None else self.mask.copy()
        mask[self.hidden] = False
        return mask


class Eligibility:
    """Filters, lists of ids and what shoppers did, as what may be shown.

    Args:
        catalogue: n products.
        table: the same products in columns.
        histories: of the known users, row by row.
        user_num: user id → row in ``histories``.
        gone: int32 (g,), numbers of products that were removed and are never shown.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        table: Masks,
        histories: UserHistories,
        user_num: Mapping[str, int],
        gone: NDArray[np.int32] = _NOBODY,
    ) -> None:
        """Hold the parts."""
        self._catalogue = catalogue
        self._table = table
        self._histories = histories
        self._user_num = user_num
        self._gone = gone

    def allowed(
        self, where: Filter | Mapping[str, Any] | None, only: Iterable[str] | None, exclude: Iterable[str]
    ) -> tuple[Shown, tuple[str, ...]]:
        """Return which products may be shown, and what is to be noted.

        Args:
            where: a filter or its JSON form, or None.
            only: ids, or None for all; unknown ones are noted.
            exclude: ids; unknown ones are ignored.

        Raises:
            SettingsError: the filter is malformed or does not fit the shop.
            HistoryError: a list of ids is one string, or no list.
        """
        mask = None if where is None else self._table.mask(parse_filter(where))
        notes: tuple[str, ...] = ()
        if only is not None:
            given = set(_ids("only", only))
            known = [num for num in map(self._catalogue.find, given) if num is not None]
            kept = np.zeros(len(self._catalogue), np.bool_)
            kept[known] = True
            mask = kept if mask is None else mask & kept
            if len(known) < len(given):
                notes = (f"{len(given) - len(known)} of {len(given)} products of only are not in the catalogue",)
        out = [num for num in map(self._catalogue.find, _ids("exclude", exclude)) if num is not None]
        return Shown(mask, self._gone).without(np.array(out, np.int32)), notes

    def seen_by_type(self, user: str | None, types: Iterable[str]) -> tuple[NDArray[np.int32], tuple[str, ...]]:
        """Return the products, int32 (m,), with which a user did something of these types, and what is to be noted.

        Raises:
            SettingsError: a type is unknown, or the histories keep no types.
        """
        names = self._histories.kind_names
        if isinstance(types, str) or not isinstance(types, Iterable):
            raise SettingsError(f"exclude_seen is True, False or a list of event types; got {types!r:.80}")
        wanted = tuple(types)
        if not names and self._histories.size:
            raise SettingsError("this shop keeps no event types: build it again from events, or use exclude_seen=True")
        known = tuple(dict.fromkeys((*names, *DEFAULT_WEIGHTS)))
        if unknown := [name for name in wanted if name not in known]:
            raise SettingsError(f"unknown event type {unknown[0]!r:.80}; known are {', '.join(known)}")
        row = self._user_num.get(user) if isinstance(user, str) else None
        own = None if row is None else self._histories.select(np.array([row]))
        if own is None or own.kinds is None:
            return np.zeros(0, np.int32), ("no event types are known of this shopper: exclude_seen left nothing out",)
        bits = sum(1 << at for at, name in enumerate(names) if name in wanted)
        return np.asarray(own.items[(own.kinds & own.kinds.dtype.type(bits)) != 0], np.int32), ()


def _ids(name: str, given: Iterable[str]) -> Iterable[str]:
    if isinstance(given, str):
        raise HistoryError(f"{name} must hold product ids; got the single string {given!r:.80}: write [{given!r:.80}]")
    if not isinstance(given, Iterable):
        raise HistoryError(f"{name} must hold product ids; got {given!r:.80}")
    return given
