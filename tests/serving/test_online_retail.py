from __future__ import annotations

from importlib.resources import files

import numpy as np
import pytest

from kgrec.extraction import extract
from kgrec.serving.online_retail import KEPT, OnlineRetail, load_online_retail


@pytest.fixture(scope="module")
def shop() -> OnlineRetail:
    return load_online_retail()


def test_every_row_is_accounted_for(shop: OnlineRetail) -> None:
    assert sum(shop.report.values()) == 525_461
    assert shop.report[KEPT] == len(shop.events)
    assert shop.report["cancellation"] == 10_206
    assert shop.report["no customer"] > 100_000
    assert list(shop.report)[-1] == KEPT


def test_products(shop: OnlineRetail) -> None:
    assert 4_000 < len(shop.catalogue) < 4_300
    light = shop.catalogue.product("85048")
    assert (light.title, light.currency) == ("15CM CHRISTMAS GLASS BALL 20 LIGHTS", "GBP")
    assert light.price == 7.95
    assert shop.catalogue.product("47503J").title == "SET/3 FLORAL GARDEN TOOLS IN BAG"
    assert all(product.price and product.price > 0 for product in shop.catalogue)
    assert all(product.title == " ".join(product.title.split()) for product in shop.catalogue)


@pytest.mark.parametrize("code", ["POST", "D", "M", "DOT", "C2", "S", "B", "BANK CHARGES", "TEST001", "ADJUST", "PADS"])
def test_fees_and_tests_are_no_products(shop: OnlineRetail, code: str) -> None:
    assert code not in shop.catalogue


def test_clerks_notes_are_no_titles(shop: OnlineRetail) -> None:
    notes = ("damage", "wrong code", "missing", "amazon", "?", "adjustment")
    assert not [product.title for product in shop.catalogue if any(note in product.title.lower() for note in notes)]


def test_events(shop: OnlineRetail) -> None:
    events = shop.events
    assert events.types == ("purchase",)
    assert events.users[0] == "13085"
    assert (shop.catalogue[int(events.item[0])].id, events.value[0]) == ("85048", 12.0)
    assert events.value.min() > 0
    assert np.isfinite(events.time).all()
    assert len(events.histories()) == len(events.users)


def test_clock_times_are_those_of_london(shop: OnlineRetail) -> None:
    assert shop.events.time[0] == 1259653500.0  # 2009-12-01 07:45 in winter is UTC
    seconds = shop.events.time % 86_400
    summer = (shop.events.time > 1269738000) & (shop.events.time < 1288486800)
    assert seconds[summer].min() < seconds[~summer].min()  # the shop opens an hour earlier by UTC


def test_loading_twice_gives_the_same(shop: OnlineRetail) -> None:
    again = load_online_retail()
    assert tuple(again.catalogue) == tuple(shop.catalogue)
    assert again.report == shop.report
    assert np.array_equal(again.events.item, shop.events.item)


def test_the_bundle_is_small_and_attributed() -> None:
    folder = files("kgrec.serving.online_retail")
    assert len((folder / "online_retail_2009_2010.parquet").read_bytes()) < 5_000_000
    text = (folder / "ATTRIBUTION.txt").read_text(encoding="utf-8")
    assert "10.24432/C5CG6D" in text
    assert "CC BY 4.0" in text


def test_rules_cover_the_shop(shop: OnlineRetail) -> None:
    facts = extract(shop.catalogue)
    assert facts.set_aside == ()
    covered = {fact.product for fact in facts}
    typed = {fact.product for fact in facts if fact.relation == "product_type"}
    assert len(covered) > 0.98 * len(shop.catalogue)
    assert len(typed) > 0.85 * len(shop.catalogue)
