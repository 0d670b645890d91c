"""N-Triples as rdflib reads them, and the CSV files that Neo4j imports."""

from __future__ import annotations

import csv
from pathlib import Path
from urllib.parse import unquote

import pytest
import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st

from kgrec.data import Catalogue, Fact, Facts, Product
from kgrec.errors import SettingsError
from kgrec.graph import Graph

from .test_building import FACTS, IDS
from .test_export import NASTY, TEXTS

SCHEMA = "https://schema.org/"
RDF = rdflib.RDF
ANY = TEXTS | st.sampled_from([*NASTY, "a b", "50 %", "a/b?c#d", "<>", "urn:x", "\\", '"', "\x7f", "\u2028"])


def parsed(path: Path) -> rdflib.Graph:
    return rdflib.Graph().parse(path, format="nt")


def triples_of(graph: Graph) -> set[tuple[str, str, str]]:
    return {
        (product_id, *graph.label(int(value)))
        for num, product_id in enumerate(graph.product_ids)
        for value in graph.values_of(num)
    }


def read_triples(network: rdflib.Graph, names: dict[str, str], base: str = "urn:kgrec:") -> set[tuple[str, str, str]]:
    """Return the triples again; ``names`` says which relation a schema.org property stands for, if not its own name."""
    product_of = {
        subject: str(stated) for subject, stated in network.subject_objects(rdflib.URIRef(SCHEMA + "productID"))
    }
    found = set()
    for subject, predicate, stated in network:
        name = str(predicate)
        if name.startswith(base + "relation/"):
            relation = unquote(name.removeprefix(base + "relation/"))
        elif name.startswith(SCHEMA) and name != SCHEMA + "productID":
            relation = names.get(name.removeprefix(SCHEMA), name.removeprefix(SCHEMA))
        else:
            continue
        found.add((product_of[subject], relation, str(stated)))
    return found


@given(st.lists(st.tuples(ANY, ANY, ANY), unique=True, max_size=8))
@settings(deadline=None, max_examples=150)
def test_n_triples_round_trip(tmp_path_factory: pytest.TempPathFactory, stated: list[tuple[str, str, str]]) -> None:
    ids = sorted({product for product, _, _ in stated} | {"alone"})
    facts = [Fact(product=p, relation=r, value=v, field="f", confidence=0.5) for p, r, v in stated]
    graph = Graph.from_facts(ids, Facts.of(facts))
    path = tmp_path_factory.mktemp("nt") / "g.nt"
    graph.write_ntriples(path)
    network = parsed(path)
    names = {"color": "colour"} if "color" not in graph.relations else {}
    assert read_triples(network, names) == triples_of(graph) == set(stated)
    products = set(network.subjects(RDF.type, rdflib.URIRef(SCHEMA + "Product")))
    assert len(products) == len(ids)
    assert {str(network.value(product, rdflib.URIRef(SCHEMA + "productID"))) for product in products} == set(ids)


def test_n_triples_use_schema_org(graph: Graph, tmp_path: Path) -> None:
    graph.write_ntriples(tmp_path / "g.nt", base="https://shop.example/", confidences=True)
    network = parsed(tmp_path / "g.nt")
    mug = rdflib.URIRef("https://shop.example/product/mug")
    assert network.value(mug, rdflib.URIRef(SCHEMA + "color")) == rdflib.Literal("red")
    assert network.value(mug, rdflib.URIRef("https://shop.example/relation/theme")) == rdflib.Literal("rose")
    assert read_triples(network, {"color": "colour"}, "https://shop.example/") == triples_of(graph)
    sure = {
        (str(network.value(node, RDF.subject)), str(network.value(node, RDF.object))): float(value)
        for node, value in network.subject_objects(rdflib.URIRef("https://shop.example/confidence"))
    }
    assert sure == {(str(mug), "red"): 0.9, ("https://shop.example/product/cup", "rose"): 0.3}


def test_two_relations_for_one_predicate_stay_apart(tmp_path: Path) -> None:
    facts = [Fact(product="a", relation=name, value=name, field="f") for name in ("color", "colour", "brand")]
    graph = Graph.from_facts(["a"], Facts.of(facts))
    graph.write_ntriples(tmp_path / "g.nt")
    network = parsed(tmp_path / "g.nt")
    assert read_triples(network, {}) == triples_of(graph)


@pytest.mark.parametrize("base", ["", "shop", "https://a b/", "http://x/<"])
def test_a_base_that_is_no_iri(graph: Graph, tmp_path: Path, base: str) -> None:
    with pytest.raises(SettingsError, match="absolute IRI"):
        graph.write_ntriples(tmp_path / "g.nt", base=base)
    assert list(tmp_path.iterdir()) == []


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


@given(FACTS, st.lists(st.tuples(st.sampled_from(IDS), ANY, ANY), max_size=8))
@settings(deadline=None, max_examples=100)
def test_neo4j_files_hold_the_graph(
    tmp_path_factory: pytest.TempPathFactory, facts: list[Fact], stated: list[tuple[str, str, str]]
) -> None:
    facts = facts + [Fact(product=p, relation=r, value=v, field="f") for p, r, v in stated]
    graph = Graph.from_facts(IDS, Facts.of(facts))
    folder = tmp_path_factory.mktemp("neo4j") / "import"
    graph.write_neo4j(folder)
    products, values = rows_of(folder / "products.csv"), rows_of(folder / "values.csv")
    assert [row["id:ID(Product)"] for row in products] == list(IDS)
    assert {row[":LABEL"] for row in products} == {"Product"}
    label = {row[":ID(Value)"]: (row["relation"], row["value"]) for row in values}
    assert list(label.values()) == [graph.label(num) for num in range(len(graph.values))]
    edges = rows_of(folder / "relationships.csv")
    assert len(edges) == len(graph)
    for edge in edges:
        relation, value = label[edge[":END_ID(Value)"]]
        assert edge[":TYPE"] == relation
        num, found = graph.num(edge[":START_ID(Product)"]), graph.find(relation, value)
        assert found is not None
        assert graph.confidence_of(num, found) == pytest.approx(float(edge["confidence:float"]), abs=1e-7)


def test_neo4j_with_titles_and_quotes(tmp_path: Path) -> None:
    facts = [Fact(product="a", relation="size", value='7" x\n2, "big"', field="f", confidence=0.9)]
    graph = Graph.from_facts(["a", "b"], Facts.of(facts))
    graph.write_neo4j(tmp_path, Catalogue([Product(id="a", title='The "A"')]))
    texts = {path.name: path.read_text("utf-8") for path in tmp_path.iterdir()}
    assert texts == {
        "products.csv": 'id:ID(Product),title,:LABEL\n"a","The ""A""","Product"\n"b","","Product"\n',
        "values.csv": ':ID(Value),relation,value,:LABEL\n0,"size","7"" x\n2, ""big""","Value"\n',
        "relationships.csv": ':START_ID(Product),:END_ID(Value),confidence:float,:TYPE\n"a",0,0.9,"size"\n',
    }
