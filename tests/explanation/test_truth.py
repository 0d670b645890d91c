"""Every claim of thousands of generated sentences is read back and compared with graph, histories and vectors."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgrec.data import Explanation
from kgrec.explanation import ExplanationSettings

from .shops import Shop, shop_of

PRODUCTS = 30
RELATIONS = ("brand", "closure_type", "colour", "material", "occasion", "pattern", "product_type", "size", "theme")
SOURCES = ("behaviour", "sequence", "text", *(f"graph:{name}" for name in RELATIONS))
_MARK = re.compile(rf"({'|'.join(sorted({name[:3] for name in RELATIONS}))})v(\d+)v")
_TITLE = re.compile(r"“title(\d+)x”")
_SHOPPERS = re.compile(r"([\d,]+)(?: shoppers|位顾客)")
_MORE = re.compile(r"(\d+) more|另外(\d+)件")
_ALL = re.compile(r"all (three|four|five|six|seven)|连同本商品，(.)件")
_ALIKE = re.compile("descri|描述")
_SIZES = {"three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7}


def random_shop(seed: int) -> tuple[Shop, np.ndarray]:
    rng = np.random.default_rng(seed)
    facts = [
        (num, relation, f"{relation[:3]}v{value}v")
        for num in range(PRODUCTS)
        for relation in RELATIONS
        for value in set(rng.integers(0, 6, rng.integers(0, 3)).tolist())
    ]
    histories = [rng.integers(0, PRODUCTS, rng.integers(1, 8)).tolist() for _ in range(60)]
    vectors = rng.normal(size=(PRODUCTS, 3)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    limits = ExplanationSettings(hub_share=0.5)
    return shop_of(
        [f"title{num}x" for num in range(PRODUCTS)], facts, histories, vectors=vectors, settings=limits
    ), vectors


def random_case(shop: Shop, rng: np.random.Generator, language: str) -> Explanation:
    size = int(rng.integers(1, 12))
    history = rng.integers(0, PRODUCTS, size).astype(np.int32)
    amounts = rng.normal(0.3, 1, (size, len(SOURCES))) * (rng.random((size, len(SOURCES))) < rng.random())
    return shop.explainer.explain(
        int(rng.integers(PRODUCTS)), float(amounts.sum()), history, amounts, SOURCES, language=language
    )


def check_sentence(found: Explanation, shop: Shop, vectors: np.ndarray) -> int:
    """Read the claims of a sentence back, compare each with what is known, and return their number."""
    product = shop.catalogue.num(found.product)
    named = [int(num) for num in _TITLE.findall(found.text)]
    spoken = {entry.history_item for entry in found.evidence}
    values = [f"{relation}v{value}v" for relation, value in _MARK.findall(found.text)]
    more = next((int(one or two) for one, two in _MORE.findall(found.text)), 0)
    claims = len(values)
    for value in values:
        relation = next(name for name in RELATIONS if name.startswith(value[:3]))
        num = shop.graph.find(relation, value)
        assert num is not None
        holders = {e.history_item for e in found.evidence if (e.relation, e.value) == (relation, value)}
        assert all(num in shop.graph.shared(anchor, product) for anchor in named)
        assert {f"id{anchor}" for anchor in named} <= holders
        assert len(holders) >= len(named) + more
        assert all(num in shop.graph.shared(shop.catalogue.num(holder), product) for holder in holders)
    for one, two in _ALL.findall(found.text):
        assert _SIZES[one or two] == len(named) + more + 1
    for told in _SHOPPERS.findall(found.text):
        claims += 1
        assert len(named) == 1
        assert int(told.replace(",", "")) == shop.audience.both(named[0], product) >= 3
    if _ALIKE.search(found.text):
        claims += 1
        assert len(named) == 1
        assert vectors[named[0]] @ vectors[product] >= 0.3
    if claims:
        assert {f"id{anchor}" for anchor in named} <= spoken
        assert named
        assert found.score > 0
    return claims


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_claim_is_true(language: str) -> None:
    claims, sentences = 0, set()
    for seed in range(12):
        shop, vectors = random_shop(seed)
        rng = np.random.default_rng(seed)
        for _ in range(250):
            found = random_case(shop, rng, language)
            claims += check_sentence(found, shop, vectors)
            sentences.add(found.text)
    assert claims > 2_500
    assert len(sentences) > 1_500


@given(st.integers(0, 2**32 - 1), st.sampled_from(["en", "zh"]))
@settings(max_examples=150, deadline=None)
def test_invariants(seed: int, language: str) -> None:
    shop, vectors = SHOP
    found = random_case(shop, np.random.default_rng(seed), language)
    assert found == random_case(shop, np.random.default_rng(seed), language)
    check_sentence(found, shop, vectors)
    amounts = [c.amount for c in found.contributions]
    assert sum(amounts) == pytest.approx(found.score, rel=1e-5, abs=1e-9)
    assert [abs(a) for a in amounts] == sorted((abs(a) for a in amounts), reverse=True)
    assert 0 not in amounts
    assert len({(c.history_item, c.source) for c in found.contributions}) == len(amounts)
    cells = {(c.history_item, c.source): c.amount for c in found.contributions}
    for entry in found.evidence:
        source = f"graph:{entry.relation}" if entry.kind == "fact" else entry.kind
        assert 0 < entry.amount <= cells[entry.history_item, source] * (1 + 1e-9)
        assert entry.share == (entry.amount / found.score if found.score > 0 else 0)
        assert entry.history_item != found.product


SHOP = random_shop(99)


def test_the_check_notices_falsehoods() -> None:
    shop, vectors = SHOP
    rng = np.random.default_rng(5)
    swaps = [
        (_MARK, lambda match: f"{match[1]}v{(int(match[2]) + 1) % 6}v"),
        (_SHOPPERS, lambda match: match[0].replace(match[1], str(int(match[1]) + 1))),
        (_TITLE, lambda match: f"“title{(int(match[1]) + 1) % PRODUCTS}x”"),
    ]
    caught = tried = 0
    for _ in range(300):
        found = random_case(shop, rng, "en")
        if not check_sentence(found, shop, vectors):
            continue
        for pattern, swap in swaps:
            text = pattern.sub(swap, found.text, count=1)
            if text == found.text:
                continue
            tried += 1
            false = Explanation(**{n: getattr(found, n) for n in found.__slots__} | {"text": text})
            try:
                check_sentence(false, shop, vectors)
            except AssertionError:
                caught += 1
    assert tried > 200
    assert caught > 0.8 * tried  # the rest happen to be true as well
