"""The small ridge regressions, one a product, solved in batches.

The Gram matrix of a support is gathered from sparse rows in compiled loops; the factorisation is batched Cholesky
in torch, one factor a product and head, with one right-hand side a source, so that the weights of the sources
add up to the weights of the whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numba as nb
import numpy as np
import torch
from numpy.typing import NDArray

from kgrec.retrieval.cooccurrence import Cooccurrence
from kgrec.retrieval.knowledge import Knowledge

__all__ = ["GramSources", "solve_heads"]

BATCH = 256
"""Products in one batched factorisation: 256 × 100 × 100 float32 is 10 MB a matrix."""


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

    @property
    def sources(self) -> tuple[str, ...]:
        """The right-hand sides in order: behaviour, text, then each relation."""
        return ("behaviour", "text", *self.knowledge.relations)


def solve_heads(
    sources: GramSources, products: NDArray[np.int32], support: NDArray[np.int32], *, sequence: bool
) -> Iterator[tuple[slice, NDArray[np.float32], NDArray[np.float32] | None]]:
    """Solve for every product, a batch at a time.

    Args:
        sources: what the Gram matrix is made of.
        products: int32 (b,).
        support: int32 (b, m), −1 where there are fewer.
        sequence: whether to solve the transition head too.

    Yields:
        The rows of the batch, and float32 (batch, m, sources) of the similarity and of the transition head.
    """
    for start in range(0, len(products), BATCH):
        rows = slice(start, min(start + BATCH, len(products)))
        yield rows, *_solve_batch(sources, products[rows], support[rows], sequence=sequence)


def _solve_batch(
    sources: GramSources, products: NDArray[np.int32], support: NDArray[np.int32], *, sequence: bool
) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
    batch, size = support.shape
    together = np.zeros((batch, size, size), np.float32)
    past = np.zeros((batch, size, size) if sequence else (1, 1, 1), np.float32)
    kernel = np.zeros((batch, size, size), np.float32)
    right = np.zeros((batch, size, len(sources.sources)), np.float32)
    into = np.zeros((batch, size), np.float32)
    counts, graph = sources.cooccurrence, sources.knowledge
    _gather(
        products,
        support,
        nb.get_num_threads(),
        counts.indptr,
        counts.indices,
        counts.together,
        counts.past,
        counts.into,
        graph.indptr,
        graph.value,
        graph.relation,
        sources.value_weights,
        together,
        past,
        kernel,
        right,
        into,
        sequence,
    )
    absent = torch.from_numpy(support < 0)
    gram = torch.from_numpy(kernel)
    rhs = torch.from_numpy(right)
    if sources.vectors.shape[1] and sources.text_weight > 0:
        vectors = torch.from_numpy(sources.vectors[np.maximum(support, 0)])
        own = torch.from_numpy(sources.vectors[products])
        gram += _text_kernel(torch.bmm(vectors, vectors.transpose(1, 2)), sources)
        rhs[:, :, 1] = _text_kernel(torch.bmm(vectors, own.unsqueeze(2)).squeeze(2), sources)
        gram.masked_fill_(absent.unsqueeze(1) | absent.unsqueeze(2), 0.0)
        rhs.masked_fill_(absent.unsqueeze(2), 0.0)
    emphasis = sources.dropout / (1 - sources.dropout)
    behaviour = torch.from_numpy(together)
    similarity = _ridge(behaviour + gram, rhs, sources.ridge, behaviour, emphasis)
    if not sequence:
        return similarity.numpy(), None
    rhs = rhs * sources.sequence_knowledge
    rhs[:, :, 0] = torch.from_numpy(into)
    gram *= sources.sequence_knowledge
    behaviour = torch.from_numpy(past)
    return similarity.numpy(), _ridge(behaviour + gram, rhs, sources.sequence_ridge, behaviour, emphasis).numpy()


def _text_kernel(cosine: torch.Tensor, sources: GramSources) -> torch.Tensor:
    return cosine.clamp_(min=0.0).pow_(sources.text_exponent).mul_(sources.text_weight)


def _ridge(
    gram: torch.Tensor, rhs: torch.Tensor, ridge: float, behaviour: torch.Tensor, emphasis: float
) -> torch.Tensor:
    gram.diagonal(dim1=1, dim2=2).add_(ridge)
    if emphasis > 0:
        gram.diagonal(dim1=1, dim2=2).add_(behaviour.diagonal(dim1=1, dim2=2), alpha=emphasis)
    factor, failed = torch.linalg.cholesky_ex(gram)
    if bool(failed.any()):
        # Counts over a window are not exactly a Gram matrix, and float32 rounds: lift the diagonal where it failed.
        bad = failed > 0
        lifted = gram[bad].double()
        shift = torch.linalg.eigvalsh(lifted)[:, :1].clamp(max=0.0).neg() + ridge
        lifted.diagonal(dim1=1, dim2=2).add_(shift)
        factor[bad] = torch.linalg.cholesky(lifted).float()
    return torch.cholesky_solve(rhs, factor)


@nb.njit(parallel=True, cache=True)
def _gather(
    products: NDArray[np.int32],
    support: NDArray[np.int32],
    threads: int,
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    together_of: NDArray[np.float32],
    past_of: NDArray[np.float32],
    into_of: NDArray[np.float32],
    product_indptr: NDArray[np.int64],
    values: NDArray[np.int32],
    relation_of: NDArray[np.int16],
    value_weights: NDArray[np.float32],
    together: NDArray[np.float32],
    past: NDArray[np.float32],
    kernel: NDArray[np.float32],
    right: NDArray[np.float32],
    into: NDArray[np.float32],
    sequence: bool,
) -> None:
    n = len(indptr) - 1
    size = support.shape[1]
    for thread in nb.prange(threads):
        place = np.full(n, -1, np.int32)
        for row in range(thread, len(products), threads):
            j = products[row]
            near = support[row]
            length = 0
            triples = 0
            while length < size and near[length] >= 0:
                place[near[length]] = length
                triples += product_indptr[near[length] + 1] - product_indptr[near[length]]
                length += 1
            for a in range(length):
                i = near[a]
                for at in range(indptr[i], indptr[i + 1]):
                    b = place[indices[at]]
                    if b >= 0:
                        together[row, a, b] = together_of[at]
                        if sequence:
                            past[row, a, b] = past_of[at]
            for at in range(indptr[j], indptr[j + 1]):
                b = place[indices[at]]
                if b >= 0:
                    right[row, b, 0] = together_of[at]
                    into[row, b] = into_of[at]
            # Products of the support grouped by value: sort (value, place) pairs, then join within each group.
            keys = np.empty(triples, np.int64)
            count = 0
            for a in range(length):
                for at in range(product_indptr[near[a]], product_indptr[near[a] + 1]):
                    if value_weights[values[at]] > 0:
                        keys[count] = np.int64(values[at]) * size + a
                        count += 1
            keys = np.sort(keys[:count])
            start = 0
            while start < count:
                value = keys[start] // size
                stop = start
                while stop < count and keys[stop] // size == value:
                    stop += 1
                weight = value_weights[value]
                for one in range(start, stop):
                    a = keys[one] % size
                    for two in range(start, stop):
                        kernel[row, a, keys[two] % size] += weight
                start = stop
            for at in range(product_indptr[j], product_indptr[j + 1]):
                value = values[at]
                weight = value_weights[value]
                if weight > 0:
                    column = 2 + relation_of[value]
                    first = np.searchsorted(keys, np.int64(value) * size)
                    while first < count and keys[first] // size == value:
                        right[row, keys[first] % size, column] += weight
                        first += 1
            for a in range(length):
                place[near[a]] = -1
