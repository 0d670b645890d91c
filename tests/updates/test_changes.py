from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import kgrec
from kgrec.data import Fact
from kgrec.errors import (
    CatalogueError,
    DataError,
    EncoderUnavailableError,
    EventsError,
    SettingsError,
    UnknownProductError,
)
from kgrec.shop import write_shop
from kgrec.testing import ClusteredShop
from tests.updates.shops import ENCODER, SETTINGS, built, fresh_fit

NEW = kgrec.Product(id="new", title="Red robin mug", brand="Alder 0", price=3.0, categories=(("Home", "Robin mugs"),))


@pytest.fixture
def made() -> tuple[kgrec.Recommender, ClusteredShop]:
    return built(80, 100, clusters=3)


@pytest.fixture
def shop(made: tuple[kgrec.Recommender, ClusteredShop]) -> kgrec.Recommender:
    return made[0]


def ids_of(answer: kgrec.Recommendations) -> list[str]:
    return [found.item for found in answer]


def everything(shop: kgrec.Recommender, **asked: object) -> list[str]:
    return ids_of(shop.recommend(history=["p000001"], k=1_000, explain=False, exclude_seen=False, **asked))


# --- adding and changing


def test_a_new_product_is_in_the_next_answer(shop: kgrec.Recommender) -> None:
    like = shop.catalogue[3]
    shop.add(replace(like, id="new", title=like.title + " again"))
    assert "new" in shop.catalogue
    assert ids_of(shop.similar(like.id, k=80)).index("new") < 10
    assert like.id in ids_of(shop.similar("new", k=20))
    assert shop.describe()["products"] == 81
    shop.settle()
    found = next(found for found in shop.similar(like.id, k=80) if found.item == "new")
    assert found.source == "item-item"
    assert found.explanation.evidence


def test_a_change_is_in_the_next_answer(shop: kgrec.Recommender) -> None:
    assert "p000007" not in everything(shop, where=kgrec.field("price") > 1_000)
    shop.add(
        replace(shop.catalogue.product("p000007"), price=5_000.0, title="Golden anchor", attributes={"stars": ("5",)})
    )
    assert everything(shop, where=kgrec.field("price") > 1_000) == ["p000007"]
    assert everything(shop, where={"stars": "5"}) == ["p000007"]
    assert everything(shop, where={"stars": {">": 4}}) == ["p000007"]
    assert len(everything(shop, where=~(kgrec.field("stars") == "5"))) == 79
    assert shop.recommend(only=["p000007"])[0].title == "Golden anchor"
    shop.add(replace(shop.catalogue.product("p000007"), price=1.0, attributes={}))
    assert everything(shop, where=kgrec.field("price") > 1_000) == []
    with pytest.raises(SettingsError, match="unknown field"):
        everything(shop, where={"prise": 5})
    with pytest.raises(SettingsError):
        everything(shop, where={"price": {"<": "cheap"}})


def test_caps_and_boosts_see_changes(shop: kgrec.Recommender) -> None:
    for item in ("p000007", "p000008", "p000009"):
        shop.add(replace(shop.catalogue.product(item), brand="Alone"))
    shop.add(replace(NEW, brand="ALONE"))
    capped = shop.recommend(history=["p000001"], k=84, rules={"caps": {"brand": 1}}, explain=False)
    brands = [shop.catalogue.product(item).brand.casefold() for item in ids_of(capped)]
    assert len(brands) == len(set(brands))
    assert "alone" in brands
    rules = {"boosts": [{"where": {"brand": "alone"}, "factor": 1e6}], "pinned": {"new": 1}}
    boosted = ids_of(shop.recommend(history=["p000001"], k=4, rules=rules))
    assert boosted[0] == "new"
    assert set(boosted[1:]) <= {"p000007", "p000008", "p000009"}


