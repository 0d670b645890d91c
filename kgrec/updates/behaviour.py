"""Histories and audiences of which a few rows have changed, over arrays that are never touched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kgrec.data import Histories
from kgrec.explanation import Audience

__all__ = ["PatchedAudience", "PatchedHistories", "joined"]


class PatchedHistories:
    """Histories of u users.

    Args:
        base: of the first users.
        changed: row → the history that stands now, of one user.
        users: u.
        kind_names: event types; those of ``base`` come first.
    """

    def __init__(
        self, base: Histories, changed: Mapping[int, Histories], users: int, kind_names: tuple[str, ...]
    ) -> None:
        """Hold the parts."""
        self._base = base
        self._changed = changed
        self._users = users
        self.kind_names = kind_names

    @property
    def ordered(self) -> bool:
        """Whether order inside a history means anything."""
        return self._base.ordered

    def __len__(self) -> int:
        """Return the number of users."""
        return self._users

    @property
    def size(self) -> int:
        """Number of events."""
        old = [row for row in self._changed if row < len(self._base)]
        lost = int(self._base.lengths()[old].sum())
        return self._base.size - lost + sum(history.size for history in self._changed.values())

    def select(self, users: NDArray[np.integer[Any]]) -> Histories:
        """Return the histories of the given users (int (b,)), in that order."""
        rows = users.tolist()
        if len(rows) == 1 and rows[0] in self._changed:
            return self._named(self._changed[rows[0]])
        patched = np.array([row in self._changed for row in rows], np.bool_)
        plain = self._base.select(users[~patched])
        if not patched.any():
            return self._named(plain)
        both = joined([plain, *(self._changed[row] for row in users[patched].tolist())])
        place = np.empty(len(rows), np.int64)
        place[np.concatenate([np.flatnonzero(~patched), np.flatnonzero(patched)])] = np.arange(len(rows))
        return self._named(both.select(place))

    def whole(self) -> Histories:
        """Return all of them in plain arrays."""
        return self.select(np.arange(self._users))

    def _named(self, histories: Histories) -> Histories:
        if histories.kinds is None or histories.kind_names == self.kind_names:
            return histories
        return replace(histories, kind_names=self.kind_names)


def joined(pieces: list[Histories]) -> Histories:
    """Put the users of several histories, at least one, after each other."""
    lengths = np.concatenate([piece.lengths() for piece in pieces])
    kinds = [piece.kinds for piece in pieces if piece.kinds is not None]
    return Histories(
        indptr=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        items=np.concatenate([piece.items for piece in pieces]),
        weights=np.concatenate([piece.weights for piece in pieces]),
        times=np.concatenate([piece.times for piece in pieces]),
        ordered=pieces[0].ordered,
        kinds=np.concatenate(kinds) if len(kinds) == len(pieces) else None,
        kind_names=pieces[-1].kind_names if len(kinds) == len(pieces) else (),
    )


class PatchedAudience(Audience):
    """Who touched what.

    Args:
        base: of the first products.
        changed: product → shoppers int32 (c,), rising.
        n: number of products, removed ones included.
        living: number of products that are there.
        total: shoppers of all products together.
    """

    def __init__(
        self, base: Audience, changed: Mapping[int, NDArray[np.int32]], n: int, living: int, total: int
    ) -> None:
        """Hold the parts; the arrays were checked when the base was made."""
        self.indptr = base.indptr
        self.shopper = base.shopper
        self._changed = changed
        self._n = n
        self._living = living
        self._total = total

    @property
    def n(self) -> int:
        """Number of products."""
        return self._n

    @property
    def average(self) -> float:
        """Shoppers that a product has on average; 0 without products."""
        return self._total / self._living if self._living else 0.0

    @property
    def counts(self) -> NDArray[np.int64]:
        """How many shoppers touched each product, int64 (n,)."""
        found = np.zeros(self._n, np.int64)
        found[: len(self.indptr) - 1] = np.diff(self.indptr)
        for num, shoppers in self._changed.items():
            found[num] = len(shoppers)
        return found

    def _shoppers(self, num: int) -> NDArray[np.int32]:
        found = self._changed.get(num)
        if found is not None:
            return found
        if len(self.indptr) <= num + 1 <= self._n:
            return self.shopper[:0]
        return super()._shoppers(num)
