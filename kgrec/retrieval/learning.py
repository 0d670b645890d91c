"""What behaviour teaches about texts and values: which likeness of two products goes with being touched together.

Both lessons are closed forms over the counts, so that they cost seconds, are the same for the same data, and apply to
a product that nobody has touched yet.

- **Texts.** Among all bilinear forms ``e_iᵀ A e_j`` of the text vectors, the ridge regression of the normalised counts
  ``G̃_ij = G_ij / √((G_ii + c)(G_jj + c))`` on the vectors gives the one that predicts best who is touched together:
  with ``E = U S Vᵀ``, ``A = V S⁻¹ D (Uᵀ G̃ U) D S⁻¹ Vᵀ``, ``D = S² / (S² + λ)``. Its positive part is a linear map of
  the vectors; the eigenvalues are damped, so that directions which behaviour says little of keep a part.
- **Values.** A value whose products are touched together more often than others of its relation weighs more. The mean
  of ``G̃`` over the pairs of a value is shrunk towards what its relation has at that number of products.
"""

from __future__ import annotations

from dataclasses import replace

import numba as nb
import numpy as np
from numpy.typing import NDArray

from kgrec.protocols import Progress, silent
from kgrec.retrieval.cooccurrence import Cooccurrence
from kgrec.retrieval.inputs import ModelInputs
from kgrec.retrieval.knowledge import Knowledge
from kgrec.retrieval.settings import LinearSettings
from kgrec.retrieval.threads import on_threads

__all__ = ["learned_inputs", "text_map", "value_factors"]

_TEXT_CALM, _VALUE_CALM = 5.0, 10.0
"""c of the normalised counts: products with fewer events than this say little."""
_TEXT_RIDGE = 0.3
"""λ over the mean of S²."""
_DAMPING = 0.25
"""Eigenvalues of the bilinear form to this power; ½ would be the form itself."""
_PAIRS = 20.0
"""A value is trusted like its relation until it has so many pairs."""


def learned_inputs(
    inputs: ModelInputs,
    counts: Cooccurrence,
    settings: LinearSettings,
    *,
    products: NDArray[np.int32] | None = None,
    progress: Progress = silent,
) -> ModelInputs:
    """Return the inputs with texts and values as behaviour teaches to read them, where the settings ask for it.

    Args:
        inputs: as the shop states them.
        counts: behaviour of the same n products.
        settings: ``learned_text`` and ``value_learning`` are looked at.
        products: int32 (b,), who needs similar texts; None takes all.
        progress: is told how far the search for similar texts has come.
    """
    if settings.value_learning > 0 and len(inputs.knowledge.relations):
        factors = value_factors(inputs.knowledge, counts) ** settings.value_learning
        knowledge = inputs.knowledge
        scaled = _same_total(knowledge, knowledge.rarity * factors)
        inputs = replace(inputs, knowledge=replace(knowledge, rarity=scaled))
    if settings.learned_text and inputs.vectors.shape[1]:
        learned = text_map(inputs.vectors, counts)
        if learned.shape[1]:
            inputs = inputs.with_text_map(learned, products=products, progress=progress)
    return inputs


def text_map(vectors: NDArray[np.float32], counts: Cooccurrence) -> NDArray[np.float32]:
    """Learn the linear map of text vectors under which products that are touched together are alike.

    Args:
        vectors: float32 (n, d), centred unit rows or zero rows.
        counts: behaviour of the same n products.

    Returns:
        float32 (d, r), r ≤ d; (d, 0) where behaviour or texts teach nothing.
    """
    n, d = vectors.shape
    spread = np.zeros_like(vectors)
    scale = (1.0 / np.sqrt(counts.diagonal + _TEXT_CALM)).astype(np.float32)
    on_threads(_spread, counts.indptr, counts.indices, counts.together, counts.into, scale, vectors, spread)
    form = vectors.T @ spread
    form = (form + form.T).astype(np.float64) / 2
    squares, directions = np.linalg.eigh((vectors.T @ vectors).astype(np.float64))
    used = squares > 1e-6 * max(float(squares.max(initial=0.0)), 1e-30)
    squares, directions = squares[used], directions[:, used]
    if not len(squares):
        return np.zeros((d, 0), np.float32)
    trust = squares / (squares + _TEXT_RIDGE * n / d) / np.sqrt(squares)
    core = trust[:, None] * (directions.T @ form @ directions) * trust[None, :]
    gains, mix = np.linalg.eigh(core)
    kept = gains > 1e-9 * max(float(gains.max(initial=0.0)), 1e-30)
    whitened = directions / np.sqrt(squares)
    return np.asarray(whitened @ (mix[:, kept] * gains[kept] ** _DAMPING), np.float32)


