"""The graph, or the part of it around a product, for people and for networkx."""

from __future__ import annotations

from collections.abc import Container
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kgrec.data import Fact, Facts
from kgrec.errors import DataError, SettingsError, UnknownProductError

if TYPE_CHECKING:
    import networkx as nx

    from kgrec.graph.graph import Graph

__all__ = ["from_networkx", "gather", "plain", "to_networkx", "value_name"]


def to_networkx(graph: Graph, around: str | int | None, *, hops: int, max_nodes: int | None) -> nx.Graph:
    """Return a neighbourhood, or everything; see :meth:`kgrec.graph.Graph.to_networkx`."""
    import networkx as nx

    if hops < 0:
        raise SettingsError(f"hops must be 0 or more; got {hops}")
    if max_nodes is not None and max_nodes < 1:
        raise SettingsError(f"max_nodes must be at least 1; got {max_nodes}")
    room = len(graph.product_ids) + len(graph.values) if max_nodes is None else max_nodes
    if around is None:
        products, values = _most_specific(graph, room)
    else:
        products, values = _neighbourhood(graph, _centre(graph, around), hops, room)
    network = nx.Graph()
    for num in np.flatnonzero(products).tolist():
        network.add_node(graph.product_ids[num], kind="product", label=graph.product_ids[num])
    names: dict[int, str] = {}
    for num in np.flatnonzero(values).tolist():
        relation, value = graph.label(num)
        names[num] = value_name(relation, value, graph._num)
        network.add_node(names[num], kind="value", label=value, relation=relation)
    for num in np.flatnonzero(products).tolist():
        row, confidence = graph.neighbours(num)
        kept = values[row]
        for value_num, sure in zip(row[kept].tolist(), plain(confidence[kept]), strict=True):
            relation = graph.relations[graph.value_relation[value_num]]
            network.add_edge(graph.product_ids[num], names[value_num], relation=relation, confidence=sure)
    return network


def from_networkx(network: nx.Graph) -> tuple[tuple[str, ...], Facts]:
    """Return the product ids, in the order of their nodes, and the facts of a graph that ``to_networkx`` wrote.

    Raises:
        DataError: a node or an edge lacks an attribute, or an edge does not join a product and a value.
    """
    products: dict[Any, str] = {}
    values: dict[Any, tuple[str, str]] = {}
    for node, attributes in network.nodes(data=True):
        kind = attributes.get("kind")
        try:
            if kind == "product":
                products[node] = attributes["label"]
            elif kind == "value":
                values[node] = (attributes["relation"], attributes["label"])
            else:
                raise DataError(f"node {node!r} has kind {kind!r}; expected 'product' or 'value'")
        except KeyError as error:
            raise DataError(
                f"node {node!r} has no attribute {error}; expected label, and relation of a value"
            ) from None
    facts = []
    for one, other, attributes in network.edges(data=True):
        product, value = (one, other) if one in products else (other, one)
        if product not in products or value not in values:
            raise DataError(f"the edge {one!r} – {other!r} does not join a product and a value")
        relation, text = values[value]
        sure = float(attributes.get("confidence", 1.0))
        facts.append(Fact(product=products[product], relation=relation, value=text, field=relation, confidence=sure))
    return tuple(products.values()), Facts.of(facts)


def value_name(relation: str, value: str, taken: Container[str]) -> str:
    """Return ``"relation:value"``, unlike any other value's name and unlike any id in ``taken``.

    A colon or per cent sign inside a relation is written as in a URL; colons are put in front while the name is taken.
    """
    name = f"{relation.replace('%', '%25').replace(':', '%3A')}:{value}"
    while name in taken:
        name = ":" + name
    return name


def plain(confidence: NDArray[np.float32]) -> list[float]:
    """Return float32 (t,) as the shortest decimal numbers that give the same float32 again: 0.9, not 0.89999998."""
    return [float(text) for text in confidence.astype(str).tolist()]


def gather(indptr: NDArray[np.int64], data: NDArray[np.int32], rows: NDArray[np.integer]) -> NDArray[np.int32]:
    """Return the runs of some rows (int (b,)) of a compressed array, one after the other, int32 (Σ lengths,)."""
    starts = indptr[rows]
    lengths = indptr[rows + 1] - starts
    ends = np.cumsum(lengths)
    at: NDArray[np.int64] = np.repeat(starts - ends + lengths, lengths) + np.arange(ends[-1] if len(ends) else 0)
    return data[at]


def _centre(graph: Graph, around: str | int) -> int:
    if isinstance(around, str):
        return graph.num(around)
    if not 0 <= around < len(graph.product_ids):
        raise UnknownProductError(around, hint=f"product numbers run from 0 to {len(graph.product_ids) - 1}")
    return around


def _neighbourhood(graph: Graph, centre: int, hops: int, room: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which products bool (n,) and values bool (v,) lie within ``hops``, hop by hop, rarest values first."""
    products = np.zeros(len(graph.product_ids), bool)
    values = np.zeros(len(graph.values), bool)
    counts = graph.value_counts()
    products[centre] = True
    room -= 1
    frontier = np.array([centre])
    for hop in range(hops):
        if hop % 2 == 0:
            fresh = np.unique(gather(graph.indptr, graph.value, frontier))
            fresh = fresh[~values[fresh]]
            frontier = fresh[np.lexsort((fresh, counts[fresh]))][:room]
            values[frontier] = True
        else:
            reached = gather(graph.value_indptr, graph.product, frontier)
            reached = reached[~products[reached]]
            frontier = reached[np.sort(np.unique(reached, return_index=True)[1])][:room]
            products[frontier] = True
        room -= len(frontier)
        if room == 0 or len(frontier) == 0:
            break
    return products, values


def _most_specific(graph: Graph, room: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return everything where there is room, else the rarest values with their products."""
    products = np.zeros(len(graph.product_ids), bool)
    values = np.zeros(len(graph.values), bool)
    if room >= len(products) + len(values):
        return ~products, ~values
    for value in np.argsort(graph.value_counts(), kind="stable").tolist():
        if room == 0:
            break
        members = graph.products_with(value)
        if room == 1 and not products[members].any():
            continue  # it would stand alone
        members = members[~products[members]][: room - 1]
        values[value] = True
        products[members] = True
        room -= 1 + len(members)
    products[np.flatnonzero(~products)[:room]] = True
    return products, values
