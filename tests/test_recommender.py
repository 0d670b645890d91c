from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kgrec
from kgrec.data import Explanation, Recommendation, Recommendations
from kgrec.errors import HistoryError, SettingsError, UnknownProductError
from kgrec.retrieval import Knowledge, LinearSettings
from kgrec.testing import ClusteredShop, clustered_shop

N = 90
SOURCES = {"item-item", "text", "graph", "popularity"}
SETTINGS = LinearSettings(support=12, recency=0.9)


@cache
def truth() -> ClusteredShop:
    """Return 90 products in 3 clusters; the last 6 have been touched by nobody, the very last says nothing at all."""
    made = clustered_shop(N, 120, clusters=3, seed=1)
    products = [*list(made.catalogue)[: N - 1], kgrec.Product(id=made.catalogue[N - 1].id)]
    return ClusteredShop(
        catalogue=kgrec.Catalogue(products),
        events=made.events.select(made.events.item < N - 6),
        product_cluster=made.product_cluster,
        user_cluster=made.user_cluster,
    )


@cache
def shop() -> kgrec.Recommender:
    return kgrec.build(truth().catalogue, truth().events, encoder=kgrec.HashingEncoder(64), settings=SETTINGS)


@cache
def behaviour_only() -> kgrec.Recommender:
    """Return a shop whose products are only ids, and where a third of them has been touched."""
    catalogue = kgrec.Catalogue(kgrec.Product(id=f"q{num}") for num in range(30))
    rng = np.random.default_rng(0)
    rows = [(f"u{u}", int(i), "view", float(t)) for u in range(40) for t, i in enumerate(rng.permutation(10)[:4])]
    return kgrec.build(catalogue, kgrec.Events.of(rows), encoder=kgrec.HashingEncoder(16), settings=SETTINGS)


def assert_sound(answer: Recommendations, size: int) -> None:
    """Check what holds for every answer."""
    assert len(answer) == size
    items = [found.item for found in answer]
    assert len(set(items)) == size
    scores = [found.score for found in answer]
    assert np.all(np.isfinite(scores))
    assert scores == sorted(scores, reverse=True)
    for found in answer:
        assert found.source in SOURCES
        if found.explanation is not None:
            assert found.explanation.product == found.item
            assert found.explanation.score == found.score
            assert_explained(found.explanation)


def assert_explained(found: Explanation) -> None:
    total = sum(part.amount for part in found.contributions)
    assert abs(total - found.score) <= 1e-5 * abs(found.score)
    assert found.text.strip()
    for part in found.contributions:
        assert (part.history_item == "") == (part.source == "popularity")


def ids_of(answer: Iterable[Recommendation]) -> list[str]:
    return [found.item for found in answer]


# --- who asks


def test_known_user() -> None:
    answer = shop().recommend("u000003", k=10)
    assert_sound(answer, 10)
    assert answer.notes == ()
    assert not answer.degraded
    row = shop().shop.user_num["u000003"]
    seen = {truth().catalogue[int(num)].id for num in shop().shop.histories.row(row)}
    assert not seen & set(ids_of(answer))
    assert {part.history_item for found in answer for part in found.explanation.contributions} <= seen


def test_answers_come_from_the_shoppers_cluster() -> None:
    hits = Counter(
        truth().cluster_of(item) == truth().user_cluster[user]
        for user in range(0, 120, 4)
        for item in ids_of(shop().recommend(f"u{user:06d}", k=5, explain=False))
    )
    assert hits[True] / hits.total() > 0.9


def test_unknown_user_gets_what_is_popular_and_a_note() -> None:
    answer = shop().recommend("nobody", k=10)
    assert_sound(answer, 10)
    assert {found.source for found in answer} == {"popularity"}
    assert "nobody" in answer.notes[0]
    touched = Counter(int(item) for item in shop().shop.histories.items)
    counts = [touched[truth().catalogue.num(item)] for item in ids_of(answer)]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] == max(touched.values())


def test_nobody_in_particular() -> None:
    answer = shop().recommend(k=3)
    assert_sound(answer, 3)
    assert answer.notes == ()
    assert ids_of(answer) == ids_of(shop().recommend("nobody", k=3))


