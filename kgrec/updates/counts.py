"""Co-occurrence counts of a shop whose events change: rows counted anew lie over the counts of the fit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from kgrec.data import Histories
from kgrec.retrieval import LinearSettings
from kgrec.retrieval.cooccurrence import Cooccurrence, CountScales, count_rows
from kgrec.retrieval.linear import count_settings, counted_histories

__all__ = ["LiveCounts"]

_Row = tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]


class LiveCounts:
    """Counts over n products; every row is what :func:`kgrec.retrieval.cooccurrence.count_cooccurrence` gives.

    Args:
        base: of the histories as they were.
        scales: that ``base`` was counted with.
        settings: that ``base`` was counted with.
    """

    def __init__(self, base: Cooccurrence, scales: CountScales, settings: LinearSettings) -> None:
        """Hold the base and read its diagonal."""
        self._base = base
        self._scales = scales
        self._settings = settings
        self._changed: dict[int, _Row] = {}
        self._diagonal = base.diagonal.astype(np.float32)

    @property
    def diagonal(self) -> NDArray[np.float32]:
        """``XᵀX`` of each product with itself, float32 (n,)."""
        return self._diagonal

    def grow(self, n: int) -> None:
        """Give room to products up to number ``n`` − 1, which nobody touched."""
        self._diagonal = np.concatenate([self._diagonal, np.zeros(n - len(self._diagonal), np.float32)])

    def rows(self, products: NDArray[np.integer]) -> Cooccurrence:
        """Return the rows of some products, in their order, columns rising."""
        base = self._base
        based = len(base.indptr) - 1
        changed = [(at, self._changed[num]) for at, num in enumerate(products.tolist()) if num in self._changed]
        plain = products < based
        plain[[at for at, _ in changed]] = False
        lengths = np.zeros(len(products), np.int64)
        starts = np.zeros(len(products), np.int64)
        starts[plain] = base.indptr[products[plain]]
        lengths[plain] = base.indptr[products[plain] + 1] - starts[plain]
        for at, row in changed:
            lengths[at] = len(row[0])
        indptr = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        source = np.repeat(starts - indptr[:-1], lengths) + np.arange(indptr[-1])
        source[np.repeat(~plain, lengths)] = 0
        arrays: list[NDArray[np.generic]] = [
            array[source] if len(array) else np.zeros(len(source), array.dtype)
            for array in (base.indices, base.together, base.past, base.into)
        ]
        for at, row in changed:
            for array, part in zip(arrays, row, strict=True):
                array[indptr[at] : indptr[at + 1]] = part
        return Cooccurrence(
            indptr=indptr,
            indices=arrays[0].astype(np.int32, copy=False),
            together=arrays[1].astype(np.float32, copy=False),
            past=arrays[2].astype(np.float32, copy=False),
            into=arrays[3].astype(np.float32, copy=False),
        )

    def recount(
        self,
        products: NDArray[np.int64],
        shoppers: Callable[[int], NDArray[np.int32]],
        select: Callable[[NDArray[np.int64]], Histories],
    ) -> None:
        """Count the rows of some products (int64 (c,), no doubles) anew.

        Args:
            products: whose rows have changed.
            shoppers: product → rows of the users who touched it.
            select: rows of users → their histories as they are now.
        """
        if not len(products):
            return
        users = np.unique(np.concatenate([shoppers(num) for num in products.tolist()]))
        histories = counted_histories(select(users.astype(np.int64)), self._settings)
        others = np.setdiff1d(histories.items, products)
        numbers = np.concatenate([products, others])
        rank = np.argsort(numbers)
        local = rank[np.searchsorted(numbers[rank], histories.items)].astype(np.int32)
        renumbered = Histories(
            indptr=histories.indptr,
            items=local,
            weights=histories.weights,
            times=histories.times,
            ordered=histories.ordered,
        )
        counted = count_rows(
            renumbered, len(numbers), len(products), **count_settings(self._settings), scales=self._scales
        )
        for row, num in enumerate(products.tolist()):
            own = slice(int(counted.indptr[row]), int(counted.indptr[row + 1]))
            indices = numbers[counted.indices[own]]
            order = np.argsort(indices)
            kept = (counted.together[own][order], counted.past[own][order], counted.into[own][order])
            self._changed[num] = (indices[order].astype(np.int32), *kept)
            at = np.flatnonzero(indices[order] == num)
            self._diagonal[num] = kept[0][at[0]] if len(at) else 0
