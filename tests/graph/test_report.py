from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgrec.data import Fact, Facts
from kgrec.errors import DataError, SettingsError
from kgrec.graph import Graph, GraphReport, ReportSettings, reliability_of, report


def fact(product: str, relation: str, value: str, confidence: float = 1.0, **more: object) -> Fact:
    fields = {"field": "title", "extractor": "rules"} | more
    return Fact(product=product, relation=relation, value=value, confidence=confidence, **fields)  # type: ignore[arg-type]


def shop() -> Graph:
    facts = [fact(f"p{num}", "category", "Home" if num < 6 else "Garden", extractor="declared") for num in range(10)]
    facts += [fact(f"p{num}", "category", "Home > Lamps") for num in range(2)]
    facts += [fact(f"p{num}", "material", "stainless steel", 0.9, surface="STEEL") for num in range(5)]
    facts += [fact("p5", "material", "stainless stel", 0.4), fact("p5", "material", "brass", 0.6)]
    facts += [fact(f"p{num}", "theme", "rose", 0.5 - 0.01 * num, surface="Rose") for num in range(4)]
    facts += [fact(f"p{num}", "use", value) for num in (8, 9) for value in ("garden", "summer", "party", "rain")]
    facts += [
        fact("p0", "colour", "red", extractor="declared", standing="chosen"),
        fact("p0", "colour", "blue", 0.8, standing="overruled"),
        fact("p1", "colour", "blue", 0.8, standing="overruled"),
        fact("p2", "colour", "pink", 0.2, standing="accepted"),
        fact("p2", "colour", "mauve", 0.2, standing="rejected"),
    ]
    return Graph.from_facts([f"p{num}" for num in range(11)], Facts.of(facts))


@pytest.fixture(scope="module")
def found() -> GraphReport:
    return report(shop())


def test_totals(found: GraphReport) -> None:
    assert (found.products, found.isolated) == (11, 1)
    assert found.triples == len(shop()) == sum(found.confidence)
    assert found.standings == {"accepted": 1, "rejected": 1, "overruled": 2}


def test_coverage_and_singletons(found: GraphReport) -> None:
    by_name = {one.relation: one for one in found.relations}
    material = by_name["material"]
    assert (material.coverage, material.several) == (pytest.approx(6 / 11, abs=1e-6), pytest.approx(1 / 6, abs=1e-6))
    assert (material.values, material.triples, material.singletons) == (3, 7, 2)
    assert material.examples == ("brass", "stainless stel")
    assert material.confidence == pytest.approx((5 * 0.9 + 0.4 + 0.6) / 7, abs=1e-5)
    assert [one.triples for one in found.relations] == sorted((one.triples for one in found.relations), reverse=True)


def test_coverage_by_category_on_the_first_level_that_divides(found: GraphReport) -> None:
    home, garden = found.categories
    assert (home.category, home.products, garden.category, garden.products) == ("Home", 6, "Garden", 4)
    assert home.coverage["material"] == 1.0
    assert garden.coverage == {"use": 0.5}


def test_conflicts(found: GraphReport) -> None:
    assert found.disputed == {"colour": 2}
    assert [(one.product, one.believed, one.overruled) for one in found.conflicts] == [
        ("p0", ("red",), (("blue", "rules"),)),
        ("p1", (), (("blue", "rules"),)),
    ]


def test_what_to_look_at_first(found: GraphReport) -> None:
    first, second = found.suspects[:2]
    assert (first.relation, first.value, first.facts, first.words, first.product) == ("theme", "rose", 4, "Rose", "p3")
    assert first.expected_wrong == pytest.approx(4 - 4 * 0.5 + 0.06, abs=0.01)
    assert (second.value, second.facts, second.overruled, second.expected_wrong) == ("blue", 0, 2, 2.0)
    worst = [one.expected_wrong for one in found.suspects]
    assert worst == sorted(worst, reverse=True)
    values = {one.value for one in found.suspects}
    assert values.isdisjoint({"pink", "mauve", "Garden"})  # a person has spoken, and the shop is sure


def test_hubs_and_likely_duplicates(found: GraphReport) -> None:
    hubs = {(hub.relation, hub.value): hub.share for hub in found.hubs}
    assert hubs["category", "Home"] == pytest.approx(6 / 11, abs=1e-6)
    assert ("material", "brass") not in hubs
    (pair,) = found.alike_values
    assert (pair.rarer, pair.commoner, pair.products) == ("stainless stel", "stainless steel", 1)
    (alike,) = found.alike_products
    assert (alike.first, alike.second, alike.shared, alike.likeness) == ("p8", "p9", 5, 1.0)


def test_values_that_differ_in_a_digit_or_a_letter_are_no_likely_duplicates() -> None:
    values = ("memory of 16 gigabytes", "memory of 18 gigabytes", "connector type A", "connector type C")
    graph = Graph.from_facts(["a", "b"], Facts.of(fact("a", "r", value) for value in values))
    assert report(graph).alike_values == ()


def test_without_sources_and_without_products() -> None:
    whole = shop()
    assert whole.facts is not None
    bare = report(Graph.from_facts(whole.product_ids, whole.facts, keep_sources=False))
    assert (bare.suspects, bare.conflicts, bare.disputed) == ((), (), {})
    assert bare.relations == report(whole).relations
    empty = report(Graph.from_facts([], Facts.of([])))
    assert (empty.products, empty.relations, empty.categories, empty.hubs) == (0, (), (), ())
    assert "0 products" in empty.text()


def test_text_and_json(found: GraphReport) -> None:
    document = json.loads(json.dumps(found.to_dict()))
    assert document["suspects"][0]["value"] == "rose"
    assert document["reliability"] is None
    text = found.text()
    for heading in ("Coverage", "Look at these first", "Sources disagree", "Values that may be one"):
        assert heading in text
    assert "theme = rose by rules: 4 facts" in text
    assert "p0: colour = red, not blue (rules)" in text
    assert "… and 3 more" in found.text(most=2)


def test_text_is_on_one_line_whatever_a_shop_writes() -> None:
    graph = Graph.from_facts(["a\n\x1b[31mb"], Facts.of([fact("a\n\x1b[31mb", "r\n", "v\x1b" * 99, 0.1)]))
    text = report(graph).text()
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) < 300


def test_reliability() -> None:
    found = reliability_of([0.95, 0.95, 0.85, 0.1], [True, True, False, False])
    assert [(step.facts, step.right) for step in found.bins] == [(1, 0.0), (1, 0.0), (2, 1.0)]
    assert found.error == pytest.approx((2 * 0.05 + 0.85 + 0.1) / 4)
    assert "mean distance" in report(shop(), reliability=found).text()
    assert report(shop(), reliability=found).to_dict()["reliability"]["bins"][0]["facts"] == 1
    for sure, right in (([], []), ([0.5], [True, False]), ([1.5], [True]), ([float("nan")], [True])):
        with pytest.raises(DataError, match="reliability"):
            reliability_of(sure, right)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1))
def test_reliability_counts_every_fact(judged: list[tuple[float, bool]]) -> None:
    found = reliability_of(*map(np.array, zip(*judged, strict=True)))  # type: ignore[arg-type]
    assert sum(step.facts for step in found.bins) == len(judged)
    assert 0 <= found.error <= 1


@pytest.mark.parametrize("wrong", [{"hub_share": 2}, {"value_likeness": -1}, {"most": 0}, {"bins": 0}])
def test_settings_are_checked(wrong: dict[str, float]) -> None:
    with pytest.raises(SettingsError, match=next(iter(wrong))):
        ReportSettings(**wrong)  # type: ignore[arg-type]
