"""Which products may speak for a product: the support N(j) of its ridge regression."""

from __future__ import annotations

import numba as nb
import numpy as np
from numpy.typing import NDArray

from kgrec.retrieval.cooccurrence import Cooccurrence
from kgrec.retrieval.knowledge import Knowledge
from kgrec.retrieval.threads import on_threads

__all__ = ["choose_support"]

WALK_LIMIT = 2_000
"""Values that more products than this have propose no neighbours (they still count in the kernel)."""


def choose_support(
    cooccurrence: Cooccurrence,
    knowledge: Knowledge,
    value_weights: NDArray[np.float32],
    text_neighbours: NDArray[np.int32],
    text_kernel: NDArray[np.float32],
    *,
    size: int,
    products: NDArray[np.int32],
    popularity_exponent: float,
    ridge: float,
) -> NDArray[np.int32]:
    """Choose for each product the others with the largest entry in its right-hand side.

    Args:
        cooccurrence: behaviour, over n products.
        knowledge: graph, over n products.
        value_weights: float32 (v,), what sharing each value adds to the kernel.
        text_neighbours: int32 (n, t), nearest by text, −1 where there are fewer.
        text_kernel: float32 (n, t), what their similarity adds to the kernel.
        size: most products in a support.
        products: int32 (b,), for whom to choose.
        popularity_exponent: right-hand sides are divided by (XᵀX_ii + ridge)^exponent.
        ridge: as above.

    Returns:
        int32 (b, size), rising numbers, then −1; never the product itself.
    """
    n = len(cooccurrence.indptr) - 1
    discount = ((cooccurrence.diagonal + ridge) ** -popularity_exponent).astype(np.float32)
    support = np.full((len(products), size), -1, np.int32)
    on_threads(
        _choose_rows,
        products,
        n,
        size,
        cooccurrence.indptr,
        cooccurrence.indices,
        cooccurrence.together,
        cooccurrence.into,
        knowledge.indptr,
        knowledge.value,
        knowledge.value_indptr,
        knowledge.product,
        value_weights,
        text_neighbours,
        text_kernel,
        discount,
        WALK_LIMIT,
        support,
    )
    return support


@nb.njit(cache=True, nogil=True)
def _choose_rows(
    thread: int,
    threads: int,
    products: NDArray[np.int32],
    n: int,
    size: int,
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    together: NDArray[np.float32],
    into: NDArray[np.float32],
    product_indptr: NDArray[np.int64],
    values: NDArray[np.int32],
    value_indptr: NDArray[np.int64],
    value_products: NDArray[np.int32],
    value_weights: NDArray[np.float32],
    text_neighbours: NDArray[np.int32],
    text_kernel: NDArray[np.float32],
    discount: NDArray[np.float32],
    walk_limit: int,
    support: NDArray[np.int32],
) -> None:
    mass = np.zeros(n, np.float32)
    seen = np.zeros(n, np.uint8)
    touched = np.empty(n, np.int32)
    for row in range(thread, len(products), threads):
        j = products[row]
        count = 0
        for at in range(indptr[j], indptr[j + 1]):
            i = indices[at]
            mass[i] += together[at] + into[at]
            if seen[i] == 0:
                seen[i] = 1
                touched[count] = i
                count += 1
        for at in range(product_indptr[j], product_indptr[j + 1]):
            value = values[at]
            weight = value_weights[value]
            begin, end = value_indptr[value], value_indptr[value + 1]
            if weight <= 0 or end - begin > walk_limit:
                continue
            for place in range(begin, end):
                i = value_products[place]
                mass[i] += weight
                if seen[i] == 0:
                    seen[i] = 1
                    touched[count] = i
                    count += 1
        for at in range(text_neighbours.shape[1]):
            i = text_neighbours[j, at]
            if i < 0:
                break
            mass[i] += text_kernel[j, at]
            if seen[i] == 0:
                seen[i] = 1
                touched[count] = i
                count += 1
        mass[j] = -1.0
        found = touched[:count]
        strength = np.empty(count, np.float32)
        for at in range(count):
            i = found[at]
            strength[at] = -mass[i] * discount[i] if i != j else np.float32(np.inf)
            mass[i] = 0.0
            seen[i] = 0
        mass[j] = 0.0
        order = np.argsort(strength, kind="mergesort") if count > 0 else np.empty(0, np.int64)
        kept = 0
        for at in range(min(size, count)):
            if strength[order[at]] < 0:
                support[row, kept] = found[order[at]]
                kept += 1
        support[row, :kept].sort()
