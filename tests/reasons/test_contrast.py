from __future__ import annotations

import re

import pytest

import kgrec
from kgrec.data import ObstacleKey, WhyNot
from kgrec.errors import SettingsError, UnknownProductError

from .shops import USERS, again, shop

USER = USERS[3]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_contrast_is_the_exact_difference(language: str) -> None:
    for user in USERS[:8]:
        answer = shop().recommend(user, k=20, explain=False)
        for one, two in ((answer[0], answer[7]), (answer[9], answer[2]), (answer[0], answer[0])):
            found = shop().contrast(user, one.item, two.item, language=language)
            assert (found.score, found.other_score) == pytest.approx((one.score, two.score))
            total = sum(part.amount for part in found.parts)
            assert total == pytest.approx(found.difference, rel=1e-5, abs=1e-9)
            assert sum(found.by_source.values()) == pytest.approx(total, abs=1e-9)
            assert sum(found.by_item.values()) == pytest.approx(total, abs=1e-9)
            whole = shop().explain(user, one.item, details=False)
            cells = {(part.history_item, part.source): part.amount for part in found.parts}
            against = shop().explain(user, two.item, details=False)
            other = {(part.history_item, part.source): part.amount for part in against.contributions}
            for part in whole.contributions:
                cell = (part.history_item, part.source)
                assert cells[cell] == pytest.approx(part.amount - other.get(cell, 0.0))
            assert found.text.endswith("。" if language == "zh" else ".")


def test_the_words_of_a_contrast_are_true() -> None:
    for user in USERS[:8]:
        answer = shop().recommend(user, k=10, explain=False)
        found = shop().contrast(user, answer[0].item, answer[5].item)
        assert found.text.startswith(f"“{answer[0].title}” comes before “{answer[5].title}”.")
        turned = shop().contrast(user, answer[5].item, answer[0].item)
        assert turned.text.startswith(f"“{answer[5].title}” comes after “{answer[0].title}”.")
        assert turned.difference == pytest.approx(-found.difference)
        named = re.search(r"“([^”]+)” in your history speaks more", found.text)
        assert named is not None
        leader = max(found.by_item, key=lambda item: found.by_item[item])
        assert named[1] == shop().catalogue.product(leader).title
        if percent := re.search(r"(\d+) % of the difference", found.text):
            assert int(percent[1]) == round(100 * found.by_item[leader] / found.difference)
    same = shop().contrast(USER, "p000001", "p000001").text
    assert same.endswith("score the same.")


def keys_of(found: WhyNot) -> list[ObstacleKey]:
    return [obstacle.key for obstacle in found.obstacles]


def test_why_not_names_everything_that_keeps_a_product_out() -> None:
    answer = shop().recommend(USER, k=10, explain=False)
    best = shop().catalogue.product(answer[0].item)
    shown = shop().why_not(USER, best.id)
    assert (shown.shown, shown.rank, shown.obstacles) == (True, 1, ())
    assert shown.text == f"“{best.title}” is in the answer, in place 1."
    where = {"all": [{"brand": {"!=": best.brand}}, {"id": {"exists": True}}]}
    found = shop().why_not(
        USER, best.id, where=where, only=iter([answer[1].item]), exclude=[best.id], controls={"owned": [best.id]}
    )
    assert keys_of(found) == ["filtered", "not_listed", "excluded", "unwanted"]
    assert found.obstacles[0].arguments == {"condition": f"brand != {best.brand!r}", "field": "brand"}
    assert found.rank is None
    assert found.contrast is None
    assert "does not meet the condition" in found.text
    assert "you asked not to see it" in found.text
    seen = shop().explain(USER, best.id).contributions[0].history_item
    assert keys_of(shop().why_not(USER, seen)) == ["seen"]
    assert shop().why_not(USER, seen, exclude_seen=False).obstacles != shop().why_not(USER, seen).obstacles


