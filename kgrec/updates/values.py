"""What sharing a value counts, while products that have it come and go."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kgrec.data import Facts
from kgrec.graph import Graph
from kgrec.graph.changing import Renumbered
from kgrec.retrieval import FitStatistics, Knowledge
from kgrec.retrieval.fit_statistics import priced
from kgrec.retrieval.support import WALK_LIMIT

__all__ = ["Values"]


class Values:
    """The value nodes of a graph as the model counts them.

    Args:
        graph: as it is.
        statistics: of the fit.
        hub_share: values that more than this share of the products have say nothing.

    Attributes:
        rarity: float32 (v,), as they were priced last.
        factors: float32 (v,), what behaviour taught; 1 for values that came later.
        extracted: relations that were read from texts alone.
    """

    def __init__(self, graph: Graph, statistics: FitStatistics, hub_share: float) -> None:
        """Start from a fit."""
        self.rarity = statistics.rarity
        self.factors = statistics.value_factors
        self.extracted = Knowledge.from_graph(graph, hub_share=1.0).extracted
        self._hub_share = hub_share

    def follow(self, old: Graph, new: Graph, moved: Renumbered, facts: Facts, living: int) -> NDArray[np.int32]:
        """Follow the values to their numbers in a changed graph, and price those that moved far.

        Args:
            old: as it was.
            new: as it is.
            moved: what became of the values.
            facts: those that came.
            living: products that are there.

        Returns:
            The values that count otherwise now, int32 (c,), rising.
        """
        fresh = frozenset(new.relations) - frozenset(old.relations)
        stated = facts.table.filter(pc.equal(facts.table["extractor"].cast(pa.string()), "declared"))["relation"]
        self.extracted |= fresh - frozenset(stated.cast(pa.string()).to_pylist())
        alive = moved.new_of >= 0
        before = np.zeros(len(new.values), np.int64)
        rarity, factors = np.zeros(len(new.values), np.float32), np.ones(len(new.values), np.float32)
        for target, source in ((before, old.value_counts()), (rarity, self.rarity), (factors, self.factors)):
            target[moved.new_of[alive]] = source[alive]
        values, counts = moved.values, new.value_counts()[moved.values]
        price = priced(rarity[values], counts, self._hub_share * living)
        # Beyond the limit a value proposes nobody, which is as good as another price.
        crossed = (before[values] > WALK_LIMIT) != (counts > WALK_LIMIT)
        repriced: NDArray[np.int32] = values[(price != rarity[values]) | crossed]
        rarity[values] = price
        self.rarity, self.factors = rarity, factors
        return repriced
