from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgrec.data import Fact, Facts
from kgrec.errors import SettingsError
from kgrec.graph import Graph, RangeSettings, range_facts
from kgrec.graph.quantities import quantities_of


def graph_of(values: list[str], relation: str = "size") -> Graph:
    ids = [f"p{num}" for num in range(len(values))]
    facts = [
        Fact(product=i, relation=relation, value=value, field="title", confidence=0.5)
        for i, value in zip(ids, values, strict=True)
    ]
    facts.append(Fact(product="p0", relation="aaa", value="1 cm", field="title"))
    return Graph.from_facts(ids, Facts.of(facts))


def texts(graph: Graph, values: object) -> set[str]:
    return {graph.label(int(value))[1] for value in values}  # type: ignore[attr-defined]


SIZES = ["15 cm", "0.15 m", "150mm", '6"', "6 in", "15 g", "XL", "15", "10-20 cm", "2 m", "1/2 ft", "1,000 mm", "5 cm"]


def test_units_of_one_kind_are_compared() -> None:
    graph = graph_of(SIZES)
    fifteen = {"15 cm", "0.15 m", "150mm"}
    assert texts(graph, graph.values_between("size", 15, 15, "cm")) == fifteen
    assert texts(graph, graph.values_between("size", 0.15, 0.15, "m")) == fifteen
    assert texts(graph, graph.values_between("size", 6, 6, "inches")) == {'6"', "6 in", "1/2 ft"}
    assert texts(graph, graph.values_between("size", 0.1, None, "m")) == {
        *fifteen,
        '6"',
        "6 in",
        "1/2 ft",
        "2 m",
        "1,000 mm",
    }
    assert texts(graph, graph.values_between("size", None, 10, "cm")) == {"5 cm"}
    assert texts(graph, graph.values_between("size", 0, 1, "oz")) == {"15 g"}
    assert texts(graph, graph.values_between("size", 0, 99)) == {"15"}
    assert graph.values_between("size", None, None, "l").tolist() == []
    assert graph.values_between("nothing", 0, 1, "cm").tolist() == []
    found = graph.values_between("size", None, None, "cm")
    assert found.dtype == np.int32
    assert found.tolist() == sorted(found.tolist())


@pytest.mark.parametrize(
    ("a", "b", "unit"),
    [
        ("500 ml", "0.5 l", "ml"), ("1 fl oz", "29.5735295625 ml", "ml"), ("2 jin", "1 kg", "kg"),
        ("1 gb", "1000 mb", "gb"), ("5000 mah", "5 Ah", "mah"), ("1 kw", "1000 W", "w"), ("25 °C", "77 °F", "°C"),
        ("2 years", "24 months", "years"), ("50 %", "0.5 dimensionless", "%"), ("2.4 ghz", "2400 MHz", "ghz"),
    ],
)  # fmt: skip
def test_equal_quantities(a: str, b: str, unit: str) -> None:
    graph = graph_of([a, b])
    amount = float(a.split(" ")[0]) if unit == a.split(" ", 1)[1] else None
    found = quantities_of(graph, "size")
    assert len(found.units) == 1
    assert found.amount[0] == pytest.approx(found.amount[1], rel=1e-9)
    if amount is not None:
        assert texts(graph, graph.values_between("size", amount, amount, unit)) == {a, b}


def test_texts_that_are_no_quantity() -> None:
    values = [
        "",
        "red",
        "10x20 cm",
        "5 XL",
        "6 ft 2 in",
        "100% cotton",
        "1e400 m",
        "9 ** 9 ** 9",
        "5 __import__",
        "5 m^m",
    ]
    values += ["9" * 60 + " m" * 9, "5 " + "(" * 20, "5 offset", "3 unicorns"]
    assert quantities_of(graph_of([value or " " for value in values]), "size").value.tolist() == []


def test_bad_questions(graph: Graph) -> None:
    with pytest.raises(SettingsError, match="unit must be one such as 'cm'"):
        graph.values_between("colour", 1, 2, "unicorn")
    with pytest.raises(SettingsError, match="low must not be above high"):
        graph.values_between("colour", 3, 2, "cm")
    with pytest.raises(SettingsError, match="at least 2"):
        RangeSettings(bins=1)


def test_ranges_in_the_unit_most_products_write() -> None:
    sizes = [f"{num} cm" for num in range(1, 41)] + ["0.05 m", "3 kg", "red"]
    graph = graph_of(sizes)
    ranges = graph.ranges("size", RangeSettings(bins=4))
    assert [each.label for each in ranges] == ["under 10 cm", "10–20 cm", "20–30 cm", "30 cm and over"]
    assert [(each.low, each.high) for each in ranges] == [(-math.inf, 10), (10, 20), (20, 30), (30, math.inf)]
    assert "0.05 m" in texts(graph, ranges[0].values)
    assert "10 cm" in texts(graph, ranges[1].values)
    assert graph.ranges("nothing") == ()


def test_facts_of_ranges_make_value_nodes() -> None:
    graph = graph_of([f"{num % 10 + 1} cm" for num in range(60)] + ["0.01 m"])
    facts = range_facts(graph, RangeSettings(bins=2))
    assert len(facts) == 61
    fact = next(fact for fact in facts if fact.product == "p60")
    assert (fact.relation, fact.value, fact.surface) == ("size_range", "under 5 cm", "0.01 m")
    assert (fact.field, fact.extractor, fact.confidence, fact.start) == ("size", "ranges", 0.5, -1)
    assert graph.facts is not None
    both = Graph.from_facts(graph.product_ids, graph.facts + facts)
    low = both.find("size_range", "under 5 cm")
    assert low is not None
    under = texts(graph, graph.values_between("size", None, 4.99, "cm"))
    assert {both.product_ids[num] for num in both.products_with(low)} == {
        graph.product_ids[num] for text in under for num in graph.products_with(graph.find("size", text) or 0)
    }
    assert len(range_facts(graph, RangeSettings(relations=("aaa",)))) == 0
    assert len(range_facts(graph, RangeSettings(min_products=1000))) == 0


@given(st.lists(st.floats(0.001, 1e6).map(lambda x: float(f"{x:.4g}")), min_size=1, max_size=60), st.integers(2, 8))
@settings(deadline=None, max_examples=150)
def test_ranges_part_the_values(amounts: list[float], bins: int) -> None:
    graph = graph_of([f"{amount:.10f} kg" for amount in amounts])
    ranges = graph.ranges("size", RangeSettings(bins=bins, min_products=1))
    if not ranges:
        assert len(set(amounts)) == 1
        return
    assert 2 <= len(ranges) <= bins
    assert len({each.label for each in ranges}) == len(ranges)
    held = [value for each in ranges for value in each.values.tolist()]
    assert sorted(held) == list(graph.values_in("size"))
    for before, after in pairwise(ranges):
        assert before.high == after.low
    for each in ranges:
        assert len(each.values)
        for text in texts(graph, each.values):
            assert each.low * (1 - 1e-8) <= float(text.split()[0]) or each.low == -math.inf
            assert float(text.split()[0]) <= each.high * (1 + 1e-8)
