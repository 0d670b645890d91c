from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kgrec.errors import DataError, SettingsError
from kgrec.retrieval import FaissIndex, IndexPlan, IndexReport, IndexSettings, build_index
from kgrec.retrieval.index import unit_rows

from .shops import clusters

KINDS = ("flat", "sq8", "ivf")
N, DIMENSION = 4_000, 24  # as clusters() draws them


@cache
def built(kind: str) -> FaissIndex:
    return build_index(clusters(), IndexSettings(kind=kind, lists=100, nprobe=8))  # type: ignore[arg-type]


def true_cosines(queries: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    a, b = queries.astype(np.float64), vectors.astype(np.float64)
    return (a / np.linalg.norm(a, axis=1, keepdims=True)) @ (b / np.linalg.norm(b, axis=1, keepdims=True)).T


def recall(nums: np.ndarray, cosines: np.ndarray) -> float:
    best = np.argsort(-cosines, axis=1, kind="stable")[:, : nums.shape[1]]
    return float(np.mean([len(set(a) & set(b)) / len(b) for a, b in zip(nums.tolist(), best.tolist(), strict=True)]))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("unit", [True, False])
@pytest.mark.parametrize("k", [1, 10, 100, 700])
def test_every_kind_against_brute_force(kind: str, unit: bool, k: int) -> None:
    vectors = unit_rows(clusters()) if unit else clusters()
    queries = np.random.default_rng(1).uniform(0.1, 9, (40, 1)).astype(np.float32) * vectors[::100]
    queries += np.float32(0.2) * np.abs(queries).mean(1, keepdims=True) * clusters(40, seed=5) / 50
    index = FaissIndex(vectors, built(kind).plan)
    assert index.report.kind == kind
    scores, nums = index.search(unit_rows(queries) if unit else queries, k)
    truth = true_cosines(queries, vectors)
    assert recall(nums, truth) >= {"flat": 1.0, "sq8": 0.995, "ivf": 0.95}[kind]
    np.testing.assert_allclose(scores, np.take_along_axis(truth, nums, axis=1), atol=2e-6)
    assert np.all(np.diff(scores, axis=1) <= 0)


@pytest.mark.parametrize("kind", KINDS)
def test_lengths_change_nothing(kind: str) -> None:
    vectors = clusters()
    scale = 10.0 ** np.random.default_rng(3).integers(-30, 30, (N, 1))
    plain = FaissIndex(vectors, built(kind).plan).search(vectors[:50], 5)
    scaled = FaissIndex((vectors.astype(np.float64) * scale), built(kind).plan).search(vectors[:50] * 1e-25, 5)  # type: ignore[arg-type]
    np.testing.assert_array_equal(plain[1], scaled[1])
    np.testing.assert_allclose(plain[0], scaled[0], atol=1e-6)


def test_very_long_and_very_short_rows_have_a_direction() -> None:
    rows = np.array([[1e30, 0], [3e-30, 4e-30], [1e-45, 0], [0, 0], [3, 4]], np.float32)
    kept = rows.copy()
    np.testing.assert_allclose(unit_rows(rows), [[1, 0], [0.6, 0.8], [1, 0], [0, 0], [0.6, 0.8]], atol=1e-6)
    np.testing.assert_array_equal(rows, kept)


def test_unit_rows_are_not_copied() -> None:
    unit = unit_rows(clusters(100))
    assert unit_rows(unit) is unit
    assert unit_rows(unit[::2]).flags.c_contiguous
    assert unit_rows(unit.astype(np.float64)).dtype == np.float32  # type: ignore[arg-type]
    tiny = np.array([[1e-30, 0], [1, 0]], np.float32)
    np.testing.assert_array_equal(unit_rows(tiny), [[1, 0], [1, 0]])


@pytest.mark.parametrize("kind", KINDS)
def test_more_asked_than_there_are(kind: str) -> None:
    scores, nums = built(kind).search(clusters(3, seed=2), N + 5)
    assert np.all(np.sort(nums[:, :N], axis=1) == np.arange(N))
    assert np.all(nums[:, N:] == -1)
    assert np.all(np.isneginf(scores[:, N:]))


@pytest.mark.parametrize("kind", KINDS)
def test_zero_rows_are_similar_to_nothing(kind: str) -> None:
    vectors = clusters()
    vectors[::7] = 0
    index = build_index(vectors, IndexSettings(kind=kind, lists=100, nprobe=8))  # type: ignore[arg-type]
    assert index.report.kind == kind
    scores, nums = index.search(np.concatenate([np.zeros((1, DIMENSION), np.float32), vectors[1:20]]), 300)
    assert np.all(scores[0] == 0)
    assert np.all(scores[1:][nums[1:] % 7 == 0] == 0)
    assert np.all(nums >= 0)


@pytest.mark.parametrize("kind", KINDS)
def test_no_vectors_and_few(kind: str) -> None:
    settings = IndexSettings(kind=kind)  # type: ignore[arg-type]
    for vectors in (np.zeros((0, 4), np.float32), np.zeros((3, 4), np.float32), np.eye(3, 4, dtype=np.float32)):
        index = build_index(vectors, settings)
        scores, nums = index.search(np.ones((2, 4), np.float32), 5)
        assert len(index) == len(vectors)
        assert [sorted(row) for row in nums[:, : len(vectors)].tolist()] == [list(range(len(vectors)))] * 2
        assert np.all(nums[:, len(vectors) :] == -1)
        assert np.all(np.isneginf(scores[:, len(vectors) :]))


def test_copies_of_one_text_come_in_the_order_of_their_numbers() -> None:
    vectors = np.repeat(clusters(300, of=300), 10, axis=0)
    for kind in ("sq8", "ivf"):
        index = build_index(vectors, IndexSettings(kind=kind, lists=40, nprobe=8, recall_at=5))  # type: ignore[arg-type]
        assert index.report.kind == kind
        scores, nums = index.search(vectors[::10], 10)
        np.testing.assert_array_equal(nums, np.arange(3_000).reshape(300, 10))
        np.testing.assert_allclose(scores, 1, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_wrong_input(kind: str) -> None:
    index = built(kind)
    broken = clusters(5)
    for value in (np.nan, np.inf):
        broken[2, 3] = value
        with pytest.raises(DataError, match="finite"):
            index.search(broken, 2)
        with pytest.raises(DataError, match="finite"):
            build_index(broken, IndexSettings(kind=kind))  # type: ignore[arg-type]
    with pytest.raises(DataError, match="queries must be"):
        index.search(np.ones((1, 3), np.float32), 2)
    for wrong in ({"k": 0}, {"k": 2, "nprobe": 0}):
        with pytest.raises(DataError, match="at least 1"):
            index.search(clusters(1), **wrong)
    with pytest.raises(DataError, match="shape"):
        build_index(np.ones((4, 0), np.float32), IndexSettings(kind=kind))  # type: ignore[arg-type]


def test_each_search_has_its_own_nprobe() -> None:
    index = built("ivf")
    queries = clusters(30, seed=4)
    numbers = [1, 2, 3, 5, 8, 13, 40, 100]
    alone = {nprobe: index.search(queries, 20, nprobe=nprobe) for nprobe in numbers}
    truth = true_cosines(queries, clusters())
    found = [recall(alone[nprobe][1], truth) for nprobe in numbers]
    assert found == sorted(found)
    assert found[0] < 0.9 < 0.999 < found[-1]
    with ThreadPoolExecutor(max_workers=8) as pool:
        for nprobe, (scores, nums) in pool.map(lambda p: (p, index.search(queries, 20, nprobe=p)), numbers * 12):
            np.testing.assert_array_equal(nums, alone[nprobe][1])
            np.testing.assert_array_equal(scores, alone[nprobe][0])


def test_a_row_that_the_lists_cannot_fill_is_searched_in_all_vectors() -> None:
    queries = clusters(20, seed=4)
    scores, nums = built("ivf").search(queries, 500, nprobe=1)
    truth = true_cosines(queries, clusters())
    np.testing.assert_allclose(scores, -np.sort(-truth, axis=1)[:, :500], atol=2e-6)
    assert all(len(set(row)) == 500 for row in nums.tolist())


@pytest.mark.parametrize("kind", KINDS)
def test_a_plan_makes_the_same_index_again(kind: str, tmp_path: Path) -> None:
    index, queries = built(kind), clusters(50, seed=4)
    arrays = {}
    for name, array in index.plan.to_arrays().items():
        np.save(tmp_path / f"{name}.npy", array)
        arrays[name] = np.load(tmp_path / f"{name}.npy", mmap_mode="r")
    np.save(tmp_path / "vectors.npy", unit_rows(clusters()))
    vectors = np.load(tmp_path / "vectors.npy", mmap_mode="r")
    again = FaissIndex(vectors, IndexPlan.from_arrays(arrays, asdict(index.report)))
    assert again.report == index.report
    for k in (1, 30, 400):
        for left, right in zip(again.search(queries, k), index.search(queries, k), strict=True):
            np.testing.assert_array_equal(left, right)


@pytest.mark.parametrize("kind", KINDS)
def test_vectors_that_came_later_are_found(kind: str) -> None:
    vectors = clusters(N + 300)
    plan = build_index(vectors[:N], IndexSettings(kind=kind, lists=100, nprobe=8)).plan  # type: ignore[arg-type]
    index = FaissIndex(vectors, plan)
    assert index.report.kind == kind
    assert len(index) == N + 300
    assert np.mean(index.search(vectors[N:], 1)[1][:, 0] == np.arange(N, N + 300)) >= 0.99


@pytest.mark.parametrize("kind", ["sq8", "ivf"])
def test_a_plan_for_other_vectors_is_passed_over(kind: str) -> None:
    others = [clusters(N, DIMENSION + 1)] + ([clusters(N - 1)] if kind == "ivf" else [])
    for vectors in others:
        index = FaissIndex(vectors, built(kind).plan)
        assert index.report.kind == "flat"
        assert "planned for other vectors" in index.report.why
        np.testing.assert_array_equal(index.search(vectors, 1)[1][:, 0], np.arange(len(vectors)))


def _damaged(kind: str) -> list[tuple[dict[str, Any], Mapping[str, Any]]]:
    plan = built(kind).plan
    arrays, report = plan.to_arrays(), asdict(plan.report)
    beyond, below, infinite = plan.list_of.copy(), plan.list_of.copy(), plan.ranges.copy()
    if kind == "ivf":
        beyond[5], below[5] = 100, -1
    infinite[2] = np.nan
    return [
        ({**arrays, "list-of": beyond if kind == "ivf" else np.zeros(3, np.int32)}, report),
        ({**arrays, "list-of": below if kind == "ivf" else np.zeros(3, np.int64)}, report),
        ({**arrays, "ranges": infinite}, report),
        ({**arrays, "ranges": plan.ranges.astype(np.float64)}, report),
        ({**arrays, "ranges": plan.ranges[:0]}, report),
        ({**arrays, "centres": np.zeros((7, DIMENSION), np.float32)}, report),
        ({}, report),
        (arrays, {**report, "kind": "hnsw"}),
        (arrays, {**report, "nprobe": 101}),
        (arrays, {**report, "nprobe": "8"}),
        (arrays, {**report, "colour": 1}),
    ]


@pytest.mark.parametrize("kind", ["sq8", "ivf"])
@pytest.mark.parametrize("which", range(11))
def test_arrays_that_do_not_belong_together_are_refused(kind: str, which: int) -> None:
    arrays, report = _damaged(kind)[which]
    with pytest.raises((DataError, KeyError, TypeError)):
        IndexPlan.from_arrays(arrays, report)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kind", "hnsw"),
        ("flat_limit", -1),
        ("flat_limit", 2.5),
        ("recall", 0.0),
        ("recall", 1.01),
        ("recall", "high"),
        ("recall", float("nan")),
        ("recall_at", 0),
        ("on_low_recall", "shrug"),
        ("lists", 0),
        ("nprobe", 0),
        ("nprobe", True),
        ("queries", 1),
        ("seed", -1),
    ],
)
def test_settings_out_of_range(name: str, value: object) -> None:
    with pytest.raises(SettingsError, match=name):
        IndexSettings(**{name: value})  # type: ignore[arg-type]


def test_a_report_belongs_to_its_plan() -> None:
    index = built("ivf")
    other = index.with_report(replace(index.report, nprobe=1))
    assert (other.report.nprobe, len(other)) == (1, len(index))
    assert index.report.nprobe == 8
    with pytest.raises(DataError, match="do not belong together"):
        index.with_report(IndexReport(kind="sq8", why="a mistake"))
