from __future__ import annotations

from collections.abc import Iterable

import pytest

from kgrec.data import Fact, Facts
from kgrec.extraction.canonical.conflicts import learned_single, resolved
from kgrec.graph import Graph


def said(value: str, extractor: str = "rules", field: str = "title", **more: object) -> Fact:
    fields = {"product": "p", "relation": "colour"} | more
    return Fact(value=value, extractor=extractor, field=field, **fields)  # type: ignore[arg-type]


def standings(facts: Iterable[Fact], single: tuple[str, ...] = ("colour",)) -> dict[tuple[str, str], str]:
    return {(fact.value, fact.extractor): fact.standing for fact in resolved(Facts.of(facts), single)}


def test_the_shops_own_word_counts_before_what_was_read() -> None:
    found = standings([said("red", "declared", "colour"), said("blue", confidence=0.99), said("red", "tagger")])
    assert found == {("red", "declared"): "chosen", ("blue", "rules"): "overruled", ("red", "tagger"): "chosen"}


def test_a_persons_word_counts_before_the_shops() -> None:
    found = standings([said("red", "declared", "colour"), said("blue", standing="accepted")])
    assert found == {("red", "declared"): "overruled", ("blue", "rules"): "accepted"}


def test_what_more_sources_say_counts_before_what_is_surer() -> None:
    facts = [said("red", "rules", confidence=0.5), said("red", "tagger", confidence=0.5), said("blue", "llm")]
    assert standings(facts)[("blue", "llm")] == "overruled"
    assert (
        standings([said("red", confidence=0.5), said("blue", "llm", confidence=0.6)])[("red", "rules")] == "overruled"
    )
    assert standings([said("red"), said("blue", "llm")])[("red", "rules")] == "overruled"  # by letters


def test_a_title_and_a_description_are_two_sources() -> None:
    facts = [said("red", confidence=0.9), said("blue", field="description", confidence=0.6)]
    assert standings(facts)[("blue", "rules")] == "overruled"


@pytest.mark.parametrize(
    "facts",
    [
        [said("red", "declared", "colour"), said("red", "rules")],
        [said("red", "declared", "colour"), said("blue", "declared", "colour")],
        [said("dark blue", "declared", "colour"), said("blue")],
        [said("深蓝色", "declared", "colour"), said("蓝色")],
        [said("7 in", "declared", "size"), said("18 cm")],
        [said("red", "declared"), said("blue", standing="rejected")],
    ],
)
def test_what_is_no_conflict(facts: list[Fact]) -> None:
    assert list(resolved(Facts.of(facts), ["colour"])) == facts


def test_relations_of_several_values_have_no_conflicts() -> None:
    facts = Facts.of([said("red", "declared"), said("blue")])
    assert resolved(facts, ["size"]) is facts
    assert resolved(facts, []) is facts


def test_to_resolve_twice_is_as_once_and_follows_new_facts() -> None:
    once = resolved(Facts.of([said("red", "declared"), said("blue")]), ["colour"])
    assert list(resolved(once, ["colour"])) == list(once)
    alone = Facts.of(fact for fact in once if fact.value == "blue")
    assert [fact.standing for fact in resolved(alone, ["colour"])] == [""]


def test_overruled_facts_are_no_edges_and_stay_visible() -> None:
    graph = Graph.from_facts(["p"], resolved(Facts.of([said("red", "declared"), said("blue")]), ["colour"]))
    assert [graph.label(value) for value in graph.values_of(0).tolist()] == [("colour", "red")]
    assert [(fact.value, fact.standing) for fact in graph.set_aside(0)] == [("blue", "overruled")]
    with pytest.raises(IndexError):
        graph.set_aside(1)


def test_relations_of_one_value_are_learned_from_what_is_declared() -> None:
    facts = []
    for num in range(40):
        facts.append(said("red" if num % 2 else "blue", "declared", product=f"p{num}"))
        facts += [said(scent, "declared", product=f"p{num}", relation="scent") for scent in ("rose", "musk")]
        facts += [said(theme, "rules", product=f"p{num}", relation="theme") for theme in ("sea",)]
        facts.append(said("Home", "declared", product=f"p{num}", relation="category"))
    assert learned_single(Facts.of(facts), share=0.98, support=20) == {"colour"}
    assert learned_single(Facts.of(facts), share=0.98, support=41) == set()
    facts.append(said("green", "declared", product="p1"))
    assert learned_single(Facts.of(facts), share=0.98, support=20) == set()
    assert learned_single(Facts.of([]), share=0.98, support=1) == set()
