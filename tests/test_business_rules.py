from __future__ import annotations

from collections import Counter
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kgrec
from kgrec.data import Recommendations
from kgrec.errors import HistoryError, SettingsError
from kgrec.retrieval import LinearSettings, graph_likeness, text_likeness
from kgrec.testing import clustered_shop

N = 400
HISTORY = ["p000003", "p000010"]


@cache
def shop(vectors: bool = True) -> kgrec.Recommender:
    made = clustered_shop(N, 200, clusters=4, seed=7)
    zero = None if vectors else np.zeros((N, 0), np.float32)
    return kgrec.build(
        made.catalogue,
        made.events,
        encoder=kgrec.HashingEncoder(64),
        vectors=zero,
        settings=LinearSettings(support=20),
    )


def ask(rules: Any = None, k: int = 10, asked: kgrec.Recommender | None = None, **more: Any) -> Recommendations:
    return (asked or shop()).recommend(history=HISTORY, k=k, rules=rules, **{"explain": False, **more})


def ids_of(answer: Recommendations) -> list[str]:
    return [found.item for found in answer]


def product(item: str) -> kgrec.Product:
    return shop().catalogue.product(item)


def brands(answer: Recommendations) -> Counter[str | None]:
    return Counter(product(item).brand for item in ids_of(answer))


# --- no rule changes nothing


@pytest.mark.parametrize("rules", [kgrec.Rules(), {}, {"boosts": [], "diversity": 0, "caps": {}, "pinned": {}}])
@pytest.mark.parametrize("k", [1, 10, N, 10_000])
def test_empty_rules_change_nothing(rules: Any, k: int) -> None:
    assert ask(rules, k) == ask(None, k)


def test_rules_that_do_not_bite_change_nothing() -> None:
    rules = {"caps": {"brand": N, "category": N}, "boosts": [{"where": {"brand": "nobody"}, "factor": 9}]}
    assert ask(rules, 30) == ask(None, 30)


# --- boosts


def test_a_boost_multiplies_and_reorders() -> None:
    plain = ask(k=30)
    brand = product(plain[12].item).brand
    where = kgrec.field("brand") == brand
    boosted = ask(kgrec.Rules(boosts=[kgrec.Boost(where=where, factor=1_000.0)]), k=30)
    before = {found.item: found for found in ask(k=400)}
    scores = [found.score for found in boosted]
    assert scores == sorted(scores, reverse=True)
    assert ids_of(boosted)[0] == next(found.item for found in plain if product(found.item).brand == brand)
    for found in boosted:
        ours = product(found.item).brand == brand
        assert found.score == before[found.item].score * (1_000.0 if ours else 1.0)
        assert found.rules == ((f"boost 1000: brand == {brand!r}",) if ours else ())
        assert found.source == before[found.item].source


def test_boosts_multiply_with_each_other_and_may_hold_back() -> None:
    plain = ask(k=200)
    first = plain[0]
    rules = {
        "boosts": [
            {"where": {"id": first.item}, "factor": 0.5},
            {"where": {"category": {"under": "Home"}}, "factor": 0.25},
        ]
    }
    answer = {found.item: found for found in ask(rules, k=200)}
    assert answer[first.item].score == first.score * 0.5 * 0.25
    assert len(answer[first.item].rules) == 2
    assert ask(rules, k=200)[0].item != first.item


def test_contributions_sum_to_the_models_own_score() -> None:
    plain = {found.item: found.score for found in ask(k=N)}
    rules = {"boosts": [{"where": {"price": {">": 0}}, "factor": 3.0}], "diversity": 0.2, "caps": {"brand": 3}}
    answer = ask({**rules, "pinned": {"p000050": 2}}, k=20, explain=True)
    assert len(answer) == 20
    for found in answer:
        assert found.explanation is not None
        total = sum(part.amount for part in found.explanation.contributions)
        assert abs(total - found.explanation.score) <= 1e-5 * abs(total)
        factor = 1.0 if found.item == "p000050" else 3.0
        assert found.score == pytest.approx(found.explanation.score * factor, rel=1e-12)
        if found.source == "item-item":
            assert found.explanation.score == plain[found.item]


