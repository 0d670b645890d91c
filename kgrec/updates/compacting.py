"""A changed shop as one that was never changed: numbers without gaps, one model, one table of facts."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kgrec.data import Catalogue, Facts, Histories
from kgrec.graph import Graph
from kgrec.retrieval import IndexPlan, LinearModel
from kgrec.retrieval.fit_statistics import FitStatistics
from kgrec.shop import Shop

__all__ = ["Parts", "compacted"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Parts:
    """The parts of a shop over n numbers, some of them of removed products.

    Attributes:
        catalogue: n products.
        graph: theirs.
        vectors: float32 (n, d).
        model: with an overlay.
        histories: without removed products.
        users: ids of their rows.
        neighbours: numbers int32 (n, t) and cosines float32 (n, t).
        statistics: of the fit.
        gone: bool (n,), which were removed.
    """

    catalogue: Catalogue
    graph: Graph
    vectors: NDArray[np.float32]
    model: LinearModel
    histories: Histories
    users: tuple[str, ...]
    neighbours: tuple[NDArray[np.int32], NDArray[np.float32]]
    statistics: FitStatistics
    gone: NDArray[np.bool_]


def compacted(before: Shop, parts: Parts) -> Shop:
    """Return a shop of the products that are there; order, and so every tie, stays."""
    stays = np.flatnonzero(~parts.gone)
    new_of = np.cumsum(~parts.gone) - 1
    catalogue = Catalogue((parts.catalogue[num] for num in stays.tolist()), parts.catalogue.set_aside)
    nums, cosines = parts.neighbours[0][stays], parts.neighbours[1][stays]
    return Shop(
        catalogue=catalogue,
        graph=_graph(parts.graph, catalogue),
        vectors=parts.vectors[stays],
        encoder=before.encoder,
        stages=before.stages,
        model=_model(parts.model, stays, new_of),
        users=parts.users,
        histories=replace(parts.histories, items=new_of[parts.histories.items].astype(np.int32)),
        index=_index(before.index),
        report=before.report,
        neighbours=(np.where(nums >= 0, new_of[nums], -1).astype(np.int32), cosines),
        statistics=parts.statistics,
    )


def _index(plan: IndexPlan | None) -> IndexPlan | None:
    """Keep what was planned, and let every vector find its list anew: some have changed."""
    return None if plan is None else replace(plan, list_of=plan.list_of[:0])


def _graph(graph: Graph, catalogue: Catalogue) -> Graph:
    """Read the graph from the facts that are still reachable; without sources the arrays are renumbered."""
    if graph.facts is not None and graph.fact_row is not None:
        rows = graph.fact_row if graph.aside_row is None else np.concatenate([graph.fact_row, graph.aside_row])
        facts = Facts(graph.facts.table.take(np.sort(rows)), graph.facts.set_aside)
        return Graph.from_facts(catalogue.ids, facts)
    kept = np.array([num for num, name in enumerate(graph.product_ids) if catalogue.find(name) is not None], np.int64)
    new_of = np.full(len(graph.product_ids), -1, np.int32)
    new_of[kept] = np.arange(len(kept))
    return Graph(
        product_ids=catalogue.ids,
        relations=graph.relations,
        values=graph.values,
        value_relation=graph.value_relation,
        indptr=np.append(graph.indptr[kept], len(graph)).astype(np.int64),
        value=graph.value,
        confidence=graph.confidence,
        value_indptr=graph.value_indptr,
        product=new_of[graph.product],
        unknown_products=graph.unknown_products,
        unusable_facts=graph.unusable_facts,
    )


def _model(model: LinearModel, stays: NDArray[np.int64], new_of: NDArray[np.int64]) -> LinearModel:
    """Turn the rows of the base and the columns over it into rows of one matrix.

    Columns that still wait may name removed products: such entries are left out.
    """
    layer = model.overlay
    slots = layer.slot_of
    gone = np.ones(len(new_of), np.bool_)
    gone[stays] = False
    based = len(model.indptr) - 1
    speaker = np.repeat(np.arange(based), np.diff(model.indptr))
    kept = (slots[model.columns] == -1) & ~gone[speaker]
    live = np.flatnonzero(slots >= 0)
    support, parts = layer.support[slots[live]], layer.parts[slots[live]]
    support = np.where((support >= 0) & ~gone[np.maximum(support, 0)], support, -1)
    used = support >= 0
    width = len(model.sources)
    base_parts = np.zeros((int(kept.sum()), width), np.float32)
    base_parts[:, : model.parts.shape[1]] = model.parts[kept]
    speakers = np.concatenate([speaker[kept], support[used]])
    columns = np.concatenate([model.columns[kept], np.repeat(live, used.sum(axis=1))])
    all_parts = np.concatenate([base_parts, parts[used]])
    order = np.lexsort((columns, speakers))
    # The weights of the base are taken as they are, and those of the overlay as they were summed there.
    weights = np.concatenate([model.weights[kept], layer.weights[slots[live]][used]])
    counts = np.bincount(new_of[speakers], minlength=len(stays))
    return LinearModel(
        settings=model.settings,
        sources=model.sources,
        indptr=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        columns=new_of[columns[order]].astype(np.int32),
        weights=weights[order],
        parts=all_parts[order],
        factors=model.factors,
    )
