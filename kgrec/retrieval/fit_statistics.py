"""What every weight depends on a little: measured at a fit and kept, so that one column can be solved as the fit would.

A new product moves the mean of the text vectors, a new event the average event, each by next to nothing, and every
weight of the shop with them. So they stay as the last fit found them. Values are priced one by one: a value keeps its
rarity until the number of products that have it has moved by more than ``TOLERANCE``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kgrec.data import Histories
from kgrec.retrieval.cooccurrence import CountScales
from kgrec.retrieval.linear import LinearModel, counted_histories

__all__ = ["TOLERANCE", "FitStatistics", "centred_at", "priced", "text_mean"]

TOLERANCE = 0.1
"""A value is priced again where its rarity is off by more than this share."""


@dataclass(frozen=True, kw_only=True, eq=False)
class FitStatistics:
    """Statistics of one fit.

    Attributes:
        factors: what the two heads of the model were multiplied by.
        text_mean: float32 (d,), subtracted from every text vector.
        scales: of the counts.
        rarity: float32 (v,), of the values of the graph, as :class:`kgrec.retrieval.Knowledge` has them.
    """

    factors: tuple[float, float]
    text_mean: NDArray[np.float32]
    scales: CountScales
    rarity: NDArray[np.float32]

    @classmethod
    def of(
        cls,
        model: LinearModel,
        histories: Histories,
        vectors: NDArray[np.float32],
        counts: NDArray[np.int64],
        products: int,
    ) -> FitStatistics:
        """Measure on what ``model``, which knows its factors, was fitted on.

        Args:
            model: the fit.
            histories: its behaviour.
            vectors: float32 (n, d), not centred.
            counts: int64 (v,), products that have each value.
            products: how many there are.
        """
        settings = model.settings
        return cls(
            factors=model.factors or (0.0, 0.0),
            text_mean=text_mean(vectors),
            scales=CountScales.of(counted_histories(histories, settings), settings.length_exponent),
            rarity=priced(np.zeros(len(counts), np.float32), counts, settings.hub_share * products, everything=True),
        )


def priced(
    rarity: NDArray[np.float32], counts: NDArray[np.int64], hub: float, *, everything: bool = False
) -> NDArray[np.float32]:
    """Return the rarity of some values: as it was while near enough, else 1 / count, or 0 where sharing says nothing.

    Args:
        rarity: float32 (c,), as they are.
        counts: int64 (c,), products that have each value now.
        hub: values of more products than this say nothing.
        everything: price all.
    """
    exact = np.where((counts > 1) & (counts <= max(hub, 2)), 1.0 / np.maximum(counts, 1), 0.0)
    if everything:
        return exact.astype(np.float32)
    near = np.abs(exact - rarity) <= TOLERANCE * rarity
    # Near the limit of a hub a value stays on the side where it is: it would move a large part of the shop.
    limit = np.abs(counts - hub) <= TOLERANCE * hub
    near |= limit & (counts > 2) & ((exact > 0) != (rarity > 0))
    return np.where(near, rarity, exact).astype(np.float32)


def text_mean(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mean of the non-zero rows, float32 (d,)."""
    said = int(np.count_nonzero(np.any(vectors != 0, axis=1)))
    return np.asarray(vectors.sum(axis=0, dtype=np.float64) / max(said, 1)).astype(np.float32)


def centred_at(vectors: NDArray[np.float32], mean: NDArray[np.float32]) -> NDArray[np.float32]:
    """Subtract a mean from the non-zero rows and bring them back to unit length; zero rows stay zero."""
    said = np.any(vectors != 0, axis=1, keepdims=True)
    moved = np.where(said, vectors - mean, np.float32(0)).astype(np.float32)
    norms = np.linalg.norm(moved, axis=1, keepdims=True)
    return np.ascontiguousarray(np.divide(moved, norms, out=np.zeros_like(moved), where=norms > 0), np.float32)
