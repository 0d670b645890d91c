from __future__ import annotations

from kgrec.data import Fact, Product
from kgrec.extraction.tagging import labelled_by

MUG = Product(id="mug", title="Red mug 300 ml", categories=(("Home", "Mugs"),))
CUP = Product(id="cup", title="Small cup", categories=(("Home", "Mugs"),))


def fact(relation: str, start: int, surface: str, **further: object) -> Fact:
    end = start + len(surface)
    given: dict[str, object] = {"product": "mug", "value": surface.lower(), "field": "title", "confidence": 0.9}
    return Fact(relation=relation, start=start, end=end, surface=surface, **{**given, **further})  # type: ignore[arg-type]


def test_words_are_labels_and_what_is_not_stated_is_absent() -> None:
    first, second = labelled_by([MUG, CUP], [fact("colour", 0, "Red"), fact("volume", 8, "300 ml")])
    assert (first.category, first.values) == ("Mugs", {"colour": ("Red",), "volume": ("300 ml",)})
    assert second.values == {"colour": (), "volume": ()}


def test_wrong_declared_and_unknown_facts_teach_nothing() -> None:
    facts = [
        fact("colour", 1, "Red"),
        Fact(product="mug", relation="brand", value="ACME", field="brand", surface="ACME"),
        fact("colour", 0, "Red", product="nobody"),
    ]
    assert [row.values for row in labelled_by([MUG], facts)] == [{}]


def test_doubtful_facts_leave_their_attribute_open() -> None:
    facts = [fact("colour", 0, "Red", confidence=0.2), fact("volume", 8, "300 ml")]
    first, second = labelled_by([MUG, CUP], facts, attributes={"Mugs": ["colour", "volume"]}, least_confidence=0.5)
    assert first.values == {"volume": ("300 ml",)}
    assert second.values == {"colour": (), "volume": ()}


def test_attributes_that_were_looked_for() -> None:
    (row,) = labelled_by([CUP], [], attributes={"Mugs": ["colour"]})
    assert row.values == {"colour": ()}
    (row,) = labelled_by([MUG], [fact("colour", 0, "Red")], category_of=lambda product: "all")
    assert row.category == "all"
