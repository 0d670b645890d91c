from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import kgrec
from kgrec.data import Events, Pool
from kgrec.errors import SettingsError, SnapshotDamagedError
from kgrec.protocols import Shelf
from kgrec.ranking import BlendSettings, RankingStages, SequenceSettings, Stage
from kgrec.testing import clustered_shop
from kgrec.tuning import RerankSettings, train_rerankers

DAY = 86_400.0
SETTINGS = RerankSettings(
    sequence=SequenceSettings(
        dimension=16, layers=1, epochs=8, batch_size=100, learning_rate=1e-2, dropout=0.0, input_dropout=0.0
    ),
    blend=BlendSettings(kind="pointwise", rounds=30, least=20, learning_rate=0.2),
)


class Backwards:
    """Wants the opposite of retrieval."""

    name = "backwards"

    def score(self, pools: Sequence[Pool], shelf: Shelf) -> list[NDArray[np.float32]]:
        return [-pool.retrieval for pool in pools]


@pytest.fixture(scope="module")
def shop() -> kgrec.Recommender:
    """Who touched one cluster's product touches one of the next cluster then: order tells more than company."""
    made = clustered_shop(48, 4, clusters=4, seed=2)
    cluster = np.asarray(made.product_cluster)
    members = [np.flatnonzero(cluster == number) for number in range(4)]
    rng = np.random.default_rng(0)
    rows = []
    for user in range(300):
        start = int(rng.integers(4))
        chosen: list[int] = []
        for step in range(6):
            free = np.setdiff1d(members[(start + step) % 4], chosen)
            chosen.append(int(rng.choice(free)))
        rows += [(f"u{user}", num, "view", DAY * step) for step, num in enumerate(chosen)]
    return kgrec.build(
        made.catalogue, Events.of(rows), encoder=kgrec.HashingEncoder(), settings=kgrec.LinearSettings(support=30)
    )


@pytest.fixture(scope="module")
def ranked(shop: kgrec.Recommender) -> kgrec.Recommender:
    return shop.with_stages(train_rerankers(shop.shop, SETTINGS))


def test_it_says_what_it_adds(shop: kgrec.Recommender, ranked: kgrec.Recommender) -> None:
    assert shop.describe()["stages"] is None
    told = ranked.describe()["stages"]
    assert told["rerankers"] == ["sequence"]
    assert told["blends"]["sequence"]["users"] == 300


def test_answers_are_reordered_explained_and_whole(shop: kgrec.Recommender, ranked: kgrec.Recommender) -> None:
    before, after = shop.recommend("u1", k=10), ranked.recommend("u1", k=10, deadline=30.0)
    assert before.stage == "retrieval"
    assert after.stage == "sequence"
    assert not after.degraded
    assert len(after) == 10
    assert len({one.item for one in after}) == 10
    assert all(0 <= one.score <= 1 for one in after)
    assert [one.score for one in after] == sorted((one.score for one in after), reverse=True)
    for one in after:
        assert one.explanation is not None
        total = sum(part.amount for part in one.explanation.contributions)
        assert total == pytest.approx(one.explanation.score, rel=1e-5)


def test_an_explanation_says_what_was_changed(shop: kgrec.Recommender, ranked: kgrec.Recommender) -> None:
    answer = ranked.recommend("u1", k=5, deadline=30.0)
    for place, one in enumerate(answer, start=1):
        why = ranked.explain("u1", one.item)
        assert why.reranked is not None
        assert why.reranked.rank == place
        assert len(why.reranked.changes) == 6
        assert why.reranked.stage == "sequence"
    assert shop.explain("u1", answer[0].item).reranked is None


def test_the_main_parameters_name_the_rerankers(shop: kgrec.Recommender, ranked: kgrec.Recommender) -> None:
    told = ranked.main_parameters(sample=20)
    assert told.rerankers == ("sequence",)
    assert "put in order by sequence" in told.text
    assert "sequence" in ranked.main_parameters(sample=20, language="zh").text
    assert shop.main_parameters(sample=20).rerankers == ()


def test_a_text_is_verified_against_the_shop(ranked: kgrec.Recommender) -> None:
    item = ranked.recommend("u1", k=1)[0]
    assert item.explanation is not None
    assert ranked.verify(item.explanation.text, item.item, explanation=item.explanation)
    assert not ranked.verify("It is made of solid gold and weighs 3 kg.", item.item).ok


def test_more_than_the_pool_follows_behind(ranked: kgrec.Recommender) -> None:
    everything = ranked.recommend("u1", k=48, deadline=30.0)
    scores = [one.score for one in everything]
    assert len(everything) == 48 - 6
    assert scores == sorted(scores, reverse=True)


