"""How well the relations of a graph cover its products, all together and category by category."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from kgrec.graph.graph import Graph

__all__ = ["CategoryCoverage", "RelationCoverage", "category_coverage", "relation_coverage"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationCoverage:
    """One relation in numbers.

    Attributes:
        relation: its name.
        coverage: share of products that have it, 0 … 1.
        several: share of those that have more than one value of it, 0 … 1.
        values: distinct values.
        triples: of the relation.
        confidence: mean of its triples, 0 … 1.
        singletons: values that one product alone has.
        examples: a few singletons, in order of the alphabet.
    """

    relation: str
    coverage: float
    several: float
    values: int
    triples: int
    confidence: float
    singletons: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryCoverage:
    """One category: how many products it has, and relation → the share of them (0 … 1) that has it, where any has."""

    category: str
    products: int
    coverage: dict[str, float]


def relation_coverage(graph: Graph, *, examples: int) -> tuple[RelationCoverage, ...]:
    """Return the relations, those with most triples first, ties by name."""
    products, size, counts = len(graph.product_ids), len(graph.relations), graph.value_counts()
    _, relation, values = _pairs(graph)
    of_triple = graph.value_relation[graph.value]
    covered = np.bincount(relation, minlength=size)
    several = np.bincount(relation[values > 1], minlength=size)
    sure = np.bincount(of_triple, weights=graph.confidence, minlength=size)
    found = []
    for at, name in enumerate(graph.relations):
        numbers = graph.values_in(name)
        mine = counts[numbers.start : numbers.stop]
        single = np.flatnonzero(mine == 1)
        triples = int(mine.sum())
        found.append(
            RelationCoverage(
                relation=name,
                coverage=round(int(covered[at]) / products, 6) if products else 0.0,
                several=round(int(several[at]) / int(covered[at]), 6) if covered[at] else 0.0,
                values=len(numbers),
                triples=triples,
                confidence=round(float(sure[at]) / triples, 6) if triples else 0.0,
                singletons=len(single),
                examples=tuple(graph.label(numbers[number])[1] for number in single[:examples].tolist()),
            )
        )
    return tuple(sorted(found, key=lambda one: (-one.triples, one.relation)))


def category_coverage(graph: Graph, relation: str, *, most: int) -> tuple[CategoryCoverage, ...]:
    """Return the largest categories, on the first level of their paths that has more than one.

    Args:
        graph: the graph.
        relation: whose values are category paths, ``"Home > Kitchen"``, or plain names.
        most: at most so many categories.
    """
    numbers = graph.values_in(relation)
    labels = {number: graph.label(number)[1] for number in numbers}
    levels = sorted({label.count(" > ") for label in labels.values()})
    for level in levels:
        chosen = [number for number, label in labels.items() if label.count(" > ") == level]
        if len(chosen) > 1 or level == levels[-1]:
            break
    else:
        return ()
    counts = graph.value_counts()
    chosen = sorted(chosen, key=lambda number: (-int(counts[number]), labels[number]))[:most]
    owner, stated, _ = _pairs(graph)
    found = []
    for number in chosen:
        member = np.zeros(len(graph.product_ids), np.bool_)
        member[graph.products_with(number)] = True
        size = int(counts[number])
        shares = np.bincount(stated[member[owner]], minlength=len(graph.relations)) / size
        coverage = {
            name: round(float(share), 6)
            for name, share in zip(graph.relations, shares, strict=True)
            if name != relation and share > 0
        }
        found.append(CategoryCoverage(category=labels[number], products=size, coverage=coverage))
    return tuple(found)


def _pairs(graph: Graph) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return product, relation and number of values, int64 (p,) each, of every product and relation that it has."""
    owner = np.repeat(np.arange(len(graph.product_ids), dtype=np.int64), np.diff(graph.indptr))
    cells = owner * max(len(graph.relations), 1) + graph.value_relation[graph.value]
    pairs, counts = np.unique(cells, return_counts=True)
    product, relation = np.divmod(pairs, max(len(graph.relations), 1))
    return product, relation, counts
