"""What the network reads of products: their own embedding, their facts and their text, as the shelf is now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kgrec.graph import Graph
from kgrec.graph.view import gather
from kgrec.protocols import Shelf

__all__ = ["ProductInputs", "Vocabulary"]

HUB_SHARE = 0.3
"""Values that more than this share of the products have say nothing, as for the item–item model."""


class ProductInputs(NamedTuple):
    """Inputs of b products.

    Attributes:
        known: int64 (b,), row of the product's own embedding; 0 for a product that was not there at training.
        values: int64 (v,), rows of the embeddings of their values, product after product.
        offsets: int64 (b,), where each product's values begin.
        weights: float32 (v,), 1/√(number of products that had the value at training).
        text: float32 (b, d), text vectors.
    """

    known: NDArray[np.int64]
    values: NDArray[np.int64]
    offsets: NDArray[np.int64]
    weights: NDArray[np.float32]
    text: NDArray[np.float32]


class Vocabulary:
    """The products and values that a network was trained on.

    Args:
        products: their ids; row i + 1 of the embeddings is the i-th, row 0 stands for every other.
        relations: (v,) relation of each value.
        values: (v,) the values.
        weights: float32 (v,), of each value.
    """

    def __init__(
        self, products: Sequence[str], relations: Sequence[str], values: Sequence[str], weights: NDArray[np.float32]
    ) -> None:
        """Index the names."""
        self.products = tuple(products)
        self.relations = tuple(relations)
        self.values = tuple(values)
        self.weights = weights
        self._row = {product: row for row, product in enumerate(self.products, start=1)}
        self._found: tuple[pa.Array, tuple[str, ...], NDArray[np.int64]] | None = None

    @classmethod
    def of(cls, shelf: Shelf, *, hub_share: float = HUB_SHARE) -> Vocabulary:
        """Take the products of a shelf and the values that at least two of them, and not too many, have."""
        graph = shelf.graph
        counts = np.bincount(graph.value, minlength=len(graph.values))
        telling = np.flatnonzero((counts >= 2) & (counts <= max(hub_share * len(graph.product_ids), 2)))
        relation = graph.value_relation[telling]
        return cls(
            tuple(shelf.catalogue.ids),
            [graph.relations[number] for number in relation.tolist()],
            graph.values.take(pa.array(telling)).to_pylist(),
            (1 / np.sqrt(counts[telling])).astype(np.float32),
        )

    def inputs(self, shelf: Shelf, nums: NDArray[np.integer]) -> ProductInputs:
        """Return the inputs of products by number, int (b,)."""
        graph = shelf.graph
        ids = shelf.catalogue.ids
        row = self._row
        rows_of = self._rows_of(graph)
        lengths = graph.indptr[nums + 1] - graph.indptr[nums]
        found = rows_of[gather(graph.indptr, graph.value, nums)]
        owner = np.repeat(np.arange(len(nums)), lengths)
        kept = found >= 0
        counts = np.bincount(owner[kept], minlength=len(nums))
        return ProductInputs(
            known=np.array([row.get(ids[num], 0) for num in nums.tolist()], np.int64),
            values=found[kept],
            offsets=np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int64),
            weights=self.weights[found[kept]],
            text=np.asarray(shelf.vectors[nums], np.float32),
        )

    def _rows_of(self, graph: Graph) -> NDArray[np.int64]:
        """Return value number of a graph → our row, −1 where the value was not there at training."""
        last = self._found
        if last is not None and last[0] is graph.values and last[1] == graph.relations:
            return last[2]
        rows = np.full(len(graph.values), -1, np.int64)
        ours = np.array(self.relations, object)
        for relation in graph.relations:
            mine = np.flatnonzero(ours == relation)
            theirs = graph.values_in(relation)
            if not len(mine) or not len(theirs):
                continue
            names = pa.array([self.values[row] for row in mine.tolist()], graph.values.type)
            place = pc.index_in(graph.values.slice(theirs.start, len(theirs)), names)
            place = place.fill_null(-1).to_numpy(zero_copy_only=False)
            rows[theirs.start : theirs.stop] = np.where(place >= 0, mine[place], -1)
        self._found = (graph.values, graph.relations, rows)
        return rows