# --- caps


@pytest.mark.parametrize("limit", [1, 2, 5])
@pytest.mark.parametrize("name", ["brand", "category", "colour"])
@pytest.mark.parametrize("k", [3, 10, 60])
def test_caps_against_brute_force(name: str, limit: int, k: int) -> None:
    column = shop()._table.text_column(name)
    counts: Counter[int] = Counter()
    expected = []
    for found in ask(k=N):
        codes = column.codes_of(shop().catalogue.num(found.item))
        if len(expected) < k and all(counts[code] < limit for code in codes):
            counts.update(codes)
            expected.append(found.item)
    answer = ask({"caps": {name: limit}}, k=k)
    assert ids_of(answer) == expected
    scores = [found.score for found in answer]
    assert scores == sorted(scores, reverse=True)


def test_caps_say_what_they_left_out() -> None:
    answer = ask({"caps": {"brand": 1}}, k=8)
    assert max(brands(answer).values()) == 1
    plain = ids_of(ask(k=N))
    for place, found in enumerate(answer):
        left_out = plain.index(found.item) - place
        expected = (f"cap 1 a brand: {left_out} with a higher score left out",) if left_out else ()
        assert found.rules == expected


def test_caps_look_beyond_the_pool() -> None:
    """One brand holds the whole pool, so that what else fits has to be asked for again."""
    products = [kgrec.Product(id=f"a{num}", brand="One", title="red mug") for num in range(500)]
    products += [kgrec.Product(id=f"b{num}", brand=f"B{num // 2}", title="blue lamp") for num in range(20)]
    events = kgrec.Events.of([(f"u{at}", num, "view", 0.0) for num in range(500) for at in range(3)])
    large = kgrec.build(
        kgrec.Catalogue(products), events, encoder=kgrec.HashingEncoder(8), settings=LinearSettings(support=2)
    )
    answer = large.recommend(k=10, rules={"caps": {"brand": 1}}, explain=False)
    assert ids_of(answer) == ["a0", *(f"b{num}" for num in range(0, 18, 2))]
    assert len(large.recommend(k=100, rules={"caps": {"brand": 1}}, explain=False)) == 11
    assert len(large.recommend(k=100, rules={"caps": {"brand": 2}}, explain=False)) == 22


# --- diversity


def alikeness(answer: Recommendations) -> float:
    vectors = shop()._vectors[[shop().catalogue.num(item) for item in ids_of(answer)]]
    cosines = np.maximum(vectors @ vectors.T, 0)
    return float(cosines[np.triu_indices(len(cosines), 1)].mean())


def test_more_diversity_is_less_alike() -> None:
    measured = [alikeness(ask({"diversity": share}, k=10)) for share in (0.0, 0.3, 0.7, 1.0)]
    assert measured == sorted(measured, reverse=True)
    assert measured[-1] < measured[0] / 2


@pytest.mark.parametrize("share", [0.2, 0.5, 1.0])
@pytest.mark.parametrize("by", ["text", "graph"])
def test_diversity_against_a_plain_mmr(share: float, by: str) -> None:
    k, pool = 8, list(ask(k=10 * 8 + 100))
    nums = np.array([shop().catalogue.num(found.item) for found in pool], np.int32)
    likeness = text_likeness(shop()._vectors) if by == "text" else graph_likeness(shop().graph)
    alike = np.stack([likeness(int(num), nums) for num in nums])
    best = pool[0].score
    chosen: list[int] = []
    while len(chosen) < k:
        worth = [
            -np.inf
            if at in chosen
            else (1 - share) * pool[at].score / best - share * max((alike[at, other] for other in chosen), default=0.0)
            for at in range(len(pool))
        ]
        chosen.append(int(np.argmax(worth)))
    answer = ask({"diversity": share, "diversity_by": by}, k=k)
    assert ids_of(answer) == [pool[at].item for at in chosen]
    for place, (at, found) in enumerate(zip(chosen, answer, strict=True)):
        passed = sum(other not in chosen[:place] for other in range(at))
        assert found.rules == ((f"diversity {share:g}: ahead of {passed} with a higher score",) if passed else ())
        assert found.score == pool[at].score


