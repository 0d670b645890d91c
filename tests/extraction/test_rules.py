from __future__ import annotations

import dataclasses
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgrec.data import Catalogue, Fact, Product
from kgrec.errors import SettingsError
from kgrec.extraction import RuleExtractor, RuleSettings
from kgrec.protocols import Extractor

from .expected_titles import EXPECTED

RULES = RuleExtractor()


def facts(title: str, extractor: RuleExtractor = RULES, **fields: object) -> list[Fact]:
    return list(extractor.extract([Product(id="1", title=title, **fields)]))  # type: ignore[arg-type]


def values(title: str, relation: str, extractor: RuleExtractor = RULES, **fields: object) -> list[str]:
    return [fact.value for fact in facts(title, extractor, **fields) if fact.relation == relation]


def shop(*titles: str) -> Catalogue:
    return Catalogue(Product(id=str(num), title=title) for num, title in enumerate(titles))


def test_is_an_extractor() -> None:
    assert isinstance(RULES, Extractor)
    assert RULES.name == "rules"


@pytest.mark.parametrize("title", EXPECTED)
def test_reads_titles(title: str) -> None:
    found = [f"{fact.relation}={fact.value}[{fact.surface}]" for fact in facts(title)]
    assert found == EXPECTED[title]


def test_enough_titles() -> None:
    assert len(EXPECTED) >= 60


@pytest.mark.parametrize(
    ("title", "relation", "value"),
    [
        ("OLIVE OIL SOAP", "colour", "olive"),
        ("GOLD COAST MUG", "colour", "gold"),
        ("Green Tea 100g", "colour", "green"),
        ("Orange Juice 1 litre", "colour", "orange"),
        ("Rose Water Spray", "theme", "rose"),
        ("Wine Glass", "material", "glass"),
        ("Hand Cream", "colour", "cream"),
        ("3 in 1 Charger", "size", "3 in"),
        ('LETTER "5" MUG', "size", "5 in"),
        ("VINTAGE NOTEBOOK BEAUTY GIRL", "gender", "girls"),
        ("60 CAKE CASES", "style", "retro"),
        ("full sizes available", "size", "s"),
    ],
)
def test_does_not_read(title: str, relation: str, value: str) -> None:
    assert value not in values(title, relation)


def test_own_brand_is_no_attribute() -> None:
    assert values("Red Bull Energy Drink", "colour") == []
    assert values("Black Sheep Mug, Blue", "colour", brand="Black Sheep") == ["blue"]


def test_ambiguous_words_are_less_certain() -> None:
    sure, unsure = facts("Red scarf")[0], facts("Gold scarf")[0]
    assert (sure.value, unsure.value) == ("red", "gold")
    assert unsure.confidence < sure.confidence


def test_longest_match_wins_within_a_relation() -> None:
    assert values("Rose Gold Ring", "colour") == ["rose gold"]
    assert values("Cast Iron Pan", "material") == ["cast iron"]


def test_spelling_variants_are_one_value() -> None:
    assert values("Gray Mug", "colour") == values("Grey Mug", "colour") == ["grey"]
    assert values("Polkadot Bowl", "pattern") == values("Spotty Bowl", "pattern") == ["polka dot"]
    assert values("Jewelled Box", "finish") == values("Jeweled Box", "finish")
    assert values("Mug 250 ml", "volume") == values("Mug 250 millilitres", "volume") == values("Mug 250毫升", "volume")


def test_descriptions_are_read_with_less_confidence() -> None:
    found = facts("Mug", description="Made of blue ceramic, holds 350 ml. <b>For men</b>")
    assert {(fact.field, fact.relation, fact.value) for fact in found} == {
        ("title", "product_type", "mug"),
        ("description", "colour", "blue"),
        ("description", "material", "ceramic"),
        ("description", "volume", "350 ml"),
        ("description", "gender", "men"),
    }
    assert max(fact.confidence for fact in found if fact.field == "description") < 0.7
    quiet = RuleExtractor(settings=RuleSettings(descriptions=False))
    assert values("Mug", "colour", quiet, description="blue") == []


def test_a_value_is_stated_once_where_it_is_most_certain() -> None:
    blue = [fact for fact in facts("Blue Mug", description="A blue mug") if fact.relation == "colour"]
    assert [(fact.field, fact.value) for fact in blue] == [("title", "blue")]


def test_markup_is_skipped_without_moving_spans() -> None:
    text = '<p style="color:red">Soft &amp; <b>cotton</b> 7&quot; x <script>var green = 1</script> pack of 3</p>'
    found = {(fact.relation, fact.value): fact for fact in facts("Towel", description=text)}
    assert ("colour", "red") not in found
    assert ("colour", "green") not in found
    assert found["material", "cotton"].surface == "cotton"
    assert found["size", "7 in"].surface == "7&quot;"
    assert found["pack_size", "3"].start == text.index("pack of 3")


