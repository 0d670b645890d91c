from __future__ import annotations

import json

import numpy as np
import pytest

from kgrec.errors import DataError, SettingsError, UnknownProductError
from kgrec.graph import Graph, Path

MUG, CUP, TIN, BOX, EMPTY = range(5)


def value(graph: Graph, relation: str, text: str) -> int:
    num = graph.find(relation, text)
    assert num is not None
    return num


def test_a_value_belongs_to_one_relation(graph: Graph) -> None:
    assert value(graph, "colour", "rose") != value(graph, "theme", "rose")
    assert graph.find("theme", "red") is None
    assert graph.find("smell", "rose") is None
    assert [graph.label(num) for num in graph.values_in("colour")] == [
        ("colour", "blue"),
        ("colour", "red"),
        ("colour", "rose"),
    ]


def test_reads(graph: Graph) -> None:
    red, rose = value(graph, "colour", "red"), value(graph, "theme", "rose")
    assert graph.shared(MUG, CUP).tolist() == [red, rose]
    assert graph.shared(MUG, CUP).dtype == np.int32
    assert graph.products_with(red).tolist() == [MUG, CUP, TIN]
    assert graph.value_counts()[red] == 3
    values, confidence = graph.neighbours(CUP)
    assert values.tolist() == graph.values_of(CUP).tolist()
    assert confidence.tolist() == pytest.approx([1.0, 0.3, 1.0])
    others, counts = graph.related(MUG)
    assert (others.tolist(), counts.tolist()) == ([CUP, TIN], [2, 1])
    others, counts = graph.related(MUG, hub=2)  # three carry red
    assert (others.tolist(), counts.tolist()) == ([CUP], [1])
    assert [part.dtype for part in graph.related(len(graph.product_ids) - 1)] == [np.int32, np.int64]
    with pytest.raises(SettingsError, match="at least 1"):
        graph.related(MUG, hub=0)
    assert graph.num("tin") == TIN
    assert (graph.unknown_products, graph.unusable_facts) == (1, 2)


def test_every_source_of_a_triple_is_kept_surest_first(graph: Graph) -> None:
    sources = graph.sources(MUG, value(graph, "colour", "red"))
    assert [round(fact.confidence, 3) for fact in sources] == [0.9, 0.5]
    assert (sources[0].extractor, sources[0].surface) == ("rules", "red")
    assert graph.confidence_of(MUG, value(graph, "colour", "red")) == pytest.approx(0.9)
    assert graph.confidence_of(MUG, value(graph, "material", "tin")) == 0
    assert graph.sources(MUG, value(graph, "material", "tin")) == ()


def test_arrays_are_locked(graph: Graph) -> None:
    with pytest.raises(ValueError, match="read-only"):
        graph.value[0] = 1
    with pytest.raises(AttributeError):
        graph.relations = ()  # type: ignore[misc]
    graph.incidence().data[:] = 7
    graph.incidence(weighted=True).data[:] = 7
    assert graph.confidence.max() == 1


@pytest.mark.parametrize("num", [-1, 5, 1000])
def test_numbers_out_of_range(graph: Graph, num: int) -> None:
    for read in (graph.values_of, graph.neighbours, graph.related):
        with pytest.raises(IndexError):
            read(num)
    for read_value in (graph.products_with, graph.label):
        with pytest.raises(IndexError):
            read_value(num if num != 5 else len(graph.values))
    with pytest.raises(UnknownProductError):
        graph.to_networkx(num)


def test_incidence(graph: Graph) -> None:
    whole = graph.incidence()
    assert whole.dtype == np.float32
    assert whole.shape == (5, len(graph.values))
    assert whole.sum() == len(graph)
    colours = graph.incidence("colour")
    assert colours.shape == whole.shape
    assert colours.sum() == 5
    assert colours[CUP, value(graph, "colour", "rose")] == 1
    assert graph.incidence("colour", weighted=True)[CUP, value(graph, "colour", "rose")] == pytest.approx(0.3)
    assert graph.incidence("theme").sum() == 2
    with pytest.raises(DataError, match="colour, material"):
        graph.incidence("smell")


def test_paths(graph: Graph) -> None:
    red, rose, tin = value(graph, "colour", "red"), value(graph, "theme", "rose"), value(graph, "material", "tin")
    assert graph.paths(MUG, CUP) == (Path((MUG, CUP), (rose,)), Path((MUG, CUP), (red,)))
    assert graph.paths(MUG, BOX) == ()
    assert graph.paths(MUG, BOX, 4) == (Path((MUG, TIN, BOX), (red, tin)),)
    assert graph.paths(MUG, BOX, 4)[0].hops == 4
    assert graph.paths(MUG, MUG) == graph.paths(MUG, EMPTY, 4) == ()
    assert len(graph.paths(MUG, CUP, limit=1)) == 1
    # Through a third product, no value twice and no end twice.
    assert graph.paths(MUG, CUP, 4) == graph.paths(MUG, CUP)
    for wrong in ({"max_hops": 3}, {"limit": 0}):
        with pytest.raises(SettingsError):
            graph.paths(MUG, CUP, **wrong)


def test_statistics(graph: Graph) -> None:
    found = graph.statistics(hub_share=0.5)
    assert json.loads(json.dumps(found)) == found
    assert (found["products"], found["triples"], found["isolated_products"]) == (5, len(graph), 1)
    assert found["relations"]["colour"] == {
        "values": 3,
        "triples": 5,
        "coverage": 0.8,
        "single_use": 2,
        "hubs": {"red": 0.6},
    }
    assert found["relations"]["type"]["coverage"] == 0.2
    with pytest.raises(SettingsError):
        graph.statistics(hub_share=2)


def test_arrays_and_back(graph: Graph) -> None:
    again = Graph.from_arrays(graph.product_ids, graph.to_arrays(), graph.to_tables())
    assert again == graph
    assert again.sources(MUG, 1) == graph.sources(MUG, 1)
    assert (again.unknown_products, again.unusable_facts) == (1, 2)
    assert again != "graph"


def test_arrays_that_do_not_fit_together(graph: Graph) -> None:
    arrays, tables = graph.to_arrays(), graph.to_tables()
    for name, array in arrays.items():
        for wrong in (array[:-1], array.astype(np.float64), array + np.asarray(100, array.dtype), None):
            if name == "left_out" or (name == "confidence" and wrong is not None and len(wrong) == len(array)):
                continue
            with pytest.raises(DataError):
                Graph.from_arrays(graph.product_ids, arrays | {name: wrong}, tables)
        with pytest.raises(DataError, match=name):
            Graph.from_arrays(graph.product_ids, {n: a for n, a in arrays.items() if n != name}, tables)
    with pytest.raises(DataError):
        Graph.from_arrays(graph.product_ids[:-1], arrays, tables)


def test_repr(graph: Graph) -> None:
    assert repr(graph) == "<Graph: 10 triples, 5 products, 6 values, 4 relations>"
