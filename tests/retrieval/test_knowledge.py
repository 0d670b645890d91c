from __future__ import annotations

import numpy as np

from kgrec.data import Fact, Facts
from kgrec.graph import Graph
from kgrec.retrieval import Knowledge

from .shops import knowledge_of

TRIPLES = [
    (0, "brand", "Alder"),
    (1, "brand", "Alder"),
    (2, "brand", "Birch"),
    (0, "colour", "red"),
    (1, "colour", "red"),
    (2, "colour", "red"),
    (3, "colour", "red"),
]


def test_both_directions_agree() -> None:
    known = knowledge_of(5, TRIPLES)
    forward = {(p, int(v)) for p in range(5) for v in known.value[known.indptr[p] : known.indptr[p + 1]]}
    backward = {
        (int(p), v)
        for v in range(len(known.relation))
        for p in known.product[known.value_indptr[v] : known.value_indptr[v + 1]]
    }
    assert forward == backward
    assert len(forward) == len(TRIPLES)
    assert known.indptr[4] == known.indptr[5]  # product 4 states nothing


def test_rarity() -> None:
    known = knowledge_of(5, TRIPLES)
    assert known.relations == ("brand", "colour")
    np.testing.assert_allclose(known.rarity, [1 / 2, 0, 1 / 4])  # Alder, Birch (one product), red


def test_hubs_say_nothing() -> None:
    known = knowledge_of(5, TRIPLES, hub_share=0.5)
    np.testing.assert_allclose(known.rarity, [1 / 2, 0, 0])


def test_a_small_shop_keeps_values_of_two() -> None:
    np.testing.assert_allclose(knowledge_of(5, TRIPLES, hub_share=0.01).rarity, [1 / 2, 0, 0])


def test_weights() -> None:
    known = knowledge_of(5, TRIPLES)
    np.testing.assert_allclose(known.weights(np.array([10, 100], np.float32)), [5, 0, 25])
    assert known.weights(np.array([10, 0], np.float32))[2] == 0


def test_empty() -> None:
    known = Knowledge.empty(3)
    assert known.indptr.tolist() == [0, 0, 0, 0]
    assert known.weights(np.zeros(0, np.float32)).shape == (0,)


def test_from_graph() -> None:
    facts = Facts.of(Fact(product=f"p{p}", relation=r, value=v, field="title") for p, r, v in TRIPLES)
    graph = Graph.from_facts([f"p{p}" for p in range(5)], facts)
    known, expected = Knowledge.from_graph(graph, hub_share=1.0), knowledge_of(5, TRIPLES)
    for name in ("indptr", "value", "value_indptr", "product", "relation", "rarity"):
        np.testing.assert_array_equal(getattr(known, name), getattr(expected, name))
    assert known.relations == expected.relations