def test_settings_are_checked() -> None:
    with pytest.raises(TypeError):
        RuleSettings(max_chars=3)  # type: ignore[call-arg]
    for wrong in ({"max_characters": 0}, {"minimum_support": 1}, {"learn_from": 0}, {"minimum_confidence": 1.5}):
        with pytest.raises(SettingsError):
            RuleSettings(**wrong)  # type: ignore[arg-type]
    with pytest.raises(dataclasses.FrozenInstanceError):
        RuleSettings().learn_from = 3  # type: ignore[misc]


def test_minimum_confidence_leaves_out_guesses() -> None:
    strict = RuleExtractor(settings=RuleSettings(minimum_confidence=0.6))
    assert values("Gold Scarf", "colour", strict) == []
    assert values("Red Scarf", "colour", strict) == ["red"]


@pytest.mark.parametrize(
    "unit", ["red 5cm ", "<a", "&", "1" * 50 + " ", "1x", "<b>", "红色", "set of 2 ", "'", '7" ', "½"]
)
def test_a_huge_field_costs_no_more_than_a_page(unit: str) -> None:
    text = unit * (2_000_000 // len(unit))
    start = time.process_time()
    facts(text, description=text)
    assert time.process_time() - start < 5


def test_only_the_first_characters_are_read() -> None:
    short = RuleExtractor(settings=RuleSettings(max_characters=10))
    assert values("Red Bag or Blue Bag", "colour", short) == ["red"]


def test_learns_product_nouns_and_compounds_from_titles() -> None:
    colours = ("RED", "BLUE", "GREEN", "SMALL", "LARGE")
    things = [f"{colour} {kind} SPROCKET" for colour in colours for kind in ("TURBO", "WALL", "FELT")]
    catalogue = shop(*things, "SPROCKET WITH HEARTS")
    learned = RuleExtractor.learned_from(catalogue)
    assert values("PURPLE SPROCKET", "product_type") == []
    assert values("PURPLE SPROCKET", "product_type", learned) == ["sprocket"]
    assert values("PINK TURBO SPROCKETS", "product_type", learned) == ["turbo sprocket", "sprocket"]


def test_learns_declared_values_and_uses_the_shop_s_names() -> None:
    products = [
        Product(id=f"{num}", title=f"Thing {num}", brand="Zorblat", attributes={"Color": (colour,), "Scent": ("Oud",)})
        for num, colour in enumerate(["Seafoam", "Seafoam", "Seafoam", "Red", "Red", "Red"])
    ]
    learned = RuleExtractor.learned_from(Catalogue(products))
    found = {(f.relation, f.value, f.surface) for f in facts("Zorblat oud candle in SEAFOAM and blue", learned)}
    assert ("color", "Seafoam", "SEAFOAM") in found
    assert ("color", "blue", "blue") in found
    assert ("scent", "Oud", "oud") in found
    assert ("brand", "Zorblat", "Zorblat") in found
    assert values("Candle for Zorblat", "brand", learned) == []


def test_categories_teach_nouns() -> None:
    products = [
        Product(id=str(num), title=f"{name} Cream", categories=(("Beauty", "Creams & Balms"),))
        for num, name in enumerate(("Alpha", "Beta", "Gamma", "Delta"))
    ]
    learned = RuleExtractor.learned_from(Catalogue(products))
    assert values("Epsilon Cream for dry skin", "product_type", learned) == ["cream"]
    assert values("Epsilon Cream for dry skin", "colour", learned) == []


def test_learns_from_nothing() -> None:
    assert values("Red Mug", "colour", RuleExtractor.learned_from(Catalogue([]))) == ["red"]
    assert facts("", RuleExtractor.learned_from(shop("", "  "))) == []


def test_learning_is_deterministic() -> None:
    catalogue = shop(*EXPECTED, *(f"{title} No. 2" for title in EXPECTED))
    first = list(RuleExtractor.learned_from(catalogue).extract(catalogue))
    assert first == list(RuleExtractor.learned_from(catalogue).extract(catalogue))


TEXTS = st.one_of(
    st.text(max_size=80),
    st.text(alphabet="0123456789 .,/x\"'½cmozinSET of-红色件套厘米<>&;ａ１İßﬁ\u0301", max_size=60),
    st.lists(st.sampled_from([word for title in EXPECTED for word in title.split()]), max_size=12).map(" ".join),
)
LEARNED = RuleExtractor.learned_from(shop(*EXPECTED))


@given(title=TEXTS, description=TEXTS, brand=st.none() | TEXTS)
@settings(max_examples=400, deadline=None)
def test_any_text_is_read_and_every_span_holds(title: str, description: str, brand: str | None) -> None:
    product = Product(id="1", title=title, description=description, brand=brand)
    for extractor in (RULES, LEARNED):
        found = list(extractor.extract([product]))
        assert found == list(extractor.extract([product]))
        assert len({(fact.relation, fact.value) for fact in found}) == len(found)
        for fact in found:
            assert getattr(product, fact.field)[fact.start : fact.end] == fact.surface
            assert fact.surface
            assert fact.value
            assert 0 <= fact.start < fact.end
            assert 0.0 <= fact.confidence <= 1.0
            assert fact.extractor == "rules"
