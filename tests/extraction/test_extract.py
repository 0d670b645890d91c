from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Iterator

import pytest

from kgrec.data import Catalogue, Fact, Facts, Product
from kgrec.errors import SettingsError
from kgrec.extraction import declared_facts, extract

MUG = Product(
    id="m",
    title="Blue Mug",
    brand="ACME &amp; Sons",
    categories=(("Home", "Kitchen", "Mugs"), ("Home", "Gifts")),
    attributes={"Color": ("Blue", "blue"), "screenSize": ("Wide\u3000  One",), "Fit": ("n/a", "-", "", "Unknown")},
)
BOWL = Product(id="b", title="Red Bowl", brand="acme & sons", attributes={"Fit": ("None",)})
CUP = Product(id="c", title="Cup", brand="ACME & Sons")


class Scripted:
    """Yields given facts; fails on one product."""

    name = "scripted"

    def __init__(self, facts: list[Fact], fails_on: str = "") -> None:
        self.facts, self.fails_on = facts, fails_on

    def extract(self, products: Iterable[Product]) -> Iterator[Fact]:
        for product in products:
            if product.id == self.fails_on:
                raise RuntimeError("no")
            yield from (fact for fact in self.facts if fact.product == product.id)


def fact(product: str, value: str, start: int = -1, end: int = -1, surface: str = "", **more: object) -> Fact:
    fields = {"relation": "r", "field": "title", "extractor": "scripted"} | more
    return Fact(product=product, value=value, start=start, end=end, surface=surface, **fields)  # type: ignore[arg-type]


def stated(facts: Iterable[Fact]) -> set[tuple[str, str, str]]:
    return {(found.product, found.relation, found.value) for found in facts}


def test_declared_facts() -> None:
    found = list(declared_facts([MUG, BOWL, CUP]))
    assert stated(found) == {
        ("m", "brand", "ACME & Sons"),
        ("m", "category", "Home"),
        ("m", "category", "Home > Kitchen"),
        ("m", "category", "Home > Kitchen > Mugs"),
        ("m", "category", "Home > Gifts"),
        ("m", "color", "blue"),
        ("m", "screen_size", "Wide One"),
        ("b", "brand", "ACME & Sons"),
        ("c", "brand", "ACME & Sons"),
    }
    assert len(found) == len(stated(found))
    assert all((one.start, one.end, one.confidence, one.extractor) == (-1, -1, 1.0, "declared") for one in found)
    assert {one.field for one in found} == {"brand", "categories", "Color", "screenSize"}


def test_declared_values_keep_what_is_more_exact() -> None:
    product = Product(id="1", attributes={"colour": ("Dark Blue", "Gray"), "材质": ("棉",), "Ref": ("X/1",)})
    assert {one.value for one in declared_facts([product])} == {"Dark Blue", "grey", "棉", "X/1"}


def test_extract_adds_the_rules_to_the_declared_facts() -> None:
    facts = extract(Catalogue([MUG, BOWL, CUP]))
    assert isinstance(facts, Facts)
    assert {("m", "product_type", "mug"), ("b", "color", "red"), ("m", "brand", "ACME & Sons")} <= stated(facts)
    assert facts.set_aside == ()
    blue = [one for one in facts if one.product == "m" and one.relation == "color"]
    assert [(one.value, one.extractor) for one in blue] == [("blue", "declared")]


def test_duplicates_keep_the_most_confident() -> None:
    facts = [
        fact("b", "red", 0, 3, "Red", confidence=0.4),
        fact("b", "RED", 0, 3, "Red", confidence=0.8),
        fact("b", "red", 0, 3, "Red", confidence=0.8, field="title"),
    ]
    (kept,) = [one for one in extract(Catalogue([BOWL]), Scripted(facts)) if one.relation == "r"]
    assert (kept.value, round(kept.confidence, 3)) == ("RED", 0.8)


def test_ungrounded_facts_are_set_aside_with_their_reason() -> None:
    facts = [
        fact("b", "red", 0, 3, "Red"),
        fact("b", "green", 0, 3, "red"),
        fact("b", "far", 0, 99, "Red Bowl"),
        fact("b", "empty", 3, 3, ""),
        fact("b", "backwards", -3, -1, "w"),
        fact("b", "no span"),
        fact("b", "no field", 0, 3, "Red", field="colour"),
        fact("b", "no number", 0, 3, "Red", confidence=float("nan")),
        fact("b", "", 0, 3, "Red"),
        fact("b", "inferred", field="use"),
    ]
    catalogue = Catalogue([MUG, BOWL])
    result = extract(catalogue, Scripted(facts))
    assert {one.value for one in result if one.relation == "r"} == {"red", "inferred"}
    assert len(result.set_aside) == 8
    assert {row.line for row in result.set_aside} == {2}
    assert result.set_aside[0].reason.startswith("span does not match")
    assert "8 set aside" in repr(result)


