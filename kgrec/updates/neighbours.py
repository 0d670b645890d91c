"""Text neighbours of a shop whose products change."""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np
from numpy.typing import NDArray

from kgrec.retrieval.threads import on_threads
from kgrec.updates.texts import PatchedVectors

__all__ = ["Neighbours"]

_AT_ONCE = 16
_SPARE = 1_024
_FEW = 4


class Neighbours:
    """The nearest texts of each product, kept up while products come, change and go.

    A row holds the ``size`` nearest others with a positive cosine. Where one leaves, the row is short of the next one
    until :meth:`refill`; nobody is missed meanwhile, as newcomers are compared with what the row once reached down to.

    Args:
        nums: int32 (n, m), nearest first, −1 where there are fewer.
        cosines: float32 (n, m).
        size: how many are kept of a row.
    """

    def __init__(self, nums: NDArray[np.int32], cosines: NDArray[np.float32], size: int) -> None:
        """Copy the rows into arrays that can grow."""
        n = len(nums)
        self._size = size
        self._n = n
        self._nums = np.full((n + _SPARE, size), -1, np.int32)
        self._cosines = np.zeros((n + _SPARE, size), np.float32)
        width = min(size, nums.shape[1])
        self._nums[:n, :width] = nums[:, :width]
        self._cosines[:n, :width] = cosines[:, :width]
        self._floor = np.zeros(n + _SPARE, np.float32)
        if size:
            self._floor[:n] = np.where(self._nums[:n, -1] >= 0, self._cosines[:n, -1], 0)
        self._short = np.zeros(n + _SPARE, np.bool_)

    @property
    def nums(self) -> NDArray[np.int32]:
        """The numbers, int32 (n, size)."""
        return self._nums[: self._n]

    @property
    def cosines(self) -> NDArray[np.float32]:
        """The cosines, float32 (n, size)."""
        return self._cosines[: self._n]

    @property
    def short(self) -> NDArray[np.int64]:
        """Products whose row waits to be filled up, int64 (s,)."""
        return np.flatnonzero(self._short[: self._n])

    def grow(self, n: int) -> None:
        """Give room to products up to number ``n`` − 1."""
        more = n - len(self._nums)
        if more > 0:
            more += len(self._nums) // 4
            self._nums = np.concatenate([self._nums, np.full((more, self._size), -1, np.int32)])
            self._cosines = np.concatenate([self._cosines, np.zeros((more, self._size), np.float32)])
            self._floor = np.concatenate([self._floor, np.zeros(more, np.float32)])
            self._short = np.concatenate([self._short, np.zeros(more, np.bool_)])
        self._n = n

    def take_out(self, nums: NDArray[np.int64]) -> NDArray[np.int64]:
        """Remove some products from every row; return whose rows held one, int64 (r,), rising."""
        if not self._size or not len(nums):
            return np.zeros(0, np.int64)
        rows = self.holders(nums)
        leaving = np.zeros(self._n, np.bool_)
        leaving[nums] = True
        _close_gaps(rows, self.nums, self.cosines, leaving, self._short)
        return rows

    def holders(self, nums: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
        """Return whose rows hold one of some products, int64 (r,), rising."""
        hit = np.zeros(self._n, np.bool_)
        if len(nums) <= _FEW:
            for num in nums.tolist():
                on_threads(_hold_one, self.nums, np.int32(num), hit)
        else:
            wanted = np.zeros(self._n, np.bool_)
            wanted[nums] = True
            _hold(self.nums, wanted, hit)
        return np.flatnonzero(hit)

    def put_in(
        self, nums: NDArray[np.int64], vectors: PatchedVectors
    ) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.bool_]]:
        """Find the neighbours of products that were taken out or are new, and enter them in the rows of others.

        Returns:
            Whose rows took one in, int64 (r,), the cosine with it, float32 (r,), and whether another had to leave,
            bool (r,).
        """
        rows, nearness, displaced = [np.zeros(0, np.int64)], [np.zeros(0, np.float32)], [np.zeros(0, np.bool_)]
        told = np.any(vectors[nums] != 0, axis=1) if self._size else np.zeros(len(nums), np.bool_)
        for num in nums[~told].tolist() if self._size else ():
            self._nums[num], self._cosines[num], self._floor[num], self._short[num] = -1, 0, 0, False
        for num in nums[told].tolist():
            others, near = vectors.nearest(vectors[num], self._floor[: self._n], self._size + 1)
            kept = (near > 0) & (others != num)
            others, near = others[kept], near[kept]
            self._fill(num, others, near)
            taking = near > self._floor[others]
            takers = others[taking]
            displaced.append(self._nums[takers, -1] >= 0)
            self._enter(num, takers, near[taking])
            rows.append(takers)
            nearness.append(near[taking])
        return np.concatenate(rows), np.concatenate(nearness), np.concatenate(displaced)

    def refill(self, rows: NDArray[np.int64], vectors: PatchedVectors) -> None:
        """Search the neighbours of some products anew."""
        for start in range(0, len(rows), _AT_ONCE * 4):
            some = rows[start : start + _AT_ONCE * 4]
            cosines = vectors.cosines(vectors[some])
            for column, num in enumerate(some.tolist()):
                cosines[num, column] = 0
                near = np.flatnonzero(cosines[:, column] > 0)
                self._fill(num, near, cosines[near, column])

    def _fill(self, num: int, others: NDArray[np.int64], near: NDArray[np.float32]) -> None:
        """Take the nearest of some others (int64 (m,), rising) by their cosines, float32 (m,), above 0."""
        size = self._size
        best = np.argpartition(-near, size)[:size] if len(near) > size else np.arange(len(near))
        best = best[np.lexsort((best, -near[best]))]
        self._nums[num] = -1
        self._cosines[num] = 0
        self._nums[num, : len(best)] = others[best]
        self._cosines[num, : len(best)] = near[best]
        self._floor[num] = near[best[-1]] if len(best) == size else 0
        self._short[num] = False

    def _enter(self, num: int, rows: NDArray[np.int64], near: NDArray[np.float32]) -> None:
        keep = ~np.any(self._nums[rows] == num, axis=1)
        rows, near = rows[keep], near[keep]
        nums = np.concatenate([self._nums[rows], np.full((len(rows), 1), num, np.int32)], axis=1)
        cosines = np.concatenate([self._cosines[rows], near[:, None]], axis=1)
        order = np.argsort(np.where(nums < 0, np.inf, -cosines), axis=1, kind="stable")[:, : self._size]
        self._nums[rows] = np.take_along_axis(nums, order, axis=1)
        self._cosines[rows] = np.take_along_axis(cosines, order, axis=1)
        full = self._nums[rows, -1] >= 0
        # Whoever was pushed out is below the last one now, and so is everybody who was not in the row.
        self._floor[rows[full]] = np.maximum(self._floor[rows[full]], self._cosines[rows[full], -1])


