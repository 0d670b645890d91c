"""Nearest vectors among the products that may be shown."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = ["nearest_allowed"]

Search = Callable[[NDArray[np.float32], int], tuple[NDArray[np.float32], NDArray[np.int64]]]

_MARGIN = 1_000
"""So many products that may not be shown are simply asked for beside the others."""
_LONGEST = 5_000
"""So many are asked of the index at most where a filter leaves many; then the kept ones are scanned."""
_SCANNED = 10_000
"""So few are compared one by one: milliseconds, and nothing is missed, whatever the index."""
_BLOCK = 65_536


def nearest_allowed(
    search: Search, vectors: NDArray[np.float32], query: NDArray[np.float32], allowed: NDArray[np.bool_], k: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the nearest products that may be shown and that resemble the query at all.

    The index is asked for more than k where that is sure or likely to be enough; else every kept product is compared,
    so an answer is never shorter than it has to be, and exact where few remain. The index may be an approximate one:
    it is believed as to what it found, and not that there is no more.

    Args:
        search: queries float32 (b, d), k → cosines (b, k) in falling order and numbers (b, k), −1 where there are
            fewer, or where an approximate index found fewer.
        vectors: float32 (n, d), unit rows or zero rows.
        query: float32 (d,), not zero.
        allowed: bool (n,), false where a product must not be shown.
        k: at least 1.

    Returns:
        Numbers int64 (≤ k,) and cosines float32 (≤ k,) above 0, best first.
    """
    n, kept = len(allowed), int(np.count_nonzero(allowed))
    if kept == 0:
        return np.zeros(0, np.int64), np.zeros(0, np.float32)
    for reach in _reaches(n, kept, k):
        cosines, nums = (row[0] for row in search(query[None, :], reach))
        first = np.zeros(reach, np.bool_)
        first[np.unique(nums, return_index=True)[1]] = True
        usable = first & (nums >= 0) & (cosines > 0)
        usable[usable] = allowed[nums[usable]]
        at = np.flatnonzero(usable)[:k]
        # A row that has a −1 or a number twice was not filled: what is missing may still resemble the query.
        filled = bool(first.all() and nums.min() >= 0)
        if len(at) == k or (filled and (cosines[-1] <= 0 or reach == n)):
            return nums[at], cosines[at]
    return _scan(vectors, query, np.flatnonzero(allowed), k)


def _reaches(n: int, kept: int, k: int) -> list[int]:
    """Return how many to ask the index for, one try after the other; none where a scan is the better way."""
    hidden = n - kept
    if hidden <= _MARGIN:
        return [min(k + hidden, n)]
    likely = 2 * k * n // kept + 100
    if kept <= _SCANNED or likely > _LONGEST:
        return []
    return [likely, _LONGEST]


def _scan(
    vectors: NDArray[np.float32], query: NDArray[np.float32], kept: NDArray[np.int64], k: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Compare all of ``kept`` (rising numbers); ties break by number."""
    unit = query / np.linalg.norm(query)
    if 4 * len(kept) >= len(vectors):  # to compare them all is cheaper than to copy the kept rows
        cosines = np.concatenate(
            [vectors[start : start + _BLOCK] @ unit for start in range(0, len(vectors), _BLOCK)]
        ).astype(np.float32)[kept]
    else:
        blocks = [vectors[kept[start : start + _BLOCK]] @ unit for start in range(0, len(kept), _BLOCK)]
        cosines = np.concatenate(blocks).astype(np.float32)
    if k < len(kept):
        limit = np.partition(cosines, len(cosines) - k)[len(cosines) - k]
        above = np.flatnonzero(cosines > limit)
        level = np.flatnonzero(cosines == limit)[: k - len(above)]
        best = np.sort(np.concatenate([above, level]))
    else:
        best = np.arange(len(kept))
    best = best[cosines[best] > 0]
    best = best[np.argsort(-cosines[best], kind="stable")]
    return kept[best], cosines[best]