def test_facts_and_vectors_may_be_given(shop: kgrec.Recommender) -> None:
    facts = kgrec.Facts.of([Fact(product="new", relation="mood", value="merry", field="mood")])
    shop.add(NEW, facts, vectors=ENCODER.encode(["Red robin mug"]))
    shop.add(replace(NEW, id="other"), kgrec.Facts.of([replace(fact, product="other") for fact in facts]))
    assert shop.graph.values_of(shop.catalogue.num("new")).tolist() == [shop.graph.find("mood", "merry")]
    shop.settle()
    found = next(found for found in shop.similar("new", k=81) if found.item == "other")
    assert "graph:mood" in {part.source for part in found.explanation.contributions}
    assert shop.shop.model.sources[-1] == "graph:mood"


def test_many_at_once(shop: kgrec.Recommender) -> None:
    shop.add(replace(NEW, id=f"n{at}", title=f"Red robin mug {at}") for at in range(30))
    assert len(shop.catalogue) == 110
    shop.remove(f"n{at}" for at in range(10))
    shop.add([])
    shop.remove([])
    shop.settle()
    now = shop.shop
    assert len(now.catalogue) == 100
    asked = kgrec.Histories.of([[at] for at in range(100)])
    np.testing.assert_allclose(now.model.score(asked), fresh_fit(now).score(asked), atol=1e-4)


@pytest.mark.parametrize("price", [float("nan"), float("inf"), -1.0, "3", True])
def test_prices_that_cannot_be(shop: kgrec.Recommender, price: object) -> None:
    with pytest.raises(CatalogueError, match="price"):
        shop.add([NEW, replace(NEW, id="bad", price=price)])
    assert "new" not in shop.catalogue
    assert shop.pending == 0


@pytest.mark.parametrize(
    "given", ["new", {"id": "new"}, 5, None, [NEW, NEW], [NEW, "x"], [kgrec.Product(id="")], kgrec.Product(id="\ud800")]
)
def test_products_that_are_none(shop: kgrec.Recommender, given: object) -> None:
    with pytest.raises(CatalogueError):
        shop.add(given)  # type: ignore[arg-type]


def test_bad_facts_and_vectors(shop: kgrec.Recommender) -> None:
    with pytest.raises(SettingsError, match="facts"):
        shop.add(NEW, [])  # type: ignore[arg-type]
    for vectors in (np.zeros((2, 32)), np.zeros((1, 31)), np.full((1, 32), np.nan)):
        with pytest.raises(SettingsError, match="vectors"):
            shop.add(NEW, vectors=vectors)
    assert "new" not in shop.catalogue


def test_encoders_of_loaded_shops(shop: kgrec.Recommender, tmp_path: Path) -> None:
    shop.save(tmp_path / "shop")
    loaded = kgrec.load(tmp_path / "shop")
    loaded.add(NEW)  # the hashing encoder is made by its name
    with pytest.raises(EncoderUnavailableError, match="cannot be compared"):
        kgrec.load(tmp_path / "shop", encoder=kgrec.HashingEncoder(64)).add(NEW)
    write_shop(replace(shop.shop, encoder="of-my-own"), tmp_path / "own")
    own = kgrec.load(tmp_path / "own")
    with pytest.raises(EncoderUnavailableError, match="encoder=…"):
        own.add(NEW)
    own.add(NEW, vectors=ENCODER.encode(["Red robin mug"]))
    assert "new" in own.catalogue


def test_a_shop_without_text_or_events() -> None:
    catalogue = kgrec.Catalogue(kgrec.Product(id=f"q{num}", brand=f"b{num % 3}") for num in range(12))
    bare = kgrec.build(catalogue, None, None, encoder=ENCODER, vectors=np.zeros((12, 0), np.float32), settings=SETTINGS)
    bare.add(kgrec.Product(id="new", brand="b1"))
    assert len(bare.similar("new", k=20)) == 12
    bare.add_events([("first", "q1", "view", 1.0), ("first", "new", "view", 2.0)])
    assert bare.recommend("first", k=3).notes == ()
    bare.remove("q1")
    bare.settle()
    now = bare.shop
    asked = kgrec.Histories.of([[at] for at in range(12)])
    np.testing.assert_allclose(now.model.score(asked), fresh_fit(now).score(asked), atol=1e-4)


# --- removing


