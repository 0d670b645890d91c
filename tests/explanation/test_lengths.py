from __future__ import annotations

import html
import re

import numpy as np
import pytest

from kgrec.explanation import ExplanationSettings, Page

from .shops import FACTS, HISTORIES, TITLES, Shop, shop_of
from .test_truth import SHOP, SOURCES, random_case

CELLS = {(0, "graph:product_type"): 0.5, (2, "text"): 0.2, (3, "behaviour"): -0.1}


def test_three_lengths_and_what_they_say_in_no_language(shop: Shop) -> None:
    found = shop.explain(1, [2, 0, 3], CELLS)
    assert found.badge == "Same kind: string light"
    assert found.text.endswith("both are string lights.")
    assert found.paragraph == (
        f"{found.text} “Pink Cherry Lights” makes up 83 % of its score. "
        "“Nail Lacquer by OPI” speaks against it, but counts for less."
    )
    assert [(phrase.key, dict(phrase.arguments)) for phrase in found.phrases] == [
        ("shared.facts", {"history_items": ["id0"], "relation": "product_type", "value": "string light"}),
        ("weight", {"history_item": "id0", "percent": 83}),
        ("opposed", {"history_item": "id3"}),
    ]
    chinese = shop.explain(1, [2, 0, 3], CELLS, language="zh")
    assert chinese.badge == "品类相同：“string light”"
    assert chinese.paragraph.endswith("占其得分的83%。“Nail Lacquer by OPI”并不支持它，但影响较小。")
    assert [phrase.key for phrase in chinese.phrases] == [phrase.key for phrase in found.phrases]


def test_a_paragraph_goes_on_with_other_items_and_counts(shop: Shop) -> None:
    cells = {(4, "graph:brand"): 0.5, (0, "behaviour"): 0.2}
    histories = [*HISTORIES, *([0, 3] for _ in range(4))]
    wider = shop_of(TITLES, FACTS, histories, settings=ExplanationSettings(hub_share=1.0))
    found = wider.explain(3, [4, 0], cells)
    assert "4 products here share the brand OPI." in found.paragraph
    assert re.search(r"“Pink Cherry Lights”[^.]*: .*\b4 shoppers", found.paragraph)
    further = next(phrase for phrase in found.phrases if phrase.key == "further")
    assert further.arguments["statements"] == [{"key": "shared.shoppers", "history_items": ["id0"], "shoppers": 4}]
    assert found.paragraph.startswith(found.text)
    zh = wider.explain(3, [4, 0], cells, language="zh").paragraph
    assert "本店有4件商品的品牌是OPI。" in zh


def test_badges(shop: Shop) -> None:
    behaviour = shop.explain(1, [0], {(0, "behaviour"): 1.0})
    assert behaviour.badge == "With “Pink Cherry Lights”: 37 shoppers"
    assert shop.explain(7, [2], {(2, "text"): 1.0}).badge == "Described like “White Hanging Heart T-Light…”"
    assert shop.explain(7, [1, 2], {(1, "behaviour"): 0.2, (2, "behaviour"): 0.2}).badge == "From your history"
    assert shop.explain(1, [0], {(0, "behaviour"): -1.0}).badge == "Not a close match"
    assert shop.explainer.explain_popular(2, 1.0).badge == "Popular here"
    assert shop.explainer.explain_popular(2, 1.0, language="zh").badge == "本店热门"
    assert shop.explainer.explain_popular(0, 1.0).badge == "From the shop"  # fewer than the average product


def skeleton(text: str) -> str:
    """Return a sentence without names, numbers and values."""
    return re.sub(r"“[^”]*”|[\d,]+", "#", text)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("kind", ["facts", "shoppers", "text", "whole", "level", "popular", "general"])
def test_a_page_repeats_no_phrasing(kind: str, language: str) -> None:
    titles = [f"Thing {num}" for num in range(13)]
    histories = [list(range(13))] * 4 if kind in ("shoppers", "popular") else []
    facts = [(num, "brand", "OPI") for num in range(13)]
    vectors = np.ones((13, 1), np.float32)
    shop = shop_of(titles, facts, [*histories, [12]], vectors=vectors, settings=ExplanationSettings(hub_share=1.0))
    source = {"facts": "graph:brand", "shoppers": "behaviour", "text": "text"}.get(kind, "graph:colour")
    page, said = Page(), []
    for product in range(10):
        if kind in ("popular", "general"):
            said.append(shop.explainer.explain_popular(product, 1.0, language=language, page=page).text)
            continue
        history = np.array([11, 12], np.int32)
        amounts = np.zeros((2, len(SOURCES)))
        amounts[:, SOURCES.index(source)] = 1.0, 1.0 if kind == "level" else 0.0
        found = shop.explainer.explain(
            product, float(amounts.sum()), history, amounts, SOURCES, language=language, page=page
        )
        said.append(found.text)
    if kind == "level":
        assert len(set(map(skeleton, said))) >= 8
    else:
        assert len(set(map(skeleton, said))) == 10


def test_a_page_stays_true_and_deterministic() -> None:
    shop, _ = SHOP
    for _ in range(2):
        found = [random_case(shop, np.random.default_rng(seed), "en") for seed in range(20)]
        assert found == [random_case(shop, np.random.default_rng(seed), "en") for seed in range(20)]


def test_all_lengths_are_escaped_on_request() -> None:
    titles = ["<i>x</i>", "<b>y</b>"]
    for escape in (False, True):
        settings = ExplanationSettings(hub_share=1.0, escape=escape)
        shop = shop_of(titles, [(0, "brand", "A&B <c>"), (1, "brand", "A&B <c>")], [], settings=settings)
        for found in (shop.explain(1, [0], {(0, "graph:brand"): 1.0}), shop.explainer.explain_popular(0, 1.0)):
            for text in (found.badge, found.text, found.paragraph):
                assert ("<" in text) <= (not escape)
                assert html.unescape(text) == text or escape
        found = shop.explain(1, [0], {(0, "graph:brand"): 1.0})
        assert ("&lt;" in found.paragraph) == escape == ("&amp;" in found.badge)
