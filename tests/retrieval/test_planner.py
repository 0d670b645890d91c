from __future__ import annotations

from dataclasses import asdict
from json import dumps, loads

import numpy as np
import pytest

from kgrec.errors import LowRecallError
from kgrec.retrieval import IndexReport, IndexSettings, build_index
from kgrec.retrieval.index import unit_rows

from .shops import clusters


def unclustered(n: int = 6_000, dimension: int = 48) -> np.ndarray:
    """Return directions without any structure: no list holds the neighbours of its vectors."""
    return np.random.default_rng(0).standard_normal((n, dimension)).astype(np.float32)


def circle(n: int = 20_000) -> np.ndarray:
    """Return directions that lie far closer together than two values of an 8-bit code."""
    angle = np.linspace(0, 2 * np.pi, n, endpoint=False)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32)


def measured(vectors: np.ndarray, report: IndexReport, settings: IndexSettings, queries: np.ndarray) -> float:
    unit, asked = unit_rows(vectors), unit_rows(queries)
    index = build_index(vectors, settings)
    assert index.report.kind == report.kind
    truth = asked @ unit.T
    _, nums = index.search(asked, report.recall_at)
    best = np.argsort(-truth, axis=1)[:, : report.recall_at]
    return float(np.mean([len(set(a) & set(b)) / len(b) for a, b in zip(nums.tolist(), best.tolist(), strict=True)]))


def test_few_vectors_are_compared_one_by_one() -> None:
    report = build_index(clusters(500)).report
    assert report.kind == "flat"
    assert "500 vectors, and up to 200,000" in report.why
    assert (report.recall, report.queries, report.bytes) == (1.0, 0, 0)
    assert build_index(clusters(500), IndexSettings(flat_limit=500)).report.kind == "flat"
    assert build_index(clusters(501), IndexSettings(flat_limit=500)).report.kind == "ivf"


