from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from kgrec.data import Catalogue, Product
from kgrec.errors import SettingsError
from kgrec.ranking.texts import TextSettings, plain, product_text, profile_values, value_text
from kgrec.testing import PlainShelf

PRODUCTS = (
    Product(
        id="a",
        title="Red mug",
        brand="Acme",
        categories=(("Home", "Kitchen", "Mugs"),),
        attributes={"colour": ("red",), "material": ("glass", "cork")},
    ),
    Product(id="b", title="青花瓷茶杯 300毫升", brand="Acme", attributes={"material": ("cork",)}),
    Product(id="c", attributes={"material": ("cork",), "colour": ("blue",)}),
    Product(id="d"),
    Product(id="e", title="\u202eR&amp;d\x00 mug\n\n\ttwo\ud800 <b>", description="Holds  300 ml."),
    Product(id="f", title="mug " * 500),
)


@pytest.fixture(scope="module")
def shelf() -> PlainShelf:
    return PlainShelf.of(Catalogue(PRODUCTS))


def test_title_brand_category_and_facts_that_add_words(shelf: PlainShelf) -> None:
    assert product_text(shelf, 0) == "Red mug; Acme; Mugs; material: cork, glass"
    assert product_text(shelf, 1) == "青花瓷茶杯 300毫升; Acme; material: cork"


def test_a_product_without_title_is_told_by_its_facts(shelf: PlainShelf) -> None:
    assert product_text(shelf, 2) == "colour: blue; material: cork"
    assert product_text(shelf, 3) == ""


def test_texts_of_strangers_are_one_plain_line(shelf: PlainShelf) -> None:
    assert product_text(shelf, 4) == "R&d mug two <b>; Holds 300 ml."
    assert plain("a\u200db", 9) == "a\u200db", "joiners are parts of words"
    assert product_text(shelf, 5, 40) == "mug " * 9 + "mug"


def test_the_profile_is_what_items_share_rare_values_first(shelf: PlainShelf) -> None:
    settings = TextSettings()
    shown = [value_text(shelf, value) for value in profile_values(shelf, np.array([0, 1, 2], np.int32), settings)]
    assert shown == ["Acme", "cork"], "2 ln(6 / 2) is more than 3 ln(6 / 3)"
    assert profile_values(shelf, np.array([0], np.int32), settings) == []
    assert profile_values(shelf, np.array([0, 0, 0], np.int32), settings) == [], "one product is met once"
    assert profile_values(shelf, np.zeros(0, np.int32), settings) == []
    assert len(profile_values(shelf, np.array([0, 1, 2], np.int32), replace(settings, profile_values=1))) == 1


@pytest.mark.parametrize("wrong", [{"max_tokens": 40}, {"item_tokens": 0}, {"profile_tokens": -1}])
def test_impossible_settings(wrong: dict[str, int]) -> None:
    with pytest.raises(SettingsError, match="must"):
        TextSettings(**wrong)
