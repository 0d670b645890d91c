"""The compiled loop behind the ranking; loaded on first use, because numba is slow to import."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["select_top"]


@njit(nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def select_top(
    scores: NDArray[np.float32],
    seen_indptr: NDArray[np.int64],
    seen_items: NDArray[np.int32],
    allowed: NDArray[np.bool_],
    items: NDArray[np.int32],
    best: NDArray[np.float32],
) -> int:
    """Write the best products of each row into ``items`` and their scores into ``best``, both (b, k).

    Exact: higher scores first, equal scores by the lower number. Both outputs must come filled with −1 and −inf.

    Args:
        scores: float32 (b, n), not changed.
        seen_indptr: int64 (b + 1,); row r must not get ``seen_items[seen_indptr[r]:seen_indptr[r + 1]]``.
        seen_items: int32, 0 … n−1.
        allowed: bool (n,), products that may be ranked at all.
        items: int32 (b, k), written.
        best: float32 (b, k), written.

    Returns:
        The first row with a NaN, or −1 where there is none.
    """
    rows, n = scores.shape
    k = items.shape[1]
    seen = np.zeros(n, np.bool_)
    for row in range(rows):
        for at in range(seen_indptr[row], seen_indptr[row + 1]):
            seen[seen_items[at]] = True
        floor = np.float32(-np.inf)
        for num in range(n):
            score = scores[row, num]
            if score <= floor:  # products come in rising order, so an equal score loses
                continue
            if np.isnan(score):
                return row
            if seen[num] or not allowed[num]:
                continue
            slot = k - 1
            while slot > 0 and best[row, slot - 1] < score:
                best[row, slot] = best[row, slot - 1]
                items[row, slot] = items[row, slot - 1]
                slot -= 1
            best[row, slot] = score
            items[row, slot] = num
            floor = best[row, k - 1]
        for at in range(seen_indptr[row], seen_indptr[row + 1]):
            seen[seen_items[at]] = False
    return -1
