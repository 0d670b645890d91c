"""Serving: merge the short weight rows of a history, in compiled loops.

Weights come in two layers. The base is a matrix by speaker (``indptr``, ``columns``, ``weights``). Over it lie the
columns that were solved since, see :mod:`kgrec.retrieval.overlay`: ``slot_of`` says for each product whether the base
holds (−1), a slot of the overlay (0 …) or nothing any more (−2). Without an overlay ``slot_of`` is empty.
"""

from __future__ import annotations

import numba as nb
import numpy as np
from numpy.typing import NDArray

__all__ = ["add_many", "add_rows", "part_sums", "score_dense"]

SORTED_FROM = 64
"""More results than this are sorted; fewer are kept in order while they are found."""


@nb.njit(cache=True, nogil=True)
def add_rows(
    items: NDArray[np.int32],
    item_weights: NDArray[np.float32],
    indptr: NDArray[np.int64],
    columns: NDArray[np.int32],
    weights: NDArray[np.float64],
    slot_of: NDArray[np.int32],
    head: NDArray[np.int32],
    following: NDArray[np.int32],
    product_of: NDArray[np.int32],
    slot_weights: NDArray[np.float64],
    allowed: NDArray[np.bool_],
    hidden: NDArray[np.int32],
    k: int,
    sums: NDArray[np.float64],
    marks: NDArray[np.uint8],
    touched: NDArray[np.int32],
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Add the rows of a history and return the best k allowed products with a positive sum, best first.

    Ties break by number. Only what the history speaks for is read and cleared again, however many products there are.

    Args:
        items: int32 (m,), the history.
        item_weights: float32 (m,).
        indptr: int64 (n₀ + 1,), like the next two the base; products from n₀ on have none.
        columns: int32 (nnz,).
        weights: float64 (nnz,).
        slot_of: int32 (n,) or empty, like the next four the overlay.
        head: int32 (n,), the newest entry of each speaker, −1 for none.
        following: int32 (slots, support), the entry before it.
        product_of: int32 (slots,), whose column a slot holds.
        slot_weights: float64 (slots, support).
        allowed: bool (n,), false where a product must not be shown; empty where all may be.
        hidden: int32 (h,), further products that must not be shown.
        k: at least 1.
        sums: float64 (≥ n,), zero, and left so.
        marks: uint8 (≥ n,), zero, and left so.
        touched: int32 (≥ n,), of any content.
    """
    count = 0
    based, layered = len(indptr) - 1, len(slot_of) > 0
    width = following.shape[1]
    before, weight_at = following.ravel(), slot_weights.ravel()
    for at in range(len(items)):
        i = items[at]
        weight = np.float64(item_weights[at])
        if i < based:
            for place in range(indptr[i], indptr[i + 1]):
                j = columns[place]
                if layered and slot_of[j] != -1:
                    continue
                if marks[j] == 0:
                    marks[j] = 1
                    touched[count] = j
                    count += 1
                sums[j] += weight * weights[place]
        if layered:
            entry = head[i]
            while entry >= 0:
                slot = entry // width
                j = product_of[slot]
                if slot_of[j] == slot:
                    if marks[j] == 0:
                        marks[j] = 1
                        touched[count] = j
                        count += 1
                    sums[j] += weight * weight_at[entry]
                entry = before[entry]
    for at in range(len(hidden)):
        marks[hidden[at]] |= 2
    if k > SORTED_FROM:
        best, scores = _all_positive(sums, marks, touched[:count], allowed, k)
    else:
        best, scores = _best_positive(sums, marks, touched[:count], allowed, k)
    for at in range(count):
        sums[touched[at]] = 0.0
        marks[touched[at]] = 0
    for at in range(len(hidden)):
        marks[hidden[at]] = 0
    return best, scores


@nb.njit(cache=True, nogil=True)
def _best_positive(
    sums: NDArray[np.float64],
    marks: NDArray[np.uint8],
    touched: NDArray[np.int32],
    allowed: NDArray[np.bool_],
    k: int,
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Keep the best k in order while going through what was touched."""
    best = np.full(k, -1, np.int32)
    scores = np.zeros(k, np.float64)
    found = 0
    everything = len(allowed) == 0
    for at in range(len(touched)):
        j = touched[at]
        score = sums[j]
        if score <= 0 or (found == k and score < scores[k - 1]):
            continue
        if (marks[j] & 2) or not (everything or allowed[j]):
            continue
        if found == k and score == scores[k - 1] and j > best[k - 1]:
            continue
        place = found if found < k else k - 1
        while place > 0 and (scores[place - 1] < score or (scores[place - 1] == score and best[place - 1] > j)):
            if place < k:
                scores[place] = scores[place - 1]
                best[place] = best[place - 1]
            place -= 1
        scores[place] = score
        best[place] = j
        found = min(found + 1, k)
    return best[:found], scores[:found]


@nb.njit(cache=True, nogil=True)
def _all_positive(
    sums: NDArray[np.float64],
    marks: NDArray[np.uint8],
    touched: NDArray[np.int32],
    allowed: NDArray[np.bool_],
    k: int,
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Collect what may be shown and sort it."""
    best = np.empty(len(touched), np.int32)
    found = 0
    everything = len(allowed) == 0
    for at in range(len(touched)):
        j = touched[at]
        if sums[j] > 0 and not (marks[j] & 2) and (everything or allowed[j]):
            best[found] = j
            found += 1
    best = np.sort(best[:found])
    scores = np.empty(found, np.float64)
    for at in range(found):
        scores[at] = sums[best[at]]
    order = np.argsort(-scores, kind="mergesort")[:k]
    return best[order], scores[order]


@nb.njit(cache=True, nogil=True)
def add_many(
    thread: int,
    threads: int,
    history_indptr: NDArray[np.int64],
    items: NDArray[np.int32],
    item_weights: NDArray[np.float32],
    indptr: NDArray[np.int64],
    columns: NDArray[np.int32],
    weights: NDArray[np.float64],
    slot_of: NDArray[np.int32],
    head: NDArray[np.int32],
    following: NDArray[np.int32],
    product_of: NDArray[np.int32],
    slot_weights: NDArray[np.float64],
    allowed: NDArray[np.bool_],
    hidden: NDArray[np.int32],
    hide_history: bool,
    sums: NDArray[np.float64],
    marks: NDArray[np.uint8],
    touched: NDArray[np.int32],
    best: NDArray[np.int32],
    scores: NDArray[np.float64],
) -> None:
    """Do :func:`add_rows` for this thread's histories; ``sums``, ``marks`` and ``touched`` have one row a thread.

    ``best`` int32 (users, k) and ``scores`` float64 (users, k) are filled from the left.
    """
    for user in range(thread, len(history_indptr) - 1, threads):
        begin, end = history_indptr[user], history_indptr[user + 1]
        out = hidden
        if hide_history:
            out = np.concatenate((hidden, items[begin:end]))
        found, values = add_rows(
            items[begin:end],
            item_weights[begin:end],
            indptr,
            columns,
            weights,
            slot_of,
            head,
            following,
            product_of,
            slot_weights,
            allowed,
            out,
            best.shape[1],
            sums[thread],
            marks[thread],
            touched[thread],
        )
        best[user, : len(found)] = found
        scores[user, : len(found)] = values


@nb.njit(cache=True, nogil=True)
def part_sums(
    items: NDArray[np.int32],
    item_weights: NDArray[np.float32],
    indptr: NDArray[np.int64],
    columns: NDArray[np.int32],
    parts: NDArray[np.float32],
    slot_of: NDArray[np.int32],
    support: NDArray[np.int32],
    slot_parts: NDArray[np.float32],
    products: NDArray[np.int32],
    result: NDArray[np.float64],
) -> None:
    """Put into ``result`` float64 (products, m, sources), zero before, what each item adds to each product's score.

    A product of the base is looked up in the rows of the history, one of the overlay (``support`` int32
    (slots, support) rising then −1, ``slot_parts`` float32 (slots, support, sources)) in its own column.
    """
    based, layered = len(indptr) - 1, len(slot_of) > 0
    for at in range(len(items)):
        i = items[at]
        weight = np.float64(item_weights[at])
        for row in range(len(products)):
            slot = slot_of[products[row]] if layered else np.int32(-1)
            if slot >= 0:
                near = support[slot]
                end = len(near)
                while end > 0 and near[end - 1] < 0:
                    end -= 1
                place = np.searchsorted(near[:end], i)
                if place < end and near[place] == i:
                    for source in range(slot_parts.shape[2]):
                        result[row, at, source] = weight * slot_parts[slot, place, source]
            elif slot == -1 and i < based:
                begin, stop = indptr[i], indptr[i + 1]
                found = begin + np.searchsorted(columns[begin:stop], products[row])
                if found < stop and columns[found] == products[row]:
                    for source in range(parts.shape[1]):
                        result[row, at, source] = weight * parts[found, source]


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
    slot_of: NDArray[np.int32],
    head: NDArray[np.int32],
    following: NDArray[np.int32],
    product_of: NDArray[np.int32],
    slot_weights: NDArray[np.float64],
    result: NDArray[np.float32],
) -> None:
    """Add into ``result`` float32 (users, n) the score of every product for this thread's histories."""
    based, layered = len(indptr) - 1, len(slot_of) > 0
    width = following.shape[1]
    before, weight_at = following.ravel(), slot_weights.ravel()
    for user in range(thread, len(history_indptr) - 1, threads):
        for at in range(history_indptr[user], history_indptr[user + 1]):
            i = items[at]
            weight = item_weights[at]
            if i < based:
                for place in range(indptr[i], indptr[i + 1]):
                    if not layered or slot_of[columns[place]] == -1:
                        result[user, columns[place]] += weight * weights[place]
            if layered:
                entry = head[i]
                while entry >= 0:
                    slot = entry // width
                    if slot_of[product_of[slot]] == slot:
                        result[user, product_of[slot]] += weight * weight_at[entry]
                    entry = before[entry]
