"""The fusion of several extractors' facts, against sources whose habits are known."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgrec.data import Fact, Product
from kgrec.errors import DataError, SettingsError
from kgrec.extraction.choosing import ChoosingExtractor, ChoosingSettings
from kgrec.extraction.fusing import Channel, FactFuser, FusingSettings, learn_lead
from kgrec.extraction.fusing.cells import Cell, value_key
from kgrec.extraction.fusing.channels import ANY, posterior
from kgrec.extraction.labelled import LabelledProduct
from kgrec.extraction.rules.labelled_words import GazetteerExtractor
from tests.extraction.labelled_offers import offers

VALUES = ("red", "green", "blue", "black")


def fact(product: str, value: str, confidence: float, source: str = "x") -> Fact:
    return Fact(product=product, relation="colour", value=value, field=source, confidence=confidence, extractor=source)


def shop(count: int, *, hit: float, alarm: float, seed: int = 0) -> tuple[list[LabelledProduct], dict[str, list[Fact]]]:
    """Return products with a colour or without, a leading source that knows how sure it is, and a model that talks."""
    rng = np.random.default_rng(seed)
    rows: list[LabelledProduct] = []
    facts: dict[str, list[Fact]] = {"tagger": [], "llm": []}
    for number in range(count):
        product, thought = str(number), str(rng.choice(VALUES))
        sure = float(rng.beta(0.7, 0.5))
        true = thought if rng.random() < sure else None
        rows.append(
            LabelledProduct(
                product=Product(id=product, title=true or "plain"),
                category="",
                values={"colour": (true,) if true else ()},
            )
        )
        facts["tagger"].append(fact(product, thought, sure, "tagger"))
        if rng.random() < (hit if true else alarm):
            facts["llm"].append(fact(product, true or str(rng.choice(VALUES)), 0.9, "llm"))
    return rows, facts


def right_of(facts: Sequence[Fact], rows: Sequence[LabelledProduct]) -> int:
    stated = {one.product: one.value for one in facts}
    return sum((stated.get(row.product.id),) == (row.values["colour"] or (None,)) for row in rows)


def asked(rows: Sequence[LabelledProduct]) -> Mapping[str, tuple[str, ...]]:
    return {row.product.id: tuple(row.values) for row in rows}


def test_counted_habits_are_those_of_the_source() -> None:
    rows, facts = shop(2000, hit=0.8, alarm=0.25)
    channel = FactFuser.learned_from(facts, rows, leading={"tagger": 1.0}).channels["llm"]["colour"]
    assert channel.hit == pytest.approx(0.8, abs=0.03)
    assert channel.alarm == pytest.approx(0.25, abs=0.04)
    assert channel.wrong < 0.02


def test_habits_are_estimated_without_labels() -> None:
    """A model that is mostly right and one that talks at random are told apart by agreement alone."""
    channels = {}
    for hit, alarm in ((0.9, 0.05), (0.4, 0.8)):
        rows, facts = shop(1500, hit=hit, alarm=alarm)
        fuser = FactFuser.estimated_from(facts, asked(rows), leading={"tagger": 1.0}, unlisted={"": 0.02})
        channels[hit] = fuser.channels["llm"]["colour"]
    assert channels[0.9].hit > channels[0.4].hit + 0.2
    assert channels[0.9].alarm < channels[0.4].alarm - 0.2


def test_together_they_are_right_more_often_than_each_alone() -> None:
    rows, facts = shop(1000, hit=0.8, alarm=0.2)
    for fuser in (
        FactFuser.learned_from(facts, rows[:500], leading={"tagger": 1.0}),
        FactFuser.estimated_from(facts, asked(rows), leading={"tagger": 1.0}, unlisted={"": 0.02}),
    ):
        unseen = {row.product.id: ("colour",) for row in rows[500:]}
        together = right_of(list(fuser.fuse(facts, unseen).facts), rows[500:])
        alone = [right_of([one for one in facts[name] if one.confidence > 0.4], rows[500:]) for name in facts]
        assert together > max(alone)


def test_sources_are_named_and_conflicts_are_shown() -> None:
    facts = {
        "tagger": [fact("1", "Red", 0.7, "title"), fact("2", "blue", 0.9, "title")],
        "llm": [fact("1", "red ", 0.9, "title"), fact("2", "green", 0.8, "title")],
    }
    fuser = FactFuser({"llm": {"": Channel()}}, leading={"tagger": 1.0})
    fusion = fuser.fuse(facts, {"1": ("colour",), "2": ("colour",)})
    answers = {one.product: one for one in fusion.facts}
    assert answers["1"].extractor == "llm+tagger"
    assert answers["1"].confidence > 0.9
    assert answers["2"].value == "blue"
    (conflict,) = fusion.conflicts
    assert (conflict.product, conflict.relation) == ("2", "colour")
    assert [(option.value, option.sources) for option in conflict.options] == [
        ("blue", ("tagger",)),
        ("green", ("llm",)),
    ]
    assert conflict.options[0].confidence > conflict.options[1].confidence


def test_what_was_not_asked_for_is_passed_over() -> None:
    fuser = FactFuser({}, leading={"tagger": 1.0})
    facts = {"tagger": [fact("1", "red", 0.9), fact("2", "red", 0.9)]}
    assert [one.product for one in fuser.fuse(facts, {"2": ("colour",)}).facts] == ["2"]
    assert list(fuser.fuse(facts, {"1": ("size",)}).facts) == []


@given(
    st.dictionaries(st.sampled_from(VALUES), st.floats(0, 0.25), max_size=4),
    st.lists(st.one_of(st.none(), st.sampled_from((*VALUES, "odd"))), max_size=3),
    st.floats(0, 1),
)
def test_probabilities_are_probabilities(leading: dict[str, float], said: list[str | None], share: float) -> None:
    cell = Cell("1", "colour", leading=leading, said={str(at): key for at, key in enumerate(said)})
    channels = {str(at): {ANY: Channel()} for at in range(len(said))}
    likely = posterior(cell, channels, {ANY: share})
    assert all(0 <= part <= 1 + 1e-9 for part in likely.values())
    assert sum(likely.values()) <= 1 + 1e-9
    assert ANY in likely


@given(st.floats(0.05, 0.9))
def test_agreement_never_makes_a_value_less_likely(before: float) -> None:
    channels = {"llm": {ANY: Channel()}}
    silent = Cell("1", "colour", leading={"red": before}, said={"llm": None})
    agrees = Cell("1", "colour", leading={"red": before}, said={"llm": "red"})
    other = Cell("1", "colour", leading={"red": before}, said={"llm": "blue"})
    likely = [posterior(cell, channels, {ANY: 0.2})["red"] for cell in (other, silent, agrees)]
    assert likely[2] > before
    assert likely[2] > likely[1]
    assert likely[2] > likely[0]


@given(st.text(max_size=20))
def test_case_and_blanks_do_not_make_another_value(value: str) -> None:
    assert value_key(f"  {value} ") == value_key(value)
    assert value_key(value_key(value)) == value_key(value)


def test_what_is_written_is_read_again() -> None:
    rows, facts = shop(200, hit=0.8, alarm=0.2)
    fuser = FactFuser.learned_from(facts, rows, leading={"tagger": 2.0}, settings=FusingSettings(rounds=3))
    again = FactFuser.of_document(json.loads(json.dumps(fuser.to_document())))
    assert list(again.fuse(facts, asked(rows)).facts) == list(fuser.fuse(facts, asked(rows)).facts)
    assert again.settings == fuser.settings


def test_the_better_source_leads() -> None:
    rows = offers(90, seed=3)
    lead = learn_lead(
        rows,
        {
            "choosing": lambda kept: ChoosingExtractor.learned_from(
                kept, settings=ChoosingSettings(folds=2, iterations=20, minimum_confidence=0.02)
            ),
            "gazetteer": GazetteerExtractor.learned_from,
        },
    )
    assert lead.weights["choosing"] >= 0.6
    assert sum(lead.weights.values()) == pytest.approx(1.0)
    assert lead.f1 > 0.85
    assert set(lead.unlisted) >= {"", "Width"}


def test_mistakes_are_explained() -> None:
    with pytest.raises(SettingsError, match="at least one source"):
        FactFuser({}, leading={})
    with pytest.raises(SettingsError, match="weight above 0"):
        FactFuser({}, leading={"tagger": 0.0})
    with pytest.raises(SettingsError, match=r"unknown sources \['llm'\]"):
        FactFuser({}, leading={"tagger": 1.0}).fuse({"llm": []}, {})
    with pytest.raises(SettingsError, match="minimum_confidence"):
        FusingSettings(minimum_confidence=2)
    with pytest.raises(SettingsError, match="rounds"):
        FusingSettings(rounds=0)
    with pytest.raises(SettingsError, match="strength"):
        FusingSettings(strength=0)
    with pytest.raises(DataError, match="too few to hold out"):
        learn_lead(offers(1, seed=0), {})


def test_the_shop_of_these_tests_is_mixed() -> None:
    rows, _ = shop(500, hit=0.8, alarm=0.2)
    assert len(Counter(row.values["colour"] for row in rows)) == len(VALUES) + 1