def test_many_equal_one_by_one(ranked: kgrec.Recommender) -> None:
    users = ["u0", "u5", "nobody", "u9"]
    many = list(ranked.recommend_many(users, k=5))
    for user, answer in zip(users, many, strict=True):
        alone = ranked.recommend(user, k=5, explain=False)
        assert [(one.item, one.score) for one in answer] == [(one.item, one.score) for one in alone]
    arrays = ranked.recommend_many(users, k=5, as_arrays=True)
    assert arrays.items.shape == (4, 5)


def test_rules_act_on_the_new_order(ranked: kgrec.Recommender) -> None:
    best = ranked.recommend("u1", k=3, deadline=30.0)
    pinned = ranked.recommend("u1", k=3, rules={"pinned": {best[2].item: 1}}, deadline=30.0)
    assert pinned[0].item == best[2].item
    assert pinned.stage == "sequence"
    rest = [one.item for one in pinned][1:]
    assert rest == [one.item for one in best][:2]


def test_nobody_products_and_no_time_are_answered_by_retrieval(ranked: kgrec.Recommender) -> None:
    assert ranked.recommend(k=3).stage == "retrieval"
    assert ranked.recommend(history=["no such"], k=3).stage == "retrieval"
    assert ranked.similar(ranked.catalogue.ids[0], k=3).stage == "retrieval"
    late = ranked.recommend("u1", k=3, deadline=0.0)
    assert late.stage == "retrieval"
    assert late.degraded
    assert "sequence" in late.notes[0]
    assert len(late) == 3


def test_updates_keep_the_rerankers(ranked: kgrec.Recommender, shop: kgrec.Recommender) -> None:
    other = shop.with_stages(ranked.shop.stages)
    product = replace(other.catalogue[0], id="fresh")
    other.add(product)
    answer = other.recommend(history=[other.catalogue.ids[1], "fresh"], k=5, deadline=30.0)
    assert answer.stage == "sequence"
    other.add_events([("u1", "fresh", "view", 9 * DAY)])
    assert other.recommend("u1", k=5, deadline=30.0).stage == "sequence"
    other.remove("fresh")
    assert "fresh" not in [one.item for one in other.recommend("u2", k=40, deadline=30.0)]
    now = other._now
    assert now.popularity.tolist() == [now.audience.touched(num) for num in range(len(now.catalogue))]
    assert shop.recommend("u1", k=3).stage == "retrieval"


def test_saved_and_loaded_they_answer_alike(ranked: kgrec.Recommender, tmp_path: Path) -> None:
    ranked.save(tmp_path / "shop")
    loaded = kgrec.load(tmp_path / "shop", encoder=kgrec.HashingEncoder())
    for user in ("u0", "u7"):
        mine, theirs = ranked.recommend(user, deadline=30.0), loaded.recommend(user, deadline=30.0)
        assert [(one.item, one.score) for one in mine] == [(one.item, one.score) for one in theirs]
        assert theirs.stage == "sequence"
    assert loaded.describe()["stages"] == ranked.describe()["stages"]
    ranked.save(tmp_path / "shop")  # replaced as a whole
    weights = tmp_path / "shop" / "stages" / "sequence" / "network.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(bytes(content))
    with pytest.raises(SnapshotDamagedError, match="stages"):
        kgrec.load(tmp_path / "shop")


def test_a_reranker_that_cannot_be_saved_is_left_out_and_said(
    shop: kgrec.Recommender, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    mixed = train_rerankers(shop.shop, SETTINGS, others=[Stage(Backwards(), 20)])
    assert set(mixed.blends) == {("sequence",), ("backwards",), ("sequence", "backwards")}
    with_both = shop.with_stages(mixed)
    assert with_both.recommend("u1", deadline=30.0).stage == "backwards"
    with_both.save(tmp_path / "shop")
    assert "backwards" in caplog.text
    loaded = kgrec.load(tmp_path / "shop", encoder=kgrec.HashingEncoder())
    assert loaded.recommend("u1", deadline=30.0).stage == "sequence"


def test_what_cannot_help_leaves_the_order_of_retrieval(shop: kgrec.Recommender) -> None:
    alone = train_rerankers(shop.shop, replace(SETTINGS, sequence=None), others=[Stage(Backwards(), 20)])
    report = alone.blends["backwards",].report
    if not report.kept:
        mine = [one.item for one in shop.with_stages(alone).recommend("u1", deadline=30.0)]
        assert mine == [one.item for one in shop.recommend("u1")]
    else:
        assert report.blend > report.retrieval


def test_without_events_or_rerankers_it_says_so(shop: kgrec.Recommender) -> None:
    empty = kgrec.build(shop.catalogue, encoder=kgrec.HashingEncoder())
    with pytest.raises(SettingsError, match="no shopper with two events"):
        train_rerankers(empty.shop, SETTINGS)
    with pytest.raises(SettingsError, match="nothing to rank with"):
        train_rerankers(shop.shop, replace(SETTINGS, sequence=None))
    assert isinstance(RankingStages([], {}), RankingStages)
