from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from kgrec.data import Pool, Targets
from kgrec.errors import DataError, MissingExtraError, SettingsError
from kgrec.ranking.blending import Blend, BlendSettings, learn_blend
from kgrec.ranking.blending.blend import ordered_probabilities
from kgrec.ranking.blending.features import features_of
from kgrec.ranking.blending.trees import Trees
from kgrec.ranking.judging import paired_p, pool_ndcg

from .shelves import N, chain_shelf

QUICK = BlendSettings(kind="pointwise", rounds=30, least=20, learning_rate=0.2)
SHELF = chain_shelf()


def question(
    users: int = 300, candidates: int = 12, *, helps: float = 3.0, seed: int = 0
) -> tuple[list[Pool], Targets, dict[str, list[NDArray[np.float32]]]]:
    """Retrieval sees half of what is wanted, the re-ranker the other half."""
    rng = np.random.default_rng(seed)
    pools, wanted, given = [], [], []
    for _ in range(users):
        chosen = rng.choice(N, candidates + 2, replace=False).astype(np.int32)
        history, proposed = chosen[:2], chosen[2:]
        shown, hidden = rng.normal(size=candidates), rng.normal(size=candidates)
        order = np.argsort(-shown, kind="stable")
        best = int((shown + hidden + 0.3 * rng.normal(size=candidates)).argmax())
        pools.append(
            Pool(
                history=history,
                times=np.full(2, np.nan),
                candidates=proposed[order],
                retrieval=(3 + shown[order]).astype(np.float32).clip(0.01),
                sources=("behaviour", "text"),
                parts=np.stack([2 + shown[order], np.ones(candidates)], 1).astype(np.float32),
            )
        )
        wanted.append(proposed[best])
        given.append((helps * hidden[order] + (0 if helps else rng.normal(size=candidates))).astype(np.float32))
    targets = Targets(indptr=np.arange(users + 1), items=np.array(wanted, np.int32))
    return pools, targets, {"model": given}


@pytest.mark.parametrize("kind", ["pointwise", "listwise"])
def test_a_helpful_reranker_is_used(kind: str) -> None:
    if kind == "listwise":
        pytest.importorskip("lightgbm", reason="the extra [boost] is not installed")
    pools, targets, given = question()
    blend = learn_blend(pools, targets, SHELF, given, replace(QUICK, kind=kind))
    assert blend.report.kept
    assert blend.report.blend > blend.report.retrieval + 0.1
    assert blend.report.p_value < 0.01
    fresh, wanted, scores = question(200, seed=5)
    mine = [blend.score(pool, SHELF, {"model": scores["model"][at]}) for at, pool in enumerate(fresh)]
    after = pool_ndcg(mine, fresh, wanted)
    before = pool_ndcg([pool.retrieval for pool in fresh], fresh, wanted)
    assert after.mean() > before.mean() + 0.1


def test_noise_leaves_the_order_of_retrieval() -> None:
    pools, _, _ = question(200)
    noise = [np.random.default_rng(at).normal(size=len(pool)).astype(np.float32) for at, pool in enumerate(pools)]
    right = Targets(indptr=np.arange(201), items=np.array([pool.candidates[0] for pool in pools], np.int32))
    blend = learn_blend(pools, right, SHELF, {"model": noise}, QUICK)
    assert not blend.report.kept
    assert "retrieval is kept" in str(blend.report)
    for pool, scores in zip(pools, noise, strict=True):
        assert np.all(np.diff(blend.score(pool, SHELF, {"model": scores})) <= 0)


def test_too_little_to_learn_from_keeps_retrieval() -> None:
    pools, targets, given = question(10)
    assert not learn_blend(pools, targets, SHELF, given, QUICK).report.kept
    none = Targets(indptr=np.zeros(1, np.int64), items=np.zeros(0, np.int32))
    empty = learn_blend([], none, SHELF, {"model": []}, QUICK)
    assert not empty.report.kept
    assert empty.report.users == 0


def test_a_higher_score_never_lowers_a_candidate() -> None:
    pools, targets, given = question()
    blend = learn_blend(pools, targets, SHELF, given, QUICK)
    for at, pool in enumerate(pools[:20]):
        scores = given["model"][at]
        before = blend.score(pool, SHELF, {"model": scores})
        for place in (0, 5, 11):
            raised = scores.copy()
            raised[place] += 2.0
            after = blend.score(pool, SHELF, {"model": raised})
            assert np.sum(after > after[place]) <= np.sum(before > before[place])


