"""A few columns solved on a cut-out of the shop, with the weights that a fit of the whole gives them.

A column needs the rows of its support and no others. So two small shops are cut out, products numbered in the same
order, and handed to the same :class:`kgrec.retrieval.solver.WeightSolver` that fits: one to choose supports, which
holds everybody who could be in one, and one to solve, which holds who is.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from kgrec.data import Histories
from kgrec.graph import Triples
from kgrec.retrieval import Knowledge, LinearSettings, ModelInputs
from kgrec.retrieval.cooccurrence import Cooccurrence
from kgrec.retrieval.solver import WeightSolver
from kgrec.retrieval.support import WALK_LIMIT
from kgrec.updates.counts import LiveCounts
from kgrec.updates.texts import Neighbours, PatchedVectors

__all__ = ["Surroundings", "solve", "supports"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Surroundings:
    """What columns are solved from.

    Attributes:
        counts: behaviour.
        graph: facts.
        rarity: float32 (v,), of the graph's values.
        extracted: relations that were read from texts alone.
        vectors: of the texts, centred.
        neighbours: by text.
        settings: of the model.
        factors: of its heads.
        ordered: whether histories have an order.
    """

    counts: LiveCounts
    graph: Triples
    rarity: NDArray[np.float32]
    extracted: frozenset[str]
    vectors: PatchedVectors
    neighbours: Neighbours
    settings: LinearSettings
    factors: tuple[float, float]
    ordered: bool

    def weights(self) -> NDArray[np.float32]:
        """Return what sharing each value adds to the kernel, float32 (v,)."""
        settings = self.settings.resolved(_nothing(self.graph, self.extracted))
        by_relation = np.array([settings.weight_of(name) for name in self.graph.relations], np.float32)
        return (
            (self.rarity * by_relation[self.graph.value_relation]).astype(np.float32)
            if len(by_relation)
            else self.rarity
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Fixed(WeightSolver):
    """Solves on supports that were chosen before."""

    chosen: NDArray[np.int32]

    def support(self, products: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return them."""
        return self.chosen


def supports(world: Surroundings, products: NDArray[np.int64]) -> NDArray[np.int32]:
    """Choose who may speak for some products (int64 (b,)): int32 (b, support), rising numbers, then −1."""
    rows = world.counts.rows(products)
    graph = world.graph
    own_values, owners = _values_of(graph, products)
    spoken = (world.weights()[own_values] > 0) & (np.diff(graph.value_indptr)[own_values] <= WALK_LIMIT)
    own_values, owners = own_values[spoken], owners[spoken]
    walked = np.unique(own_values)
    members = [graph.products_with(value) for value in walked.tolist()]
    near = world.neighbours.nums[products]
    inside = np.unique(np.concatenate([products, rows.indices, *members, near[near >= 0]]))
    place = np.searchsorted(inside, products)

    knowledge = Knowledge(
        relations=graph.relations,
        indptr=_spread(owners, place, len(inside)),
        value=_in_order(np.searchsorted(walked, own_values), owners, place),
        value_indptr=np.concatenate([[0], np.cumsum([len(some) for some in members])]).astype(np.int64),
        product=np.searchsorted(inside, np.concatenate([*members, np.zeros(0, np.int32)])).astype(np.int32),
        relation=graph.value_relation[walked],
        rarity=world.rarity[walked],
        extracted=world.extracted,
    )
    neighbours = np.full((len(inside), near.shape[1]), -1, np.int32)
    neighbours[place] = np.where(near >= 0, np.searchsorted(inside, near), -1)
    cosines = np.zeros((len(inside), near.shape[1]), np.float32)
    cosines[place] = world.neighbours.cosines[products]
    counts = _rows_and_diagonal(rows, inside, place, world.counts.diagonal)
    solver = _solver(world, knowledge, counts, np.zeros((len(inside), 0), np.float32), neighbours, cosines)
    found = solver.support(place.astype(np.int32))
    return np.where(found >= 0, inside[found], -1).astype(np.int32)


