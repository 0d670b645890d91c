"""What shoppers did, kept up while they do more: histories, counts, audiences, popularity."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from kgrec.data import Events, Histories
from kgrec.explanation import Audience
from kgrec.shop import Shop
from kgrec.updates.behaviour import PatchedAudience, PatchedHistories
from kgrec.updates.counts import LiveCounts
from kgrec.updates.few import few_threads
from kgrec.updates.reading import with_events

__all__ = ["Crowd"]

_MAX_KINDS = 64


class Crowd:
    """The behaviour of a shop. What it hands out is not changed afterwards.

    Args:
        shop: as it was built or loaded.
        counts: of its histories.
        by_popularity: int32 (n,), the most touched products first.

    Attributes:
        counts: as they are now.
        user_num: user id → row.
        by_popularity: int32 (n,), the most touched first; ties by number.
    """

    def __init__(self, shop: Shop, counts: LiveCounts, by_popularity: NDArray[np.int32]) -> None:
        """Start from a shop."""
        self.counts = counts
        self.user_num: dict[str, int] = dict(shop.user_num)
        self.by_popularity = by_popularity
        self._base = shop.histories
        self._audience = shop.audience
        self._changed: dict[int, Histories] = {}
        self._shoppers: dict[int, NDArray[np.int32]] = {}
        self._touched = np.diff(shop.audience.indptr)
        self._kinds = shop.histories.kind_names
        self._tells_kinds = shop.histories.kinds is not None or shop.histories.size == 0

    @property
    def ordered(self) -> bool:
        """Whether order inside a history means anything."""
        return self._base.ordered

    def grow(self, n: int) -> None:
        """Give room to products up to number ``n`` − 1."""
        old = len(self._touched)
        self._touched = np.concatenate([self._touched, np.zeros(n - old, np.int64)])
        self.by_popularity = np.concatenate([self.by_popularity, np.arange(old, n, dtype=np.int32)])
        self.counts.grow(n)

    def histories(self) -> PatchedHistories:
        """Return the histories as they are now."""
        return PatchedHistories(self._base, dict(self._changed), len(self.user_num), self._kinds)

    def audience(self, n: int, living: int) -> Audience:
        """Return who touched what, of n products of which ``living`` are there."""
        return PatchedAudience(self._audience, dict(self._shoppers), n, living, int(self._touched.sum()))

    def note(self, events: Events) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Take note of events.

        Returns:
            The products of every history that has changed, and those that are new in one, int64, rising.
        """
        grouped = self._grouped(events)
        numbers, known = self.user_num, self.histories()
        items, fresh = [np.zeros(0, np.int32)], [np.zeros(0, np.int32)]
        for row, user in enumerate(events.users):
            more = grouped.select(np.array([row]))
            if not more.size:
                continue
            num = numbers.get(user)
            if num is None:
                # Readers hold the numbers as they were, so those are copied where somebody is new.
                numbers = dict(numbers) if numbers is self.user_num else numbers
                num = numbers[user] = len(numbers)
            before = known.select(np.array([num])) if num < len(known) else _nobody(more)
            self._changed[num] = with_events(before, more, keep_kinds=self._tells_kinds)
            items.append(self._changed[num].items)
            fresh.append(np.setdiff1d(more.items, before.items))
            for item in fresh[-1].tolist():
                self._shoppers[item] = np.union1d(self.shoppers_of(item), [num]).astype(np.int32)
        self.user_num = numbers
        return np.unique(np.concatenate(items)).astype(np.int64), np.unique(np.concatenate(fresh)).astype(np.int64)

    def forget(self, nums: NDArray[np.int64]) -> NDArray[np.int64]:
        """Drop what was done with some products; return the products of every history that has changed."""
        users = np.unique(np.concatenate([self.shoppers_of(num) for num in nums.tolist()]))
        known = self.histories()
        items = [np.zeros(0, np.int32)]
        for user in users.tolist():
            own = known.select(np.array([user]))
            self._changed[user] = own.keep(~np.isin(own.items, nums))
            items.append(own.items)
        for num in nums.tolist():
            self._shoppers[num] = np.zeros(0, np.int32)
        return np.unique(np.concatenate(items)).astype(np.int64)

    def recount(self, items: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Count the rows of some products anew.

        Returns:
            Those that count less than before, and those that were touched by nobody before, int64.
        """
        before = self.counts.diagonal[items].copy()
        with few_threads(len(items)):
            self.counts.recount(items, self.shoppers_of, self.histories().select)
        after = self.counts.diagonal[items]
        self._touched = self._touched.copy()
        self._touched[items] = [len(self.shoppers_of(num)) for num in items.tolist()]
        self.by_popularity = self._moved(items)
        return items[after < before * (1 - 1e-6)], items[(before == 0) & (after > 0)]

    def shoppers_of(self, num: int) -> NDArray[np.int32]:
        """Return the rows of the users who touched a product, int32 (c,), rising."""
        found = self._shoppers.get(num)
        if found is not None:
            return found
        if num >= self._audience.n:
            return np.zeros(0, np.int32)
        return self._audience.shopper[self._audience.indptr[num] : self._audience.indptr[num + 1]]

    def _grouped(self, events: Events) -> Histories:
        """Group events by user, with the event types numbered as they are here."""
        names = tuple(dict.fromkeys((*self._kinds, *events.types)))
        self._tells_kinds = self._tells_kinds and len(names) <= _MAX_KINDS
        self._kinds = names if self._tells_kinds else ()
        grouped = events.histories()
        if grouped.kinds is None or not self._tells_kinds:
            return replace(grouped, kinds=None, kind_names=())
        kinds = np.zeros(grouped.size, np.uint64)
        for bit, name in enumerate(grouped.kind_names):
            done = (grouped.kinds.astype(np.uint64) >> np.uint64(bit)) & np.uint64(1)
            kinds |= done << np.uint64(names.index(name))
        return replace(grouped, kinds=kinds, kind_names=names)

    def _moved(self, nums: NDArray[np.int64]) -> NDArray[np.int32]:
        """Move some products to where they belong in the order of popularity."""
        order, n = self.by_popularity, len(self._touched)
        if len(nums) > n // 10:
            return np.lexsort((np.arange(n), -self._touched)).astype(np.int32)
        moving = np.zeros(n, np.bool_)
        moving[nums] = True
        kept = order[~moving[order]]
        keys = -self._touched.astype(np.int64) * (n + 1) + np.arange(n)
        moved = nums[np.argsort(keys[nums])]
        return np.asarray(np.insert(kept, np.searchsorted(keys[kept], keys[moved]), moved), np.int32)


def _nobody(like: Histories) -> Histories:
    """Return the history of a user who did nothing."""
    return like.keep(np.zeros(like.size, np.bool_))
