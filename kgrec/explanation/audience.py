"""Who touched what, from the product's side: the counts that sentences about other shoppers rest on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kgrec.data import Histories
from kgrec.errors import DataError

__all__ = ["Audience"]


class Audience:
    """Which shoppers touched each of ``n`` products, each shopper once; only row numbers, no ids.

    Args:
        indptr: int64 (n + 1,), product ``j`` was touched by ``shopper[indptr[j]:indptr[j + 1]]``.
        shopper: int32 (t,), rows of the histories, rising and without doubles within a product.

    Raises:
        DataError: the arrays do not fit together.
    """

    def __init__(self, indptr: NDArray[np.int64], shopper: NDArray[np.int32]) -> None:
        """Hold the arrays (they may be memory-mapped)."""
        if indptr.ndim != 1 or shopper.ndim != 1 or not len(indptr) or indptr[0] != 0 or indptr[-1] != len(shopper):
            raise DataError("the audience's indptr must start at 0 and end at the number of entries of shopper")
        if np.any(np.diff(indptr) < 0):
            raise DataError("the audience's indptr must never decrease")
        if np.any(rising := np.diff(shopper) <= 0):
            within = np.ones(len(shopper) - 1, np.bool_)
            starts = indptr[1:-1]
            within[starts[(starts > 0) & (starts < len(shopper))] - 1] = False
            if np.any(rising & within):
                raise DataError("the audience's shoppers must rise within a product, each one once")
        self.indptr = indptr
        self.shopper = shopper

    @classmethod
    def of(cls, histories: Histories, n: int) -> Audience:
        """Turn histories round.

        Args:
            histories: of any number of shoppers.
            n: number of products.

        Raises:
            DataError: a history names a product number that is not in 0 … n−1.
        """
        if len(histories.items) and int(histories.items.max()) >= n:
            raise DataError(f"a history names product {int(histories.items.max())}; there are {n} products")
        users = max(len(histories), 1)
        shopper = np.repeat(np.arange(len(histories), dtype=np.int64), histories.lengths())
        pairs = np.unique(histories.items.astype(np.int64) * users + shopper)
        counts = np.bincount(pairs // users, minlength=n)
        return cls(np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), (pairs % users).astype(np.int32))

    @property
    def n(self) -> int:
        """Number of products."""
        return len(self.indptr) - 1

    @property
    def average(self) -> float:
        """Shoppers that a product has on average; 0 without products."""
        return len(self.shopper) / self.n if self.n else 0.0

    @property
    def counts(self) -> NDArray[np.int64]:
        """How many shoppers touched each product, int64 (n,)."""
        return np.diff(self.indptr)

    def touched(self, num: int) -> int:
        """Return how many shoppers touched a product.

        Raises:
            IndexError: ``num`` is not in 0 … n−1.
        """
        return len(self._shoppers(num))

    def both(self, a: int, b: int) -> int:
        """Return how many shoppers touched both products.

        Raises:
            IndexError: a number is not in 0 … n−1.
        """
        few, many = self._shoppers(a), self._shoppers(b)
        if len(few) > len(many):
            few, many = many, few
        if not len(few):
            return 0
        at = many.searchsorted(few)
        return int(np.count_nonzero(many.take(at, mode="clip") == few))

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return name → array, for a snapshot."""
        return {"indptr": self.indptr, "shopper": self.shopper}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Audience:
        """Build from what :meth:`to_arrays` gave.

        Raises:
            DataError: an array is missing or they do not fit together.
        """
        if missing := [name for name in ("indptr", "shopper") if name not in arrays]:
            raise DataError(f"an audience cannot be read without {' and '.join(missing)}")
        return cls(arrays["indptr"], arrays["shopper"])

    def __repr__(self) -> str:
        """Return a short description."""
        return f"<Audience: {len(self.shopper):,} touches of {self.n:,} products>"

    def _shoppers(self, num: int) -> NDArray[np.int32]:
        if not 0 <= num < self.n:
            raise IndexError(f"product numbers run from 0 to {self.n - 1}; got {num}")
        return self.shopper[self.indptr[num] : self.indptr[num + 1]]