def test_graph_likeness_is_jaccard() -> None:
    graph, others = shop().graph, np.arange(40, dtype=np.int32)
    for num in (0, 7, 399):
        mine = set(graph.values_of(num).tolist())
        each = [set(graph.values_of(int(other)).tolist()) for other in others]
        expected = [len(mine & theirs) / len(mine | theirs) for theirs in each]
        np.testing.assert_allclose(graph_likeness(graph)(num, others), expected)
    bare = kgrec.Graph.from_facts(["a", "b"], kgrec.Facts.of([]))
    assert graph_likeness(bare)(0, np.array([0, 1], np.int32)).tolist() == [0.0, 0.0]


def test_a_shop_without_texts_uses_its_graph() -> None:
    bare = shop(vectors=False)
    by_text = ask({"diversity": 0.5}, asked=bare)
    assert by_text == ask({"diversity": 0.5, "diversity_by": "graph"}, asked=bare)
    assert ids_of(by_text) != ids_of(ask(asked=bare))


# --- pins


def test_pinned_products_take_their_places() -> None:
    plain = ids_of(ask(k=10))
    low = ids_of(ask(k=N))[-1]
    answer = ask({"pinned": {low: 1, plain[0]: 3}}, k=10)
    assert ids_of(answer) == [low, plain[1], plain[0], *plain[2:9]]
    assert answer[0].rules == ("pinned at 1",)
    assert answer[2].rules == ("pinned at 3",)
    assert answer[2].score == ask(k=1)[0].score
    assert answer[1].rules == ()
    assert answer.notes == ()


def test_pinned_products_are_not_counted_by_caps() -> None:
    brand = product(ids_of(ask(k=1))[0]).brand
    same = [item for item in ids_of(ask(k=N)) if product(item).brand == brand]
    answer = ask({"pinned": {same[-1]: 1, same[-2]: 2}, "caps": {"brand": 1}}, k=10)
    assert brands(answer)[brand] == 3
    assert ids_of(answer)[:3] == [same[-1], same[-2], same[0]]


def test_pins_that_cannot_be() -> None:
    plain = ids_of(ask(k=10))
    pinned = {"no such id": 1, plain[4]: 2, HISTORY[0]: 3, plain[9]: 11}
    answer = ask({"pinned": pinned}, k=10, exclude=[plain[4]])
    assert ids_of(answer)[:9] == [item for item in plain if item != plain[4]]
    assert answer.notes == (
        "'no such id' is not pinned: it is not in the catalogue",
        f"{plain[4]!r} is not pinned: the filters leave it out",
        f"{HISTORY[0]!r} is not pinned: the filters leave it out",
    )


def test_a_place_beyond_a_short_answer_is_its_end() -> None:
    only = ids_of(ask(k=5))
    answer = ask({"pinned": {only[0]: 9, only[1]: 7}}, k=10, only=only)
    assert ids_of(answer) == [*only[2:], only[1], only[0]]
    assert ids_of(ask({"pinned": {only[3]: 1}}, k=1)) == [only[3]]


# --- together, everywhere


