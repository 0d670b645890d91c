"""evaluate() end to end, and the baselines."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy import sparse
from sklearn.preprocessing import normalize

from kgrec.data import Histories
from kgrec.errors import DataError, SettingsError
from kgrec.evaluation import ItemKnnScorer, PopularityScorer, evaluate, fixed_split, leave_one_out
from kgrec.protocols import Scorer

KS = (2, 5)


@pytest.fixture
def checkerboard() -> Histories:
    """Even users touch even products, odd users odd ones; the last one stays open."""
    rng = np.random.default_rng(0)
    return Histories.of([rng.permutation(np.arange(u % 2, 20, 2))[:9] for u in range(60)])


def test_report_has_every_key_and_valid_json(checkerboard: Histories) -> None:
    split = leave_one_out(checkerboard).test
    scorer = PopularityScorer.fit(split.train, 20)
    report = evaluate(scorer, split, ks=KS, vectors=np.eye(20, dtype=np.float32), samples=200)
    names = ("recall", "ndcg", "mrr", "hit_rate", "precision", "map", "novelty", "popularity", "arp", "diversity")
    names += ("coverage", "gini")
    assert set(report.metrics) == {f"{name}@{k}" for name in names for k in KS}
    assert (
        set(report.intervals)
        == set(report.per_user)
        == set(report.metrics) - {f"{name}@{k}" for name in ("coverage", "gini") for k in KS}
    )
    for key, values in report.per_user.items():
        assert len(values) == report.n_users == 60
        assert report[key] == pytest.approx(values.mean())
        assert report.intervals[key].mean == pytest.approx(report[key])
        assert report.intervals[key].low <= report[key] + 1e-12
    read = json.loads(report.to_json())
    assert read["recall@5"] == report["recall@5"]
    assert read["interval"]["recall@5"] == [report.intervals["recall@5"].low, report.intervals["recall@5"].high]
    assert read["n_users"] == 60
    assert "recall@5" in str(report)


def test_what_is_not_defined_is_null_in_json() -> None:
    split = fixed_split(Histories.of([[0]]), Histories.of([[1]]))
    report = evaluate(PopularityScorer(np.ones(3)), split, ks=(1,), vectors=np.eye(3), samples=100)
    assert np.isnan(report["diversity@1"])
    assert json.loads(report.to_json())["diversity@1"] is None


def test_knn_beats_popularity_on_a_checkerboard(checkerboard: Histories) -> None:
    split = leave_one_out(checkerboard).test
    one = evaluate(ItemKnnScorer.fit(split.train, 20), split, ks=KS)
    other = evaluate(PopularityScorer.fit(split.train, 20), split, ks=KS)
    assert one["recall@2"] == 1  # two products of the user's colour are left, and only those are alike
    test = one.against(other, "recall@2")
    assert test.p_value < 0.01
    assert test.low > 0
    assert not one.against(one, "ndcg@5").p_value < 1


def test_without_samples_there_are_no_intervals(checkerboard: Histories) -> None:
    split = leave_one_out(checkerboard).validation
    assert evaluate(PopularityScorer.fit(split.train, 20), split, samples=0).intervals == {}


def test_what_evaluate_refuses(checkerboard: Histories) -> None:
    split = leave_one_out(checkerboard).test
    scorer = PopularityScorer.fit(split.train, 20)
    with pytest.raises(SettingsError):
        evaluate(scorer, split, ks=())
    with pytest.raises(SettingsError):
        evaluate(scorer, split, ks=(0,))
    with pytest.raises(DataError, match="no queries"):
        evaluate(scorer, split.select(np.zeros(0, np.int64)))


@pytest.mark.parametrize(
    "make",
    [
        PopularityScorer.fit,
        ItemKnnScorer.fit,
        lambda train, n: ItemKnnScorer.fit(train, n, weighting="bm25"),
        lambda train, n: ItemKnnScorer.fit(train, n, documents="users"),
    ],
)
def test_baselines_answer_everybody(make: object, checkerboard: Histories) -> None:
    scorer = make(checkerboard, 25)  # type: ignore[operator]
    assert isinstance(scorer, Scorer)
    scores = scorer.score(Histories.of([[], [3], [24], [3, 3, 5]]))
    assert scores.shape == (4, 25)
    assert scores.dtype == np.float32
    assert np.isfinite(scores).all()
    empty = scorer.score(Histories.of([]))
    assert empty.shape == (0, 25)
    with pytest.raises(DataError):
        make(checkerboard, 4)  # type: ignore[operator]


def test_knn_against_dense_cosines() -> None:
    rng = np.random.default_rng(1)
    rows = [rng.choice(15, size=rng.integers(1, 8), replace=False) for _ in range(40)]
    train = Histories.of(rows)
    dense = np.zeros((40, 15))
    for user, row in enumerate(rows):
        dense[user, row] = np.log1p(15 / len(row))
    length = np.linalg.norm(dense, axis=0)
    cosine = dense.T @ dense / np.outer(np.maximum(length, 1e-12), np.maximum(length, 1e-12))
    np.fill_diagonal(cosine, 0)
    every = ItemKnnScorer.fit(train, 15, k=15).similarity.toarray()
    assert every == pytest.approx(cosine, abs=1e-6)
    pruned = ItemKnnScorer.fit(train, 15, k=3).similarity
    assert (np.diff(pruned.indptr) <= 3).all()
    for num in range(15):
        best = np.sort(cosine[num])[::-1][:3]
        assert np.sort(pruned.toarray()[num])[::-1][:3] == pytest.approx(best, abs=1e-6)
    query = Histories.of([[2, 7]], weights=[[1.0, 3.0]])
    assert ItemKnnScorer.fit(train, 15, k=15).score(query)[0] == pytest.approx(cosine[2] + 3 * cosine[7], abs=1e-5)


def test_users_as_documents_against_scikit_learn() -> None:
    rng = np.random.default_rng(2)
    rows = [rng.choice(9, size=rng.integers(1, 5), replace=False) for _ in range(30)]
    dense = np.zeros((30, 9))
    for user, row in enumerate(rows):
        dense[user, row] = 1
    weighted = normalize(dense * np.log1p(30 / np.maximum(dense.sum(axis=0), 1)))
    expected = weighted.T @ weighted
    np.fill_diagonal(expected, 0)
    found = ItemKnnScorer.fit(Histories.of(rows), 9, documents="users", k=9).similarity.toarray()
    assert found == pytest.approx(expected, abs=1e-6)


def test_bm25_against_its_formula() -> None:
    train = Histories.of([[0, 1, 2], [0, 1], [1, 3], [0, 1, 1]])
    counts = np.array([[1, 1, 1, 0], [1, 1, 0, 0], [0, 1, 0, 1], [1, 2, 0, 0]], float).T
    idf = np.log1p(4 / np.array([3, 2, 2, 2]))
    total = counts.sum(axis=1)
    factor = 1.5 * (1 - 0.4 + 0.4 * total / total.mean())
    weighted = counts * 2.5 / (counts + factor[:, None]) * idf
    expected = weighted @ weighted.T
    np.fill_diagonal(expected, 0)
    found = ItemKnnScorer.fit(train, 4, weighting="bm25", k=4, k1=1.5, b=0.4).similarity.toarray()
    assert found == pytest.approx(expected, rel=1e-5)


def test_knn_blocks_join(monkeypatch: pytest.MonkeyPatch, checkerboard: Histories) -> None:
    whole = ItemKnnScorer.fit(checkerboard, 20, k=4).similarity
    monkeypatch.setattr("kgrec.evaluation.baselines._ROWS", 3)
    parts = ItemKnnScorer.fit(checkerboard, 20, k=4).similarity
    assert isinstance(parts, sparse.csr_array)
    assert np.array_equal(whole.toarray(), parts.toarray())


@pytest.mark.parametrize(
    "settings", [{"k": 0}, {"k1": 0.0}, {"b": 1.5}, {"weighting": "other"}, {"documents": "other"}]
)
def test_knn_refuses_impossible_settings(settings: dict[str, object], checkerboard: Histories) -> None:
    with pytest.raises(SettingsError):
        ItemKnnScorer.fit(checkerboard, 20, **settings)  # type: ignore[arg-type]