@pytest.mark.parametrize("history", [[], (), [""], ["x"], ["x", "y", "x"]])
def test_histories_that_name_no_product(history: list[str]) -> None:
    answer = shop().recommend(history=history, k=7)
    assert_sound(answer, 7)
    assert {found.source for found in answer} == {"popularity"}
    unknown = len(set(history))
    assert len(answer.notes) == (1 if unknown else 0)
    assert not unknown or f"{unknown} of {unknown}" in answer.notes[0]


def test_known_and_unknown_ids() -> None:
    known = ids_of(shop().recommend(k=2))
    answer = shop().recommend(history=[known[0], "x", known[1], "y"], k=5)
    assert_sound(answer, 5)
    assert "2 of 4" in answer.notes[0]
    assert ids_of(answer) == ids_of(shop().recommend(history=known, k=5))


def test_a_history_goes_before_a_user() -> None:
    item = truth().products_of(0)[0]
    assert ids_of(shop().recommend("u000003", history=[item])) == ids_of(shop().recommend(history=[item]))


def test_one_product() -> None:
    item = truth().products_of(1)[0]
    answer = shop().recommend(history=[item], k=10)
    assert_sound(answer, 10)
    assert item not in ids_of(answer)
    assert sum(truth().cluster_of(found) == 1 for found in ids_of(answer)) >= 8


def test_a_session_with_repeats_counts_the_newest() -> None:
    a, b, c = truth().products_of(2)[:3]
    repeated = shop().recommend(history=[a, b, a, c, b, b], k=8)
    assert_sound(repeated, 8)
    assert repeated == shop().recommend(history=[a, c, b], k=8)


def test_order_matters() -> None:
    a, b = truth().products_of(0)[0], truth().products_of(1)[0]
    one, other = shop().recommend(history=[a, b], k=5), shop().recommend(history=[b, a], k=5)
    assert [found.score for found in one] != [found.score for found in other]


def test_10_000_events_in_a_history() -> None:
    rng = np.random.default_rng(0)
    history = [truth().catalogue[int(num)].id for num in rng.integers(0, 40, 5_000)]
    history += [f"unknown{num}" for num in range(5_000)]
    answer = shop().recommend(history=history, k=10)
    assert_sound(answer, 10)
    assert not set(history) & set(ids_of(answer))


def test_10_000_different_products_in_a_history() -> None:
    catalogue = kgrec.Catalogue(kgrec.Product(id=f"q{num}") for num in range(10_050))
    events = kgrec.Events.of([("u", num, "view", 0.0) for num in (0, 9_999, 10_001, 10_002)])
    large = kgrec.build(
        catalogue, events, kgrec.Facts.of([]), encoder=kgrec.HashingEncoder(8), settings=LinearSettings(support=5)
    )
    history = [f"q{num}" for num in range(10_000)]
    assert_sound(large.recommend(history=history, k=60), 50)
    assert set(ids_of(large.recommend(history=history, k=2))) == {"q10001", "q10002"}


@pytest.mark.parametrize("history", ["p000001", b"p000001", 5, ["p000001", 7], [None], {"p000001"}, {"p000001": 1}])
def test_a_history_that_is_none(history: object) -> None:
    with pytest.raises(HistoryError, match="sequence of product ids"):
        shop().recommend(history=history)  # type: ignore[arg-type]


def test_any_sequence_of_ids_is_a_history() -> None:
    a, b = truth().products_of(0)[:2]
    expected = shop().recommend(history=[a, b])
    assert shop().recommend(history=(a, b)) == expected
    assert shop().recommend(history=np.array([a, b])) == expected  # type: ignore[arg-type]


# --- what is asked


@pytest.mark.parametrize("k", [1, 5, N - 1, N, N + 1, 10_000])
@pytest.mark.parametrize("history", [None, ["p000004"], ["p000089"], ["p000004", "p000089", "p000010"]])
def test_as_many_as_asked_for_or_as_there_are(k: int, history: list[str] | None) -> None:
    seen = len(history or [])
    assert_sound(shop().recommend(history=history, k=k, explain=k < 50), min(k, N - seen))
    assert_sound(shop().recommend(history=history, k=k, exclude_seen=False, explain=k < 50), min(k, N))


def test_every_source_takes_its_turn() -> None:
    answer = shop().recommend(history=["p000004", "p000010"], k=N)
    assert_sound(answer, N - 2)
    order = [found.source for found in answer]
    assert order == sorted(order, key=["item-item", "text", "popularity"].index)
    assert set(order) == {"item-item", "text", "popularity"}


