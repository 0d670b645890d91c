from __future__ import annotations

import html
from itertools import pairwise

import numpy as np
import pytest

from kgrec.data import Catalogue, Span
from kgrec.errors import DataError, SettingsError
from kgrec.explanation import ExplanationSettings, TemplateExplainer

from .shops import FACTS, HISTORIES, TITLES, Shop, amounts_of, shop_of

LIGHTS = {(0, "behaviour"): 0.5, (0, "graph:product_type"): 0.2, (0, "graph:colour"): 0.1, (2, "behaviour"): 0.1}


def test_numbers_evidence_and_sentence(shop: Shop) -> None:
    found = shop.explain(1, [2, 0], LIGHTS)
    assert found.text == (
        "Found by way of “Pink Cherry Lights” in your history: 37 shoppers’ histories hold both, "
        "and both are string lights in pink."
    )
    assert [(c.history_item, c.source, c.amount) for c in found.contributions] == [
        ("id0", "behaviour", 0.5),
        ("id0", "graph:product_type", 0.2),
        ("id2", "behaviour", 0.1),
        ("id0", "graph:colour", 0.1),
    ]
    assert [(e.kind, e.value, e.count, round(e.share, 3)) for e in found.evidence] == [
        ("behaviour", "", 37, 0.556),
        ("fact", "string light", 2, 0.222),
        ("fact", "pink", 3, 0.111),
    ]
    assert found.evidence[2].spans == (
        Span("id0", "title", 0, 4, "PINK"),
        Span("id1", "title", 0, 4, "PINK"),
    )
    assert len(found.evidence[1].spans) == 1  # declared for the other product, not read


def test_chinese(shop: Shop) -> None:
    found = shop.explain(1, [2, 0], LIGHTS, language="zh")
    assert found.text == (
        "结合您记录中的“Pink Cherry Lights”选出：37位顾客的记录里同时有这两件，两件都是粉色的“string light”。"
    )


def test_one_fact_of_several_history_items_is_said_once(shop: Shop) -> None:
    brand = {(item, "graph:brand"): 0.3 - item / 100 for item in (4, 5, 6)}
    text = shop.explain(3, [4, 5, 6], brand).text
    assert text.endswith(
        "“Nail Polish Pink Rose”, “Nail Polish Base” and 1 more in your history: all four have the same brand, OPI."
    )
    text = shop.explain(3, [4, 5, 6], brand, language="zh").text
    assert text.endswith(
        "“Nail Polish Pink Rose”、“Nail Polish Base”和另外1件商品：连同本商品，四件都是OPI品牌的商品。"
    )


def test_specific_before_general() -> None:
    titles = [f"Product {num}" for num in range(60)]
    facts = [(num, "colour", "red") for num in range(55)] + [(num, "brand", "OPI") for num in range(3)]
    shop = shop_of(titles, facts, [])
    found = shop.explain(0, [1], {(1, "graph:colour"): 0.5, (1, "graph:brand"): 0.4})
    assert [e.value for e in found.evidence] == ["OPI", "red"]


def test_a_relation_is_split_by_rarity() -> None:
    facts = [(num, "colour", "red") for num in range(8)] + [(num, "colour", "teal") for num in range(2)]
    found = shop_of([f"P{num}" for num in range(8)], facts, []).explain(0, [1], {(1, "graph:colour"): 1.0})
    assert {e.value: e.amount for e in found.evidence} == pytest.approx({"teal": 0.8, "red": 0.2})


def test_hubs_are_no_reason() -> None:
    facts = [(num, "colour", "red") for num in range(8)]
    shop = shop_of([f"P{num}" for num in range(8)], facts, [], settings=ExplanationSettings())
    found = shop.explain(0, [1], {(1, "graph:colour"): 1.0})
    assert found.evidence == ()
    assert found.text == "Chosen from “P1” in your history."


def test_nothing_untrue_is_stated(shop: Shop) -> None:
    unshared = shop.explain(7, [2, 1], {(2, "graph:brand"): 0.4, (1, "behaviour"): 0.2, (1, "text"): 0.1})
    assert unshared.evidence == ()
    assert len(unshared.contributions) == 3
    assert unshared.text in {
        "Chosen from your history as a whole, most of all from “White Hanging Heart T-Light Holder”.",
        "It comes from your whole history, in which “White Hanging Heart T-Light Holder” counts most here.",
    }
    tied = shop.explain(7, [2, 1], {(2, "graph:brand"): 0.3, (1, "behaviour"): 0.3})
    assert tied.text == "Your history as a whole led to it."


def test_text_is_said_only_where_vectors_confirm_it(shop: Shop) -> None:
    found = shop.explain(7, [2], {(2, "text"): 0.3})
    assert found.text == "Its description resembles that of “White Hanging Heart T-Light Holder” in your history."
    without = shop_of(TITLES, FACTS, HISTORIES).explain(7, [2], {(2, "text"): 0.3})
    assert without.evidence == ()
    assert "describ" not in without.text