@given(
    k=st.integers(1, 30),
    diversity=st.sampled_from([0.0, 0.3, 1.0]),
    by=st.sampled_from(["text", "graph"]),
    caps=st.dictionaries(st.sampled_from(["brand", "colour", "category"]), st.integers(1, 6), max_size=2),
    pinned=st.dictionaries(st.integers(0, N - 1), st.integers(1, 30), max_size=3),
    factor=st.sampled_from([0.1, 1.0, 7.0]),
    price=st.integers(0, 40),
)
@settings(max_examples=40, deadline=None)
def test_any_rules(
    k: int, diversity: float, by: Any, caps: dict[str, int], pinned: dict[int, int], factor: float, price: int
) -> None:
    pins = {f"p{num:06d}": place for place, num in {place: num for num, place in pinned.items()}.items()}
    rules = kgrec.Rules(
        boosts=[{"where": {"colour": "red"}, "factor": factor}],
        diversity=diversity,
        diversity_by=by,
        caps=caps,
        pinned=pins,
    )
    answer = ask(rules, k=k, where={"price": {"<=": price}})
    ids = ids_of(answer)
    assert len(set(ids)) == len(ids) <= k
    eligible = {p.id for p in shop().catalogue if p.price is not None and p.price <= price} - set(HISTORY)
    assert set(ids) <= eligible
    if not caps:
        assert len(ids) == min(k, len(eligible))
    shown_pins = {item: place for item, place in pins.items() if item in eligible and place <= k}
    for item, place in shown_pins.items():
        assert item in ids
        assert ids.index(item) == place - 1 or len(ids) < k
    for name, limit in caps.items():
        column = shop()._table.text_column(name)
        counts = Counter(c for i in ids if i not in shown_pins for c in column.codes_of(shop().catalogue.num(i)))
        assert max(counts.values(), default=0) <= limit
    assert answer == ask(rules, k=k, where={"price": {"<=": price}})


def test_rules_for_every_question() -> None:
    rules = {"caps": {"brand": 1}, "pinned": {"p000100": 1}}
    for answer in (
        shop().similar("p000004", rules=rules),
        shop().recommend("u000005", rules=rules),
        shop().recommend("nobody", rules=rules),
        shop(vectors=False).recommend("u000005", rules=rules),
    ):
        assert len(answer) == 10
        assert answer[0].item == "p000100"
        assert all(found.explanation is not None and found.explanation.text for found in answer)
        assert max(brands(Recommendations(items=answer[1:])).values()) == 1
    assert shop().recommend("u000005", rules=rules)[0].rules == ("pinned at 1",)
    assert ids_of(ask({"caps": {"brand": 1}}, where={"any": []})) == []


# --- what is refused


@pytest.mark.parametrize(
    "stated",
    [
        {"boost": []},
        {"boosts": {"where": {}, "factor": 1}},
        {"boosts": [{"where": {}}]},
        {"boosts": [{"where": {}, "factor": 1, "more": 1}]},
        {"boosts": [5]},
        {"boosts": [{"where": 5, "factor": 1}]},
        *({"boosts": [{"where": {}, "factor": bad}]} for bad in (0, -1, float("nan"), float("inf"), "2", None, True)),
        *({"diversity": bad} for bad in (-0.1, 1.1, float("nan"), "much", None, True)),
        {"diversity_by": "price"},
        {"caps": {"brand": 0}},
        {"caps": {"brand": 1.5}},
        {"caps": {"brand": True}},
        {"caps": ["brand"]},
        {"pinned": {"p000001": 0}},
        {"pinned": {1: 1}},
        {"pinned": {"p000001": 1, "p000002": 1}},
        "diversity",
        5,
    ],
)
def test_malformed_rules(stated: Any) -> None:
    with pytest.raises(SettingsError):
        kgrec.Rules.of(stated)
    with pytest.raises(SettingsError):
        ask(stated)


@pytest.mark.parametrize(
    ("stated", "match"),
    [
        ({"caps": {"brnad": 1}}, "did you mean 'brand'"),
        ({"caps": {"price": 1}}, "holds no text"),
        ({"boosts": [{"where": {"prise": 1}, "factor": 2}]}, "did you mean 'price'"),
        ({"boosts": [{"where": {"price": "high"}, "factor": 2}]}, "price holds numbers"),
    ],
)
def test_rules_that_do_not_fit_the_shop(stated: Any, match: str) -> None:
    with pytest.raises(SettingsError, match=match):
        ask(stated)


def test_rules_are_values() -> None:
    caps = {"brand": 1}
    rules = kgrec.Rules(caps=caps)
    caps["brand"] = 5
    assert rules.caps["brand"] == 1
    assert kgrec.Rules.of(rules) is rules
    assert rules == kgrec.Rules.of({"caps": {"brand": 1}})
    with pytest.raises(AttributeError):
        rules.diversity = 0.5  # type: ignore[misc]
    with pytest.raises(HistoryError):
        ask(rules, only="p000001")
