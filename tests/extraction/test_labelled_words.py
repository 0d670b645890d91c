"""Labelled values found in other texts, beside the rules' relations under a shop's own names."""

from __future__ import annotations

import pytest

from kgrec.data import Product
from kgrec.errors import DataError, SettingsError
from kgrec.extraction.labelled import LabelledProduct
from kgrec.extraction.rules.labelled_words import GazetteerExtractor, GazetteerSettings
from kgrec.language.phrases import Meaning, PhraseTable
from kgrec.language.tokens import fold, tokenise
from kgrec.protocols import Extractor
from kgrec.testing import ExtractorContract


def row(title: str, category: str = "Lures", **values: str | None) -> LabelledProduct:
    stated = {name.replace("_", " "): (value,) if value else () for name, value in values.items()}
    return LabelledProduct(product=Product(id=title, title=title), category=category, values=stated)


def read(extractor: GazetteerExtractor, title: str, category: str = "Lures") -> dict[str, str]:
    product = Product(id="1", title=title, categories=((category,),))
    return {fact.relation: fact.value for fact in extractor.answers([product])}


LURES = [
    row("SEAPESCA hard bait 150mm 9g", Brand_Name="SEAPESCA", Length="150mm", Weight="9g", Type="hard bait"),
    row("SEAPESCA soft bait 85mm 20g", Brand_Name="SEAPESCA", Length="85mm", Weight="20g", Type="soft bait"),
    row("YTQHXY hard bait 70mm 3g Bait", Brand_Name="YTQHXY", Length="70mm", Weight="3g", Type="hard bait"),
    row("No name soft bait 40mm", Brand_Name=None, Length="40mm", Weight=None, Type="soft bait"),
]


class TestGazetteerExtractor(ExtractorContract):
    def make(self) -> Extractor:
        return GazetteerExtractor.learned_from(
            [
                LabelledProduct(
                    product=Product(id="1", title="pink lights"), category="", values={"colour": ("pink",)}
                ),
                LabelledProduct(
                    product=Product(id="2", title="silver bowl"), category="", values={"colour": ("silver",)}
                ),
            ]
        )


def test_relations_of_the_rules_get_the_names_of_the_labels() -> None:
    found = read(GazetteerExtractor.learned_from(LURES), "Fresh lure 99mm, 7g")
    assert found == {"Length": "99mm", "Weight": "7g"}


def test_as_an_extractor_it_states_relations_in_snake_case() -> None:
    products = [Product(id="1", title="Seapesca Hard Baits", categories=(("Lures",),))]
    facts = list(GazetteerExtractor.learned_from(LURES).extract(products))
    assert {fact.relation: fact.value for fact in facts} == {"brand_name": "Seapesca", "type": "Hard Baits"}


def test_labelled_values_are_found_in_the_spelling_of_the_text() -> None:
    found = read(GazetteerExtractor.learned_from(LURES), "Seapesca Hard Baits")
    assert found == {"Brand Name": "Seapesca", "Type": "Hard Baits"}


def test_a_word_that_is_mostly_no_value_is_not_stated() -> None:
    rows = [row("hot pink", Colour="pink"), *[row(f"pink lady {at}", Colour=None) for at in range(5)]]
    assert read(GazetteerExtractor.learned_from(rows), "pink") == {}


def test_values_that_do_not_stand_in_texts_are_given_as_labelled() -> None:
    rows = [row(f"HP disc {at} black", Maker="Hewlett-Packard", Colour="BLACK") for at in range(3)]
    found = read(GazetteerExtractor.learned_from(rows), "black disc")
    assert found == {"Colour": "BLACK"}


def test_what_another_category_taught_is_known_but_for_attributes_it_lacks() -> None:
    rows = [*LURES, row("steel rod", "Rods", Material="steel", Type=None), row("old rod", "Rods", Material=None)]
    extractor = GazetteerExtractor.learned_from(rows)
    assert read(extractor, "hard bait of steel", "Rods") == {"Material": "steel", "Type": "hard bait"}
    assert read(extractor, "hard bait of steel", "Lures") == {"Type": "hard bait"}
    assert read(extractor, "hard bait of steel", "Reels") == {}


def test_matches_may_overlap() -> None:
    table = PhraseTable({key: (Meaning("x", key, 1.0),) for key in ("long sleeve", "sleeve shirt", "shirt")})
    found = [match.meanings[0].value for match in table.match_all(tokenise(fold("Long sleeve shirts")))]
    assert found == ["long sleeve", "sleeve shirt", "shirt"]


def test_mistakes_are_explained() -> None:
    with pytest.raises(DataError, match="no labelled products"):
        GazetteerExtractor.learned_from([])
    with pytest.raises(SettingsError, match="verbatim_share"):
        GazetteerSettings(verbatim_share=-1)
    with pytest.raises(SettingsError, match="max_characters"):
        GazetteerSettings(max_characters=0)
