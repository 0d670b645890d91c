"""Weights solved since the fit, column by column, over a base that is never touched.

Columns are only ever appended. A reader holds an :class:`Overlay`, which says how many slots exist for it and which of
them is live for each product; a writer that appends meanwhile writes where no reader looks, and hands out a new
:class:`Overlay`. Entries of one speaker form a chain from its newest one back, so that a question reads what its
history says and not every column.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["BASE", "GONE", "NO_OVERLAY", "Overlay", "OverlayWriter"]

BASE = -1
"""``slot_of`` a product whose column is the base's."""
GONE = -2
"""``slot_of`` a removed product."""
_SMALLEST = 256


class Overlay(NamedTuple):
    """What readers see; arrays longer than ``len(product_of)`` slots hold nothing that is reachable.

    Attributes:
        slot_of: int32 (n,), the live slot of each product, ``BASE`` or ``GONE``; empty without an overlay.
        head: int32 (n,), the newest entry (slot · support + place) of each speaker, −1 for none.
        following: int32 (slots, support), the entry before each in its speaker's chain, −1 at the end.
        product_of: int32 (slots,).
        weights: float64 (slots, support).
        support: int32 (slots, support), rising numbers, then −1.
        parts: float32 (slots, support, sources).
    """

    slot_of: NDArray[np.int32]
    head: NDArray[np.int32]
    following: NDArray[np.int32]
    product_of: NDArray[np.int32]
    weights: NDArray[np.float64]
    support: NDArray[np.int32]
    parts: NDArray[np.float32]


NO_OVERLAY = Overlay(
    slot_of=np.zeros(0, np.int32),
    head=np.zeros(0, np.int32),
    following=np.zeros((0, 1), np.int32),
    product_of=np.zeros(0, np.int32),
    weights=np.zeros((0, 1), np.float64),
    support=np.zeros((0, 1), np.int32),
    parts=np.zeros((0, 1, 1), np.float32),
)


class _Columns(NamedTuple):
    """Room for columns; the arrays of an :class:`Overlay` are its beginning."""

    following: NDArray[np.int32]
    product_of: NDArray[np.int32]
    weights: NDArray[np.float64]
    support: NDArray[np.int32]
    parts: NDArray[np.float32]

    @classmethod
    def of(cls, capacity: int, width: int, sources: int) -> _Columns:
        """Reserve room; what nobody writes to takes no memory."""
        return cls(
            following=np.empty((capacity, width), np.int32),
            product_of=np.empty(capacity, np.int32),
            weights=np.empty((capacity, width), np.float64),
            support=np.empty((capacity, width), np.int32),
            parts=np.empty((capacity, width, sources), np.float32),
        )


class OverlayWriter:
    """Appends columns; one writer at a time.

    Args:
        n: number of products.
        width: size of a support.
        sources: number of sources.
    """

    def __init__(self, n: int, width: int, sources: int) -> None:
        """Start without columns."""
        self._count = 0
        self._slot_of = np.full(n, BASE, np.int32)
        self._head = np.full(n, -1, np.int32)
        self._columns = _Columns.of(_SMALLEST, max(width, 1), sources)

    @property
    def slots(self) -> int:
        """Number of columns appended, live or not."""
        return self._count

    @property
    def live(self) -> int:
        """Number of columns that a reader of :meth:`published` sees."""
        return int(np.count_nonzero(self._slot_of >= 0))

    def grow(self, n: int) -> None:
        """Give room to products up to number ``n`` − 1."""
        more = n - len(self._slot_of)
        self._slot_of = np.concatenate([self._slot_of, np.full(more, BASE, np.int32)])
        self._head = np.concatenate([self._head, np.full(more, -1, np.int32)])

    def widen(self, sources: int) -> None:
        """Give room to more sources; those there were keep their places."""
        old = self._columns
        self._columns = _Columns.of(len(old.product_of), old.support.shape[1], sources)
        self._columns.parts[: self._count] = 0
        self._columns.parts[: self._count, :, : old.parts.shape[2]] = old.parts[: self._count]
        self._keep(old[:4])

    def put(self, products: NDArray[np.int32], support: NDArray[np.int32], parts: NDArray[np.float32]) -> None:
        """Append columns: products int32 (b,), support int32 (b, m), parts float32 (b, m, sources)."""
        size, width = len(products), self._columns.support.shape[1]
        if self._count + size > len(self._columns.product_of):
            self._enlarge(self._count + size)
        columns = self._columns
        slots = np.arange(self._count, self._count + size, dtype=np.int32)
        columns.support[slots] = -1
        columns.support[slots, : support.shape[1]] = support
        columns.parts[slots] = 0
        columns.parts[slots, : support.shape[1]] = parts
        columns.weights[slots] = columns.parts[slots].sum(axis=2, dtype=np.float64)
        columns.product_of[slots] = products
        # Published arrays are never written to: readers may be walking along them.
        self._head, self._slot_of = self._head.copy(), self._slot_of.copy()
        for row, slot in enumerate(slots.tolist()):
            near = support[row][support[row] >= 0]
            columns.following[slot, : len(near)] = self._head[near]
            self._head[near] = slot * width + np.arange(len(near), dtype=np.int32)
        self._slot_of[products] = slots
        self._count += size

    def hide(self, products: NDArray[np.int32]) -> None:
        """Let products go: they have no column any more."""
        self._slot_of = self._slot_of.copy()
        self._slot_of[products] = GONE

    def restore(self, products: NDArray[np.integer[Any]]) -> None:
        """Give removed products back a place for a column; the base's, which may be old, until one is put."""
        back = products[self._slot_of[products] == GONE]
        if len(back):
            self._slot_of = self._slot_of.copy()
            self._slot_of[back] = BASE

    def published(self) -> Overlay:
        """Return what stands now, for readers."""
        columns, count = self._columns, self._count
        return Overlay(
            slot_of=self._slot_of,
            head=self._head,
            following=columns.following[:count],
            product_of=columns.product_of[:count],
            weights=columns.weights[:count],
            support=columns.support[:count],
            parts=columns.parts[:count],
        )

    def compact(self) -> None:
        """Drop the columns that no product has any more."""
        live = np.flatnonzero(self._slot_of >= 0).astype(np.int32)
        slots = self._slot_of[live]
        support, parts = self._columns.support[slots], self._columns.parts[slots]
        self._count = 0
        self._columns = _Columns.of(max(_SMALLEST, len(live)), support.shape[1], parts.shape[2])
        self._head = np.full(len(self._head), -1, np.int32)
        self.put(live, support, parts)

    def _enlarge(self, least: int) -> None:
        """Move to arrays of half as many slots again."""
        old = self._columns
        capacity = max(least, len(old.product_of) + len(old.product_of) // 2 + _SMALLEST)
        self._columns = _Columns.of(capacity, old.support.shape[1], old.parts.shape[2])
        self._columns.parts[: self._count] = old.parts[: self._count]
        self._keep(old[:4])

    def _keep(self, old: tuple[NDArray[Any], ...]) -> None:
        arrays: tuple[NDArray[Any], ...] = self._columns[:4]
        for new, kept in zip(arrays, old, strict=True):
            new[: self._count] = kept[: self._count]
