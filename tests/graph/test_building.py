from __future__ import annotations

from collections import defaultdict

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgrec.data import Fact, Facts
from kgrec.errors import DataError
from kgrec.graph import Graph

IDS = ("a", "b", "c", "d", "colour:red")
WORDS = st.sampled_from(["red", "blue", "Ω", "红色", "😀", "re", "red ", "é", "a:b", ""])
FACTS = st.lists(
    st.builds(
        Fact,
        product=st.sampled_from([*IDS, "unknown"]),
        relation=st.sampled_from(["colour", "theme", "a:b", "a", "%", ""]),
        value=WORDS,
        field=st.just("title"),
        surface=WORDS,
        confidence=st.sampled_from([0.0, 0.25, 0.5, 1.0, 1.5, -0.5, float("nan")]),
    ),
    max_size=40,
)


@given(FACTS, st.integers(1, 10))
@settings(deadline=None, max_examples=150)
def test_agrees_with_a_plain_model(facts: list[Fact], batch: int) -> None:
    graph = Graph.from_facts(IDS, Facts.of(facts, batch=batch))
    usable = [f for f in facts if f.relation and f.value and 0 <= f.confidence <= 1]
    model: dict[tuple[str, str, str], list[Fact]] = defaultdict(list)
    for f in usable:
        if f.product in IDS:
            model[f.product, f.relation, f.value].append(f)
    assert graph.unusable_facts == len(facts) - len(usable)
    assert graph.unknown_products == len(usable) - sum(map(len, model.values()))
    assert graph.relations == tuple(sorted({relation for _, relation, _ in model}))
    labels = [graph.label(num) for num in range(len(graph.values))]
    assert labels == sorted({(relation, value) for _, relation, value in model})
    assert len(graph) == len(model)
    for num, product in enumerate(IDS):
        row = graph.values_of(num).tolist()
        assert row == sorted(graph.find(r, v) for p, r, v in model if p == product)  # type: ignore[type-var]
        for value in row:
            stated = model[(product, *labels[value])]
            assert graph.confidence_of(num, value) == max(f.confidence for f in stated)
            assert graph.sources(num, value) == tuple(sorted(stated, key=lambda f: -f.confidence))
    for value, (relation, text) in enumerate(labels):
        assert graph.products_with(value).tolist() == [n for n, p in enumerate(IDS) if (p, relation, text) in model]


@given(FACTS, st.randoms())
@settings(deadline=None, max_examples=50)
def test_order_of_facts_does_not_matter(facts: list[Fact], random: object) -> None:
    shuffled = list(facts)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert Graph.from_facts(IDS, Facts.of(facts)) == Graph.from_facts(IDS, Facts.of(shuffled, batch=3))


@given(FACTS)
@settings(deadline=None, max_examples=50)
def test_values_of_and_products_with_are_inverse(facts: list[Fact]) -> None:
    graph = Graph.from_facts(IDS, Facts.of(facts))
    forward = {(num, value) for num in range(len(IDS)) for value in graph.values_of(num).tolist()}
    backward = {(num, value) for value in range(len(graph.values)) for num in graph.products_with(value).tolist()}
    assert forward == backward
    assert graph.incidence().nnz == len(graph) == len(forward)


def random_facts(count: int, products: int, values: int, *, seed: int) -> Facts:
    rng = np.random.default_rng(seed)

    def words(prefix: str, size: int) -> pa.Array:
        picks = pa.array(rng.integers(0, size, count, dtype=np.int32))
        return pa.DictionaryArray.from_arrays(picks, pa.array([f"{prefix}{i}" for i in range(size)]))

    columns = {
        "product": words("p", products).dictionary_decode(),
        "relation": words("r", 8),
        "value": words("v", values),
        "field": pa.array(["title"] * count),
        "start": pa.array(np.zeros(count, np.int32)),
        "end": pa.array(np.ones(count, np.int32)),
        "surface": pa.array(["x"] * count),
        "confidence": pa.array(rng.random(count, np.float32)),
        "extractor": pa.array(["rules"] * count),
    }
    return Facts(pa.table(columns))


def test_at_most_20_bytes_a_triple() -> None:
    facts = random_facts(150_000, 20_000, 500, seed=1)
    graph = Graph.from_facts([f"p{i}" for i in range(20_000)], facts)
    assert len(graph) > 100_000
    assert graph.nbytes_per_triple <= 20
    assert graph.statistics()["bytes_per_triple"] == graph.nbytes_per_triple


def test_repeated_dictionary_entries_and_nulls() -> None:
    table = Facts.of([Fact(product="a", relation="r", value="v", field="f")] * 3).table
    doubled = pa.DictionaryArray.from_arrays(pa.array([0, 1, None], pa.int32()), pa.array(["v", "v"]))
    table = table.set_column(table.column_names.index("value"), "value", doubled)
    graph = Graph.from_facts(["a"], Facts(table))
    assert (len(graph), graph.unusable_facts, len(graph.sources(0, 0))) == (1, 1, 2)


def test_without_facts_or_products() -> None:
    for ids in ([], ["a"]):
        graph = Graph.from_facts(ids, Facts.of([]))
        assert len(graph) == 0
        assert graph.relations == ()
        assert graph.nbytes_per_triple == 0
        assert graph.incidence().shape == (len(ids), 0)
        assert graph.statistics()["isolated_products"] == len(ids)


def test_sources_can_be_left_out(graph: Graph) -> None:
    assert graph.facts is not None
    bare = Graph.from_facts(graph.product_ids, graph.facts, keep_sources=False)
    assert bare == graph
    assert bare.facts is None
    assert bare.sources(0, 0) == ()


@pytest.mark.parametrize("ids", [["a", "a"], ["\ud800"], [1]])
def test_ids_that_cannot_be(ids: list[str]) -> None:
    with pytest.raises(DataError):
        Graph.from_facts(ids, Facts.of([]))


def test_too_many_relations() -> None:
    facts = Facts.of(Fact(product="a", relation=f"r{i}", value="v", field="f") for i in range(32_768))
    with pytest.raises(DataError, match="32,767 relations"):
        Graph.from_facts(["a"], facts)
