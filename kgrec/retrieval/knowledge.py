"""The graph as the model sees it: product–value incidence with one weight a relation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kgrec.graph import Graph

__all__ = ["Knowledge"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Knowledge:
    """Product–value incidence in both directions.

    Attributes:
        relations: names of the relations; ``relation`` holds positions in it.
        indptr: int64 (n + 1,), a product's values are ``value[indptr[j]:indptr[j + 1]]``.
        value: int32 (t,).
        value_indptr: int64 (v + 1,), the products of a value are ``product[value_indptr[v]:value_indptr[v + 1]]``.
        product: int32 (t,).
        relation: int16 (v,).
        rarity: float32 (v,), what two products gain by sharing the value: 1 / (number of products that have it),
            0 where sharing it says nothing.
        extracted: relations that were read from texts alone: the text vectors know part of what they say.
    """

    relations: tuple[str, ...]
    indptr: NDArray[np.int64]
    value: NDArray[np.int32]
    value_indptr: NDArray[np.int64]
    product: NDArray[np.int32]
    relation: NDArray[np.int16]
    rarity: NDArray[np.float32]
    extracted: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        n: int,
        product: NDArray[np.int32],
        value: NDArray[np.int32],
        relation: NDArray[np.int16],
        relations: tuple[str, ...],
        *,
        hub_share: float,
        extracted: frozenset[str] = frozenset(),
    ) -> Knowledge:
        """Build from triples: ``product`` and ``value`` (t,), ``relation`` (v,) of each value.

        Values that more than ``hub_share`` of the products have, or that only one has, join nothing.
        """
        counts = np.bincount(value, minlength=len(relation))
        by_product = np.lexsort((value, product))
        by_value = np.lexsort((product, value))
        informative = (counts > 1) & (counts <= max(hub_share * n, 2))
        rarity = np.where(informative, 1.0 / np.maximum(counts, 1), 0.0)
        return cls(
            relations=relations,
            indptr=np.concatenate([[0], np.cumsum(np.bincount(product, minlength=n))]).astype(np.int64),
            value=value[by_product].astype(np.int32),
            value_indptr=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            product=product[by_value].astype(np.int32),
            relation=relation.astype(np.int16),
            rarity=rarity.astype(np.float32),
            extracted=extracted,
        )

    @classmethod
    def empty(cls, n: int) -> Knowledge:
        """Return the knowledge of a shop that states nothing."""
        none = np.zeros(0, np.int32)
        return cls.of(n, none, none, none.astype(np.int16), (), hub_share=1.0)

    def weights(self, relation_weights: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return float32 (v,): rarity times the weight of the value's relation (float32 (relations,))."""
        if not len(self.relations):
            return self.rarity
        return (self.rarity * relation_weights[self.relation]).astype(np.float32)

    @classmethod
    def from_graph(cls, graph: Graph, *, hub_share: float) -> Knowledge:
        """Read the incidence of a graph; ``hub_share`` as in :meth:`of`."""
        product = np.repeat(np.arange(len(graph.product_ids), dtype=np.int32), np.diff(graph.indptr))
        return cls.of(
            len(graph.product_ids),
            product,
            graph.value,
            graph.value_relation,
            graph.relations,
            hub_share=hub_share,
            extracted=_read_from_texts(graph),
        )


def _read_from_texts(graph: Graph) -> frozenset[str]:
    """Return the relations of which no fact was declared by the shop."""
    if graph.facts is None:
        return frozenset()
    table = graph.facts.table
    declared = table.filter(pc.equal(table["extractor"].cast(pa.string()), "declared"))
    return frozenset(graph.relations) - frozenset(declared["relation"].cast(pa.string()).unique().to_pylist())
