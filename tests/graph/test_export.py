from __future__ import annotations

import json
from pathlib import Path

import networkx as nx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgrec.data import Catalogue, Fact, Facts, Product
from kgrec.errors import DataError
from kgrec.graph import Graph

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
NASTY = ['<b a="1">&', "'\"", "]]>", " x ", "a\tb\nc\rd", "\x00\x01\x1f", "\\u0001", "\ufffe\uffff", "红😀", "\x85"]


def legal(text: str) -> bool:
    return all(c in "\t\n\r" or (c >= " " and c not in "\ufffe\uffff") for c in text) and "\\u" not in text


def test_graphml_is_what_networkx_writes(graph: Graph, tmp_path: Path) -> None:
    graph.write_graphml(tmp_path / "g.graphml")
    read, made = nx.read_graphml(tmp_path / "g.graphml"), graph.to_networkx()
    assert dict(read.nodes(data=True)) == dict(made.nodes(data=True))
    assert {frozenset((a, b)): d for a, b, d in read.edges(data=True)} == {
        frozenset((a, b)): d for a, b, d in made.edges(data=True)
    }
    assert Graph.from_networkx(read) == graph
    assert [file.name for file in tmp_path.iterdir()] == ["g.graphml"]


@given(st.lists(st.tuples(TEXTS | st.sampled_from(NASTY), TEXTS | st.sampled_from(NASTY)), unique=True, max_size=8))
@settings(deadline=None, max_examples=100)
def test_graphml_holds_any_text(tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[str, str]]) -> None:
    ids = sorted({product for product, _ in pairs})
    facts = [Fact(product=p, relation="r", value=v, field="f", confidence=0.1) for p, v in pairs]
    graph = Graph.from_facts(ids, Facts.of(facts))
    path = tmp_path_factory.mktemp("any") / "g.graphml"
    graph.write_graphml(path)
    read = nx.read_graphml(path)
    assert read.number_of_nodes() == len(ids) + len(graph.values)
    assert read.number_of_edges() == len(graph)
    if all(legal(product) and legal(value) for product, value in pairs):
        assert Graph.from_networkx(read) == graph


def test_parquet(graph: Graph, tmp_path: Path) -> None:
    graph.write_parquet(tmp_path / "g.parquet")
    rows = pq.read_table(tmp_path / "g.parquet").to_pylist()
    assert len(rows) == len(graph)
    assert {"product": "box", "relation": "material", "value": "tin", "confidence": 1.0} in rows
    Graph.from_facts([], Facts.of([])).write_parquet(tmp_path / "g.parquet")
    assert pq.read_table(tmp_path / "g.parquet").num_rows == 0


def test_parquet_is_read_back(graph: Graph, tmp_path: Path) -> None:
    graph.write_parquet(tmp_path / "g.parquet")
    assert Graph.read_parquet(tmp_path / "g.parquet", graph.product_ids) == graph
    read = Graph.read_parquet(tmp_path / "g.parquet")  # a product without a triple is in no row
    assert read.product_ids == ("mug", "cup", "tin", "box")
    assert len(read) == len(graph)


def test_any_table_of_triples_is_a_graph(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    rows = {"value": ["red", "blue", None], "product": ["b", "a", "a"], "relation": ["colour"] * 3, "note": [1, 2, 3]}
    pq.write_table(pa.table(rows), path)
    graph = Graph.read_parquet(path)
    assert graph.product_ids == ("b", "a")
    assert graph.unusable_facts == 1
    assert [graph.label(int(value)) for value in graph.values_of(1)] == [("colour", "blue")]
    assert graph.confidence_of(1, 0) == 1


def test_tables_that_are_no_triples(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    with pytest.raises(DataError, match="no file"):
        Graph.read_parquet(path)
    path.write_bytes(b"PAR1 not really")
    with pytest.raises(DataError, match="cannot be read as a table of triples"):
        Graph.read_parquet(path)
    pq.write_table(pa.table({"product": ["a"], "colour": ["red"]}), path)
    with pytest.raises(DataError, match="no column 'relation', 'value'; columns seen: 'product', 'colour'"):
        Graph.read_parquet(path)
    pq.write_table(pa.table({"product": [["a"]], "relation": ["r"], "value": ["v"]}), path)
    with pytest.raises(DataError, match="as text"):
        Graph.read_parquet(path)


def test_jsonld(graph: Graph, tmp_path: Path) -> None:
    graph.write_jsonld(tmp_path / "g.jsonld")
    document = json.loads((tmp_path / "g.jsonld").read_text("utf-8"))
    assert document["@context"] == "https://schema.org/"
    mug, cup, *_, empty = document["@graph"]
    assert mug == {
        "@type": "Product",
        "productID": "mug",
        "color": "red",
        "additionalProperty": [
            {"@type": "PropertyValue", "name": "theme", "value": "rose"},
            {"@type": "PropertyValue", "name": "type", "value": "mug"},
        ],
    }
    assert cup["color"] == ["red", "rose"]
    assert empty == {"@type": "Product", "productID": "empty"}


def test_jsonld_with_a_catalogue(tmp_path: Path) -> None:
    product = Product(
        id="a",
        title="A </script> mug \ud800",
        brand="Acme",
        categories=(("Home", "Mugs"), ("Gifts",)),
        price=2.5,
        currency="GBP",
        available=False,
    )
    facts = [Fact(product="a", relation=r, value=v, field=r) for r, v in [("brand", "Acme"), ("material", "clay")]]
    graph = Graph.from_facts(["a", "b"], Facts.of(facts))
    graph.write_jsonld(tmp_path / "g.jsonld", Catalogue([product]))
    text = (tmp_path / "g.jsonld").read_text("utf-8")
    assert "</script>" not in text
    assert json.loads(text)["@graph"][0] == {
        "@type": "Product",
        "productID": "a",
        "name": product.title,
        "brand": {"@type": "Brand", "name": "Acme"},
        "category": ["Home > Mugs", "Gifts"],
        "material": "clay",
        "offers": {
            "@type": "Offer",
            "price": 2.5,
            "priceCurrency": "GBP",
            "availability": "https://schema.org/OutOfStock",
        },
    }


def test_a_failed_export_leaves_the_old_file(graph: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "g.graphml"
    target.write_text("old")
    monkeypatch.setattr("kgrec.graph.exports.graphml.batches", lambda graph: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        graph.write_graphml(target)
    assert target.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["g.graphml"]
