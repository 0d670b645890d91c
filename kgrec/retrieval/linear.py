"""The white-box item–item model: every product predicted from the other products a shopper touched.

``G = XᵀX + K`` with the knowledge kernel ``K = Σ_r α_r F_r F_rᵀ + ε max(E Eᵀ, 0)^p``. Product ``j`` is the ridge
regression ``(G_NN + λI) b_j = G_Nj`` on its support ``N(j)``; over all products that is EASE (Steck, WWW 2019) with
side information. A second head, ``(SᵀS + κK)_NN + λ'I) c_j = (SᵀT + κK)_Nj``, learns what comes next. Both are linear
in their right-hand side, so one column a source gives weights that add up exactly.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TypedDict

import numba as nb
import numpy as np
from numpy.typing import NDArray

from kgrec.data import Histories
from kgrec.errors import DataError
from kgrec.protocols import Progress, silent
from kgrec.retrieval.cooccurrence import Cooccurrence, CountScales, count_cooccurrence, step_numbers
from kgrec.retrieval.inputs import ModelInputs
from kgrec.retrieval.learning import learned_inputs
from kgrec.retrieval.merging import add_many, add_rows, part_sums, score_dense
from kgrec.retrieval.overlay import NO_OVERLAY, Overlay
from kgrec.retrieval.scratch import scratch_for
from kgrec.retrieval.settings import LinearSettings
from kgrec.retrieval.shards import Rows, Shard, ShardFolder, fingerprint, rows_of, solve_by_shards
from kgrec.retrieval.solver import WeightSolver, source_names
from kgrec.retrieval.threads import on_threads

__all__ = [
    "LinearModel",
    "behaviour_counts",
    "count_settings",
    "counted_histories",
    "recency_weights",
]

SECONDS_A_DAY = 86_400
_ALL = np.zeros(0, np.bool_)
_NONE = np.zeros(0, np.int32)


class CountSettings(TypedDict):
    """What the counts depend on; see :class:`LinearSettings`."""

    length_exponent: float
    past_decay: float
    future_decay: float
    window: int
    baskets: bool


class LinearModel:
    """Sparse item–item weights, by the product that speaks, with the share of each source in every weight.

    Args:
        settings: as they were used.
        sources: names of the parts: ``behaviour``, ``sequence``, ``text``, ``graph:<relation>`` …
        indptr: int64 (n + 1,), row ``i`` holds what touching ``i`` says for other products.
        columns: int32 (nnz,), products spoken for, rising within a row.
        weights: float64 (nnz,), so that contributions sum to a score even where its terms nearly cancel.
        parts: float32 (nnz, sources); rows sum to ``weights``. Sources beyond those of the base are zero in it.
        factors: what the two heads were multiplied by; None where it is not known.
        overlay: columns that were solved since, which stand in place of the base's.
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
        factors: tuple[float, float] | None = None,
        overlay: Overlay = NO_OVERLAY,
    ) -> None:
        """Hold a fitted model."""
        self.settings = settings
        self.sources = sources
        self.indptr = indptr
        self.columns = columns
        self.weights = weights
        self.parts = parts
        self.factors = factors
        self.overlay = overlay
        self._base = (indptr, columns, weights)
        self._layer = (overlay.slot_of, overlay.head, overlay.following, overlay.product_of, overlay.weights)

    @property
    def n(self) -> int:
        """Number of products."""
        return max(len(self.indptr) - 1, len(self.overlay.slot_of))

    @classmethod
    def fit(
        cls,
        inputs: ModelInputs,
        settings: LinearSettings,
        *,
        products: NDArray[np.int32] | None = None,
        counts: Cooccurrence | None = None,
        learned: ModelInputs | None = None,
        factors: tuple[float, float] | None = None,
        apart: bool = True,
        shards: str | os.PathLike[str] | None = None,
        progress: Progress = silent,
        seed: int = 0,
    ) -> LinearModel:
        """Fit, for all products or only for the given ones (int32 (b,), the others are then never recommended).

        ``counts`` are those of :func:`behaviour_counts` for the same histories and settings, where they are at hand,
        ``learned`` what :func:`learned_inputs` makes of both, and ``factors`` of the heads those of an earlier fit.
        Without ``apart`` the weights are the same, in less time, and not split into sources.

        ``shards`` is a folder that keeps what is finished: a fit of the same inputs that was stopped goes on there.
        The model then maps its weights from the folder, which has to stay.

        Raises:
            DataError: ``shards`` holds another fit or something else.
        """
        settings = settings.resolved(inputs.knowledge)
        folder = None if shards is None else _shard_folder(shards, inputs, settings, products, seed)
        if folder is not None and folder.finished:
            rows, factors = folder.rows()
            return cls.of_rows(rows, settings, source_names(inputs.knowledge), factors)
        if counts is None:
            counts = behaviour_counts(inputs, settings)
        wanted = np.arange(inputs.n, dtype=np.int32) if products is None else products
        if learned is None:
            learned = learned_inputs(inputs, counts, settings, progress=progress)
        solver = WeightSolver.of(learned, counts, settings, products=wanted, factors=factors, apart=apart, seed=seed)
        if folder is not None:
            rows = solve_by_shards(solver, folder, progress)
        else:
            shard = Shard.of(wanted, *solver.solve(wanted, progress=progress))
            rows = rows_of(inputs.n, lambda: iter((shard,)), len(solver.names))
        return cls.of_rows(rows, settings, solver.names, solver.factors)

    @classmethod
    def of_rows(
        cls, rows: Rows, settings: LinearSettings, sources: tuple[str, ...], factors: tuple[float, float] | None
    ) -> LinearModel:
        """Take solved weights as they are."""
        return cls(settings=settings, sources=sources, factors=factors, **rows._asdict())

    def with_settings(self, settings: LinearSettings) -> LinearModel:
        """Return the same weights for another question: only ``recency`` and the time settings may differ."""
        return self._with(settings=settings, sources=self.sources, overlay=self.overlay)

    def overlaid(self, overlay: Overlay, sources: tuple[str, ...]) -> LinearModel:
        """Return the same base under other columns; ``sources`` begin with those of the base."""
        return self._with(settings=self.settings, sources=sources, overlay=overlay)

    def _with(self, *, settings: LinearSettings, sources: tuple[str, ...], overlay: Overlay) -> LinearModel:
        return LinearModel(
            settings=settings,
            sources=sources,
            indptr=self.indptr,
            columns=self.columns,
            weights=self.weights,
            parts=self.parts,
            factors=self.factors,
            overlay=overlay,
        )

    def score(self, histories: Histories) -> NDArray[np.float32]:
        """Return float32 (len(histories), n): the score of every product for each history."""
        result = np.zeros((len(histories), self.n), np.float32)
        on_threads(
            score_dense,
            histories.indptr,
            histories.items,
            recency_weights(histories, self.settings),
            *self._base,
            *self._layer,
            result,
        )
        return result

    def propose(
        self,
        items: NDArray[np.int32],
        weights: NDArray[np.float32],
        allowed: NDArray[np.bool_] | None,
        k: int,
        *,
        hidden: NDArray[np.int32] = _NONE,
    ) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """Return the best k products with a positive score: numbers int32 (≤ k,) and scores float64, best first.

        The time follows what the history speaks for, not the number of products.

        Args:
            items: int32 (m,), the history.
            weights: float32 (m,), what each event counts, recency included.
            allowed: bool (n,), false where a product must not be shown; None where all may be.
            k: at least 1.
            hidden: int32 (h,), further products that must not be shown.
        """
        found: tuple[NDArray[np.int32], NDArray[np.float64]] = add_rows(
            items, weights, *self._base, *self._layer, _ALL if allowed is None else allowed, hidden, k,
            *scratch_for(self.n),
        )  # fmt: skip
        return found

    def propose_many(
        self,
        histories: Histories,
        allowed: NDArray[np.bool_] | None,
        k: int,
        *,
        hidden: NDArray[np.int32] = _NONE,
        hide_history: bool,
    ) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """Do :meth:`propose` for many histories on all threads.

        Returns:
            Numbers int32 (len(histories), k), −1 after the last, and scores float64 of the same shape, 0 there.
        """
        best = np.full((len(histories), k), -1, np.int32)
        scores = np.zeros((len(histories), k), np.float64)
        threads = nb.get_num_threads()
        on_threads(
            add_many,
            histories.indptr,
            histories.items,
            recency_weights(histories, self.settings),
            *self._base,
            *self._layer,
            _ALL if allowed is None else allowed,
            hidden,
            hide_history,
            np.zeros((threads, self.n), np.float64),
            np.zeros((threads, self.n), np.uint8),
            np.empty((threads, self.n), np.int32),
            best,
            scores,
        )
        return best, scores

    def contributions(
        self, items: NDArray[np.int32], weights: NDArray[np.float32], product: int
    ) -> NDArray[np.float64]:
        """Return float64 (m, sources): what each history item adds to the product's score through each source."""
        amounts: NDArray[np.float64] = self.contributions_of(items, weights, np.array([product], np.int32))[0]
        return amounts

    def contributions_of(
        self, items: NDArray[np.int32], weights: NDArray[np.float32], products: NDArray[np.int32]
    ) -> NDArray[np.float64]:
        """Return float64 (b, m, sources): the same for several products (int32 (b,)) in one pass."""
        amounts = np.zeros((len(products), len(items), len(self.sources)), np.float64)
        part_sums(
            items,
            weights,
            self.indptr,
            self.columns,
            self.parts,
            self.overlay.slot_of,
            self.overlay.support,
            self.overlay.parts,
            products,
            amounts,
        )
        return amounts


def _shard_folder(
    path: str | os.PathLike[str],
    inputs: ModelInputs,
    settings: LinearSettings,
    products: NDArray[np.int32] | None,
    seed: int,
) -> ShardFolder:
    if products is not None:
        raise DataError("shards keep a fit of all products; leave products out, or shards")
    return ShardFolder.open(path, fingerprint(inputs, settings, seed))


def behaviour_counts(inputs: ModelInputs, settings: LinearSettings, scales: CountScales | None = None) -> Cooccurrence:
    """Count who is touched together and what follows what, as the settings say."""
    histories = counted_histories(inputs.histories, settings)
    return count_cooccurrence(histories, inputs.n, **count_settings(settings), scales=scales)


def count_settings(settings: LinearSettings) -> CountSettings:
    """Return the settings that the counts depend on."""
    return {
        "length_exponent": settings.length_exponent,
        "past_decay": settings.past_decay,
        "future_decay": settings.future_decay,
        "window": settings.window,
        "baskets": settings.baskets,
    }


def counted_histories(histories: Histories, settings: LinearSettings) -> Histories:
    """Return histories with the weights that their events have in the counts."""
    return replace(histories, weights=_event_weights(histories, settings))


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
