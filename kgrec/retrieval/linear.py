"""The white-box item–item model: every product predicted from the other products a shopper touched.

``G = XᵀX + K`` with the knowledge kernel ``K = Σ_r α_r F_r F_rᵀ + ε max(E Eᵀ, 0)^p``. Product ``j`` is the ridge
regression ``(G_NN + λI) b_j = G_Nj`` on its support ``N(j)``; over all products that is EASE (Steck, WWW 2019) with
side information. A second head, ``(SᵀS + κK)_NN + λ'I) c_j = (SᵀT + κK)_Nj``, learns what comes next. Both are linear
in their right-hand side, so one column a source gives weights that add up exactly.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from kgrec.data import Histories
from kgrec.protocols import Progress, silent
from kgrec.retrieval.cooccurrence import Cooccurrence, count_cooccurrence, step_numbers
from kgrec.retrieval.inputs import ModelInputs
from kgrec.retrieval.merging import add_rows, part_sums, score_dense
from kgrec.retrieval.ridge import GramSources, Heads, solve_heads
from kgrec.retrieval.settings import LinearSettings
from kgrec.retrieval.support import choose_support
from kgrec.retrieval.threads import on_threads

__all__ = ["LinearModel", "behaviour_counts", "recency_weights"]

SECONDS_A_DAY = 86_400
SCALE_SAMPLE = 512
"""Products on which the scales of the two heads are measured in a large shop."""
KEPT_HEADS = 4_096
"""Up to this many products both heads are kept until their scales are known, and none is solved twice."""


class LinearModel:
    """Sparse item–item weights, by the product that speaks, with the share of each source in every weight.

    Args:
        settings: as they were used.
        sources: names of the parts: ``behaviour``, ``sequence``, ``text``, ``graph:<relation>`` …
        indptr: int64 (n + 1,), row ``i`` holds what touching ``i`` says for other products.
        columns: int32 (nnz,), products spoken for, rising within a row.
        weights: float64 (nnz,), so that contributions sum to a score even where its terms nearly cancel.
        parts: float32 (nnz, sources); rows sum to ``weights``.
    """

    def __init__(
        self,
        *,
        settings: LinearSettings,
        sources: tuple[str, ...],
        indptr: NDArray[np.int64],
        columns: NDArray[np.int32],
        weights: NDArray[np.float64],
        parts: NDArray[np.float32],
    ) -> None:
        """Hold a fitted model."""
        self.settings = settings
        self.sources = sources
        self.indptr = indptr
        self.columns = columns
        self.weights = weights
        self.parts = parts

    @property
    def n(self) -> int:
        """Number of products."""
        return len(self.indptr) - 1

    @classmethod
    def fit(
        cls,
        inputs: ModelInputs,
        settings: LinearSettings,
        *,
        products: NDArray[np.int32] | None = None,
        counts: Cooccurrence | None = None,
        progress: Progress = silent,
        seed: int = 0,
    ) -> LinearModel:
        """Fit, for all products or only for the given ones (int32 (b,), the others are then never recommended).

        ``counts`` are those of :func:`behaviour_counts` for the same histories and settings, where they are at hand.
        """
        settings = settings.resolved(inputs.knowledge)
        if counts is None:
            counts = behaviour_counts(inputs, settings)
        return _fit_counts(inputs, counts, settings, products, progress, seed)

    def with_settings(self, settings: LinearSettings) -> LinearModel:
        """Return the same weights for another question: only ``recency`` and the time settings may differ."""
        return LinearModel(
            settings=settings,
            sources=self.sources,
            indptr=self.indptr,
            columns=self.columns,
            weights=self.weights,
            parts=self.parts,
        )

    def score(self, histories: Histories) -> NDArray[np.float32]:
        """Return float32 (len(histories), n): the score of every product for each history."""
        result = np.zeros((len(histories), self.n), np.float32)
        on_threads(
            score_dense,
            histories.indptr,
            histories.items,
            recency_weights(histories, self.settings),
            self.indptr,
            self.columns,
            self.weights,
            result,
        )
        return result

    def propose(
        self, items: NDArray[np.int32], weights: NDArray[np.float32], allowed: NDArray[np.bool_], k: int
    ) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """Return the best k products with a positive score: numbers int32 (≤ k,) and scores float64, best first.

        Args:
            items: int32 (m,), the history.
            weights: float32 (m,), what each event counts, recency included.
            allowed: bool (n,), false where a product must not be shown.
            k: at least 1.
        """
        found: tuple[NDArray[np.int32], NDArray[np.float64]] = add_rows(
            items, weights, self.indptr, self.columns, self.weights, allowed, k
        )
        return found

    def contributions(
        self, items: NDArray[np.int32], weights: NDArray[np.float32], product: int
    ) -> NDArray[np.float64]:
        """Return float64 (m, sources): what each history item adds to the product's score through each source."""
        amounts: NDArray[np.float64] = part_sums(items, weights, self.indptr, self.columns, self.parts, product)
        return amounts


def behaviour_counts(inputs: ModelInputs, settings: LinearSettings) -> Cooccurrence:
    """Count who is touched together and what follows what, as the settings say."""
    return count_cooccurrence(
        replace(inputs.histories, weights=_event_weights(inputs.histories, settings)),
        inputs.n,
        length_exponent=settings.length_exponent,
        past_decay=settings.past_decay,
        future_decay=settings.future_decay,
        window=settings.window,
        baskets=settings.baskets,
    )


