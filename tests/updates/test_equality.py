from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kgrec
from tests.updates.shops import SETTINGS, built, change_at_random, fresh_fit

VARIANTS = [
    ({"learned_text": False}, 1_000),
    ({"value_learning": 0.5, "newcomer_alike": 3, "relation_weights": {"brand": 0.0}}, 100),
    ({"length_exponent": 0.4, "baskets": True, "window": 6, "event_exponent": 0.5, "dropout": 0.2}, 60),
    ({"text_weight": 0.0, "popularity_exponent": 0.0, "sequence_share": 0.0}, 60),
    ({"text_neighbours": 5, "support": 8, "hub_share": 0.1, "newcomer_alike": 0}, 60),
]


def histories(n: int, rng: np.random.Generator) -> kgrec.Histories:
    return kgrec.Histories.of([rng.choice(n, int(rng.integers(1, 12)), replace=False) for _ in range(200)])


@pytest.mark.parametrize(("settings", "steps"), VARIANTS)
def test_random_updates_equal_a_fit(settings: dict[str, Any], steps: int, tmp_path: Path) -> None:
    shop, _ = built(120, 150, settings=replace(SETTINGS, **settings))
    rng = np.random.default_rng(steps)
    _, more = built(150, 10, seed=9)
    pool = [*shop.catalogue, *[replace(product, id=f"x{product.id}") for product in more.catalogue]]
    change_at_random(shop, pool, steps, rng)
    shop.settle()
    assert shop.pending == 0
    now = shop.shop
    asked = histories(len(now.catalogue), rng)
    mine, exact = now.model.score(asked), fresh_fit(now).score(asked)
    np.testing.assert_allclose(mine, exact, rtol=0, atol=1e-5 * np.abs(exact).max())
    if not now.model.settings.learned_text:  # what so small a shop teaches of its texts changes with every product
        own = fresh_fit(now, frozen=False).score(asked)
        best = [np.argsort(-scores, axis=1)[:, :10].tolist() for scores in (mine, own)]
        assert np.mean([len(set(a) & set(b)) / 10 for a, b in zip(*best, strict=True)]) > 0.7
    same_after_saving(shop, tmp_path)
    still_true(shop)


def same_after_saving(shop: kgrec.Recommender, folder: Path) -> None:
    """Save, load, compare every sort of question, and go on changing both."""
    shop.save(folder / "shop")
    loaded = kgrec.load(folder / "shop")
    assert len(loaded.catalogue) == shop.describe()["products"]
    assert loaded.describe()["events"] == shop.describe()["events"]
    for user in (*list(shop.shop.users)[::17], "nobody", None):
        for language in ("en", "zh"):
            close(loaded.recommend(user, k=12, language=language), shop.recommend(user, k=12, language=language))
    for item in loaded.catalogue.ids[::9]:
        close(loaded.similar(item, k=200, explain=False), shop.similar(item, k=200, explain=False))
        close(loaded.similar(item, where={"price": {"<": 12}}), shop.similar(item, where={"price": {"<": 12}}))
        close(loaded.similar(item, rules={"caps": {"brand": 1}}), shop.similar(item, rules={"caps": {"brand": 1}}))
    for each in (loaded, shop):
        each.add(kgrec.Product(id="late", title="Late robin mug", brand="Alder 0"))
        each.settle()
    close(loaded.similar("late", k=9), shop.similar("late", k=9))


def close(one: kgrec.Recommendations, other: kgrec.Recommendations) -> None:
    """Compare two answers, letting cosines differ by their rounding."""
    assert [found.source for found in one] == [found.source for found in other]
    for a, b in zip(one, other, strict=True):
        assert a.score == pytest.approx(b.score, rel=1e-6, abs=1e-12 if a.source == "item-item" else 1e-6)
        if a.source == "item-item":
            assert (a.item, a.title) == (b.item, b.title)
            assert a.explanation is None or a.explanation.text == b.explanation.text


def still_true(shop: kgrec.Recommender) -> None:
    """Check that contributions add up, and that what sentences count is so."""
    now = shop.shop
    for user in now.users[::11]:
        for found in shop.recommend(user, k=8):
            assert found.explanation is not None
            total = sum(part.amount for part in found.explanation.contributions)
            assert total == pytest.approx(found.score, rel=1e-5)
            for said in found.explanation.evidence:
                if said.kind in ("behaviour", "sequence") and said.count:
                    pair = (now.catalogue.num(said.history_item), now.catalogue.num(found.item))
                    assert said.count == now.audience.both(*pair)
                elif said.kind == "fact":
                    value = now.graph.find(said.relation, said.value)
                    assert value is not None
                    assert said.count == len(now.graph.products_with(value))
                    assert value in now.graph.shared(now.graph.num(said.history_item), now.graph.num(found.item))