def test_a_product_that_says_nothing_is_answered_with_what_is_popular() -> None:
    answer = shop().recommend(history=["p000089"], k=5)
    assert_sound(answer, 5)
    assert {found.source for found in answer} == {"popularity"}


def test_products_without_text() -> None:
    answer = behaviour_only().recommend(history=["q1"], k=40)
    assert_sound(answer, 29)
    assert {found.source for found in answer} == {"item-item", "popularity"}


def test_exclude() -> None:
    first = ids_of(shop().recommend("u000003", k=4))
    answer = shop().recommend("u000003", k=4, exclude=[*first[:2], "no such id"])
    assert_sound(answer, 4)
    assert ids_of(answer)[:2] == first[2:]
    nothing = shop().recommend("u000003", k=4, exclude=truth().catalogue.ids)
    assert_sound(nothing, 0)
    assert_sound(shop().recommend("u000003", k=4, exclude=truth().catalogue.ids[1:], exclude_seen=False), 1)


def test_exclude_seen_false_may_show_the_history() -> None:
    row = shop().shop.histories.row(shop().shop.user_num["u000003"])
    seen = {truth().catalogue[int(num)].id for num in row}
    answer = shop().recommend("u000003", k=N, exclude_seen=False)
    assert_sound(answer, N)
    assert seen <= set(ids_of(answer))


def test_without_explanations() -> None:
    plain = shop().recommend("u000003", k=5, explain=False)
    assert_sound(plain, 5)
    assert all(found.explanation is None for found in plain)
    explained = shop().recommend("u000003", k=5)
    assert [(f.item, f.score) for f in plain] == [(f.item, f.score) for f in explained]


def test_chinese() -> None:
    english = shop().recommend("u000003", k=N)
    chinese = shop().recommend("u000003", k=N, language="zh")
    assert_sound(chinese, len(english))
    assert ids_of(chinese) == ids_of(english)
    for found in chinese:
        assert found.explanation is not None
        assert found.explanation.language == "zh"
        assert any("\u4e00" <= letter <= "\u9fff" for letter in found.explanation.text)


@pytest.mark.parametrize("language", ["xx", "", "EN-us"])
def test_unknown_language(language: str) -> None:
    with pytest.raises(SettingsError, match="'en' and 'zh'"):
        shop().recommend("u000003", language=language)
    with pytest.raises(SettingsError, match="'en' and 'zh'"):
        shop().recommend("nobody", language=language)
    with pytest.raises(SettingsError, match="'en' and 'zh'"):
        shop().similar("p000001", language=language)
    with pytest.raises(SettingsError, match="'en' and 'zh'"):
        shop().explain("u000003", "p000001", language=language)


@pytest.mark.parametrize("k", [0, -3])
def test_too_few_asked_for(k: int) -> None:
    with pytest.raises(SettingsError, match="k must be at least 1"):
        shop().recommend("u000003", k=k)
    with pytest.raises(SettingsError, match="k must be at least 1"):
        shop().similar("p000001", k=k)


def test_titles_and_rank() -> None:
    answer = shop().recommend("u000003", k=5)
    assert [found.title for found in answer] == [truth().catalogue.product(found.item).title for found in answer]
    assert answer[0] == answer.items[0]
    assert answer[:2] == answer.items[:2]


@given(
    history=st.lists(st.integers(0, N + 5), max_size=12),
    k=st.integers(1, N + 10),
    exclude=st.sets(st.integers(0, N), max_size=20),
    exclude_seen=st.booleans(),
    language=st.sampled_from(["en", "zh"]),
    bare=st.booleans(),
)
@settings(max_examples=40, deadline=None)
def test_every_answer_is_sound(
    history: list[int], k: int, exclude: set[int], exclude_seen: bool, language: str, bare: bool
) -> None:
    asked = behaviour_only() if bare else shop()
    prefix = "q{}" if bare else "p{:06d}"
    ids, hidden = ([prefix.format(num) for num in nums] for nums in (history, exclude))
    known = set(asked.catalogue.ids)
    allowed = known - set(hidden) - (set(ids) if exclude_seen else set())
    answer = asked.recommend(history=ids, k=k, exclude=hidden, exclude_seen=exclude_seen, language=language)
    assert_sound(answer, min(k, len(allowed)))
    assert set(ids_of(answer)) <= allowed


# --- similar, explain, describe


