"""Serving: merge the short weight rows of a history, in compiled loops."""

from __future__ import annotations

import numba as nb
import numpy as np
from numpy.typing import NDArray

__all__ = ["add_rows", "part_sums", "score_dense"]


@nb.njit(cache=True, nogil=True)
def add_rows(
    items: NDArray[np.int32],
    item_weights: NDArray[np.float32],
    indptr: NDArray[np.int64],
    columns: NDArray[np.int32],
    weights: NDArray[np.float64],
    allowed: NDArray[np.bool_],
    k: int,
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Add the rows of a history and return the best k allowed products with a positive sum, best first.

    Ties break by number.
    """
    sums = np.zeros(len(indptr) - 1, np.float64)
    for at in range(len(items)):
        weight = np.float64(item_weights[at])
        for place in range(indptr[items[at]], indptr[items[at] + 1]):
            sums[columns[place]] += weight * weights[place]
    best = np.full(k, -1, np.int32)
    scores = np.zeros(k, np.float64)
    found = 0
    for j in range(len(sums)):
        score = sums[j]
        if score <= 0 or not allowed[j] or (found == k and score <= scores[k - 1]):
            continue
        place = found if found < k else k - 1
        while place > 0 and scores[place - 1] < score:
            if place < k:
                scores[place] = scores[place - 1]
                best[place] = best[place - 1]
            place -= 1
        scores[place] = score
        best[place] = j
        found = min(found + 1, k)
    return best[:found], scores[:found]


@nb.njit(cache=True, nogil=True)
def part_sums(
    items: NDArray[np.int32],
    item_weights: NDArray[np.float32],
    indptr: NDArray[np.int64],
    columns: NDArray[np.int32],
    parts: NDArray[np.float32],
    product: int,
) -> NDArray[np.float64]:
    """Return float64 (m, sources): history item × source contributions to one product's score."""
    result = np.zeros((len(items), parts.shape[1]), np.float64)
    for at in range(len(items)):
        begin, end = indptr[items[at]], indptr[items[at] + 1]
        place = begin + np.searchsorted(columns[begin:end], product)
        if place < end and columns[place] == product:
            for source in range(parts.shape[1]):
                result[at, source] = np.float64(item_weights[at]) * parts[place, source]
    return result


@nb.njit(cache=True, nogil=True)
def score_dense(
    thread: int,
    threads: int,
    history_indptr: NDArray[np.int64],
    items: NDArray[np.int32],
    item_weights: NDArray[np.float32],
    indptr: NDArray[np.int64],
    columns: NDArray[np.int32],
    weights: NDArray[np.float64],
    result: NDArray[np.float32],
) -> None:
    """Add into ``result`` float32 (users, n) the score of every product for this thread's histories."""
    for user in range(thread, len(history_indptr) - 1, threads):
        for at in range(history_indptr[user], history_indptr[user + 1]):
            weight = item_weights[at]
            for place in range(indptr[items[at]], indptr[items[at] + 1]):
                result[user, columns[place]] += weight * weights[place]