def solve(
    world: Surroundings, products: NDArray[np.int64], chosen: NDArray[np.int32]
) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    """Solve for some products (int64 (b,)) on their supports (int32 (b, m)).

    Returns:
        The weights through each source, float32 (b, m, sources), and the sources.
    """
    graph = world.graph
    inside = np.unique(np.concatenate([products, chosen[chosen >= 0]]))
    rows = world.counts.rows(inside)
    at = np.minimum(np.searchsorted(inside, rows.indices), len(inside) - 1)
    kept = inside[at] == rows.indices
    counts = Cooccurrence(
        indptr=np.concatenate([[0], np.cumsum(kept)])[rows.indptr].astype(np.int64),
        indices=at[kept].astype(np.int32),
        together=rows.together[kept],
        past=rows.past[kept],
        into=rows.into[kept],
    )
    values, owners = _values_of(graph, inside)
    used, value = np.unique(values, return_inverse=True)
    by_value = np.argsort(value, kind="stable")
    knowledge = Knowledge(
        relations=graph.relations,
        indptr=np.concatenate([[0], np.cumsum(np.bincount(owners, minlength=len(inside)))]).astype(np.int64),
        value=value.astype(np.int32),
        value_indptr=np.concatenate([[0], np.cumsum(np.bincount(value, minlength=len(used)))]).astype(np.int64),
        product=owners[by_value].astype(np.int32),
        relation=graph.value_relation[used],
        rarity=world.rarity[used],
        extracted=world.extracted,
    )
    nothing = np.zeros((len(inside), 0), np.int32)
    vectors = world.vectors[inside] if world.vectors.shape[1] else np.zeros((len(inside), 0), np.float32)
    solver = _solver(world, knowledge, counts, vectors, nothing, nothing.astype(np.float32))
    local = np.where(chosen >= 0, np.searchsorted(inside, chosen), -1).astype(np.int32)
    fixed = _Fixed(**{field.name: getattr(solver, field.name) for field in fields(solver)}, chosen=local)
    _, parts = fixed.solve(np.searchsorted(inside, products).astype(np.int32))
    return parts, fixed.names


def _solver(
    world: Surroundings,
    knowledge: Knowledge,
    counts: Cooccurrence,
    vectors: NDArray[np.float32],
    neighbours: NDArray[np.int32],
    cosines: NDArray[np.float32],
) -> WeightSolver:
    nobody = Histories(
        indptr=np.zeros(1, np.int64),
        items=np.zeros(0, np.int32),
        weights=np.zeros(0, np.float32),
        times=np.zeros(0),
        ordered=world.ordered,
    )
    inputs = ModelInputs(
        n=len(vectors),
        histories=nobody,
        knowledge=knowledge,
        vectors=vectors,
        neighbours=neighbours,
        cosines=cosines,
    )
    return WeightSolver.of(inputs, counts, world.settings, factors=world.factors)


def _values_of(graph: Triples, products: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return the values of some products, and which of them (its place in ``products``) each belongs to."""
    starts = graph.indptr[products]
    lengths = graph.indptr[products + 1] - starts
    owners = np.repeat(np.arange(len(products)), lengths)
    ends = np.cumsum(lengths)
    at = np.arange(len(owners)) + np.repeat(starts - ends + lengths, lengths)
    return graph.value[at], owners


def _spread(owners: NDArray[np.int64], place: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(np.bincount(place[owners], minlength=n))]).astype(np.int64)


def _in_order(values: NDArray[np.int64], owners: NDArray[np.int64], place: NDArray[np.int64]) -> NDArray[np.int32]:
    """Sort values by the place of their owner, keeping the order within one."""
    return values[np.argsort(place[owners], kind="stable")].astype(np.int32)


def _rows_and_diagonal(
    rows: Cooccurrence, inside: NDArray[np.int64], place: NDArray[np.int64], diagonal: NDArray[np.float32]
) -> Cooccurrence:
    """Return counts over ``inside`` with the rows of some and the diagonal of the others."""
    lengths = np.ones(len(inside), np.int64)
    lengths[place] = np.diff(rows.indptr)
    indptr = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    size = int(indptr[-1])
    indices = np.zeros(size, np.int32)
    arrays = np.zeros((3, size), np.float32)
    alone = np.ones(len(inside), np.bool_)
    alone[place] = False
    indices[indptr[:-1][alone]] = np.flatnonzero(alone)
    arrays[0, indptr[:-1][alone]] = diagonal[inside[alone]]
    own = np.diff(rows.indptr)
    at = np.repeat(indptr[place] - rows.indptr[:-1], own) + np.arange(rows.indptr[-1])
    indices[at] = np.searchsorted(inside, rows.indices)
    for target, source in zip(arrays, (rows.together, rows.past, rows.into), strict=True):
        target[at] = source
    return Cooccurrence(indptr=indptr, indices=indices, together=arrays[0], past=arrays[1], into=arrays[2])


def _nothing(graph: Triples, extracted: frozenset[str]) -> Knowledge:
    none = np.zeros(0, np.int32)
    return Knowledge.of(0, none, none, none.astype(np.int16), graph.relations, hub_share=1.0, extracted=extracted)