def test_similar() -> None:
    item = truth().products_of(2)[0]
    answer = shop().similar(item, k=8)
    assert_sound(answer, 8)
    assert item not in ids_of(answer)
    assert sum(truth().cluster_of(found) == 2 for found in ids_of(answer)) >= 7
    first = ids_of(answer)[0]
    assert first not in ids_of(shop().similar(item, k=8, exclude=[first]))
    assert_sound(shop().similar(item, k=10_000, explain=False), N - 1)


def test_similar_to_a_product_that_nobody_touched() -> None:
    item = truth().catalogue[N - 3].id
    answer = shop().similar(item, k=8)
    assert_sound(answer, 8)
    assert sum(truth().cluster_of(found) == truth().cluster_of(item) for found in ids_of(answer)) >= 7


@pytest.mark.parametrize("unknown", ["nothing", "", "p00000l", None, 5])
def test_unknown_product(unknown: object) -> None:
    with pytest.raises(UnknownProductError):
        shop().similar(unknown)  # type: ignore[arg-type]
    with pytest.raises(UnknownProductError):
        shop().explain("u000003", unknown)  # type: ignore[arg-type]


def test_explain_agrees_with_recommend() -> None:
    for found in shop().recommend("u000003", k=10):
        if found.source == "item-item":
            again = shop().explain("u000003", found.item)
            assert abs(again.score - found.score) <= 1e-5 * found.score
            assert again.contributions == found.explanation.contributions


def test_explain_any_product_for_anybody() -> None:
    for user in ("u000003", "nobody", None):
        for product in truth().catalogue.ids[::7]:
            found = shop().explain(user, product)
            assert found.product == product
            assert_explained(found)
    assert_explained(shop().explain(None, "p000089", history=["p000001"], language="zh"))


def test_describe() -> None:
    told = shop().describe()
    assert told["products"] == N
    assert told["users"] == 120
    assert told["encoder"] == "hashing-64"
    assert told["settings"] == SETTINGS.resolved(Knowledge.from_graph(shop().graph, hub_share=SETTINGS.hub_share))
    weights = list(told["relation_weights"].values())
    assert set(told["relation_weights"]) == set(shop().graph.relations)
    assert weights == sorted(weights, reverse=True)
    assert "90 products" in repr(shop())


# --- threads


def test_sixteen_threads_get_the_same_answers() -> None:
    fresh = kgrec.Recommender(shop().shop)
    questions = [(f"u{user:06d}", language) for user in range(20) for language in ("en", "zh")]
    expected = [shop().recommend(user, k=30, language=language) for user, language in questions]
    with ThreadPoolExecutor(max_workers=16) as pool:
        answers = list(pool.map(lambda q: fresh.recommend(q[0], k=30, language=q[1]), questions * 2))
    assert answers == expected * 2


def test_a_bare_string_to_exclude_is_refused() -> None:
    with pytest.raises(HistoryError, match="single string"):
        shop().recommend(history=[], exclude="p1")


def test_an_unknown_language_is_refused_even_without_explanations() -> None:
    with pytest.raises(SettingsError):
        shop().recommend(history=[], explain=False, language="xx")


# --- filters


def ranked(asked: kgrec.Recommender, history: list[str]) -> Recommendations:
    """Return everything, best first, without any filter."""
    return asked.recommend(history=history, k=10_000, explain=False, exclude_seen=False)


@pytest.mark.parametrize("share", [1.0, 0.5, 0.1, 0.02, 0.0])
@pytest.mark.parametrize("bare", [False, True])
def test_filters_act_before_the_best_k(share: float, bare: bool) -> None:
    asked = behaviour_only() if bare else shop()
    rng = np.random.default_rng(3)
    for round_of in range(4):
        history = [asked.catalogue[int(num)].id for num in rng.integers(0, 10, round_of)]
        everything = ranked(asked, history)
        eligible = [one for one in asked.catalogue.ids if rng.random() < share]
        expected = [found for found in everything if found.item in eligible]
        for k in (1, 7, 10_000):
            answer = asked.recommend(
                history=history, k=k, where=kgrec.field("id").isin(eligible), explain=False, exclude_seen=False
            )
            assert_sound(answer, min(k, len(eligible)))
            assert ids_of(answer) == ids_of(expected[:k])
            for mine, theirs in zip(answer, expected, strict=False):
                assert mine.source == theirs.source
                assert mine.source != "item-item" or mine.score == theirs.score