def test_a_removed_product_is_gone_at_once(made: tuple[kgrec.Recommender, ClusteredShop]) -> None:
    shop, truth = made
    item = shop.recommend(k=1)[0].item
    fans = [truth.events.users[user] for user in truth.events.user[truth.events.item == shop.catalogue.num(item)]]
    shop.remove(item)
    assert item not in shop.catalogue
    assert shop.pending > 0
    for answer in (shop.recommend(k=100), shop.recommend(fans[0], k=100), shop.recommend(only=[item], k=3)):
        assert item not in ids_of(answer)
    for answer in shop.recommend_many(fans, k=100, explain=True):
        assert item not in ids_of(answer)
        assert all(part.history_item != item for found in answer for part in found.explanation.contributions)
    assert shop.recommend(history=[item]).notes
    assert item not in ids_of(shop.recommend(history=["p000001"], k=90, rules={"pinned": {item: 1}, "diversity": 0.3}))
    assert len(everything(shop)) == 79
    for refused in (shop.similar, shop.remove, lambda gone: shop.explain(None, gone)):
        with pytest.raises(UnknownProductError):
            refused(item)
    assert shop.describe()["products"] == 79


def test_a_removed_product_comes_back_without_its_past(shop: kgrec.Recommender) -> None:
    product = shop.catalogue.product("p000005")
    shop.remove("p000005")
    shop.add(product)
    assert "p000005" in everything(shop)
    assert shop.shop.audience.touched(shop.shop.catalogue.num("p000005")) == 0
    assert len(shop.catalogue) == 80
    shop.settle()
    asked = kgrec.Histories.of([[at] for at in range(80)])
    np.testing.assert_allclose(shop.shop.model.score(asked), fresh_fit(shop.shop).score(asked), atol=1e-4)


def test_nothing_is_removed_where_an_id_is_unknown(shop: kgrec.Recommender) -> None:
    with pytest.raises(UnknownProductError):
        shop.remove(["p000001", "nothing"])
    assert "p000001" in shop.catalogue
    with pytest.raises(CatalogueError):
        shop.remove(5)  # type: ignore[arg-type]


# --- events


def test_events_are_in_the_next_answer(shop: kgrec.Recommender) -> None:
    before = shop.describe()["events"]
    item = ids_of(shop.recommend("u000003", k=1))[0]
    shop.add_events([("u000003", item, "purchase", 2e9), ("somebody", item, "view", float("nan"))])
    assert item not in ids_of(shop.recommend("u000003", k=100))
    assert shop.recommend("somebody", k=5).notes == ()
    assert {found.source for found in shop.recommend("somebody", k=5)} == {"item-item"}
    assert shop.describe()["events"] == before + 2
    assert shop.describe()["users"] == 101
    assert item in ids_of(shop.recommend("somebody", k=100, exclude_seen=("purchase",)))
    assert item not in ids_of(shop.recommend("u000003", k=100, exclude_seen=("purchase",)))


def test_popularity_counts_new_events(shop: kgrec.Recommender) -> None:
    shop.add(NEW)
    shop.add_events([(f"fan{at}", "new", "view", float(at)) for at in range(150)])
    best = shop.recommend(k=1)[0]
    assert (best.item, best.score) == ("new", 1.0)
    assert best.explanation.evidence[0].count == 150
    whole = shop.shop
    assert [shop.catalogue.find(found.item) is not None for found in shop.recommend(k=81)] == [True] * 81
    order = [whole.audience.touched(whole.catalogue.num(item)) for item in ids_of(shop.recommend(k=81))]
    assert order == sorted(order, reverse=True)


