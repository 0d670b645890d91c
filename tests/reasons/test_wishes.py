from __future__ import annotations

from pathlib import Path

import pytest

import kgrec
from kgrec.data import Feedback
from kgrec.errors import EventsError, SettingsError, UnknownProductError
from kgrec.retrieval import Controls

from .shops import USERS, again, shop

USER = USERS[3]


def items_of(answer: kgrec.Recommendations) -> list[str]:
    return [found.item for found in answer]


def test_less_of_a_value_holds_its_products_back() -> None:
    plain = shop().recommend(USER, k=20)
    brand = next(p.brand for p in map(shop().catalogue.product, items_of(plain)) if p.brand)
    wishes = {"less": {"brand": [brand]}}
    asked = shop().recommend(USER, k=20, controls=wishes)
    of_brand = {product.id for product in shop().catalogue if product.brand == brand}
    before = {found.item: found for found in plain}
    reduced = [found for found in asked if found.item in of_brand]
    assert reduced
    for found in asked:
        if found.item not in before:
            continue
        factor = 0.3 if found.item in of_brand else 1.0
        assert found.score == pytest.approx(before[found.item].score * factor)
        assert bool(found.rules) == (found.item in of_brand)
    assert reduced[0].rules == (f"less of brand {brand}, as the shopper asked: 0.3",)
    assert items_of(asked) != items_of(plain)
    assert items_of(shop().recommend(USER, k=20, controls=Controls(less={"brand": (brand,)}))) == items_of(asked)


def test_not_interested_hides_at_once_and_counts_nothing() -> None:
    best = shop().recommend(USER, k=5, explain=False)[0].item
    asked = shop().recommend(USER, k=5, controls={"not_interested": [best]})
    assert best not in items_of(asked)
    assert "1 products are left out, as the shopper asked" in asked.notes
    seen = next(c.history_item for f in asked if f.explanation for c in f.explanation.contributions)
    without = shop().recommend(USER, k=5, controls={"not_interested": [seen]})
    spoken = {c.history_item for f in without if f.explanation for c in f.explanation.contributions}
    assert seen not in spoken
    owned = shop().recommend(USER, k=5, controls={"owned": [seen]})
    assert seen in {c.history_item for f in owned if f.explanation for c in f.explanation.contributions}


def test_no_profiling_never_uses_the_history() -> None:
    asked = shop().recommend(USER, k=10, controls=Controls(no_profiling=True))
    nobody = shop().recommend(None, k=10)
    assert [(f.item, f.score, f.explanation) for f in asked] == [(f.item, f.score, f.explanation) for f in nobody]
    assert asked.notes == ("no profiling, as the shopper asked: the history was not used",)
    assert {found.source for found in asked} == {"popularity"}
    session = shop().recommend(history=["p000001"], k=10, controls={"no_profiling": True})
    assert items_of(session) == items_of(nobody)
    why = shop().explain(USER, nobody[0].item, controls={"no_profiling": True})
    assert {part.source for part in why.contributions} == {"popularity"}


def test_similar_takes_wishes_too() -> None:
    item = shop().catalogue.ids[0]
    first = shop().similar(item, k=3)[0].item
    asked = shop().similar(item, k=3, controls={"not_interested": [first], "no_profiling": True})
    assert first not in items_of(asked)
    assert asked[0].source == "item-item"


def test_feedback_acts_on_the_next_call_and_is_kept(tmp_path: Path) -> None:
    asked = again()
    best = asked.recommend(USER, k=3, explain=False)[0].item
    record = asked.feedback(USER, best, "not_interested", at=5.0)
    assert record == Feedback(user=USER, item=best, reason="not_interested", time=5.0)
    assert best not in items_of(asked.recommend(USER, k=10, explain=False))
    assert best in items_of(asked.recommend(USERS[4], k=len(asked.catalogue), explain=False, exclude_seen=False))
    asked.feedback(USER, best, "helpful", at=6.0)
    asked.feedback("somebody new", best, "already_have")
    assert best not in items_of(asked.recommend("somebody new", k=20, explain=False))
    asked.save(tmp_path / "shop")
    loaded = kgrec.load(tmp_path / "shop")
    assert [r.reason for r in loaded.feedback_records] == ["not_interested", "helpful", "already_have"]
    assert best not in items_of(loaded.recommend(USER, k=10, explain=False))
    assert loaded.withdraw_feedback(USER, best) == 2
    assert items_of(loaded.recommend(USER, k=3)) == items_of(shop().recommend(USER, k=3))
    assert loaded.withdraw_feedback("nobody") == 0


def test_less_of_by_feedback_and_many_at_once() -> None:
    asked = again()
    product = asked.catalogue.product(asked.recommend(USER, k=1, explain=False)[0].item)
    assert product.brand
    asked.feedback(USER, "", "less_of", relation="brand", value=product.brand)
    alone = {user: asked.recommend(user, k=5, explain=False) for user in (USER, USERS[5])}
    assert items_of(alone[USER]) != items_of(shop().recommend(USER, k=5, explain=False))
    assert items_of(alone[USERS[5]]) == items_of(shop().recommend(USERS[5], k=5, explain=False))
    many = list(asked.recommend_many([USER, USERS[5]], k=5))
    assert many == [alone[USER], alone[USERS[5]]]
    arrays = asked.recommend_many([USER, USERS[5]], k=5, as_arrays=True)
    assert [item for item, _ in arrays.of(0)] == items_of(alone[USER])


def test_feedback_on_what_is_gone_fails_no_query() -> None:
    asked = again()
    best = asked.recommend(USER, k=3, explain=False)[0].item
    asked.feedback(USER, best, "forget")
    asked.feedback(USER, best, "not_interested")
    asked.remove(best)
    assert len(asked.recommend(USER, k=5)) == 5


def test_what_cannot_be_meant() -> None:
    asked = again()
    known = asked.catalogue.ids[0]
    with pytest.raises(EventsError, match="unknown reason 'bored'"):
        asked.feedback(USER, known, "bored")  # type: ignore[arg-type]
    with pytest.raises(EventsError, match="a relation and a value"):
        asked.feedback(USER, known, "less_of")
    with pytest.raises(EventsError, match="a product"):
        asked.feedback(USER, "", "not_interested")
    with pytest.raises(EventsError, match="a user"):
        asked.feedback("", known, "helpful")
    with pytest.raises(UnknownProductError):
        asked.feedback(USER, "no such product", "helpful")
    with pytest.raises(SettingsError, match="nonsense"):
        asked.feedback(USER, "", "less_of", relation="nonsense", value="x")
    assert asked.feedback_records == ()
    for wrong in (
        {"more": []},
        {"less": ["OPI"]},
        {"less": {"brand": 3}},
        {"less": {"": ["x"]}},
        {"forget": "p000001"},
        {"forget": [1]},
        {"no_profiling": 1},
        {"less_factor": 1},
        {"less_factor": True},
        ["brand"],
    ):
        with pytest.raises(SettingsError):
            asked.recommend(USER, controls=wrong)  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match="nonsense"):
        asked.recommend(USER, controls={"less": {"nonsense": ["x"]}})