@pytest.mark.parametrize("share", [0.5, 0.1, 0.01, 0.001])
def test_filters_in_a_larger_shop(share: float) -> None:
    large = large_shop()
    rng = np.random.default_rng(5)
    vectors = large._vectors
    for history in (["p000000"], ["p000007", "p002999"], []):
        everything = ranked(large, history)
        eligible = {one for one in large.catalogue.ids if rng.random() < share}
        answer = large.recommend(history=history, k=20, only=eligible, explain=False, exclude_seen=False)
        assert_sound(answer, min(20, len(eligible)))
        expected = [found for found in everything if found.item in eligible][:20]
        assert [f.source for f in answer] == [f.source for f in expected]
        exact = [found.item for found in expected if found.source != "text"]
        assert [found.item for found in answer if found.source != "text"] == exact
        profile = sum((vectors[large.catalogue.num(one)] for one in history), np.zeros(vectors.shape[1], np.float32))
        recalled = [f.item for f in answer if f.source == "text"]
        wanted = [f.item for f in expected if f.source == "text"]
        if len(history) == 1:  # equal weights: the profile is known here
            worst = min((float(vectors[large.catalogue.num(one)] @ profile) for one in wanted), default=0.0)
            assert all(float(vectors[large.catalogue.num(one)] @ profile) >= worst - 1e-6 for one in recalled)
        assert len(set(recalled) & set(wanted)) >= 0.99 * len(wanted)


@cache
def large_shop() -> kgrec.Recommender:
    made = clustered_shop(3_000, 60, clusters=6, seed=4)
    return kgrec.build(
        made.catalogue, made.events, encoder=kgrec.HashingEncoder(64), settings=LinearSettings(support=5, recency=1.0)
    )


def test_where_in_both_forms() -> None:
    cheap = {product.id for product in truth().catalogue if product.price is not None and product.price <= 10}
    answer = shop().recommend("u000003", k=N, where=kgrec.field("price") <= 10)
    assert 5 < len(answer) < N / 2
    assert set(ids_of(answer)) <= cheap
    assert answer == shop().recommend("u000003", k=N, where={"price": {"<=": 10}})
    similar = shop().similar("p000004", k=N, where={"price": {"<=": 10}})
    assert set(ids_of(similar)) == cheap - {"p000004"}
    assert_sound(similar, len(cheap - {"p000004"}))
    brand = truth().catalogue.product("p000004").brand
    same = shop().similar("p000004", k=3, where={"brand": brand, "category": {"under": "Home"}})
    assert {truth().catalogue.product(item).brand for item in ids_of(same)} == {brand}


def test_nothing_passes() -> None:
    assert_sound(shop().recommend("u000003", where={"brand": "nobody"}), 0)
    assert_sound(shop().similar("p000004", where={"any": []}), 0)
    assert_sound(shop().recommend("u000003", only=[]), 0)


def test_malformed_filters_are_refused() -> None:
    for where in ({"prise": 3}, {"price": "cheap"}, "price < 3", kgrec.field("price") < "cheap"):
        with pytest.raises(SettingsError):
            shop().recommend("u000003", where=where)  # type: ignore[arg-type]
        with pytest.raises(SettingsError):
            shop().similar("p000004", where=where)  # type: ignore[arg-type]


def test_only() -> None:
    wanted = ["p000001", "p000030", "no such id", "p000060", "p000061"]
    answer = shop().recommend(history=["p000001"], only=wanted)
    assert_sound(answer, 3)
    assert set(ids_of(answer)) == {"p000030", "p000060", "p000061"}
    assert answer.notes == ("1 of 5 products of only are not in the catalogue",)
    again = shop().recommend(history=["p000001"], only=iter(wanted), exclude_seen=False, exclude=["p000030"])
    assert set(ids_of(again)) == {"p000001", "p000060", "p000061"}
    assert ids_of(shop().similar("p000001", only=wanted)) == ids_of(answer)
    for bad in ("p000001", 5):
        with pytest.raises(HistoryError, match="only must hold product ids"):
            shop().recommend(only=bad)  # type: ignore[arg-type]


def done_with(user: str) -> dict[str, set[str]]:
    """Return event type -> ids of what a user did so."""
    events = truth().events
    mine = np.flatnonzero(events.user == events.user_num[user])
    done: dict[str, set[str]] = {name: set() for name in events.types}
    for event in mine:
        done[events.types[events.type[event]]].add(truth().catalogue[int(events.item[event])].id)
    return done