def test_the_history_is_that_of_all_events_together(made: tuple[kgrec.Recommender, ClusteredShop]) -> None:
    shop, truth = made
    rng = np.random.default_rng(0)
    rows = [
        (f"u{rng.integers(110):06d}", int(rng.integers(80)), str(rng.choice(["view", "purchase", "cart"])), float(at))
        for at in rng.permutation(60)
    ]
    old = truth.events
    first = [
        (old.users[user], int(item), old.types[kind], float(time))
        for user, item, kind, time in zip(old.user, old.item, old.type, old.time, strict=True)
    ]
    for row in rows:
        shop.add_events([(row[0], shop.catalogue.ids[row[1]], *row[2:])])
    mine, whole = shop.shop, kgrec.Events.of([*first, *rows])
    wanted = whole.histories()
    for user in whole.users:
        own = mine.histories.select(np.array([mine.user_num[user]]))
        want = wanted.select(np.array([whole.user_num[user]]))
        assert own.items.tolist() == want.items.tolist()
        assert own.weights.tolist() == want.weights.tolist()
        names = [
            {name for bit, name in enumerate(each.kind_names) if int(kind) >> bit & 1}
            for each in (own, want)
            for kind in each.kinds
        ]
        assert names[: len(own.items)] == names[len(own.items) :]


@pytest.mark.parametrize(
    "rows",
    [
        "u1",
        5,
        [("u1", "p000001")],
        [("", "p000001", "view", 1.0)],
        [("u1", "p000001", "", 1.0)],
        [(1, "p000001", "view", 1.0)],
        [("u1", "p000001", "view", "noon")],
        [("u1", "p000001", "view", float("inf"))],
    ],
)
def test_events_that_cannot_be(shop: kgrec.Recommender, rows: object) -> None:
    with pytest.raises(EventsError):
        shop.add_events(rows)  # type: ignore[arg-type]


def test_events_of_unknown_products(shop: kgrec.Recommender) -> None:
    with pytest.raises(UnknownProductError):
        shop.add_events([("u1", "p000001", "view", 1.0), ("u1", "nothing", "view", 1.0)])
    with pytest.raises(EventsError):
        shop.add_events(kgrec.Events.of([("u1", 80, "view", 1.0)]))
    with pytest.raises(EventsError, match="weight"):
        shop.add_events([("u1", "p000001", "view", 1.0)], weights={"view": -1.0})
    assert shop.recommend("u1").notes
    shop.add_events([])
    assert issubclass(EventsError, DataError)


# --- settling and threads


def test_settling_a_little_at_a_time(shop: kgrec.Recommender) -> None:
    shop.add_events([("u000003", "p000001", "view", 2e9)])
    waiting = shop.pending
    assert waiting > 20
    shop.settle(7)
    assert shop.pending == waiting - 7
    told: list[tuple[int, int | None]] = []
    shop.settle(progress=lambda _, done, total: told.append((done, total)))
    assert shop.pending == shop.describe()["pending"] == 0
    assert told[-1] == (waiting - 7, waiting - 7)
    for limit in (0, -1, 2.5, True):
        with pytest.raises(SettingsError, match="limit"):
            shop.settle(limit)  # type: ignore[arg-type]


def test_questions_meanwhile(shop: kgrec.Recommender) -> None:
    shop.prepare_updates()
    stop, failures = threading.Event(), []

    def ask(question: Callable[[], kgrec.Recommendations]) -> None:
        while not stop.is_set():
            known = shop.catalogue
            answer = question()
            scores = [found.score for found in answer]
            sums = [sum(part.amount for part in found.explanation.contributions) for found in answer]
            good = np.allclose(scores, sums, rtol=1e-5) and len({found.item for found in answer}) == len(answer) == 10
            good &= all(found.item in known or found.item in shop.catalogue for found in answer)
            if not good:
                failures.append(answer)
            time.sleep(0.005)  # threads that never rest keep the interpreter from the writer

    questions = [lambda: shop.recommend("u000003"), lambda: shop.similar("p000001"), lambda: shop.recommend()]
    askers = [threading.Thread(target=ask, args=(question,)) for question in questions]
    for asker in askers:
        asker.start()
    try:
        for at in range(12):
            shop.add(replace(NEW, id=f"n{at}", title=f"Red robin mug {at}"))
            shop.add_events([("u000003", f"n{at}", "view", 2e9 + at)])
            if at % 3 == 0:
                shop.remove(f"n{at}")
            shop.settle(20)
    finally:
        stop.set()
        for asker in askers:
            asker.join()
    assert failures == []