def test_few_shoppers_are_never_told(shop: Shop) -> None:
    found = shop.explain(4, [3], {(3, "behaviour"): 0.3})  # two shoppers have both
    assert found.evidence[0].count == 0
    assert "shopper" not in found.text
    assert "shopper" not in shop.explainer.explain_popular(5, 1.0).text
    assert shop.explainer.explain_popular(5, 1.0).evidence[0].count == 0


def test_what_speaks_against_is_not_a_reason(shop: Shop) -> None:
    found = shop.explain(1, [0, 2], {(0, "behaviour"): 0.2, (2, "behaviour"): -0.5})
    assert found.text == "On balance, your history does not speak for this one."
    assert found.evidence[0].share == 0
    assert sum(c.amount for c in found.contributions) == pytest.approx(found.score)
    assert shop.explain(1, [], {}).text == "The shop shows this to everybody, and did not use your history."


def test_one_product_as_basis(shop: Shop) -> None:
    cells = {(0, "behaviour"): 0.5, (0, "graph:occasion"): 0.2}
    assert "your history" not in shop.explain(1, [0], cells, basis="product").text
    assert "您" not in shop.explain(1, [0], cells, basis="product", language="zh").text


def test_popular(shop: Shop) -> None:
    found = shop.explainer.explain_popular(2, 2.5)
    assert found.text == "Sought after here: 1,501 shoppers’ histories hold it."
    assert [(c.history_item, c.source, c.amount) for c in found.contributions] == [("", "popularity", 2.5)]
    assert (found.evidence[0].kind, found.evidence[0].count, found.evidence[0].share) == ("popularity", 1501, 1.0)
    assert shop.explainer.explain_popular(0, 2.5).text == "37 shoppers have it in their history."
    assert shop.explainer.explain_popular(2, 2.5, language="zh").text == "本店关注度高：1501位顾客的记录中出现过它。"


def test_neighbours_on_a_page_differ(shop: Shop) -> None:
    shop = shop_of(["Same"] * 12, [(num, "brand", "OPI") for num in range(12)], [])
    texts = [shop.explain(num, [11], {(11, "graph:brand"): 1.0}).text for num in range(10)]
    assert len(set(texts)) >= 5
    assert all(one != two for one, two in pairwise(texts))


def test_items_that_occur_twice_are_taken_together(shop: Shop) -> None:
    amounts = np.zeros((2, 7))
    amounts[:, 0] = 0.2, 0.3
    sources = ("behaviour", "sequence", "text", "a", "b", "c", "d")
    found = shop.explainer.explain(1, 0.5, np.array([0, 0], np.int32), amounts, sources)
    assert [c.amount for c in found.contributions] == [0.5]


@pytest.mark.parametrize(
    "title", ['<b>bold</b> & "x"', "🎄🎅🏽 lights", "مرحبا بالعالم", "say “hi”", "x" * 10_000, "", "\x00\x1b", "{} {0}"]
)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_strange_titles(title: str, language: str) -> None:
    settings = ExplanationSettings(hub_share=1.0, escape=True)
    shop = shop_of([title, "Other"], [(0, "brand", title or "-"), (1, "brand", title or "-")], [], settings=settings)
    text = shop.explain(1, [0], {(0, "graph:brand"): 1.0}, language=language).text
    assert not set(text) & set("<>\x00\x1b\n")
    assert html.unescape(text).count("“") == html.unescape(text).count("”") >= 1
    assert len(text) < 400
    if not title.strip("\x00\x1b"):
        assert "“id0”" in text


def test_errors(shop: Shop) -> None:
    for language in ("de", "", None):
        with pytest.raises(SettingsError, match="'en' and 'zh'"):
            shop.explain(1, [0], {}, language=language)  # type: ignore[arg-type]
        with pytest.raises(SettingsError):
            shop.explainer.explain_popular(1, 1.0, language=language)  # type: ignore[arg-type]
    one = np.zeros(1, np.int32)
    with pytest.raises(DataError, match="shape"):
        shop.explainer.explain(1, 1.0, one, np.zeros((2, 1)), ("text",))
    with pytest.raises(DataError, match="finite"):
        shop.explainer.explain(1, 1.0, one, np.full((1, 1), np.nan), ("text",))
    with pytest.raises(DataError, match="history numbers"):
        shop.explainer.explain(1, 1.0, one + 99, np.zeros((1, 1)), ("text",))
    with pytest.raises(DataError, match="product numbers"):
        shop.explainer.explain_popular(99, 1.0)
    with pytest.raises(DataError, match="audience"):
        TemplateExplainer(Catalogue([]), shop_of([], [], []).graph, shop.audience)
    with pytest.raises(SettingsError, match="min_shoppers"):
        ExplanationSettings(min_shoppers=1)


def test_many_history_items_are_fine(shop: Shop) -> None:
    titles = [f"P{num}" for num in range(2_000)]
    big = shop_of(titles, [(num, "brand", "OPI") for num in range(2_000)], [])
    history = list(range(1, 2_000))
    found = big.explain(0, history, {(item, "graph:brand"): 1.0 for item in history})
    assert len(found.contributions) == 1_999
    assert len(found.evidence) <= ExplanationSettings().max_listed
    assert amounts_of([0], {}, ("text",)).sum() == 0
