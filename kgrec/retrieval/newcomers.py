"""Products without a single event: what speaks for those that are most like them speaks for them too.

The ridge regression of such a product knows the kernel alone and takes away what its neighbours share, which ranks new
products worse than plain likeness does. So its weights are those plus

    scale · Σ_l a_l (W_l + δ e_l),    a_l = k_l / √(Σ k · u)

over the warm products ``l`` most like it by the knowledge kernel ``k``: one round of propagation over the graph and the
texts. ``W_l`` is what speaks for ``l``, ``δ e_l`` that ``l`` itself is in the history, and ``u`` is the weight of one
whole likeness, so that ``a`` has no unit. It is linear, so the parts of a weight still add up to it: what is heard
through others is the source ``alike``.
"""

from __future__ import annotations

import numba as nb
import numpy as np
from numpy.typing import NDArray

from kgrec.retrieval.inputs import ModelInputs
from kgrec.retrieval.support import WALK_LIMIT

__all__ = ["hear_through", "most_alike"]


def most_alike(
    inputs: ModelInputs,
    value_weights: NDArray[np.float32],
    text_kernel: NDArray[np.float32],
    products: NDArray[np.int32],
    warm: NDArray[np.bool_],
    size: int,
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Find the warm products that are most like each of some products by the knowledge kernel.

    Args:
        inputs: of n products.
        value_weights: float32 (v,), what sharing each value adds.
        text_kernel: float32 (b, t), what being alike adds for the text neighbours of the products.
        products: int32 (b,).
        warm: bool (n,), who has events.
        size: at most so many, at least 1.

    Returns:
        Numbers int32 (b, size), −1 where there are fewer, and the kernel float32 (b, size), falling, 0 there.
    """
    nums = np.full((len(products), size), -1, np.int32)
    kernel = np.zeros((len(products), size), np.float32)
    graph = inputs.knowledge
    _most_alike(
        products,
        graph.indptr,
        graph.value,
        graph.value_indptr,
        graph.product,
        value_weights,
        inputs.neighbours[products],
        text_kernel,
        warm,
        WALK_LIMIT,
        nums,
        kernel,
    )
    return nums, kernel


def hear_through(
    own: tuple[NDArray[np.int32], NDArray[np.float32]],
    alike: tuple[NDArray[np.int32], NDArray[np.float32]],
    theirs: tuple[NDArray[np.int32], NDArray[np.float32]],
    place: NDArray[np.int32],
    *,
    unit: float,
    direct: float,
    scale: float,
    source: int,
) -> None:
    """Put into newcomers' weights what they hear through products like them; the largest weights stay.

    Args:
        own: supports int32 (b, m) and parts float32 (b, m, s) of the newcomers, changed in place.
        alike: of :func:`most_alike`, for the same b products.
        theirs: supports int32 (c, m) and parts float32 (c, m, s) of warm products.
        place: int32 (n,), the row of each warm product in ``theirs``, −1 for those that are not there.
        unit: u, above 0.
        direct: δ.
        scale: of the whole.
        source: which part is ``alike``.
    """
    n = len(place)
    _hear(*own, *alike, *theirs, place, np.float32(unit), np.float32(direct), np.float32(scale), source, n)


@nb.njit(cache=True, nogil=True)
def _most_alike(
    products: NDArray[np.int32],
    indptr: NDArray[np.int64],
    values: NDArray[np.int32],
    value_indptr: NDArray[np.int64],
    value_products: NDArray[np.int32],
    value_weights: NDArray[np.float32],
    neighbours: NDArray[np.int32],
    text_kernel: NDArray[np.float32],
    warm: NDArray[np.bool_],
    walk_limit: int,
    nums: NDArray[np.int32],
    kernel: NDArray[np.float32],
) -> None:
    size = nums.shape[1]
    mass = np.zeros(len(warm), np.float32)
    touched = np.empty(len(warm), np.int32)
    for row in range(len(products)):
        j = products[row]
        count = 0
        for at in range(indptr[j], indptr[j + 1]):
            value = values[at]
            weight = value_weights[value]
            begin, end = value_indptr[value], value_indptr[value + 1]
            if weight <= 0 or end - begin > walk_limit:
                continue
            for place in range(begin, end):
                i = value_products[place]
                if warm[i] and i != j:
                    if mass[i] == 0:
                        touched[count] = i
                        count += 1
                    mass[i] += weight
        for at in range(neighbours.shape[1]):
            i = neighbours[row, at]
            if i < 0:
                break
            if warm[i] and i != j and text_kernel[row, at] > 0:
                if mass[i] == 0:
                    touched[count] = i
                    count += 1
                mass[i] += text_kernel[row, at]
        found = np.sort(touched[:count])  # so that ties break by number
        order = np.argsort(-mass[found], kind="mergesort")
        for at in range(min(size, count)):
            nums[row, at] = found[order[at]]
            kernel[row, at] = mass[found[order[at]]]
        mass[found] = 0.0


@nb.njit(cache=True, nogil=True)
def _hear(
    support: NDArray[np.int32],
    parts: NDArray[np.float32],
    alike: NDArray[np.int32],
    kernel: NDArray[np.float32],
    their_support: NDArray[np.int32],
    their_parts: NDArray[np.float32],
    place: NDArray[np.int32],
    unit: np.float32,
    direct: np.float32,
    scale: np.float32,
    source: int,
    n: int,
) -> None:
    width, sources = support.shape[1], parts.shape[2]
    sums = np.zeros((n, sources), np.float32)
    seen = np.zeros(n, np.bool_)
    touched = np.empty(n, np.int32)
    for row in range(len(support)):
        count = 0
        total = np.float32(0.0)
        for at in range(alike.shape[1]):
            total += kernel[row, at]
        shrink = np.float32(1.0) / np.sqrt(max(total, np.float32(1e-12)) * unit)
        for at in range(width):
            i = support[row, at]
            if i < 0:
                break
            seen[i] = True
            touched[count] = i
            count += 1
            for part in range(sources):
                sums[i, part] = parts[row, at, part] * scale
        for one in range(alike.shape[1]):
            other = alike[row, one]
            if other < 0:
                break
            share = kernel[row, one] * shrink * scale
            if not seen[other]:
                seen[other] = True
                touched[count] = other
                count += 1
            sums[other, source] += share * direct
            theirs = place[other]
            if theirs < 0:
                continue
            for at in range(width):
                i = their_support[theirs, at]
                if i < 0:
                    break
                if not seen[i]:
                    seen[i] = True
                    touched[count] = i
                    count += 1
                for part in range(sources):
                    sums[i, source] += share * their_parts[theirs, at, part]
        found = np.sort(touched[:count])
        strength = np.zeros(count, np.float32)
        for at in range(count):
            for part in range(sources):
                strength[at] += sums[found[at], part]
        kept = np.sort(np.argsort(-np.abs(strength), kind="mergesort")[:width])
        for at in range(width):
            if at < len(kept):
                support[row, at] = found[kept[at]]
                for part in range(sources):
                    parts[row, at, part] = sums[found[kept[at]], part]
            else:
                support[row, at] = -1
                for part in range(sources):
                    parts[row, at, part] = 0.0
        for at in range(count):
            for part in range(sources):
                sums[found[at], part] = 0.0
            seen[found[at]] = False
