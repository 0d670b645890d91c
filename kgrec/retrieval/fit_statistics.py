"""What every weight depends on a little: measured at a fit and kept, so that one column can be solved as the fit would.

A new product moves the mean of the text vectors, a new event the average event, each by next to nothing, and every
weight of the shop with them. So they stay as the last fit found them. Values are priced one by one: a value keeps its
rarity until the number of products that have it has moved by more than ``TOLERANCE``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kgrec.retrieval.cooccurrence import CountScales
from kgrec.retrieval.index import text_mean
from kgrec.retrieval.inputs import ModelInputs, mapped
from kgrec.retrieval.linear import counted_histories
from kgrec.retrieval.settings import LinearSettings

__all__ = ["TOLERANCE", "FitStatistics", "priced"]

TOLERANCE = 0.1
"""A value is priced again where its rarity is off by more than this share."""


@dataclass(frozen=True, kw_only=True, eq=False)
class FitStatistics:
    """Statistics of one fit.

    Attributes:
        factors: what the two heads of the model were multiplied by.
        text_mean: float32 (d,), subtracted from every text vector.
        text_map: float32 (d, r), what the centred vectors were mapped by; None where they are read as they are.
        scales: of the counts.
        rarity: float32 (v,), of the values of the graph, as :class:`kgrec.retrieval.Knowledge` has them.
        value_factors: float32 (v,), what behaviour taught to multiply them by.
    """

    factors: tuple[float, float]
    text_mean: NDArray[np.float32]
    text_map: NDArray[np.float32] | None
    scales: CountScales
    rarity: NDArray[np.float32]
    value_factors: NDArray[np.float32]

    def read(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return centred vectors (float32 (b, d)) as the model reads them."""
        return vectors if self.text_map is None else mapped(vectors, self.text_map)

    @classmethod
    def of(
        cls,
        inputs: ModelInputs,
        learned: ModelInputs,
        settings: LinearSettings,
        factors: tuple[float, float],
        vectors: NDArray[np.float32],
    ) -> FitStatistics:
        """Note what a fit measured.

        Args:
            inputs: that were fitted.
            learned: what :func:`kgrec.retrieval.learned_inputs` made of them.
            settings: of the fit.
            factors: of its heads.
            vectors: float32 (n, d), not centred.
        """
        rarity, taught = inputs.knowledge.rarity, learned.knowledge.rarity
        return cls(
            factors=factors,
            text_mean=text_mean(vectors),
            text_map=learned.text_map,
            scales=CountScales.of(counted_histories(inputs.histories, settings), settings.length_exponent),
            rarity=rarity,
            value_factors=np.divide(taught, rarity, out=np.ones_like(rarity), where=rarity > 0),
        )


def priced(rarity: NDArray[np.float32], counts: NDArray[np.int64], hub: float) -> NDArray[np.float32]:
    """Return the rarity of some values: as it was while near enough, else 1 / count, or 0 where sharing says nothing.

    Args:
        rarity: float32 (c,), as they are.
        counts: int64 (c,), products that have each value now.
        hub: values of more products than this say nothing.
    """
    exact = np.where((counts > 1) & (counts <= max(hub, 2)), 1.0 / np.maximum(counts, 1), 0.0)
    near = np.abs(exact - rarity) <= TOLERANCE * rarity
    # Near the limit of a hub a value stays on the side where it is: it would move a large part of the shop.
    limit = np.abs(counts - hub) <= TOLERANCE * hub
    near |= limit & (counts > 2) & ((exact > 0) != (rarity > 0))
    return np.where(near, rarity, exact).astype(np.float32)
