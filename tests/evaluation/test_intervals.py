"""Intervals cover what they say, and the paired test sees a difference where there is one."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy import stats

from kgrec.errors import DataError, SettingsError
from kgrec.evaluation import bootstrap, bootstrap_all, paired_test


def test_interval_matches_scipy() -> None:
    values = np.random.default_rng(0).exponential(size=400)
    mine = bootstrap(values, samples=4000, seed=1)
    theirs = stats.bootstrap((values,), np.mean, n_resamples=4000, method="percentile", rng=2).confidence_interval
    assert mine.mean == pytest.approx(values.mean())
    assert mine.low == pytest.approx(theirs.low, abs=0.01)
    assert mine.high == pytest.approx(theirs.high, abs=0.01)
    assert mine.low < mine.mean < mine.high


def test_intervals_cover_the_truth_as_often_as_they_say() -> None:
    rng = np.random.default_rng(4)
    covered = 0
    for trial in range(300):
        interval = bootstrap(rng.random(200) < 0.3, samples=300, level=0.9, seed=trial)
        covered += interval.low <= 0.3 <= interval.high
    assert 0.85 < covered / 300 < 0.95


def test_a_wider_level_gives_a_wider_interval() -> None:
    values = np.random.default_rng(0).random(100)
    narrow, wide = bootstrap(values, level=0.5), bootstrap(values, level=0.99)
    assert wide.low < narrow.low < narrow.high < wide.high


def test_the_same_seed_gives_the_same_interval() -> None:
    values = np.random.default_rng(0).random(50)
    assert bootstrap(values, seed=3) == bootstrap(values, seed=3)
    assert bootstrap(values, seed=3) != bootstrap(values, seed=4)


def test_blocks_do_not_change_the_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(0).random(40)
    whole = bootstrap(values, samples=200)
    monkeypatch.setattr("kgrec.evaluation.intervals._CELLS", 400)
    assert bootstrap(values, samples=200).low == pytest.approx(whole.low)


def test_users_without_a_value_are_left_out() -> None:
    values = np.array([1.0, np.nan, 3.0, 2.0, np.nan])
    both = bootstrap_all({"some": values, "none": np.full(5, np.nan), "all": np.ones(5)})
    assert both["some"].mean == 2
    assert 1 <= both["some"].low <= both["some"].high <= 3
    assert both["all"].low == both["all"].high == 1
    assert np.isnan([both["none"].mean, both["none"].low, both["none"].high]).all()


def test_what_bootstrap_refuses() -> None:
    assert bootstrap_all({}) == {}
    with pytest.raises(SettingsError):
        bootstrap(np.ones(3), samples=5)
    with pytest.raises(SettingsError):
        bootstrap(np.ones(3), level=95)
    with pytest.raises(DataError):
        bootstrap(np.zeros(0))
    with pytest.raises(DataError):
        bootstrap_all({"a": np.ones(3), "b": np.ones(4)})


def test_sign_flips_match_the_exact_test() -> None:
    difference = np.array([0.4, -0.1, 0.3, 0.2, 0.25, 0.05, -0.02, 0.31])
    sums = np.array([np.dot(signs, difference) for signs in product((-1, 1), repeat=8)])
    exact = np.mean(np.abs(sums) >= abs(difference.sum()) - 1e-12)
    assert paired_test(difference, np.zeros(8), samples=40_000).p_value == pytest.approx(exact, abs=0.003)


def test_p_values_are_uniform_where_nothing_differs() -> None:
    rng = np.random.default_rng(7)
    found = [
        paired_test(rng.normal(size=60), rng.normal(size=60), samples=400, seed=trial).p_value for trial in range(400)
    ]
    assert stats.kstest(found, "uniform").pvalue > 0.01
    assert np.mean(np.array(found) < 0.05) < 0.09


def test_p_values_are_small_where_models_differ() -> None:
    rng = np.random.default_rng(8)
    base = rng.random(500)
    test = paired_test(base + 0.05 + 0.1 * rng.normal(size=500), base, samples=2000)
    assert test.p_value == pytest.approx(1 / 2001)
    assert 0 < test.low < test.difference < test.high
    assert test.n_users == 500
    swapped = paired_test(base, base + 0.05, samples=2000)
    assert swapped.difference == pytest.approx(-0.05)
    assert swapped.high < 0


def test_equal_models_have_p_one() -> None:
    values = np.random.default_rng(0).random(30)
    same = paired_test(values, values.copy())
    assert same.p_value == 1
    assert same.difference == same.low == same.high == 0


def test_what_the_paired_test_refuses() -> None:
    with pytest.raises(DataError, match="3 and 4"):
        paired_test(np.ones(3), np.ones(4))
    with pytest.raises(DataError, match="NaN"):
        paired_test(np.array([np.nan]), np.ones(1))
    with pytest.raises(SettingsError):
        paired_test(np.ones(3), np.ones(3), samples=3)
