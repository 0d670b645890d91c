"""The small ridge regressions, one a product.

The Gram matrix of a support is gathered from sparse rows, factorised once and solved for one right-hand side a
source, so that the weights of the sources add up to the weights of the whole. Batches go to threads; each product is
solved by one thread in one order, so that the result does not depend on how many there are.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import numba as nb
import numpy as np
from numpy.typing import NDArray

from kgrec.retrieval.cooccurrence import Cooccurrence
from kgrec.retrieval.knowledge import Knowledge

__all__ = ["GramSources", "Heads", "solve_heads"]

BATCH = 128
"""Products handed to a thread at once: their text kernels of 100 × 100 float32 take 5 MB."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GramSources:
    """What the Gram matrix is the sum of.

    Attributes:
        cooccurrence: behaviour, over n products.
        knowledge: the graph, over n products.
        value_weights: float32 (v,), what sharing each value adds.
        vectors: float32 (n, d), unit text vectors, or (n, 0) without text.
        text_weight: ε of the text kernel ε · max(cos, 0)^exponent.
        text_exponent: as above.
        ridge: λ of the similarity head.
        sequence_ridge: λ' of the transition head.
        sequence_knowledge: share of the knowledge kernel that the transition head sees.
        dropout: p in 0 … 1; p / (1 − p) of the behaviour's diagonal is added to the ridge, which is what training
            with a share p of each history hidden does (EDLAE, Steck, NeurIPS 2020).
        apart: whether each source has a right-hand side of its own. One for all of them gives the same weights
            without their parts, for less than half the time.
    """

    cooccurrence: Cooccurrence
    knowledge: Knowledge
    value_weights: NDArray[np.float32]
    vectors: NDArray[np.float32]
    text_weight: float
    text_exponent: float
    ridge: float
    sequence_ridge: float
    sequence_knowledge: float
    dropout: float
    apart: bool = True

    @property
    def sources(self) -> tuple[str, ...]:
        """The right-hand sides in order: behaviour, text, then each relation; one where they are not apart."""
        return ("behaviour", "text", *self.knowledge.relations) if self.apart else ("total",)


class Heads(NamedTuple):
    """Solved weights of a batch: ``rows`` of the products, float32 (batch, m, sources) of each head."""

    rows: slice
    similarity: NDArray[np.float32]
    transition: NDArray[np.float32]