@nb.njit(cache=True, nogil=True)
def _hold(nums: NDArray[np.int32], wanted: NDArray[np.bool_], hit: NDArray[np.bool_]) -> None:
    for row in range(len(nums)):
        for at in range(nums.shape[1]):
            if nums[row, at] < 0:
                break
            if wanted[nums[row, at]]:
                hit[row] = True
                break


@nb.njit(cache=True, nogil=True)
def _hold_one(thread: int, threads: int, nums: NDArray[np.int32], wanted: np.int32, hit: NDArray[np.bool_]) -> None:
    """Compare whole rows, which processors do many numbers at a time, instead of stopping at the first."""
    for row in range(len(nums) * thread // threads, len(nums) * (thread + 1) // threads):
        found = 0
        for at in range(nums.shape[1]):
            found += nums[row, at] == wanted
        if found:
            hit[row] = True


@nb.njit(cache=True, nogil=True)
def _close_gaps(
    rows: NDArray[np.int64],
    nums: NDArray[np.int32],
    cosines: NDArray[np.float32],
    leaving: NDArray[np.bool_],
    short: NDArray[np.bool_],
) -> None:
    """Close the gaps that some leave; a row that was full has room for somebody unknown then."""
    size = nums.shape[1]
    for row in rows:
        kept = 0
        full = nums[row, size - 1] >= 0
        for at in range(size):
            num = nums[row, at]
            if num < 0:
                break
            if not leaving[num]:
                nums[row, kept] = num
                cosines[row, kept] = cosines[row, at]
                kept += 1
        nums[row, kept:] = -1
        cosines[row, kept:] = 0.0
        short[row] = short[row] or full
