"""The same facts give the same bytes: in any order, in any batches, all at once or change by change."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgrec.data import Fact, Facts
from kgrec.graph import Graph

from .test_building import FACTS, IDS


def bytes_of(graph: Graph, folder: Path) -> dict[str, bytes]:
    """Return arrays, texts and exports as bytes; which rows of facts state a triple depends on their order."""
    graph.write_ntriples(folder / "g.nt", confidences=True)
    graph.write_graphml(folder / "g.graphml")
    graph.write_jsonld(folder / "g.jsonld")
    graph.write_parquet(folder / "g.parquet")
    graph.write_neo4j(folder)
    found = {path.name: path.read_bytes() for path in folder.iterdir()}
    arrays = Graph.from_facts(graph.product_ids, Facts.of([])).to_arrays().keys() & graph.to_arrays().keys()
    names = {name for name in arrays if "fact" not in name and "aside" not in name and name != "left_out"}
    found |= {name: graph.to_arrays()[name].tobytes() for name in names}
    return found | {"texts": "\0".join([*graph.relations, *graph.values.to_pylist()]).encode()}


@given(FACTS, st.randoms(use_true_random=False), st.integers(1, 7))
@settings(deadline=None, max_examples=25)
def test_order_and_batches_do_not_matter(
    tmp_path_factory: pytest.TempPathFactory, facts: list[Fact], shuffler: random.Random, batch: int
) -> None:
    shuffled = list(facts)
    shuffler.shuffle(shuffled)
    one = Graph.from_facts(IDS, Facts.of(facts))
    other = Graph.from_facts(IDS, Facts.of(shuffled, batch=batch), keep_sources=False)
    assert bytes_of(one, tmp_path_factory.mktemp("one")) == bytes_of(other, tmp_path_factory.mktemp("other"))


@given(FACTS, st.lists(st.tuples(st.sampled_from(IDS), FACTS), max_size=4))
@settings(deadline=None, max_examples=25)
def test_changes_one_by_one_give_the_bytes_of_a_rebuild(
    tmp_path_factory: pytest.TempPathFactory, facts: list[Fact], changes: list[tuple[str, list[Fact]]]
) -> None:
    held = {i: [fact for fact in facts if fact.product == i] for i in IDS}
    graph = Graph.from_facts(IDS, Facts.of(fact for found in held.values() for fact in found))
    for changed, stated in changes:
        held[changed] = [fact for fact in stated if fact.product == changed]
        graph, _ = graph.with_products(IDS, [IDS.index(changed)], Facts.of(held[changed]))
    whole = Graph.from_facts(IDS, Facts.of(fact for found in held.values() for fact in found))
    assert bytes_of(graph, tmp_path_factory.mktemp("one")) == bytes_of(whole, tmp_path_factory.mktemp("whole"))
