from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from kgrec.data import Histories
from kgrec.evaluation import evaluate
from kgrec.retrieval import Knowledge, LinearModel, LinearSettings, ModelInputs
from kgrec.testing import ClusteredArrays, clustered_arrays
from kgrec.tuning import FIRST_CHOICES, ORDERED_ONLY, Tuning, choose_settings, validation_split

BASE = LinearSettings(support=10, hub_share=0.5)
N = 120


@cache
def arrays() -> ClusteredArrays:
    return clustered_arrays(N, 160, clusters=12, events_per_user=5, loyalty=0.97, skew=0.3, seed=4)


@cache
def inputs() -> ModelInputs:
    """Brand tells the cluster; noise joins three products at random, and weighs as much at the start."""
    brand = arrays().values_of("brand")
    noise = np.random.default_rng(4).permutation(N) // 3
    brands, groups = int(brand.max()) + 1, int(noise.max()) + 1
    known = Knowledge.of(
        N,
        np.tile(np.arange(N, dtype=np.int32), 2),
        np.concatenate([brand, brands + noise]).astype(np.int32),
        np.repeat(np.array([0, 1], np.int16), [brands, groups]),
        ("brand", "noise"),
        hub_share=0.5,
    )
    return ModelInputs.of(N, arrays().histories, known, None, text_neighbours=0)


@cache
def tuned() -> Tuning:
    return choose_settings(inputs(), validation_split(inputs().histories), base=BASE)


def test_never_worse_than_the_start() -> None:
    split = validation_split(inputs().histories)
    known = inputs().with_histories(split.train)
    start, chosen = (
        evaluate(LinearModel.fit(known, settings), split, ks=(20,), samples=0)["ndcg@20"]
        for settings in (BASE, tuned().settings)
    )
    assert chosen > start
    trials = [trial.ndcg for trial in tuned().trials]
    assert trials[0] == start  # the shop is small enough to be its own sample
    assert max(trials) == chosen


def test_a_relation_of_random_values_loses_its_weight() -> None:
    chosen = tuned().settings
    assert chosen.weight_of("noise") < 0.1 * chosen.weight_of("brand")
    assert chosen.weight_of("brand") > 0


def test_every_relation_is_tried_at_zero() -> None:
    tried = {trial.changed["relation"] for trial in tuned().trials if trial.changed.get("weight") == 0}
    assert tried == set(inputs().knowledge.relations)


def test_same_seed_same_choice() -> None:
    assert choose_settings(inputs(), validation_split(inputs().histories), base=BASE) == tuned()


def test_fixed_settings_are_not_searched() -> None:
    fixed = {"ridge": 33.0, "recency": 0.5, "relation_weights": {"brand": 5.0}}
    found = choose_settings(inputs(), validation_split(inputs().histories), base=BASE, fixed=fixed)
    assert found.settings.ridge == 33.0
    assert found.settings.recency == 0.5
    assert found.settings.relation_weights == {"brand": 5.0}
    assert not {name for trial in found.trials for name in trial.changed} & {"ridge", "recency", "relation"}


def test_what_the_shop_lacks_is_not_searched() -> None:
    bare = ModelInputs.of(N, arrays().histories, Knowledge.empty(N), None, text_neighbours=0)
    found = choose_settings(bare, validation_split(bare.histories), base=BASE)
    searched = {name for trial in found.trials for name in trial.changed}
    assert not searched & {"text_weight", "relation_weight", "relation"}
    assert searched <= {*FIRST_CHOICES, "newcomer_scale", "support"}


def test_unordered_histories_are_not_searched_for_order() -> None:
    ordered = arrays().histories
    unordered = Histories(
        indptr=ordered.indptr, items=ordered.items, weights=ordered.weights, times=ordered.times, ordered=False
    )
    split = validation_split(unordered)
    found = choose_settings(inputs().with_histories(unordered), split, base=BASE, fixed={"relation_weights": {}})
    assert not {name for trial in found.trials for name in trial.changed} & ORDERED_ONLY


@pytest.mark.parametrize("rows", [[], [[]], [[0, 1], [2, 3]]])
def test_too_little_to_tell(rows: list[list[int]]) -> None:
    few = inputs().with_histories(Histories.of(rows))
    fixed = {"ridge": 7.0}
    found = choose_settings(few, validation_split(few.histories), base=BASE, fixed=fixed)
    assert found == Tuning(settings=replace(BASE, ridge=7.0), trials=())


def test_validation_holds_back_the_last_product_of_each_user() -> None:
    split = validation_split(Histories.of([[3, 1, 2], [4], [], [5, 6]]))
    assert [split.train.row(user).tolist() for user in range(4)] == [[3, 1], [4], [], [5]]
    assert split.targets.items.tolist() == [2, 6]


def test_validation_without_order_draws_a_tenth() -> None:
    ordered = Histories.of([np.arange(20)] * 30)
    unordered = Histories(
        indptr=ordered.indptr, items=ordered.items, weights=ordered.weights, times=ordered.times, ordered=False
    )
    split = validation_split(unordered, seed=1)
    assert len(split.targets.items) == 60
    assert np.array_equal(split.targets.items, validation_split(unordered, seed=1).targets.items)
    assert not np.array_equal(split.targets.items, validation_split(unordered, seed=2).targets.items)


def test_progress_counts_trials() -> None:
    told: list[int] = []
    found = choose_settings(
        inputs(),
        validation_split(inputs().histories),
        base=BASE,
        fixed={"relation_weights": {}, **{name: getattr(BASE, name) for name in FIRST_CHOICES if name != "ridge"}},
        progress=lambda stage, done, total: told.append(done),
    )
    assert told == list(range(1, len(found.trials) + 1))
