"""The blend: retrieval, re-rankers and what is known of a product → one score that is a probability."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from kgrec.data import Pool
from kgrec.protocols import Shelf
from kgrec.ranking.blending.features import Features
from kgrec.ranking.blending.trees import Trees

__all__ = ["Blend", "BlendReport", "Kind", "ordered_probabilities"]

Kind = Literal["listwise", "pointwise"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BlendReport:
    """What the blend does on validation, where each user was scored by a blend that had not seen them.

    Attributes:
        users: who was asked.
        retrieval: NDCG@10 of retrieval alone.
        blend: NDCG@10 of the blend.
        p_value: of a paired test of the two.
        kind: how it was learned.
        kept: False where it was not better, and retrieval's order is kept.
    """

    users: int
    retrieval: float
    blend: float
    p_value: float
    kind: Kind
    kept: bool

    def __str__(self) -> str:
        """Say it in one line."""
        figures = f"NDCG@10 {self.retrieval:.4f} → {self.blend:.4f} for {self.users:,} users (p {self.p_value:.2g})"
        return f"{self.kind}: {figures}" if self.kept else f"retrieval is kept, {self.kind} was not better: {figures}"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Blend:
    """Scores the candidates of a pool.

    Where the blend was not better than retrieval on validation, ``scorer`` is None and retrieval's order is kept.

    Attributes:
        features: what it reads.
        scorer: of the rows.
        slope, intercept: of the logistic curve that makes a score the probability to be what the shopper wants.
        report: how it did on validation.
    """

    features: Features
    scorer: Trees | None
    slope: float
    intercept: float
    report: BlendReport

    def score(self, pool: Pool, shelf: Shelf, given: Mapping[str, NDArray[np.float32]]) -> NDArray[np.float32]:
        """Return a score a candidate, float32 (c,) in 0 … 1.

        Args:
            pool: the query and its candidates.
            shelf: the products.
            given: re-ranker → its scores, float32 (c,).
        """
        if self.scorer is None:
            raw = (pool.retrieval / self.features.scale).astype(np.float64)
        else:
            raw = self.scorer.predict(self.features.table(pool, shelf, given))
        return ordered_probabilities(raw, self.slope, self.intercept)


def ordered_probabilities(raw: NDArray[np.float64], slope: float, intercept: float) -> NDArray[np.float32]:
    """Return 1 / (1 + exp(−(slope · raw + intercept))) as float32, without ties that ``raw`` does not have."""
    found = (1 / (1 + np.exp(-np.clip(slope * raw + intercept, -60, 60)))).astype(np.float32)
    order = np.argsort(-raw, kind="stable")
    for before, after in pairwise(order.tolist()):
        if raw[after] == raw[before]:
            found[after] = found[before]
        elif found[after] >= found[before]:
            found[after] = np.nextafter(found[before], np.float32(0))
    return found
