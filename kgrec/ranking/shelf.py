"""Products as they are, for whoever ranks without a shop around them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kgrec.data import Catalogue
from kgrec.errors import DataError
from kgrec.graph import Graph

__all__ = ["FixedShelf"]


@dataclass(frozen=True, kw_only=True, eq=False)
class FixedShelf:
    """n products that do not change: a :class:`kgrec.protocols.Shelf`.

    Attributes:
        catalogue: their texts and attributes.
        graph: their facts.
        vectors: float32 (n, d), centred unit text vectors; d is 0 without texts.
        popularity: int64 (n,), how many shoppers touched each.

    Raises:
        DataError: the parts speak of different numbers of products.
    """

    catalogue: Catalogue
    graph: Graph
    vectors: NDArray[np.float32]
    popularity: NDArray[np.int64]

    def __post_init__(self) -> None:
        """Check that the parts belong together."""
        sizes = {len(self.catalogue), len(self.graph.product_ids), len(self.vectors), len(self.popularity)}
        if len(sizes) != 1:
            raise DataError(f"catalogue, graph, vectors and popularity must have one length; got {sorted(sizes)}")
