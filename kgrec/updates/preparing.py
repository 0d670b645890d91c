"""What updates start from: the counts, which no shop stores, and what an old snapshot lacks."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kgrec.retrieval import FitStatistics, Knowledge, ModelInputs, behaviour_counts, learned_inputs
from kgrec.retrieval.cooccurrence import Cooccurrence, count_cooccurrence
from kgrec.retrieval.linear import count_settings, counted_histories
from kgrec.retrieval.solver import WeightSolver
from kgrec.shop import Shop

__all__ = ["Prepared", "prepared"]


class Prepared(NamedTuple):
    """Counts, statistics of the fit, and text neighbours: numbers int32 (n, t) and cosines float32 (n, t)."""

    counts: Cooccurrence
    statistics: FitStatistics
    neighbours: tuple[NDArray[np.int32], NDArray[np.float32]]


def prepared(shop: Shop) -> Prepared:
    """Count the behaviour; what the shop does not keep is measured and searched again."""
    settings, n = shop.model.settings, len(shop.catalogue)
    if shop.statistics is not None and shop.neighbours is not None:
        histories = counted_histories(shop.histories, settings)
        counts = count_cooccurrence(histories, n, **count_settings(settings), scales=shop.statistics.scales)
        return Prepared(counts, shop.statistics, shop.neighbours)
    knowledge = Knowledge.from_graph(shop.graph, hub_share=settings.hub_share)
    inputs = ModelInputs.of(n, shop.histories, knowledge, shop.vectors, text_neighbours=settings.text_neighbours)
    counts = behaviour_counts(inputs, settings)
    learned = learned_inputs(inputs, counts, settings)
    factors = shop.model.factors or WeightSolver.of(learned, counts, settings).factors
    statistics = FitStatistics.of(inputs, learned, settings, factors, shop.vectors)
    return Prepared(counts, statistics, (learned.neighbours, learned.cosines))
