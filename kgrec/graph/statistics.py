"""The graph in numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kgrec.errors import SettingsError

if TYPE_CHECKING:
    from kgrec.graph.graph import Graph

__all__ = ["describe"]

_MOST_HUBS = 10


def describe(graph: Graph, *, hub_share: float) -> dict[str, Any]:
    """Count what a graph holds.

    Args:
        graph: the graph.
        hub_share: a value that at least this share of all products carries is listed as a hub.

    Returns:
        ``products``, ``values``, ``triples``, ``isolated_products`` (without any triple), ``unknown_products`` and
        ``unusable_facts`` (facts left out), ``bytes_per_triple``, and ``relations``: name → ``values``, ``triples``,
        ``coverage`` (share of products with the relation, 0 … 1), ``single_use`` (values of one product only) and
        ``hubs`` (value → share of products, at most ten, largest first).

    Raises:
        SettingsError: ``hub_share`` is not in 0 … 1.
    """
    if not 0 <= hub_share <= 1:
        raise SettingsError(f"hub_share must be from 0 to 1; got {hub_share}")
    products = len(graph.product_ids)
    size = len(graph.relations)
    degrees = np.diff(graph.indptr)
    relation = graph.value_relation[graph.value].astype(np.int64)
    owner = np.repeat(np.arange(products), degrees)
    opens = np.ones(len(graph), bool)  # relations rise within a product, so a change opens a new pair
    opens[1:] = (np.diff(owner) != 0) | (np.diff(relation) != 0)
    covered = np.bincount(relation[opens], minlength=size)
    triples = np.bincount(relation, minlength=size)
    counts = graph.value_counts()
    relations: dict[str, Any] = {}
    for at, name in enumerate(graph.relations):
        numbers = graph.values_in(name)
        mine = counts[numbers.start : numbers.stop]
        largest = np.argsort(-mine, kind="stable")[:_MOST_HUBS]
        relations[name] = {
            "values": len(numbers),
            "triples": int(triples[at]),
            "coverage": float(covered[at]) / products,
            "single_use": int(np.count_nonzero(mine == 1)),
            "hubs": {
                graph.label(numbers[int(i)])[1]: float(mine[i]) / products
                for i in largest
                if mine[i] >= hub_share * products
            },
        }
    return {
        "products": products,
        "values": len(graph.values),
        "triples": len(graph),
        "isolated_products": int(np.count_nonzero(degrees == 0)),
        "unknown_products": graph.unknown_products,
        "unusable_facts": graph.unusable_facts,
        "bytes_per_triple": graph.nbytes_per_triple,
        "relations": relations,
    }
