"""Events: who did what with which product, when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kgrec.data.histories import Histories
from kgrec.data.rows import SetAside

__all__ = ["DEFAULT_WEIGHTS", "Events"]

DEFAULT_WEIGHTS: Mapping[str, float] = {"view": 1.0, "cart": 2.0, "purchase": 4.0, "rating": 4.0}
"""How much an event of each type counts; own types count 1 unless a weight is given."""
_MAX_KINDS = 64


@dataclass(frozen=True, kw_only=True, eq=False)
class Events:
    """Events in columns, in the order of the file they came from.

    Attributes:
        users: user ids; ``user`` holds positions in it.
        user: int32 (e,).
        item: int32 (e,), product numbers of the catalogue the events were read against.
        types: the names of the event types; ``type`` holds positions in it.
        type: int16 (e,).
        time: float64 (e,), seconds since 1970-01-01 UTC, NaN where unknown.
        value: float64 (e,), quantity, rating or amount, NaN where not given.
        weights: event type → how much one event counts (positive, finite).
        set_aside: rows that could not be used.
        unknown_products: id → number of events that named a product the catalogue lacks.
    """

    users: tuple[str, ...]
    user: NDArray[np.int32]
    item: NDArray[np.int32]
    types: tuple[str, ...]
    type: NDArray[np.int16]
    time: NDArray[np.float64]
    value: NDArray[np.float64]
    weights: Mapping[str, float] = field(default_factory=lambda: dict(DEFAULT_WEIGHTS))
    set_aside: tuple[SetAside, ...] = ()
    unknown_products: Mapping[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return the number of events."""
        return len(self.item)

    @cached_property
    def user_num(self) -> dict[str, int]:
        """User id → position in ``users``."""
        return {user: num for num, user in enumerate(self.users)}

    def event_weights(self) -> NDArray[np.float32]:
        """Return how much each event counts, float32 (e,)."""
        by_type = np.array([self.weights.get(name, 1.0) for name in self.types], dtype=np.float32)
        return by_type[self.type] if len(by_type) else np.zeros(0, np.float32)

    def histories(self, *, keep_repeats: bool = False) -> Histories:
        """Group by user, oldest first; events without a time keep their order in the file.

        What was done is kept as bits in ``kinds``, unless there are more than 64 event types.

        Args:
            keep_repeats: False keeps one event a product and user: the newest, with the largest weight of them all
                and every type of them.
        """
        # Without any time the order of the file is the order; NaN sorts last, so a partly timed log
        # would be reordered: rows without time take the time before them.
        time = _forward_fill(self.user, self.time)
        order = np.lexsort((np.arange(len(self)), time, self.user))
        weights, kinds = self.event_weights(), self._kinds()
        if not keep_repeats and len(order):
            order, weights, kinds = _newest_of_each(self.user, self.item, order, weights, kinds)
        counts = np.bincount(self.user[order], minlength=len(self.users))
        return Histories(
            indptr=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            items=self.item[order],
            weights=weights[order],
            times=self.time[order],
            kinds=kinds[order] if len(self.types) <= _MAX_KINDS else None,
            kind_names=self.types if len(self.types) <= _MAX_KINDS else (),
        )

    def _kinds(self) -> NDArray[np.unsignedinteger[Any]]:
        """Return one bit a type, unsigned int (e,), in the smallest type that holds them; zeros for too many types."""
        if len(self.types) > _MAX_KINDS:
            return np.zeros(len(self), np.uint8)
        bits = np.left_shift(np.uint64(1), np.arange(len(self.types), dtype=np.uint64))
        smallest = np.min_scalar_type(int(bits.max(initial=np.uint64(1))))
        return bits[self.type].astype(smallest) if len(self) else np.zeros(0, smallest)

    def select(self, mask: NDArray[np.bool_]) -> Events:
        """Return the events where ``mask`` (bool (e,)) is true; the user list stays."""
        return Events(
            users=self.users,
            user=self.user[mask],
            item=self.item[mask],
            types=self.types,
            type=self.type[mask],
            time=self.time[mask],
            value=self.value[mask],
            weights=self.weights,
        )

    @classmethod
    def of(
        cls,
        rows: Iterable[tuple[str, int, str, float]],
        *,
        weights: Mapping[str, float] | None = None,
    ) -> Events:
        """Build from (user, product number, type, time in seconds or NaN) rows."""
        users: dict[str, int] = {}
        types: dict[str, int] = {}
        columns: list[tuple[int, int, int, float]] = [
            (users.setdefault(user, len(users)), item, types.setdefault(kind, len(types)), time)
            for user, item, kind, time in rows
        ]
        user, item, kind, time = zip(*columns, strict=True) if columns else ((), (), (), ())
        return cls(
            users=tuple(users),
            user=np.array(user, np.int32),
            item=np.array(item, np.int32),
            types=tuple(types),
            type=np.array(kind, np.int16),
            time=np.array(time, np.float64),
            value=np.full(len(columns), np.nan),
            weights={**DEFAULT_WEIGHTS, **(weights or {})},
        )

    def __repr__(self) -> str:
        """Return a short description."""
        return f"<Events: {len(self):,} of {len(self.users):,} users, types {', '.join(self.types)}>"


def _forward_fill(user: NDArray[np.int32], time: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give an event without a time the time of the same user's event before it in the file (−inf for the first)."""
    if not np.isnan(time).any():
        return time
    filled = np.where(np.isnan(time), -np.inf, time)
    by_user = np.argsort(user, kind="stable")
    grouped, owner = filled[by_user], user[by_user]
    has = ~np.isneginf(grouped)
    start = np.concatenate([[True], owner[1:] != owner[:-1]]) if len(owner) else np.zeros(0, bool)
    last = np.maximum.accumulate(np.where(has | start, np.arange(len(grouped)), 0))
    filled[by_user] = grouped[last]
    return filled


def _newest_of_each(
    user: NDArray[np.int32],
    item: NDArray[np.int32],
    order: NDArray[np.int64],
    weights: NDArray[np.float32],
    kinds: NDArray[np.unsignedinteger[Any]],
) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.unsignedinteger[Any]]]:
    """Keep the newest event of each (user, item) in ``order``; it takes the pair's largest weight and all its kinds."""
    pair = user[order].astype(np.int64) * (int(item.max()) + 1) + item[order]
    _, first_from_end, inverse = np.unique(pair[::-1], return_index=True, return_inverse=True)
    strongest = np.zeros(len(first_from_end), np.float32)
    np.maximum.at(strongest, inverse, weights[order][::-1])
    done = np.zeros(len(first_from_end), kinds.dtype)
    np.bitwise_or.at(done, inverse, kinds[order][::-1])
    newest = len(order) - 1 - first_from_end
    weights, kinds = weights.copy(), kinds.copy()
    weights[order[newest]] = strongest
    kinds[order[newest]] = done
    return order[np.sort(newest)], weights, kinds
