"""A few columns solved on a cut-out of the shop, with the weights that a fit of the whole gives them.

A column needs the rows of its support and no others. So small shops are cut out, products numbered in the same order,
and handed to the same :class:`kgrec.retrieval.solver.WeightSolver` that fits: one to choose supports and, for products
without events, those most like them, which holds everybody who could be chosen; and one to solve, which holds who is.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kgrec.data import Histories
from kgrec.graph import Triples
from kgrec.retrieval import Knowledge, LinearSettings, ModelInputs
from kgrec.retrieval.cooccurrence import Cooccurrence
from kgrec.retrieval.newcomers import most_alike
from kgrec.retrieval.solver import WeightSolver
from kgrec.retrieval.support import WALK_LIMIT
from kgrec.updates.counts import LiveCounts
from kgrec.updates.neighbours import Neighbours
from kgrec.updates.texts import PatchedVectors

__all__ = ["Solved", "Surroundings", "alike", "choose", "solve", "whole"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Surroundings:
    """What columns are solved from.

    Attributes:
        counts: behaviour.
        graph: facts.
        rarity: float32 (v,), of the graph's values, with what behaviour taught of them.
        extracted: relations that were read from texts alone.
        vectors: of the texts, as the model reads them.
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


class Solved(NamedTuple):
    """Solved columns.

    Attributes:
        support: int32 (b, m), rising numbers, then −1.
        parts: float32 (b, m, sources).
        sources: their names.
        alike: int32 (b, settings.newcomer_alike), whom products without events hear through, −1 for nobody.
    """

    support: NDArray[np.int32]
    parts: NDArray[np.float32]
    sources: tuple[str, ...]
    alike: NDArray[np.int32]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Fixed(WeightSolver):
    """Solves on supports that were chosen before: int32 (n, m), a row for each product that is asked for."""

    chosen: NDArray[np.int32]

    def support(self, products: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return them."""
        return self.chosen[products]


def choose(world: Surroundings, products: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Choose who may speak for some products, and whom those without events hear through.

    Args:
        world: the shop.
        products: int64 (b,), rising or not, without doubles.

    Returns:
        int32 (b, support), rising numbers, then −1; and int32 (b, newcomer_alike), −1 for nobody.
    """
    cut, solver = _candidates(world, products)
    inside, local = cut.nums, cut.place[products]
    found = solver.support(local)
    heard = np.full((len(products), world.settings.newcomer_alike), -1, np.int32)
    fresh = np.flatnonzero(world.counts.diagonal[products] == 0)
    if len(fresh) and heard.shape[1]:
        heard[fresh] = _alike(world, inside, solver, local[fresh])
    return np.where(found >= 0, inside[found], -1).astype(np.int32), heard


def alike(world: Surroundings, products: NDArray[np.int64]) -> NDArray[np.int32]:
    """Find whom products without events (int64 (b,)) hear through: int32 (b, newcomer_alike), −1 for nobody."""
    cut, solver = _candidates(world, products)
    return _alike(world, cut.nums, solver, cut.place[products])


def _alike(
    world: Surroundings, inside: NDArray[np.int64], solver: WeightSolver, local: NDArray[np.int32]
) -> NDArray[np.int32]:
    warm = world.counts.diagonal[inside] > 0
    text = solver.text_kernel[local]
    found, _ = most_alike(solver.inputs, solver.likeness, text, local, warm, world.settings.newcomer_alike)
    return np.where(found >= 0, inside[found], -1).astype(np.int32)


def solve(
    world: Surroundings, products: NDArray[np.int64], chosen: NDArray[np.int32], heard: NDArray[np.int32]
) -> Solved:
    """Solve for some products (int64 (b,)) on what :func:`choose` gave for them."""
    fresh = np.flatnonzero(world.counts.diagonal[products] == 0) if heard.shape[1] else np.zeros(0, np.int64)
    everyone, rows = products, chosen
    more = np.setdiff1d(heard[heard >= 0], products).astype(np.int64)
    if len(more):
        everyone, rows = np.concatenate([products, more]), np.concatenate([chosen, choose(world, more)[0]])
    cut = _Cut.of(len(world.vectors), everyone, rows[rows >= 0])
    inside, place = cut.nums, cut.place
    solver = _solver(world, cut, products[fresh])
    table = np.full((len(inside), rows.shape[1]), -1, np.int32)
    table[place[everyone]] = np.where(rows >= 0, place[rows], -1)
    fixed = _Fixed(**{field.name: getattr(solver, field.name) for field in fields(solver)}, chosen=table)
    support, parts = fixed.solve(place[products])
    return Solved(np.where(support >= 0, inside[support], -1).astype(np.int32), parts, fixed.names, heard)


def whole(world: Surroundings) -> WeightSolver:
    """Return the solver of the whole shop: sooner than cut-outs where a large part of it has to be solved."""
    everybody = np.arange(len(world.vectors))
    graph = world.graph
    knowledge = Knowledge(
        relations=graph.relations,
        # Copies, as a fit has arrays of its own: loops are compiled once more for read-only ones.
        indptr=graph.indptr.copy(),
        value=graph.value.copy(),
        value_indptr=graph.value_indptr.copy(),
        product=graph.product.copy(),
        relation=graph.value_relation.copy(),
        rarity=world.rarity,
        extracted=world.extracted,
    )
    vectors = world.vectors[everybody] if world.vectors.shape[1] else np.zeros((len(everybody), 0), np.float32)
    inputs = ModelInputs(
        n=len(everybody),
        histories=_nobody(world),
        knowledge=knowledge,
        vectors=vectors,
        neighbours=world.neighbours.nums,
        cosines=world.neighbours.cosines,
    )
    return WeightSolver.of(inputs, world.counts.rows(everybody), world.settings, factors=world.factors)


class _Cut(NamedTuple):
    """The products of a cut-out: ``nums`` int64 (m,), rising, and ``place`` int32 (n,) of each in it, −1 outside."""

    nums: NDArray[np.int64]
    place: NDArray[np.int32]

    @classmethod
    def of(cls, n: int, *parts: NDArray[np.integer[Any]]) -> _Cut:
        """Cut everybody out of n products whom some part (numbers, doubles allowed) names.

        A table of all products takes less time than sorting and searching, which a cut-out does over and over.
        """
        place = np.full(n, -1, np.int32)
        for part in parts:
            place[part] = 0
        nums = np.flatnonzero(place == 0)
        place[nums] = np.arange(len(nums), dtype=np.int32)
        return cls(nums, place)


def _candidates(world: Surroundings, products: NDArray[np.int64]) -> tuple[_Cut, WeightSolver]:
    """Cut out everybody who could be in the support of some products; return who that is, and the solver."""
    rows = world.counts.rows(products)
    members = _members(world, products)
    near = world.neighbours.nums[products]
    cut = _Cut.of(len(world.vectors), products, rows.indices, *members.values(), near[near >= 0])
    counts = _rows_and_diagonal(rows, cut, products, world.counts.diagonal)
    knowledge = _walks(world, cut, products, members)
    inputs = _inputs(world, cut, products, knowledge, np.zeros((len(cut.nums), 0), np.float32))
    return cut, WeightSolver.of(inputs, counts, world.settings, factors=world.factors)


def _solver(world: Surroundings, cut: _Cut, fresh: NDArray[np.int64]) -> WeightSolver:
    """Cut out who solves and is solved, of whom ``fresh`` have no events."""
    inside = cut.nums
    rows = world.counts.rows(inside)
    at = cut.place[rows.indices]
    kept = np.flatnonzero(at >= 0)
    counts = Cooccurrence(
        indptr=np.searchsorted(kept, rows.indptr).astype(np.int64),
        indices=at[kept],
        together=rows.together[kept],
        past=rows.past[kept],
        into=rows.into[kept],
    )
    values, owners = _values_of(world.graph, inside)
    used = np.unique(values)
    knowledge = _knowledge(world, used, np.searchsorted(used, values), owners, len(inside))
    vectors = world.vectors[inside] if world.vectors.shape[1] else np.zeros((len(inside), 0), np.float32)
    inputs = _inputs(world, cut, fresh, knowledge, vectors)
    solver = WeightSolver.of(inputs, counts, world.settings, factors=world.factors)
    if not len(fresh):
        return solver
    # The kernel counts every value that is shared; likeness walks along those that few have, in the whole shop.
    many = np.diff(world.graph.value_indptr)[used] > WALK_LIMIT
    walked = _knowledge(world, used, *_without(np.searchsorted(used, values), owners, many), len(inside))
    return replace(solver, inputs=replace(inputs, knowledge=walked))


def _without(
    value: NDArray[np.int64], owners: NDArray[np.int64], many: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    kept = ~many[value]
    return value[kept], owners[kept]


def _members(world: Surroundings, products: NDArray[np.int64]) -> dict[int, NDArray[np.int32]]:
    """Return value → the products that have it, for the values that propose neighbours to some products."""
    values = np.unique(_values_of(world.graph, products)[0])
    spoken = (world.rarity[values] > 0) & (np.diff(world.graph.value_indptr)[values] <= WALK_LIMIT)
    return {value: world.graph.products_with(value) for value in values[spoken].tolist()}


def _walks(
    world: Surroundings, cut: _Cut, products: NDArray[np.int64], members: dict[int, NDArray[np.int32]]
) -> Knowledge:
    """Return values with all their products, and the values of ``products`` alone."""
    used = np.array(list(members), np.int64)
    values, owners = _values_of(world.graph, products)
    spoken = np.isin(values, used)
    own, places = np.searchsorted(used, values[spoken]), cut.place[products][owners[spoken]]
    order = np.argsort(places, kind="stable")
    held = np.concatenate([*members.values(), np.zeros(0, np.int32)])
    return Knowledge(
        relations=world.graph.relations,
        indptr=np.concatenate([[0], np.cumsum(np.bincount(places, minlength=len(cut.nums)))]).astype(np.int64),
        value=own[order].astype(np.int32),
        value_indptr=np.concatenate([[0], np.cumsum([len(some) for some in members.values()])]).astype(np.int64),
        product=cut.place[held],
        relation=world.graph.value_relation[used],
        rarity=world.rarity[used],
        extracted=world.extracted,
    )


def _knowledge(
    world: Surroundings, used: NDArray[np.int32], value: NDArray[np.int64], owners: NDArray[np.int64], n: int
) -> Knowledge:
    """Return the values ``used``; ``value`` are places in it, owners rise."""
    by_value = np.argsort(value, kind="stable")
    return Knowledge(
        relations=world.graph.relations,
        indptr=np.concatenate([[0], np.cumsum(np.bincount(owners, minlength=n))]).astype(np.int64),
        value=value.astype(np.int32),
        value_indptr=np.concatenate([[0], np.cumsum(np.bincount(value, minlength=len(used)))]).astype(np.int64),
        product=owners[by_value].astype(np.int32),
        relation=world.graph.value_relation[used],
        rarity=world.rarity[used],
        extracted=world.extracted,
    )


def _inputs(
    world: Surroundings,
    cut: _Cut,
    products: NDArray[np.int64],
    knowledge: Knowledge,
    vectors: NDArray[np.float32],
) -> ModelInputs:
    """Return the inputs of a cut-out, with the text neighbours of ``products`` that are inside."""
    n, size = len(cut.nums), world.neighbours.nums.shape[1] if len(products) else 0
    nums, cosines = np.full((n, size), -1, np.int32), np.zeros((n, size), np.float32)
    if size:
        near = world.neighbours.nums[products]
        at = np.where(near >= 0, cut.place[near], -1)
        # Those that are not inside are left out, and −1 ends a row.
        order = np.argsort(at < 0, axis=1, kind="stable")
        own = cut.place[products]
        nums[own] = np.take_along_axis(at, order, axis=1)
        cosines[own] = np.take_along_axis(np.where(at >= 0, world.neighbours.cosines[products], 0), order, axis=1)
    return ModelInputs(
        n=n, histories=_nobody(world), knowledge=knowledge, vectors=vectors, neighbours=nums, cosines=cosines
    )


def _nobody(world: Surroundings) -> Histories:
    return Histories(
        indptr=np.zeros(1, np.int64),
        items=np.zeros(0, np.int32),
        weights=np.zeros(0, np.float32),
        times=np.zeros(0),
        ordered=world.ordered,
    )


def _values_of(graph: Triples, products: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return the values of some products, and which of them (its place in ``products``) each belongs to."""
    starts = graph.indptr[products]
    lengths = graph.indptr[products + 1] - starts
    owners = np.repeat(np.arange(len(products)), lengths)
    ends = np.cumsum(lengths)
    at = np.arange(len(owners)) + np.repeat(starts - ends + lengths, lengths)
    return graph.value[at], owners


def _rows_and_diagonal(
    rows: Cooccurrence, cut: _Cut, products: NDArray[np.int64], diagonal: NDArray[np.float32]
) -> Cooccurrence:
    """Return counts over a cut-out with the rows of some products and the diagonal of the others."""
    inside, place = cut.nums, cut.place[products]
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
    indices[at] = cut.place[rows.indices]
    for target, source in zip(arrays, (rows.together, rows.past, rows.into), strict=True):
        target[at] = source
    return Cooccurrence(indptr=indptr, indices=indices, together=arrays[0], past=arrays[1], into=arrays[2])


def _nothing(graph: Triples, extracted: frozenset[str]) -> Knowledge:
    none = np.zeros(0, np.int32)
    return Knowledge.of(0, none, none, none.astype(np.int16), graph.relations, hub_share=1.0, extracted=extracted)