def test_an_extractor_that_fails_on_one_product_keeps_the_others() -> None:
    facts = [fact("m", "blue", 0, 4, "Blue"), fact("c", "cup", 0, 3, "Cup")]
    result = extract(Catalogue([MUG, BOWL, CUP]), Scripted(facts, fails_on="b"))
    assert {one.value for one in result if one.relation == "r"} == {"blue", "cup"}
    assert ("b", "brand", "ACME & Sons") in stated(result)
    (row,) = result.set_aside
    assert (row.line, row.excerpt) == (2, "Red Bowl")
    assert "RuntimeError: no" in row.reason


class Stranger(Scripted):
    def extract(self, products: Iterable[Product]) -> Iterator[Fact]:
        yield from self.facts


def test_facts_of_strangers_are_set_aside() -> None:
    result = extract(Catalogue([CUP]), Stranger([fact("elsewhere", "cup", 0, 3, "Cup")]))
    assert "not asked for" in result.set_aside[0].reason


def test_progress_counts_products() -> None:
    seen: list[tuple[int, int | None]] = []
    catalogue = Catalogue(Product(id=str(num), title="Red Mug") for num in range(1200))
    facts = extract(catalogue, progress=lambda stage, done, total: seen.append((done, total)))
    assert seen[0] == (0, 1200)
    assert seen[-1] == (1200, 1200)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert {one.product for one in facts} == set(catalogue.ids)


def test_empty_catalogue() -> None:
    assert len(extract(Catalogue([]))) == 0


def test_several_extractors_read_and_the_surer_statement_stays() -> None:
    sure = Scripted([fact("m", "blue", 0, 4, "Blue", confidence=0.9, extractor="sure")])
    unsure = Scripted([fact("m", "blue", 0, 4, "Blue", confidence=0.5), fact("m", "mug", 5, 8, "Mug")])
    found = [f for f in extract(Catalogue([MUG]), [unsure, sure]) if f.relation == "r"]
    assert {(f.value, f.extractor) for f in found} == {("blue", "sure"), ("mug", "scripted")}
    assert extract(Catalogue([MUG]), []).table == Facts.of(declared_facts([MUG])).table


def test_an_extractor_that_cannot_read_anything_is_an_error() -> None:
    class Keyless(Scripted):
        def extract(self, products: Iterable[Product]) -> Iterator[Fact]:
            raise SettingsError("the key cannot be read")
            yield

    with pytest.raises(SettingsError, match="key"):
        extract(Catalogue([MUG]), Keyless([]))


def test_a_mistake_in_an_extractor_that_never_read_a_product_is_an_error() -> None:
    class Mistaken(Scripted):
        products_at_once = 1

        def extract(self, products: Iterable[Product]) -> Iterator[Fact]:
            for product in products:
                if product.id in self.fails_on:
                    raise TypeError("unsupported operand")
            yield from ()

    with pytest.raises(SettingsError, match=r"TypeError: unsupported operand; this is a mistake in the extractor"):
        extract(Catalogue([MUG, BOWL]), Mistaken([], fails_on="mb"))
    result = extract(Catalogue([MUG, BOWL]), Mistaken([], fails_on="b"))
    assert [(row.line, "TypeError" in row.reason) for row in result.set_aside] == [(2, True)]


def test_an_extractor_may_say_how_many_products_it_wants_together() -> None:
    class Greedy(Scripted):
        products_at_once = 2

        def extract(self, products: Iterable[Product]) -> Iterator[Fact]:
            portions.append(len(list(products)))
            yield from ()

    portions: list[int] = []
    extract(Catalogue([MUG, BOWL, CUP]), Greedy([]))
    assert portions == [2, 1]


def test_a_path_is_no_catalogue() -> None:
    with pytest.raises(SettingsError, match="read_catalogue"):
        extract("products.csv")  # type: ignore[arg-type]


def test_scipy_waits_until_the_choice_model_is_asked_for() -> None:
    script = (
        "import sys, kgrec.extraction as room; before = 'scipy' in sys.modules; room.ChoosingExtractor; "
        "print(before, 'scipy.sparse' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == ["False", "True"]