def test_many_clustered_vectors_get_lists() -> None:
    settings = IndexSettings(flat_limit=1_000)
    vectors = clusters(8_000)
    report = build_index(vectors, settings).report
    assert report.kind == "ivf"
    assert "over 1,000 vectors" in report.why
    assert report.lists == min(round(4 * 8_000**0.5), 8_000 // 39)
    assert report.recall >= report.recall_asked == 0.95
    assert (report.recall_at, report.queries) == (100, 400)
    assert 0 < report.bytes < 8_000 * 24 * 4
    assert loads(dumps(asdict(report))) == asdict(report)
    rng = np.random.default_rng(9)
    rows = vectors[rng.choice(8_000, 200)]
    profiles = unit_rows(vectors)[rng.choice(8_000, 200)] + unit_rows(vectors)[rng.choice(8_000, 200)]
    found = min(measured(vectors, report, settings, queries) for queries in (rows, profiles))
    assert found == pytest.approx(report.recall, abs=0.03)  # other questions than those of the measurement


def test_lists_that_find_too_little_give_way_to_codes_of_all() -> None:
    report = build_index(unclustered(), IndexSettings(flat_limit=1_000)).report
    assert report.kind == "sq8"
    assert report.recall >= 0.95
    assert "ivf finds 0." in report.why
    assert report.nprobe == report.lists == 0


def test_codes_that_find_too_little_give_way_to_every_vector() -> None:
    vectors = circle()
    settings = IndexSettings(flat_limit=1_000, recall=0.999, recall_at=10, nprobe=1)
    index = build_index(vectors, settings)
    assert index.report.kind == "flat"
    assert "ivf finds" in index.report.why
    assert "sq8 finds" in index.report.why
    scores, _ = index.search(vectors[:50], 10)
    np.testing.assert_allclose(scores, -np.sort(-(vectors[:50] @ vectors.T), axis=1)[:, :10], atol=1e-6)


def test_a_named_kind_that_finds_too_little_is_replaced_with_the_reason() -> None:
    index = build_index(unclustered(), IndexSettings(kind="ivf"))
    assert index.report.kind == "flat"
    assert "ivf finds 0." in index.report.why
    assert "0.95 is asked for" in index.report.why
    queries = unclustered(20)[:, ::-1]
    _, nums = index.search(np.ascontiguousarray(queries), 5)
    best = np.argsort(-(unit_rows(queries) @ unit_rows(unclustered()).T), axis=1)[:, :5]
    np.testing.assert_array_equal(nums, best)


def test_a_named_kind_that_finds_too_little_is_refused_where_that_is_wanted() -> None:
    settings = IndexSettings(kind="ivf", on_low_recall="refuse")
    with pytest.raises(LowRecallError, match=r"ivf finds 0\.\d+ of the nearest 100 where 0\.95 is asked for; raise"):
        build_index(unclustered(), settings)
    assert build_index(clusters(), settings).report.kind == "ivf"
    auto = IndexSettings(flat_limit=100, on_low_recall="refuse")
    assert build_index(unclustered(), auto).report.kind == "sq8"  # nothing was named


def test_more_lists_are_looked_into_while_too_little_is_found() -> None:
    vectors = clusters(8_000, of=20)
    numbers = [
        build_index(vectors, IndexSettings(kind="ivf", lists=200, nprobe=1, recall=wanted)).report
        for wanted in (0.2, 0.7, 0.9, 0.97)
    ]
    assert [report.kind for report in numbers] == ["ivf"] * 4
    assert [report.nprobe for report in numbers] == sorted(report.nprobe for report in numbers)
    assert numbers[0].nprobe < numbers[-1].nprobe <= 50
    assert all(report.recall >= report.recall_asked for report in numbers)


def test_rows_that_are_filled_from_all_vectors_do_not_count_as_found() -> None:
    """Lists of ten vectors: one list never holds a hundred neighbours, though search() answers with a hundred."""
    vectors = clusters(4_000, of=400)
    index = build_index(vectors, IndexSettings(kind="ivf", lists=400, nprobe=1))
    assert index.report.kind == "ivf"
    assert index.report.nprobe > 4
    assert np.mean(index.search(vectors[:50], 100)[1] >= 0) == 1.0
    scores, nums = index.search_codes(vectors[:50], 100, nprobe=1)
    assert np.mean(nums >= 0) < 0.5
    assert np.all(np.isneginf(scores[nums < 0]))


def test_the_same_input_gives_the_same_index() -> None:
    settings = IndexSettings(kind="ivf", seed=3)
    first, second = (build_index(clusters(), settings) for _ in range(2))
    for name, array in first.plan.to_arrays().items():
        np.testing.assert_array_equal(array, second.plan.to_arrays()[name])
    other = build_index(clusters(), IndexSettings(kind="ivf", seed=4))
    assert not np.array_equal(other.plan.centres, first.plan.centres)


def test_nothing_to_train_on() -> None:
    vectors = np.zeros((300, 8), np.float32)
    for said in (0, 1):
        vectors[:said] = 1
        report = build_index(vectors, IndexSettings(kind="ivf")).report
        assert report.kind == "flat"
        assert "nothing to train on" in report.why


def test_one_text_many_times() -> None:
    vectors = np.ones((3_000, 8), np.float32)
    for kind in ("sq8", "ivf"):
        index = build_index(vectors, IndexSettings(kind=kind))  # type: ignore[arg-type]
        scores, nums = index.search(vectors[:3], 10)
        np.testing.assert_allclose(scores, 1, atol=1e-6)
        assert nums.min() >= 0


def test_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    build_index(clusters(200), IndexSettings(kind="ivf", lists=60))  # far fewer vectors for a list than FAISS likes
    captured = capfd.readouterr()
    assert captured.out == captured.err == ""


def test_progress_is_told() -> None:
    told = []
    build_index(clusters(), IndexSettings(kind="ivf"), progress=lambda *step: told.append(step))
    assert {stage for stage, _, _ in told} == {"building the index", "measuring the index"}
    assert all(total is None or 0 <= done <= total for _, done, total in told)