def value_factors(knowledge: Knowledge, counts: Cooccurrence) -> NDArray[np.float32]:
    """Tell how much more each value goes with being touched together than its relation does, float32 (v,), ≥ 0.

    1 is what the relation has on average at the number of products that have the value; values that say nothing have 1.
    """
    factors = np.ones(len(knowledge.rarity), np.float32)
    mass = np.zeros(len(knowledge.rarity), np.float64)
    scale = (1.0 / np.sqrt(counts.diagonal + _VALUE_CALM)).astype(np.float32)
    _add_pairs(counts.indptr, counts.indices, counts.together, scale, knowledge.indptr, knowledge.value, mass)
    owners = np.diff(knowledge.value_indptr).astype(np.float64)
    pairs = owners * (owners - 1)
    for relation in range(len(knowledge.relations)):
        ours = np.flatnonzero((knowledge.relation == relation) & (knowledge.rarity > 0))
        total = float(mass[ours].sum())
        if total <= 0:
            continue
        usual = total / float((pairs[ours] / owners[ours]).sum()) / owners[ours]
        mean = (mass[ours] + _PAIRS * usual) / (pairs[ours] + _PAIRS)
        factors[ours] = mean / usual
    return factors


def _same_total(knowledge: Knowledge, rarity: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale rarities so that all triples together weigh what they weighed, and relation weights keep their meaning."""
    owners = np.diff(knowledge.value_indptr)
    before, after = float(knowledge.rarity @ owners), float(rarity @ owners)
    return np.asarray(rarity * (before / after if after > 0 else 1.0), np.float32)


@nb.njit(cache=True, nogil=True, fastmath={"contract", "reassoc", "nsz"})
def _spread(
    thread: int,
    threads: int,
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    together: NDArray[np.float32],
    into: NDArray[np.float32],
    scale: NDArray[np.float32],
    vectors: NDArray[np.float32],
    result: NDArray[np.float32],
) -> None:
    """Add to each product's row the vectors of the others, by how much they go with it.

    Transitions count twice: the form that is made of this is averaged with its transpose.
    """
    for i in range(thread, len(indptr) - 1, threads):
        own = result[i]
        for place in range(indptr[i], indptr[i + 1]):
            j = indices[place]
            if j == i:
                continue
            amount = (together[place] + 2 * into[place]) * scale[i] * scale[j]
            other = vectors[j]
            for at in range(len(own)):
                own[at] += amount * other[at]


@nb.njit(cache=True, nogil=True)
def _add_pairs(
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    together: NDArray[np.float32],
    scale: NDArray[np.float32],
    product_indptr: NDArray[np.int64],
    values: NDArray[np.int32],
    mass: NDArray[np.float64],
) -> None:
    """Add each pair of two products to every value that both have."""
    mine = np.full(len(mass), -1, np.int64)
    for i in range(len(indptr) - 1):
        for at in range(product_indptr[i], product_indptr[i + 1]):
            mine[values[at]] = i
        for place in range(indptr[i], indptr[i + 1]):
            j = indices[place]
            if j == i:
                continue
            amount = together[place] * scale[i] * scale[j]
            for at in range(product_indptr[j], product_indptr[j + 1]):
                if mine[values[at]] == i:
                    mass[values[at]] += amount