def solve_heads(
    sources: GramSources, products: NDArray[np.int32], support: NDArray[np.int32], *, sequence: bool
) -> Iterator[Heads]:
    """Solve for every product, a batch at a time, in order.

    Args:
        sources: what the Gram matrix is made of.
        products: int32 (b,).
        support: int32 (b, m), −1 where there are fewer.
        sequence: whether to solve the transition head too; its weights are zero where not.

    Yields:
        The heads of each batch. At most two batches a thread are in memory.
    """
    threads = nb.get_num_threads()
    batch = max(1, min(BATCH, -(-len(products) // threads)))
    with _blas().limit(limits=1, user_api="blas"), ThreadPoolExecutor(max_workers=threads) as pool:
        running: deque[Future[Heads]] = deque()
        for start in range(0, len(products), batch):
            rows = slice(start, min(start + batch, len(products)))
            running.append(pool.submit(_solve_batch, sources, products, support, rows, sequence))
            if len(running) >= 2 * threads:
                yield running.popleft().result()
        while running:
            yield running.popleft().result()


@cache
def _blas() -> Any:
    """Return what limits the threads of numpy's BLAS; to look for it takes milliseconds, which an update has not."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def _solve_batch(
    sources: GramSources, products: NDArray[np.int32], support: NDArray[np.int32], rows: slice, sequence: bool
) -> Heads:
    wanted, near = products[rows], support[rows]
    batch, size = near.shape
    text = np.zeros((batch, size + 1, size if sources.vectors.shape[1] and sources.text_weight > 0 else 0), np.float32)
    if text.shape[2]:
        vectors = sources.vectors[np.concatenate([np.maximum(near, 0), wanted[:, None]], axis=1)]
        np.matmul(vectors, vectors[:, :size].transpose(0, 2, 1), out=text)
        _shape_kernel(text.reshape(-1), np.float32(sources.text_exponent), np.float32(sources.text_weight))
    counts, graph = sources.cooccurrence, sources.knowledge
    heads = np.zeros((2, batch, len(sources.sources), size), np.float32)
    _solve_products(
        wanted,
        near,
        counts.indptr,
        counts.indices,
        counts.together,
        counts.past,
        counts.into,
        graph.indptr,
        graph.value,
        graph.relation,
        sources.value_weights,
        text,
        np.float32(sources.ridge),
        np.float32(sources.sequence_ridge),
        np.float32(sources.sequence_knowledge),
        np.float32(sources.dropout / (1 - sources.dropout)),
        sequence,
        len(graph.relations),
        heads,
    )
    return Heads(rows, heads[0].transpose(0, 2, 1), heads[1].transpose(0, 2, 1))


@nb.njit(cache=True, nogil=True, fastmath={"contract", "reassoc", "nsz"})
def _shape_kernel(cosines: NDArray[np.float32], exponent: np.float32, weight: np.float32) -> None:
    """Turn cosines into ``weight · max(cos, 0)^exponent`` in place; a general power takes ten times a root."""
    for at in range(len(cosines)):
        cosine = max(cosines[at], np.float32(0.0))
        if exponent == np.float32(1.5):
            raised = cosine * np.sqrt(cosine)
        elif exponent == np.float32(1.0):
            raised = cosine
        elif exponent == np.float32(2.0):
            raised = cosine * cosine
        else:
            raised = cosine**exponent
        cosines[at] = weight * raised


@nb.njit(cache=True, nogil=True)
def _solve_products(
    products: NDArray[np.int32],
    support: NDArray[np.int32],
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    together_of: NDArray[np.float32],
    past_of: NDArray[np.float32],
    into_of: NDArray[np.float32],
    product_indptr: NDArray[np.int64],
    values: NDArray[np.int32],
    relation_of: NDArray[np.int16],
    value_weights: NDArray[np.float32],
    text: NDArray[np.float32],
    ridge: np.float32,
    sequence_ridge: np.float32,
    sequence_knowledge: np.float32,
    emphasis: np.float32,
    sequence: bool,
    relations: int,
    heads: NDArray[np.float32],
) -> None:
    size = support.shape[1]
    apart = heads.shape[2] == relations + 2
    right = np.zeros((relations + 2, size), np.float32)
    stated = np.zeros(relations + 2, np.bool_)
    place = np.full(len(indptr) - 1, -1, np.int32)
    together = np.zeros((size, size), np.float32)
    past = np.zeros((size, size), np.float32)
    kernel = np.zeros((size, size), np.float32)
    for row in range(len(products)):
        j = products[row]
        length = 0
        while length < size and support[row, length] >= 0:
            place[support[row, length]] = length
            length += 1
        near = support[row, :length]
        together[:length, :length] = 0.0
        past[:length, :length] = 0.0
        # Loops, where assigning slices would do: their checks of shapes take seconds to compile.
        for a in range(length):
            for b in range(a + 1):
                kernel[a, b] = text[row, a, b] if text.shape[2] else np.float32(0.0)
            right[1, a] = text[row, size, a] if text.shape[2] else np.float32(0.0)
        for a in range(length):
            for at in range(indptr[near[a]], indptr[near[a] + 1]):
                # Supports and rows rise, and the factorisation reads the lower triangle alone.
                if indices[at] > near[a]:
                    break
                b = place[indices[at]]
                if b >= 0:
                    together[a, b] = together_of[at]
                    past[a, b] = past_of[at]
        _add_graph(near, j, product_indptr, values, relation_of, value_weights, kernel, right)
        # What is alike goes to both heads; a relation that the product does not state has nothing to give.
        stated[1] = True
        for at in range(product_indptr[j], product_indptr[j + 1]):
            stated[2 + relation_of[values[at]]] = True
        for source in range(1, relations + 2):
            if not stated[source]:
                continue
            stated[source] = False
            column = source if apart else 0
            for b in range(length):
                heads[0, row, column, b] += right[source, b]
                heads[1, row, column, b] += right[source, b] * sequence_knowledge
                right[source, b] = 0.0
        for at in range(indptr[j], indptr[j + 1]):
            b = place[indices[at]]
            if b >= 0:
                heads[0, row, 0, b] += together_of[at]
                heads[1, row, 0, b] += into_of[at]
        _solve_ridge(together, kernel, np.float32(1.0), ridge, emphasis, heads[0, row], length)
        if sequence:
            _solve_ridge(past, kernel, sequence_knowledge, sequence_ridge, emphasis, heads[1, row], length)
        else:
            heads[1, row] = 0.0
        for a in range(length):
            place[near[a]] = -1


@nb.njit(cache=True, nogil=True)
def _add_graph(
    near: NDArray[np.int32],
    product: int,
    product_indptr: NDArray[np.int64],
    values: NDArray[np.int32],
    relation_of: NDArray[np.int16],
    value_weights: NDArray[np.float32],
    kernel: NDArray[np.float32],
    right: NDArray[np.float32],
) -> None:
    """Add what shared values say to the lower triangle: (value, place) pairs are sorted, then joined by value."""
    length = len(near)
    triples = 0
    for a in range(length):
        triples += product_indptr[near[a] + 1] - product_indptr[near[a]]
    keys = np.empty(triples, np.int64)
    count = 0
    for a in range(length):
        for at in range(product_indptr[near[a]], product_indptr[near[a] + 1]):
            if value_weights[values[at]] > 0:
                keys[count] = np.int64(values[at]) * length + a
                count += 1
    keys = np.sort(keys[:count])
    start = 0
    while start < count:
        value = keys[start] // length
        stop = start
        while stop < count and keys[stop] // length == value:
            stop += 1
        weight = value_weights[value]
        for one in range(start, stop):
            a = keys[one] % length
            for two in range(start, one + 1):
                kernel[a, keys[two] % length] += weight
        start = stop
    for at in range(product_indptr[product], product_indptr[product + 1]):
        value = values[at]
        weight = value_weights[value]
        if weight <= 0:
            continue
        first = np.searchsorted(keys, np.int64(value) * length)
        while first < count and keys[first] // length == value:
            right[2 + relation_of[value], keys[first] % length] += weight
            first += 1


@nb.njit(cache=True, nogil=True, fastmath={"contract", "reassoc", "nsz"})
def _solve_ridge(
    behaviour: NDArray[np.float32],
    kernel: NDArray[np.float32],
    share: np.float32,
    ridge: np.float32,
    emphasis: np.float32,
    right: NDArray[np.float32],
    length: int,
) -> None:
    """Solve ``(behaviour + share · kernel + Λ) x = right`` in place, ``right`` being (sources, size).

    Of the matrices only the lower triangle is read.
    Counts over a window are not exactly a Gram matrix, and float32 rounds: where Cholesky fails, the diagonal is
    lifted tenfold and the product is solved again.
    """
    if length == 0:
        return
    gram = behaviour[:length, :length] + share * kernel[:length, :length]
    for a in range(length):
        gram[a, a] += ridge + emphasis * behaviour[a, a]
    lift = ridge
    factor = gram
    for _ in range(12):
        positive = True
        try:
            factor = np.linalg.cholesky(gram)
        except Exception:  # noqa: BLE001 - compiled code cannot name the class
            positive = False
        if positive:
            break
        for a in range(length):
            gram[a, a] += 9 * lift
        lift *= np.float32(10.0)
    lower = factor.T.copy()
    for source in range(len(right)):
        solved = right[source, :length]
        if not np.any(solved):
            continue  # a relation that the product does not state
        for k in range(length):
            solved[k] /= lower[k, k]
            for b in range(k + 1, length):
                solved[b] -= solved[k] * lower[k, b]
        for k in range(length - 1, -1, -1):
            rest = np.float32(0.0)
            for b in range(k + 1, length):
                rest += lower[k, b] * solved[b]
            solved[k] = (solved[k] - rest) / lower[k, k]