def test_scores_are_the_chance_to_be_wanted() -> None:
    pools, targets, given = question(600)
    blend = learn_blend(pools, targets, SHELF, given, QUICK)
    fresh, wanted, scores = question(600, seed=8)
    chances = np.concatenate(
        [blend.score(pool, SHELF, {"model": scores["model"][at]}) for at, pool in enumerate(fresh)]
    )
    right = np.concatenate([np.isin(pool.candidates, wanted.row(at)) for at, pool in enumerate(fresh)])
    assert 0 <= chances.min() <= chances.max() <= 1
    for low, high in ((0.0, 0.05), (0.05, 0.3), (0.3, 1.0)):
        part = (chances >= low) & (chances < high)
        assert abs(chances[part].mean() - right[part].mean()) < 0.1


def test_probabilities_keep_every_difference() -> None:
    raw = np.array([50.0, 49.0, 48.0, -70.0, -71.0, 48.0])
    found = ordered_probabilities(raw, 1.0, 0.0)
    assert np.argsort(-found, kind="stable").tolist() == [0, 1, 2, 5, 3, 4]
    assert found[2] == found[5]


@pytest.mark.parametrize("kind", ["pointwise", "listwise"])
def test_trees_as_arrays_say_what_the_library_said(kind: str) -> None:
    rng = np.random.default_rng(1)
    table = rng.normal(size=(500, 4)).astype(np.float32)
    label = (table[:, 0] + table[:, 1] * table[:, 2] > 0.5).astype(int)
    if kind == "listwise":
        lightgbm = pytest.importorskip("lightgbm", reason="the extra [boost] is not installed")
        booster = lightgbm.train(
            {"objective": "rank_xendcg", "verbose": -1, "seed": 1, "num_leaves": 7},
            lightgbm.Dataset(table, label, group=[10] * 50),
            20,
        )
        trees, expected = Trees.of_lightgbm(booster), booster.predict(table)
    else:
        from sklearn.ensemble import HistGradientBoostingClassifier

        model = HistGradientBoostingClassifier(max_iter=20, max_leaf_nodes=7).fit(table, label)
        trees, expected = Trees.of_sklearn(model), model.decision_function(table)
    np.testing.assert_allclose(trees.predict(table), expected, atol=1e-9)
    again = Trees.from_arrays(trees.to_arrays())
    np.testing.assert_array_equal(again.predict(table), trees.predict(table))
    broken = trees.to_arrays() | {"left": np.zeros_like(trees.left)}
    with pytest.raises(DataError, match="do not fit together"):
        Trees.from_arrays(broken)
    with pytest.raises(DataError, match="without value"):
        Trees.from_arrays({name: part for name, part in trees.to_arrays().items() if name != "value"})


def test_columns_have_names_and_say_which_may_only_rise() -> None:
    pools, _, given = question(5)
    features = features_of(pools, ("model",))
    table = features.table(pools[0], SHELF, {"model": given["model"][0]})
    assert table.shape == (12, len(features.names))
    assert np.isfinite(table).all()
    rising = {name for name, up in zip(features.names, features.rising, strict=True) if up}
    assert rising == {name for name in features.names if name.startswith(("retrieval: ", "model: "))}
    bare = replace(pools[0], sources=(), parts=None)
    assert features.table(bare, SHELF, {"model": given["model"][0]}).shape == table.shape


def test_arguments_are_checked() -> None:
    pools, targets, given = question(30)
    with pytest.raises(SettingsError, match="targets has 30 entries for 29 pools"):
        learn_blend(pools[:-1], targets, SHELF, given)
    with pytest.raises(SettingsError, match="kind"):
        BlendSettings(kind="magic")  # type: ignore[arg-type]


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    pools, targets, given = question(30)
    with pytest.raises(MissingExtraError, match="boost"):
        learn_blend(pools, targets, SHELF, given, BlendSettings(kind="listwise"))
    assert isinstance(learn_blend(pools, targets, SHELF, given, replace(QUICK, kind="auto")), Blend)


def test_ndcg_counts_what_was_not_proposed_as_missed() -> None:
    pools, _, _ = question(2)
    first, absent = pools[0].candidates[0], np.setdiff1d(np.arange(N), pools[1].candidates)[0]
    targets = Targets(indptr=np.array([0, 1, 3]), items=np.array([first, pools[1].candidates[1], absent], np.int32))
    found = pool_ndcg([pool.retrieval for pool in pools], pools, targets)
    assert found[0] == 1
    assert found[1] == pytest.approx((1 / np.log2(3)) / (1 + 1 / np.log2(3)))


def test_a_paired_test_tells_a_difference_from_none() -> None:
    rng = np.random.default_rng(0)
    before = rng.random(1_000)
    assert paired_p(before + 0.05 + 0.1 * rng.normal(size=1_000), before) < 1e-6
    assert paired_p(before + 0.1 * rng.normal(size=1_000), before) > 0.01
    assert paired_p(before, before) == 1.0
