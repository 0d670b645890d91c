"""Canonical values, corrections and conflicts through extract, a shop and its updates."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kgrec
from kgrec.data import Catalogue, Fact, Facts, Product
from kgrec.errors import DataError
from kgrec.extraction import CanonicalSettings, Conventions, Corrections, Reading, agree, extract
from kgrec.graph import Graph

CORRECTIONS = """\
- rename: {relation: colour, value: navy blue, to: navy}
- reject: {relation: product_type, value: lamp}
- accept: {relation: colour, value: mint, product: p3}
- accept: {relation: colour, value: mint, product: new1}
- reject: {relation: made_of, value: tin}
"""
WORDS = ["Navy Blue", "navy-blue", "NAVY BLUE", "red", "Red ", "1 l", "1000 ml", "tin", "steel"]


@pytest.fixture
def corrections(tmp_path: Path) -> Corrections:
    (tmp_path / "corrections.yaml").write_text(CORRECTIONS)
    return Corrections.read(tmp_path / "corrections.yaml")


def product(name: str, title: str, colour: str, volume: str = "1 l") -> Product:
    return Product(id=name, title=title, attributes={"Colour": (colour,), "Volume": (volume,)})


def catalogue() -> Catalogue:
    colours = ["Navy Blue", "navy-blue", "red", "Red"]
    return Catalogue(
        product(f"p{num}", f"RED LAMP {num}", colours[num % 4], "1000 ml" if num % 3 else "1 l") for num in range(24)
    )


def edges(graph: Graph, name: str) -> set[tuple[str, str]]:
    return {graph.label(value) for value in graph.values_of(graph.num(name)).tolist()}


def test_extract_agrees_where_it_is_asked_to(corrections: Corrections) -> None:
    shop = catalogue()
    plain = extract(shop)
    assert plain.conventions == {}
    assert all(fact.standing == fact.stated == "" for fact in plain)
    facts = extract(shop, canonical=True, corrections=corrections)
    graph = Graph.from_facts(shop.ids, facts)
    assert ("colour", "navy") in edges(graph, "p0") & edges(graph, "p1")
    assert ("volume", "1000 ml") in edges(graph, "p0")
    assert ("colour", "red") not in edges(graph, "p0")  # the title says red, the shop navy blue
    assert ("colour", "red") in edges(graph, "p2")
    assert all("lamp" not in {value for _, value in edges(graph, name)} for name in shop.ids)
    assert edges(graph, "p3") >= {("colour", "mint")}
    assert ("colour", "red") not in edges(graph, "p3")
    assert [row.line for row in facts.set_aside] == [4, 5]
    assert {fact.standing for fact in graph.set_aside(graph.num("p0"))} == {"overruled", "rejected"}


def test_corrections_alone_merge_nothing(corrections: Corrections) -> None:
    facts = extract(catalogue(), corrections=corrections)
    assert {fact.value for fact in facts if fact.relation == "volume"} == {"1 l", "1000 ml"}
    assert {fact.value for fact in facts if fact.relation == "colour" and "avy" in fact.value} == {"navy"}
    assert not any(fact.standing == "overruled" for fact in facts)


def test_values_that_a_person_accepts_are_not_merged_away(tmp_path: Path) -> None:
    facts = Facts.of(
        Fact(product=f"p{num}", relation="material", value=value, field="material")
        for num, value in enumerate(["stainless steel"] * 9 + ["Stanless Steel"])
    )
    assert {fact.value for fact in agree(facts)} == {"stainless steel"}
    (tmp_path / "c.yaml").write_text("- accept: {relation: material, value: Stanless Steel}\n")
    kept = agree(facts, corrections=Corrections.read(tmp_path / "c.yaml"))
    assert {fact.value for fact in kept} == {"stainless steel", "Stanless Steel"}


def test_a_shop_reads_later_products_as_the_first(tmp_path: Path, corrections: Corrections) -> None:
    shop = catalogue()
    facts = extract(shop, canonical=True, corrections=corrections)
    settings = {"text_neighbours": 2}
    built = kgrec.build(shop, None, facts, encoder=kgrec.HashingEncoder(16), settings=settings)
    built.save(tmp_path / "shop")
    loaded = kgrec.load(tmp_path / "shop")
    for recommender in (built, loaded):
        recommender.add([product("new1", "GREEN LAMP", "NAVY--BLUE", "100 cl"), product("p0", "RED LAMP", "red")])
        graph = recommender.graph
        assert edges(graph, "new1") >= {("colour", "mint"), ("volume", "1000 ml")}
        overruled = {fact.value for fact in graph.set_aside(graph.num("new1")) if fact.relation == "colour"}
        assert overruled == {"navy", "green"}
        assert ("product_type", "lamp") not in edges(graph, "new1")
        assert ("colour", "red") in edges(graph, "p0")
        recommender.save(tmp_path / "again")
        again = kgrec.load(tmp_path / "again").graph
        assert edges(again, "new1") == edges(graph, "new1")
        assert set(again.set_aside(again.num("new1"))) == set(graph.set_aside(graph.num("new1")))
    given = Facts.of([Fact(product="new2", relation="colour", value="Navy-Blue", field="colour")])
    loaded.add([Product(id="new2", title="x")], facts=given)
    assert edges(loaded.graph, "new2") == {("colour", "navy")}


STATED = st.lists(
    st.tuples(
        st.integers(0, 7),
        st.sampled_from(["colour", "volume", "made_of"]),
        st.sampled_from(WORDS),
        st.sampled_from(["declared", "rules", "tagger"]),
    ),
    max_size=40,
)


@given(stated=STATED, later=STATED, changed=st.sets(st.integers(0, 7), min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_an_incremental_change_equals_a_rebuild(
    stated: list[tuple[int, str, str, str]], later: list[tuple[int, str, str, str]], changed: set[int]
) -> None:
    ids = tuple(f"p{num}" for num in range(8))
    entries = Corrections(())
    learned = agree(facts_of(stated), canonical=CanonicalSettings(single_support=1), corrections=entries)
    conventions = Conventions.of(learned)
    assert conventions is not None
    reading = Reading(kgrec.RuleExtractor(), {}, conventions)
    fresh = facts_of([row for row in later if row[0] in changed])
    nums = sorted(changed)
    graph, _ = Graph.from_facts(ids, learned).with_products(
        ids, nums, reading.agreed(fresh, [Product(id=f"p{num}") for num in nums])
    )
    whole = conventions.apply(facts_of([row for row in stated if row[0] not in changed]) + fresh, ids)
    rebuilt = Graph.from_facts(ids, whole)
    assert graph == rebuilt
    for num in range(8):
        assert sorted(map(repr, graph.set_aside(num))) == sorted(map(repr, rebuilt.set_aside(num)))


def facts_of(stated: list[tuple[int, str, str, str]]) -> Facts:
    return Facts.of(
        Fact(product=f"p{num}", relation=relation, value=value, field="title", extractor=extractor)
        for num, relation, value, extractor in stated
    )


def test_conventions_of_another_version_are_refused() -> None:
    facts = agree(facts_of([(0, "colour", "red", "rules")]))
    document = dict(facts.conventions) | {"version": 99}
    with pytest.raises(DataError, match="version 99"):
        Conventions.of(facts.with_conventions(document))
    with pytest.raises(DataError, match="no conventions"):
        Conventions.of(facts.with_conventions({"version": 1}))
