from __future__ import annotations

import networkx as nx
import pytest
from hypothesis import given, settings

from kgrec.data import Fact, Facts
from kgrec.errors import DataError, SettingsError, UnknownProductError
from kgrec.graph import Graph

from .test_building import FACTS, IDS


@given(FACTS)
@settings(deadline=None, max_examples=100)
def test_round_trip(facts: list[Fact]) -> None:
    graph = Graph.from_facts(IDS, Facts.of(facts))
    network = graph.to_networkx()
    assert network.number_of_nodes() == len(IDS) + len(graph.values)
    assert network.number_of_edges() == len(graph)
    assert Graph.from_networkx(network) == graph


@given(FACTS)
@settings(deadline=None, max_examples=50)
def test_hops_are_those_of_networkx(facts: list[Fact]) -> None:
    graph = Graph.from_facts(IDS, Facts.of(facts))
    whole = graph.to_networkx()
    for hops in range(5):
        near = graph.to_networkx("a", hops=hops)
        assert set(near) == set(nx.single_source_shortest_path_length(whole, "a", cutoff=hops))
        assert set(map(frozenset, near.edges)) == set(map(frozenset, whole.subgraph(near).edges))
        for limit in (1, 2, 5, 9):
            few = graph.to_networkx("a", hops=hops, max_nodes=limit)
            assert len(few) == min(limit, len(near))
            assert set(few) <= set(near)
    for limit in range(1, 30, 3):
        assert len(graph.to_networkx(max_nodes=limit)) == min(limit, len(whole))


def test_attributes(graph: Graph) -> None:
    network = graph.to_networkx("mug", hops=1)
    assert dict(network.nodes(data=True)) == {
        "mug": {"kind": "product", "label": "mug"},
        "colour:red": {"kind": "value", "label": "red", "relation": "colour"},
        "theme:rose": {"kind": "value", "label": "rose", "relation": "theme"},
        "type:mug": {"kind": "value", "label": "mug", "relation": "type"},
    }
    assert network.edges["mug", "colour:red"] == {"relation": "colour", "confidence": 0.9}
    assert set(graph.to_networkx(0, hops=1)) == set(network)


def test_rarest_values_first(graph: Graph) -> None:
    assert set(graph.to_networkx("mug", max_nodes=3)) == {"mug", "type:mug", "theme:rose"}
    assert set(graph.to_networkx("mug", max_nodes=5)) == {"mug", "type:mug", "theme:rose", "colour:red", "cup"}


def test_an_id_that_looks_like_a_value() -> None:
    facts = [Fact(product=p, relation="colour", value="red", field="f") for p in ("colour:red", ":colour:red")]
    graph = Graph.from_facts(["colour:red", ":colour:red"], Facts.of(facts))
    assert set(graph.to_networkx()) == {"colour:red", ":colour:red", "::colour:red"}


def test_refusals(graph: Graph) -> None:
    with pytest.raises(UnknownProductError, match="nowhere"):
        graph.to_networkx("nowhere")
    with pytest.raises(SettingsError):
        graph.to_networkx("mug", hops=-1)
    with pytest.raises(SettingsError):
        graph.to_networkx(max_nodes=0)


def test_networks_that_are_not_ours(graph: Graph) -> None:
    with pytest.raises(DataError, match="kind"):
        Graph.from_networkx(nx.path_graph(3))
    network = graph.to_networkx()
    network.add_edge("mug", "cup")
    with pytest.raises(DataError, match="does not join"):
        Graph.from_networkx(network)
    network = graph.to_networkx()
    del network.nodes["colour:red"]["relation"]
    with pytest.raises(DataError, match="relation"):
        Graph.from_networkx(network)
