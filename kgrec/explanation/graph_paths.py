"""Ways through the graph from what the shopper touched to the recommended product."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import pairwise

from kgrec.data import Edge, GraphPath
from kgrec.explanation.evidence import EvidenceFinder
from kgrec.graph import Graph, Hierarchy

__all__ = ["PathFinder"]

_SEPARATOR = " > "
_STEPS_UP = 2
"""A way goes up at most so many levels on either side."""


class PathFinder:
    """Finds shared values, and where two products share none of a relation, what stands above both values.

    Every edge is an edge of the graph; values that too many products have, and sensitive ones, lead nowhere.

    Args:
        graph: the facts.
        finder: knows which values are told, and where facts stand in texts.
    """

    def __init__(self, graph: Graph, finder: EvidenceFinder) -> None:
        """Hold the parts."""
        self._graph = graph
        self._finder = finder
        self._counts = graph.value_counts()
        self._owners = lru_cache(maxsize=4_096)(self._count_under)

    def find(self, product: int, items: Sequence[int], limit: int) -> tuple[GraphPath, ...]:
        """Return at most ``limit`` ways, item by item; within an item the rarest value first.

        Args:
            product: number of the product.
            items: numbers of history items, first things first.
            limit: at least 1.
        """
        found: list[GraphPath] = []
        for item in items:
            ways = [*self._shared(item, product), *self._above(item, product)]
            found += sorted(ways, key=lambda way: (len(way.edges), way.count, way.edges[0].value))
            if len(found) >= limit:
                break
        return tuple(found[:limit])

    def _shared(self, item: int, product: int) -> Iterator[GraphPath]:
        """Yield item – value – product."""
        for value in self._graph.shared(item, product).tolist():
            count = int(self._counts[value])
            if count <= self._finder.hub and not self._finder.secret(value):
                yield self._path(item, product, (self._fact(item, value), self._fact(product, value)), count)

    def _above(self, item: int, product: int) -> Iterator[GraphPath]:
        """Yield item – value – what stands above – value – product, in relations of which nothing is shared."""
        graph = self._graph
        joined = {graph.label(value)[0] for value in graph.shared(item, product).tolist()}
        mine = graph.values_of(product).tolist()
        for relation, tree in self._trees.items():
            if relation in joined:
                continue
            inside = graph.values_in(relation)
            ends = {top: way for value in mine if value in inside for top, way in self._upwards(tree, value)}
            for value in graph.values_of(item).tolist():
                if value not in inside:
                    continue
                for top, way in self._upwards(tree, value):
                    if top in ends and self._owners(relation, top) <= self._finder.hub:
                        yield self._over(item, product, tree, (*way, *reversed(ends[top][:-1])), top)
                        break

    def _upwards(self, tree: Hierarchy, value: int) -> Iterator[tuple[int, tuple[int, ...]]]:
        """Yield what stands above a value, the nearest first, with the way there; the value itself where it is told."""
        way = (value, *tree.ancestors(value)[:_STEPS_UP])
        if not any(map(self._finder.secret, way)):
            for steps in range(1, len(way) + 1):
                yield way[steps - 1], way[:steps]

    def _over(self, item: int, product: int, tree: Hierarchy, way: tuple[int, ...], top: int) -> GraphPath:
        at = way.index(top)
        up = [self._part_of(tree, low, high) for low, high in pairwise(way[: at + 1])]
        down = [self._part_of(tree, low, high) for high, low in pairwise(way[at:])]
        edges = (self._fact(item, way[0]), *up, *down, self._fact(product, way[-1]))
        return self._path(item, product, edges, self._owners(tree.relation, top))

    def _path(self, item: int, product: int, edges: tuple[Edge, ...], count: int) -> GraphPath:
        ids = self._graph.product_ids
        return GraphPath(history_item=ids[item], product=ids[product], edges=edges, count=count)

    def _fact(self, num: int, value: int) -> Edge:
        relation, text = self._graph.label(value)
        subject = self._graph.product_ids[num]
        return Edge(kind="fact", subject=subject, relation=relation, value=text, span=self._finder.span(num, value))

    def _part_of(self, tree: Hierarchy, low: int, high: int) -> Edge:
        below, above = self._graph.label(low)[1], self._graph.label(high)[1]
        return Edge(kind="part_of", subject=below, relation=tree.relation, value=above)

    @cached_property
    def _trees(self) -> dict[str, Hierarchy]:
        """Return the relations whose values stand below each other."""
        trees = {relation: self._graph.hierarchy(relation, separator=_SEPARATOR) for relation in self._graph.relations}
        return {relation: tree for relation, tree in trees.items() if len(tree.parent) and tree.parent.max() >= 0}

    def _count_under(self, relation: str, value: int) -> int:
        return len(self._trees[relation].products_under(value))
