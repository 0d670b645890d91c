"""Histories: what each user touched, oldest first, as flat arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kgrec.errors import HistoryError

__all__ = ["Histories", "Targets"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Histories:
    """Histories of ``u`` users in compressed form; user ``r`` owns ``items[indptr[r]:indptr[r + 1]]``.

    Attributes:
        indptr: int64 (u + 1,), starts at 0, never decreases.
        items: int32 (e,), product numbers, oldest first within a user.
        weights: float32 (e,), positive and finite: how much each event counts.
        times: float64 (e,), seconds since the epoch (or since the user's first event), NaN where unknown.
        ordered: whether order inside a history means anything.
        kinds: unsigned int (e,), bit ``b`` is set where the user did ``kind_names[b]`` with the product; None where
            it is not known what was done.
        kind_names: the event types, at most 64; empty without ``kinds``.

    Raises:
        HistoryError: shapes disagree, or a weight is not positive and finite.
    """

    indptr: NDArray[np.int64]
    items: NDArray[np.int32]
    weights: NDArray[np.float32]
    times: NDArray[np.float64]
    ordered: bool = True
    kinds: NDArray[np.unsignedinteger[Any]] | None = None
    kind_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check shapes and ranges."""
        size = len(self.items)
        if not (len(self.weights) == len(self.times) == size):
            raise HistoryError(
                f"items, weights and times must have one length; got {size}, {len(self.weights)}, {len(self.times)}"
            )
        if self.kinds is not None and len(self.kinds) != size:
            raise HistoryError(f"kinds must have one entry an event; got {len(self.kinds)} for {size} events")
        if len(self.indptr) == 0 or self.indptr[0] != 0 or self.indptr[-1] != size or np.any(np.diff(self.indptr) < 0):
            raise HistoryError("indptr must start at 0, never decrease and end at the number of events")
        if size and not (np.all(np.isfinite(self.weights)) and float(self.weights.min()) > 0):
            raise HistoryError("event weights must be positive and finite; drop events that should not count")
        if size and int(self.items.min()) < 0:
            raise HistoryError(f"product numbers must be non-negative; got {int(self.items.min())}")

    @classmethod
    def of(
        cls, rows: Sequence[Sequence[int] | NDArray[np.integer]], *, weights: Sequence[Sequence[float]] | None = None
    ) -> Histories:
        """Build from one sequence of product numbers a user (oldest first).

        Raises:
            HistoryError: a weight is not positive and finite.
        """
        lengths = np.array([len(row) for row in rows], dtype=np.int64)
        indptr = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        flat = [np.asarray(row, dtype=np.int32) for row in rows]
        items = np.concatenate(flat) if flat else np.zeros(0, np.int32)
        flat_weights = (
            np.ones(len(items), np.float32)
            if weights is None
            else np.array([w for row in weights for w in row], dtype=np.float32)
        )
        return cls(
            indptr=indptr,
            items=items.astype(np.int32),
            weights=flat_weights,
            times=np.full(len(items), np.nan),
        )

    def __len__(self) -> int:
        """Return the number of users."""
        return len(self.indptr) - 1

    @property
    def size(self) -> int:
        """Number of events."""
        return len(self.items)

    def row(self, user: int) -> NDArray[np.int32]:
        """Return the product numbers of one user, int32 (m,), oldest first."""
        return self.items[self.indptr[user] : self.indptr[user + 1]]

    def lengths(self) -> NDArray[np.int64]:
        """Return the number of events of each user, int64 (u,)."""
        return np.diff(self.indptr)

    def steps(self) -> NDArray[np.int32]:
        """Return int32 (e,): how many earlier instants the same history has; what shares an instant is one basket.

        An event without a time is an instant of its own.
        """
        if len(self.items) == 0:
            return np.zeros(0, np.int32)
        later = np.ones(len(self.items), np.int64)
        later[1:] = self.times[1:] != self.times[:-1]
        starts = self.indptr[:-1][self.lengths() > 0]
        total = np.cumsum(later)
        return (total - np.repeat(total[starts], self.lengths()[self.lengths() > 0])).astype(np.int32)

    def keep(self, mask: NDArray[np.bool_]) -> Histories:
        """Return the histories with only the events where ``mask`` (bool (e,)) is true; users stay, maybe empty."""
        kept = np.concatenate([[0], np.cumsum(mask)])[self.indptr].astype(np.int64)
        return Histories(
            indptr=kept,
            items=self.items[mask],
            weights=self.weights[mask],
            times=self.times[mask],
            ordered=self.ordered,
            kinds=None if self.kinds is None else self.kinds[mask],
            kind_names=self.kind_names,
        )

    def select(self, users: NDArray[np.integer]) -> Histories:
        """Return the histories of the given users (int (b,)), in that order."""
        lengths = self.indptr[1:][users] - self.indptr[:-1][users]
        indptr = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        at = np.repeat(self.indptr[users] - indptr[:-1], lengths) + np.arange(indptr[-1])
        return Histories(
            indptr=indptr,
            items=self.items[at],
            weights=self.weights[at],
            times=self.times[at],
            ordered=self.ordered,
            kinds=None if self.kinds is None else self.kinds[at],
            kind_names=self.kind_names,
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Targets:
    """What should be recommended to each of ``u`` users: user ``r`` owns ``items[indptr[r]:indptr[r + 1]]``.

    Attributes:
        indptr: int64 (u + 1,).
        items: int32 (t,), product numbers, no order.
    """

    indptr: NDArray[np.int64]
    items: NDArray[np.int32]

    def __len__(self) -> int:
        """Return the number of users."""
        return len(self.indptr) - 1

    def row(self, user: int) -> NDArray[np.int32]:
        """Return the wanted product numbers of one user, int32 (t,)."""
        return self.items[self.indptr[user] : self.indptr[user + 1]]

    def select(self, users: NDArray[np.integer]) -> Targets:
        """Return the targets of the given users (int (b,)), in that order."""
        lengths = np.diff(self.indptr)[users]
        indptr = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        at = np.repeat(self.indptr[users] - indptr[:-1], lengths) + np.arange(indptr[-1])
        return Targets(indptr=indptr, items=self.items[at])