@pytest.mark.parametrize("user", ["u000003", "u000011", "u000050"])
def test_seen_by_event_type(user: str, tmp_path: Path) -> None:
    done, known = done_with(user), set(truth().catalogue.ids)
    assert done["purchase"]
    for types in (("purchase",), ["view"], {"view", "purchase"}, (), ("cart",)):
        left_out = set().union(*(done.get(name, set()) for name in types))
        answer = shop().recommend(user, k=N, exclude_seen=types, explain=False)
        assert set(ids_of(answer)) == known - left_out
        assert answer.notes == ()
    shop().save(tmp_path / "shop")
    loaded = kgrec.load(tmp_path / "shop")
    asked = {"k": N, "exclude_seen": ("purchase",)}
    assert loaded.recommend(user, **asked) == shop().recommend(user, **asked)
    session = shop().recommend(user, history=["p000001"], k=N, exclude_seen=("purchase",), explain=False)
    assert set(ids_of(session)) == known - done["purchase"]


def test_seen_by_type_without_types() -> None:
    for user, history in (("nobody", None), (None, ["p000001"])):
        answer = shop().recommend(user, history=history, k=N, exclude_seen=("purchase",), explain=False)
        assert_sound(answer, N)
        assert "left nothing out" in answer.notes[-1]
    for bad in (("buy",), "purchase", 5, [[]]):
        with pytest.raises(SettingsError):
            shop().recommend("u000003", exclude_seen=bad)  # type: ignore[arg-type]
    bare = dataclasses.replace(shop().shop.histories, kinds=None, kind_names=())
    without = kgrec.Recommender(dataclasses.replace(shop().shop, histories=bare))
    with pytest.raises(SettingsError, match="keeps no event types"):
        without.recommend("u000003", exclude_seen=("purchase",))


def test_repeated_events_keep_every_type() -> None:
    rows = [("a", 1, "view", 1.0), ("a", 1, "purchase", 2.0), ("a", 1, "view", 3.0), ("a", 2, "view", 0.0)]
    made = kgrec.Events.of([*rows, ("b", 1, "cart", 0.0)])
    histories = made.histories()
    assert histories.kind_names == ("view", "purchase", "cart")
    assert histories.items.tolist() == [2, 1, 1]
    assert histories.kinds is not None
    assert histories.kinds.tolist() == [1, 3, 4]
    assert histories.select(np.array([1])).kinds.tolist() == [4]
    assert histories.keep(histories.items == 1).kinds.tolist() == [3, 4]
    assert made.histories(keep_repeats=True).kinds.tolist() == [1, 1, 2, 1, 4]
    many = kgrec.Events.of([("a", num, f"type{num}", 0.0) for num in range(64)]).histories()
    assert many.kinds.tolist() == [1 << num for num in range(64)]
    too_many = kgrec.Events.of([("a", num, f"type{num}", 0.0) for num in range(65)]).histories()
    assert too_many.kinds is None
    assert kgrec.Events.of([]).histories().kinds.tolist() == []


def test_filters_from_sixteen_threads() -> None:
    fresh = kgrec.Recommender(shop().shop)
    questions = [(f"u{user:06d}", price) for user in range(10) for price in (5, 10, 20, 40)]
    expected = [shop().recommend(user, k=30, where={"price": {"<": price}}) for user, price in questions]
    with ThreadPoolExecutor(max_workers=16) as pool:
        answers = list(pool.map(lambda q: fresh.recommend(q[0], k=30, where={"price": {"<": q[1]}}), questions * 2))
    assert answers == expected * 2


@pytest.mark.parametrize("user", [5, ["u1"], b"u1"])
def test_a_user_that_is_no_string_is_refused(user: object) -> None:
    with pytest.raises(HistoryError, match="user must be an id"):
        shop().recommend(user)  # type: ignore[arg-type]


@pytest.mark.parametrize("k", [2.0, "3", True, None])
def test_k_of_another_kind_is_refused(k: object) -> None:
    with pytest.raises(SettingsError, match="k must be at least 1"):
        shop().recommend(history=[], k=k)  # type: ignore[arg-type]


def test_explain_gives_the_score_of_recommend_down_to_the_last_product() -> None:
    user = shop().shop.users[0]
    for found in shop().recommend(user, k=N)[::7]:
        assert shop().explain(user, found.item).score == pytest.approx(found.score)
