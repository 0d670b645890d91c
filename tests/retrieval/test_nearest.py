"""Filters in front of an approximate index; those in front of an exact one are in ``test_filters``."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest

from kgrec.data import Histories
from kgrec.retrieval import FaissIndex, IndexSettings, Knowledge, ModelInputs, build_index, centred, nearest_allowed

from .shops import clusters

N = 24_000
LISTS = IndexSettings(flat_limit=1_000, recall=0.99, recall_at=10, queries=200)

Search = Callable[[np.ndarray, int], tuple[np.ndarray, np.ndarray]]


@cache
def shop() -> tuple[np.ndarray, FaissIndex]:
    unit = centred(clusters(N, 16, of=150))
    index = build_index(unit, LISTS)
    assert index.report.kind == "ivf"
    assert index.report.nprobe < index.report.lists // 2
    return unit, index


@pytest.mark.parametrize("share", [1.0, 0.99, 0.5, 0.1, 0.01, 0.001])
@pytest.mark.parametrize("k", [1, 10, 200])
def test_filters_before_lists(share: float, k: int) -> None:
    unit, index = shop()
    rng = np.random.default_rng(7)
    found, wanted = 0, 0
    for _ in range(20):
        query = unit[rng.integers(N)] * 3 + unit[rng.integers(N)]
        allowed = rng.random(N) < share
        nums, cosines = nearest_allowed(index.search, unit, query, allowed, k)
        truth = np.where(allowed, unit @ (query / np.linalg.norm(query)), -1.0)
        best = np.argsort(-truth, kind="stable")[:k]
        best = best[truth[best] > 0]
        assert len(nums) == len(best) == len(set(nums.tolist()))  # k, or everything that may be shown and resembles
        assert allowed[nums].all()
        assert np.all(np.diff(cosines) <= 0)
        np.testing.assert_allclose(cosines, truth[nums], atol=2e-6)
        found, wanted = found + len(set(nums.tolist()) & set(best.tolist())), wanted + len(best)
    assert found >= 0.99 * wanted


def test_a_filter_that_keeps_none_of_the_neighbours() -> None:
    unit, index = shop()
    query = unit[5]
    allowed = unit @ query < np.quantile(unit @ query, 0.6)
    nums, cosines = nearest_allowed(index.search, unit, query, allowed, 10)
    truth = np.where(allowed, unit @ query, -1.0)
    np.testing.assert_allclose(cosines, np.sort(truth)[::-1][:10], atol=2e-6)
    assert allowed[nums].all()


def _short(search: Search) -> Search:
    """Half of what was asked for, then −1 and −inf."""

    def searched(queries: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        cosines, nums = (part.copy() for part in search(queries, k))
        cosines[:, k // 2 :], nums[:, k // 2 :] = -np.inf, -1
        return cosines, nums

    return searched


def _stammering(search: Search) -> Search:
    """Every number twice."""

    def searched(queries: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        cosines, nums = search(queries, k)
        return np.repeat(cosines, 2, axis=1)[:, :k], np.repeat(nums, 2, axis=1)[:, :k]

    return searched


@pytest.mark.parametrize("worse", [_short, _stammering])
@pytest.mark.parametrize("hidden", [0, 30, 5_000])
@pytest.mark.parametrize("k", [10, 900])
def test_an_index_that_answers_less_than_it_was_asked(worse: Callable[[Search], Search], hidden: int, k: int) -> None:
    unit, index = shop()
    allowed = np.ones(N, np.bool_)
    allowed[np.random.default_rng(2).permutation(N)[:hidden]] = False
    nums, cosines = nearest_allowed(worse(FaissIndex(unit).search), unit, unit[9], allowed, k)
    truth = np.where(allowed, unit @ unit[9], -1.0)
    assert len(set(nums.tolist())) == len(nums) == k
    np.testing.assert_allclose(cosines, np.sort(truth)[::-1][:k], atol=2e-6)
    assert index.report.kind == "ivf"


def test_a_small_shop_whose_index_is_short() -> None:
    """Everything was asked for, and the row is short: the others are compared all the same."""
    unit = np.abs(clusters(40, 6))
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    for worse in (_short, _stammering):
        nums, _ = nearest_allowed(worse(FaissIndex(unit).search), unit, unit[3], np.ones(40, np.bool_), 40)
        assert sorted(nums.tolist()) == list(range(40))


def test_the_model_reads_neighbours_from_the_planned_index() -> None:
    vectors = clusters(9_000, 16, of=100)
    vectors[17] = 0
    empty = Histories.of([]), Knowledge.empty(9_000)
    exact = ModelInputs.of(9_000, *empty, vectors, text_neighbours=10)
    told: list[str] = []
    listed = ModelInputs.of(
        9_000,
        *empty,
        vectors,
        text_neighbours=10,
        index=LISTS,
        progress=lambda stage, done, total: told.append(stage),
    )
    assert exact.index is not None
    assert listed.index is not None
    assert (exact.index.report.kind, listed.index.report.kind) == ("flat", "ivf")
    assert "finding similar texts" in told
    assert listed.neighbours.shape == exact.neighbours.shape == (9_000, 11)
    assert not np.any(listed.neighbours == np.arange(9_000)[:, None])
    assert np.all(listed.neighbours[:, 10] == -1)
    assert np.all(listed.neighbours[17] == -1)
    same = [len(set(a) & set(b)) for a, b in zip(listed.neighbours.tolist(), exact.neighbours.tolist(), strict=True)]
    assert np.mean(same) >= 0.99 * 11
    assert listed.with_histories(Histories.of([[1, 2]])).index is listed.index
    assert ModelInputs.of(9_000, *empty, None, text_neighbours=10).index is None