def _event_weights(histories: Histories, settings: LinearSettings) -> NDArray[np.float32]:
    return (histories.weights**settings.event_exponent).astype(np.float32)


def recency_weights(histories: Histories, settings: LinearSettings) -> NDArray[np.float32]:
    """Return float32 (e,): event weight × γ^(steps after it in the same history) × what its age leaves of it."""
    counted = _event_weights(histories, settings)
    if not histories.ordered or len(histories.items) == 0:
        return counted
    steps = step_numbers(histories, baskets=settings.baskets)
    last = np.zeros(len(histories), np.int32)
    filled = histories.lengths() > 0
    last[filled] = steps[histories.indptr[1:][filled] - 1]
    after = np.repeat(last, histories.lengths()) - steps
    weights = counted * settings.recency**after
    if settings.time_exponent > 0:
        newest = np.zeros(len(histories))
        newest[filled] = histories.times[histories.indptr[1:][filled] - 1]
        apart = np.nan_to_num(np.repeat(newest, histories.lengths()) - histories.times, nan=0.0)
        scale = settings.time_scale_days * SECONDS_A_DAY
        weights = weights * (1 + np.maximum(apart, 0) / scale) ** -settings.time_exponent
    return weights.astype(np.float32)


def _fit_counts(
    inputs: ModelInputs,
    counts: Cooccurrence,
    settings: LinearSettings,
    products: NDArray[np.int32] | None,
    progress: Progress,
    seed: int,
) -> LinearModel:
    wanted = np.arange(inputs.n, dtype=np.int32) if products is None else products
    relation_weights = np.array([settings.weight_of(name) for name in inputs.knowledge.relations], np.float32)
    gram = GramSources(
        cooccurrence=counts,
        knowledge=inputs.knowledge,
        value_weights=inputs.knowledge.weights(relation_weights),
        vectors=inputs.vectors,
        text_weight=settings.text_weight,
        text_exponent=settings.text_exponent,
        ridge=settings.ridge,
        sequence_ridge=settings.sequence_ridge,
        sequence_knowledge=settings.sequence_knowledge,
        dropout=settings.dropout,
    )
    support = choose_support(
        counts,
        inputs.knowledge,
        gram.value_weights,
        inputs.neighbours,
        (settings.text_weight * inputs.cosines**settings.text_exponent).astype(np.float32),
        size=settings.support,
        products=wanted,
        popularity_exponent=settings.popularity_exponent,
        ridge=settings.ridge,
    )
    share = settings.sequence_share if inputs.histories.ordered else 0.0
    names = ("behaviour", "sequence", "text", *(f"graph:{name}" for name in inputs.knowledge.relations))
    solved = solve_heads(gram, wanted, support, sequence=share > 0)
    if len(wanted) <= KEPT_HEADS:
        heads = list(solved)
        factors = _head_factors(heads, support, share)
        batches = iter(heads)
    else:
        spoken_for = np.flatnonzero(support[:, 0] >= 0)  # the others have no weights, and say nothing of their scale
        sample = np.sort(np.random.default_rng(seed).permutation(spoken_for)[:SCALE_SAMPLE])
        heads = list(solve_heads(gram, wanted[sample], support[sample], sequence=share > 0))
        factors = _head_factors(heads, support[sample], share)
        batches = solved
    parts = np.zeros((*support.shape, len(names)), np.float32)
    for rows, similarity, transition in batches:
        parts[rows, :, 0] = similarity[:, :, 0] * factors[0]
        parts[rows, :, 1] = transition[:, :, 0] * factors[1]
        parts[rows, :, 2:] = similarity[:, :, 1:] * factors[0] + transition[:, :, 1:] * factors[1]
        progress("fitting the item–item model", rows.stop, len(wanted))
    return _by_speaker(inputs.n, wanted, support, parts, settings, names)


def _head_factors(heads: list[Heads], support: NDArray[np.int32], share: float) -> tuple[float, float]:
    """Return what each head is multiplied by: its share over the root mean square of its weights."""
    used = max(int(np.sum(support >= 0)), 1)
    squares = np.zeros(2)
    for _, similarity, transition in heads:
        squares[0] += float(np.sum(similarity.sum(axis=2, dtype=np.float64) ** 2))
        squares[1] += float(np.sum(transition.sum(axis=2, dtype=np.float64) ** 2))
    scale = np.sqrt(squares / used)
    return (
        float((1 - share) / scale[0]) if scale[0] > 0 else 0.0,
        float(share / scale[1]) if scale[1] > 0 else 0.0,
    )


def _by_speaker(
    n: int,
    products: NDArray[np.int32],
    support: NDArray[np.int32],
    parts: NDArray[np.float32],
    settings: LinearSettings,
    names: tuple[str, ...],
) -> LinearModel:
    """Turn columns (what speaks for j) into rows (what i speaks for): serving reads the rows of a history."""
    flat = support.ravel()
    used = np.flatnonzero(flat >= 0)
    order = used[np.argsort(flat[used], kind="stable")]
    parts = parts.reshape(-1, len(names))[order]
    return LinearModel(
        settings=settings,
        sources=names,
        indptr=np.concatenate([[0], np.cumsum(np.bincount(flat[used], minlength=n))]).astype(np.int64),
        columns=products[order // support.shape[1]].astype(np.int32),
        weights=parts.sum(axis=1, dtype=np.float64),
        parts=parts,
    )