def test_why_not_agrees_with_recommend() -> None:
    everything = [f.item for f in shop().recommend(USER, k=len(shop().catalogue), explain=False)]
    for place, item in list(enumerate(everything, 1))[::9]:
        found = shop().why_not(USER, item, k=10, language="zh")
        assert found.shown == (place <= 10)
        assert found.rank == place
        if not found.shown:
            assert keys_of(found) == ["below"]
            last = shop().recommend(USER, k=10, explain=False)[9]
            assert found.needed == pytest.approx(last.score)
            assert found.obstacles[0].arguments["gap"] == pytest.approx(last.score - found.score)
            assert found.contrast is not None
            assert found.contrast.product == last.item
            assert found.contrast.difference == pytest.approx(found.obstacles[0].arguments["gap"])


def test_stock_rules_and_no_profile() -> None:
    products = [
        kgrec.Product(id=product.id, title=product.title, brand=product.brand, available=at % 2 == 0)
        for at, product in enumerate(shop().catalogue)
    ]
    stocked = again(catalogue=kgrec.Catalogue(products))
    gone = next(product.id for product in products if not product.available)
    found = stocked.why_not(USER, gone, where={"available": True}, exclude_seen=False)
    assert keys_of(found) == ["out_of_stock"]
    assert found.text.endswith("it is out of stock.")
    ranked = [found.item for found in shop().recommend(USER, k=len(products), explain=False)]
    ruled = shop().why_not(USER, ranked[1], k=2, rules={"pinned": {ranked[-1]: 1}})
    assert keys_of(ruled) == ["rules"]
    nobody = shop().why_not(USER, shop().catalogue.ids[-1], controls={"no_profiling": True})
    assert keys_of(nobody) == ["no_profile"]


def test_errors() -> None:
    with pytest.raises(UnknownProductError):
        shop().contrast(USER, "p000001", "?")
    with pytest.raises(UnknownProductError):
        shop().why_not(USER, "?")
    with pytest.raises(SettingsError, match="'en' and 'zh'"):
        shop().contrast(USER, "p000001", "p000002", language="de")
    with pytest.raises(SettingsError, match="'en' and 'zh'"):
        shop().why_not(USER, "p000002", language="de")
    with pytest.raises(SettingsError, match="sample"):
        shop().main_parameters(sample=0)
    with pytest.raises(SettingsError, match="'en' and 'zh'"):
        shop().main_parameters(language="de")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_main_parameters_are_measured_on_the_answers(language: str) -> None:
    found = shop().main_parameters(sample=10_000, k=5, language=language)
    users = [f"u{user:06d}" for user in range(120)]
    sums: dict[str, float] = {}
    results = 0
    for answer in shop().recommend_many(users, k=5, explain=True):
        for one in answer:
            results += 1
            assert one.explanation is not None
            added = [part for part in one.explanation.contributions if part.amount > 0]
            total = sum(part.amount for part in added)
            for part in added:
                sums[part.source] = sums.get(part.source, 0.0) + part.amount / total
    assert (found.shoppers, found.results) == (120, results)
    assert {entry.source: entry.share for entry in found.parameters} == pytest.approx(
        {source: total / results for source, total in sums.items()}
    )
    assert sum(entry.share for entry in found.parameters) == pytest.approx(1)
    first = found.parameters[0]
    assert f"{round(100 * first.share)}{' ' if language == 'en' else ''}%" in found.text.splitlines()[1]
    assert found.half_life == pytest.approx(6.579, abs=0.01)
    assert len(found.text.splitlines()) >= 7
    assert shop().main_parameters(sample=3).shoppers == 3


def test_a_shop_that_nobody_touched_has_one_parameter() -> None:
    catalogue = kgrec.Catalogue(kgrec.Product(id=f"q{num}") for num in range(5))
    made = kgrec.build(catalogue, encoder=kgrec.HashingEncoder(16))
    found = made.main_parameters()
    assert [(entry.source, entry.share) for entry in found.parameters] == [("popularity", 1.0)]
    assert found.shoppers == 0
