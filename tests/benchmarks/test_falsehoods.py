"""Planted falsehoods of a small shop: there are some of every kind, they are false, and the bars hold."""

from __future__ import annotations

from itertools import product

import pytest

import kgrec
from benchmarks.falsehoods import KINDS, ShopParts, falsehoods, parts_of, planted_figures, truths
from kgrec.retrieval import LinearSettings

COLOURS, MATERIALS, NOUNS = ("pink", "blue", "black", "white"), ("ceramic", "glass", "wooden"), ("mug", "bowl", "vase")
BRANDS, WEARERS = ("Acme", "Lumo", "Zenith"), ("for women", "for men", "")


@pytest.fixture(scope="module")
def parts() -> ShopParts:
    made = []
    for num, (colour, material, noun) in enumerate(product(COLOURS, MATERIALS, NOUNS)):
        size = ("small", "large")[num % 2]
        title = f"{size} {colour} {material} {noun} {100 + 10 * num} ml {WEARERS[num % 3]} KX-{2000 + 7 * num}".strip()
        made.append(
            kgrec.Product(
                id=f"p{num}",
                title=f"{title}, pack of {2 + num % 5}",
                description="Without lid." if num % 2 else "Paraben-free.",
                brand=BRANDS[num % len(BRANDS)],
                categories=(("Home", ("Drinkware", "Tableware", "Decoration")[num % 3]),),
            )
        )
    catalogue = kgrec.Catalogue(made)
    rows = [
        (f"u{user}", (user * 5 + step * 7) % 36, "purchase", 86_400.0 * step) for user in range(60) for step in range(5)
    ]
    shop = kgrec.build(catalogue, kgrec.Events.of(rows), encoder=kgrec.HashingEncoder(), settings=LinearSettings())
    return parts_of(shop, cases=40)


def test_some_of_every_kind(parts: ShopParts) -> None:
    made = falsehoods(parts, 3, each=5)
    assert {one.kind for one in made} == set(KINDS)
    assert {one.language for one in made} == {"en", "zh"}
    assert made == falsehoods(parts, 3, each=5)
    assert made != falsehoods(parts, 4, each=5)
    assert any(one.template for one in made)


def test_wrong_values_are_not_the_products(parts: ShopParts) -> None:
    for one in falsehoods(parts, 0, each=10):
        if one.kind == "swapped brand" and not one.template:
            assert not (one.product.brand and one.product.brand in one.text)
        if one.kind == "wrong price":
            assert f"{one.product.price:.2f}" not in one.text


def test_bars(parts: ShopParts) -> None:
    figures = planted_figures(parts, 0, each=20)
    assert figures["planted"] == 20 * len(KINDS)
    assert figures["planted_caught"] >= 0.98, figures["by_kind"]
    assert figures["false_alarms"] <= 0.02, figures["by_truth"]


def test_truths_carry_their_evidence(parts: ShopParts) -> None:
    for one in truths(parts, 0, each=2):
        assert one.evidence.product == one.product.id
        assert one.evidence.language == one.language
