"""Ranking and metrics against scikit-learn, against hand-computed cases and against their own invariants."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import average_precision_score, label_ranking_average_precision_score, ndcg_score
from sklearn.metrics.pairwise import cosine_similarity

from kgrec.data import Histories, Targets
from kgrec.errors import DataError, SettingsError
from kgrec.evaluation import (
    PopularityScorer,
    Ranking,
    Split,
    average_popularity,
    average_precision,
    coverage,
    evaluate,
    fixed_split,
    gini,
    hit_rate,
    intra_list_diversity,
    mrr,
    ndcg,
    novelty,
    popularity,
    popularity_percentile,
    precision,
    rank,
    recall,
)

METRICS = (recall, precision, hit_rate, mrr, ndcg, average_precision)


class TableScorer:
    """Scores that are given: row r belongs to the query whose only product is r."""

    def __init__(self, table: np.ndarray) -> None:
        self.table = table.astype(np.float32)

    def score(self, histories: Histories) -> np.ndarray:
        return self.table[[int(histories.row(r)[0]) for r in range(len(histories))]]


def asked(table: np.ndarray, wanted: list[list[int]]) -> Split:
    """A split whose query r holds the product r, so that TableScorer knows it."""
    rows = len(table)
    return Split(
        train=Histories.of([[r] for r in range(rows)]),
        queries=Histories.of([[r] for r in range(rows)]),
        targets=Targets(
            indptr=np.concatenate([[0], np.cumsum([len(w) for w in wanted])]).astype(np.int64),
            items=np.array([i for w in wanted for i in w], np.int32),
        ),
        users=np.arange(rows, dtype=np.int64),
    )


def judged(lists: list[list[int]], wanted: list[list[int]], n: int = 10) -> Ranking:
    return Ranking.of(np.array(lists), asked(np.zeros((len(lists), n)), wanted).targets, n_products=n)


@st.composite
def cases(draw: st.DrawFn) -> tuple[np.ndarray, list[list[int]]]:
    """Scores with many ties, and targets."""
    rows, n = draw(st.integers(1, 6)), draw(st.integers(6, 14))
    table = draw(hnp.arrays(np.float32, (rows, n), elements=st.sampled_from([-np.inf, -1.0, 0.0, 0.5, 2.0, 3.0])))
    wanted = [draw(st.lists(st.integers(0, n - 1), min_size=1, max_size=5, unique=True)) for _ in range(rows)]
    return table, wanted


@given(cases(), st.integers(1, 20), st.integers(1, 7), st.booleans())
def test_ranking_is_a_full_sort(
    case: tuple[np.ndarray, list[list[int]]], k: int, chunk: int, exclude_seen: bool
) -> None:
    table, wanted = case
    found = rank(TableScorer(table), asked(table, wanted), k=k, chunk=chunk, exclude_seen=exclude_seen)
    for row, scores in enumerate(table):
        order = sorted(range(len(scores)), key=lambda num: (-scores[num], num))
        order = [num for num in order if scores[num] > -np.inf and not (exclude_seen and num == row)][:k]
        assert found.items[row].tolist() == order + [-1] * (k - len(order))
        assert found.scores[row, : len(order)].tolist() == scores[order].tolist()
        assert found.hits[row].tolist() == [num in wanted[row] for num in order] + [False] * (k - len(order))
        assert found.wanted[row] == len(wanted[row])


@given(cases(), st.data())
def test_ranking_among_some(case: tuple[np.ndarray, list[list[int]]], data: st.DataObject) -> None:
    table, wanted = case
    n = table.shape[1]
    only = np.array(data.draw(st.lists(st.integers(0, n - 1), max_size=n, unique=True)), dtype=np.int64)
    found = rank(TableScorer(table), asked(table, wanted), k=n, only=only)
    masked = np.full_like(table, -np.inf)
    masked[:, only] = table[:, only]
    assert np.array_equal(found.items, rank(TableScorer(masked), asked(table, wanted), k=n).items)


def test_ties_go_to_the_lower_number() -> None:
    table = np.zeros((1, 50), np.float32)
    table[0, 30] = 1
    assert rank(TableScorer(table), asked(table, [[3]]), k=4).items[0].tolist() == [30, 1, 2, 3]


def test_a_scorer_is_not_changed_by_the_ranking() -> None:
    table = np.arange(12, dtype=np.float32).reshape(2, 6)
    scorer = TableScorer(table)
    rank(scorer, asked(table, [[3], [4]]), k=3)
    assert np.array_equal(scorer.table, table)


@pytest.mark.parametrize("at", [0, 5])
def test_nan_names_the_scorer(at: int) -> None:
    table = np.zeros((3, 6), np.float32)
    table[2, at] = np.nan
    with pytest.raises(DataError, match=r"TableScorer gave NaN .* query 2"):
        rank(TableScorer(table), asked(table, [[4]] * 3), chunk=2)


def test_wrong_shapes_are_refused() -> None:
    table = np.zeros((2, 6), np.float32)
    split = asked(table, [[4], [4]])

    class Wrong:
        def score(self, histories: Histories) -> np.ndarray:
            return np.zeros((len(histories) + 1, 6), np.float32)

    class Integers:
        def score(self, histories: Histories) -> np.ndarray:
            return np.zeros((len(histories), 6), np.int64)

    with pytest.raises(DataError, match=r"Wrong returned scores of shape \(3, 6\); expected \(2, n\)"):
        rank(Wrong(), split)
    with pytest.raises(DataError, match="int64"):
        rank(Integers(), split)
    with pytest.raises(DataError, match="product 9"):
        rank(TableScorer(table), asked(table, [[9], [4]]))
    with pytest.raises(DataError, match="only="):
        rank(TableScorer(table), split, only=np.array([6]))
    with pytest.raises(SettingsError):
        rank(TableScorer(table), split, k=0)


def test_progress_is_told() -> None:
    table = np.zeros((5, 6), np.float32)
    told: list[tuple[str, int, int | None]] = []
    rank(TableScorer(table), asked(table, [[5]] * 5), chunk=2, progress=lambda *what: told.append(what))
    assert told == [("rank", 2, 5), ("rank", 4, 5), ("rank", 5, 5)]


@given(st.integers(0, 10_000), st.integers(1, 12))
def test_against_scikit_learn(seed: int, k: int) -> None:
    rng = np.random.default_rng(seed)
    n = 12
    table = rng.permuted(np.tile(np.arange(n, dtype=np.float32), (4, 1)), axis=1)  # no ties: sklearn averages them
    wanted = [rng.choice(n, size=rng.integers(1, 6), replace=False).tolist() for _ in range(4)]
    truth = np.array([[num in row for num in range(n)] for row in wanted], int)
    found = rank(TableScorer(table), asked(table, wanted), k=n, exclude_seen=False)
    theirs = [ndcg_score(truth[r : r + 1], table[r : r + 1], k=k) for r in range(4)]
    assert ndcg(found, k) == pytest.approx(theirs)
    full = average_precision(found, n)
    assert full == pytest.approx([average_precision_score(truth[r], table[r]) for r in range(4)])
    assert full.mean() == pytest.approx(label_ranking_average_precision_score(truth, table))


def test_by_hand() -> None:
    found = judged([[4, 7, 2, 9], [0, 1, 2, 3], [5, -1, -1, -1]], [[7, 9, 8], [9], [5]])
    assert recall(found, 2).tolist() == [1 / 3, 0, 1]
    assert recall(found, 4).tolist() == pytest.approx([2 / 3, 0, 1])
    assert precision(found, 4).tolist() == [0.5, 0, 0.25]
    assert hit_rate(found, 1).tolist() == [0, 0, 1]
    assert hit_rate(found, 4).tolist() == [1, 0, 1]
    assert mrr(found, 4).tolist() == [0.5, 0, 1]
    assert mrr(found, 1).tolist() == [0, 0, 1]
    ideal = 1 + 1 / np.log2(3) + 1 / 2
    assert ndcg(found, 4) == pytest.approx([(1 / np.log2(3) + 1 / np.log2(5)) / ideal, 0, 1])
    assert ndcg(found, 2) == pytest.approx([(1 / np.log2(3)) / (1 + 1 / np.log2(3)), 0, 1])
    assert average_precision(found, 4) == pytest.approx([(1 / 2 + 2 / 4) / 3, 0, 1])
    assert average_precision(found, 2) == pytest.approx([(1 / 2) / 2, 0, 1])


def test_lists_by_hand() -> None:
    found = judged([[0, 1], [0, -1], [0, 2]], [[5], [5], [5]], n=4 + 2)
    assert coverage(found, 1) == pytest.approx(1 / 6)
    assert coverage(found, 2) == pytest.approx(3 / 6)
    # Shown 3, 1, 1, 0, 0, 0 times: mean absolute difference over twice the mean.
    counts = np.array([3, 1, 1, 0, 0, 0])
    expected = np.abs(counts[:, None] - counts[None, :]).mean() / (2 * counts.mean())
    assert gini(found, 2) == pytest.approx(expected)
    users = np.array([8, 2, 0, 1, 4, 4])
    assert novelty(found, 2, users, 8) == pytest.approx([(0 + 2) / 2, 0, (0 + 3) / 2])
    assert average_popularity(found, 2, users).tolist() == [5, 8, 4]
    assert popularity_percentile(found, 1, users) == pytest.approx([5.5 / 6] * 3)
    assert popularity_percentile(judged([[4, 5]], [[1]], n=6), 2, users) == pytest.approx([4 / 6])


def test_an_empty_list_has_no_novelty() -> None:
    found = judged([[-1, -1]], [[3]])
    assert np.isnan(novelty(found, 2, np.ones(10, int), 5)).all()
    assert np.isnan(gini(found, 2))
    assert coverage(found, 2) == 0
    assert recall(found, 2).tolist() == [0]


def test_diversity_is_one_minus_the_mean_cosine() -> None:
    vectors = np.random.default_rng(0).normal(size=(10, 5)).astype(np.float32)
    vectors[7] = 0
    lists = [[1, 2, 3], [4, 7, -1], [5, -1, -1]]
    found = intra_list_diversity(judged(lists, [[0]] * 3), 3, vectors)
    cosine = cosine_similarity(vectors)
    assert found[0] == pytest.approx(1 - (cosine[1, 2] + cosine[1, 3] + cosine[2, 3]) / 3, abs=1e-6)
    assert found[1] == pytest.approx(1)
    assert np.isnan(found[2])
    same = np.ones((10, 3), np.float32)
    assert intra_list_diversity(judged([[1, 2, 3]], [[0]]), 3, same)[0] == pytest.approx(0, abs=1e-6)
    with pytest.raises(DataError, match="one row a product"):
        intra_list_diversity(judged([[1]], [[0]]), 1, vectors[:3])


def test_popularity_counts_users_not_events() -> None:
    assert popularity(Histories.of([[1, 1, 2], [1], []]), 4).tolist() == [0, 2, 1, 0]
    with pytest.raises(DataError, match="product 9"):
        popularity(Histories.of([[9]]), 4)


@given(cases())
def test_metrics_keep_their_ranges(case: tuple[np.ndarray, list[list[int]]]) -> None:
    table, wanted = case
    n = table.shape[1]
    found = rank(TableScorer(table), asked(table, wanted), k=n)
    for metric in METRICS:
        for k in range(1, n + 1):
            values = metric(found, k)
            assert values.dtype == np.float64
            assert ((values >= 0) & (values <= 1 + 1e-12)).all()
    for rising in (recall, hit_rate, mrr):
        values = np.array([rising(found, k) for k in range(1, n + 1)])
        assert (np.diff(values, axis=0) >= -1e-12).all()
    for k in range(1, n + 1):
        assert (mrr(found, k) <= hit_rate(found, k)).all()
        assert (average_precision(found, k) <= ndcg(found, k) + 1e-12).all()


@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_users_does_not_matter(case: tuple[np.ndarray, list[list[int]]], random: object) -> None:
    table, wanted = case
    split = asked(table, wanted)
    order = list(range(len(table)))
    random.shuffle(order)  # type: ignore[attr-defined]
    turned = split.select(np.array(order))
    one, other = (evaluate(TableScorer(table), s, ks=(3,), samples=0) for s in (split, turned))
    for key, value in one.metrics.items():
        assert other[key] == pytest.approx(value, nan_ok=True)
    assert one.per_user["ndcg@3"][order].tolist() == other.per_user["ndcg@3"].tolist()


@given(st.integers(0, 1000))
def test_a_perfect_scorer_reaches_one_and_the_reverse_zero(seed: int) -> None:
    rng = np.random.default_rng(seed)
    wanted = [rng.choice(np.arange(10, 40), size=3, replace=False).tolist() for _ in range(8)]
    table = np.zeros((8, 40), np.float32)
    for row, items in enumerate(wanted):
        table[row, items] = 1
    split = asked(table, wanted)
    best = evaluate(TableScorer(table), split, ks=(3, 10), samples=0)
    worst = evaluate(TableScorer(-table), split, ks=(3, 10), samples=0)
    for name in ("recall", "ndcg", "mrr", "hit_rate", "map"):
        assert best[f"{name}@3"] == best[f"{name}@10"] == 1
        assert worst[f"{name}@3"] == worst[f"{name}@10"] == 0


def test_a_random_scorer_finds_its_share() -> None:
    rng = np.random.default_rng(3)
    table = rng.random((4000, 4100)).astype(np.float32)
    some = np.arange(4000, 4100)
    split = asked(table, rng.choice(some, size=(4000, 1)).tolist())
    report = evaluate(TableScorer(table), split, ks=(10, 100), only=some, samples=0)
    assert report["recall@100"] == 1  # 100 products are ranked, 100 shown
    assert report["recall@10"] == pytest.approx(0.1, abs=4 * np.sqrt(0.09 / 4000))
    assert report["coverage@10"] == pytest.approx(100 / 4100)


def test_ranking_of_lists_from_elsewhere() -> None:
    found = judged([[1, 2, -1]], [[2, 2]])
    assert found.wanted.tolist() == [1]
    assert found.hits.tolist() == [[False, True, False]]
    assert found.k == 3
    with pytest.raises(DataError, match=r"\(queries, k\)"):
        judged([[1], [2]], [[1], [2]]).of(
            np.zeros((1, 2), int), asked(np.zeros((2, 9)), [[1], [2]]).targets, n_products=9
        )
    with pytest.raises(SettingsError, match="length of the lists"):
        recall(found, 4)


def test_seen_products_are_left_out_unless_asked_for() -> None:
    split = fixed_split(Histories.of([[0, 1], [0]]), Histories.of([[2], [2]]))
    scorer = PopularityScorer(np.array([5, 4, 3], np.float32))
    assert rank(scorer, split, k=3).items.tolist() == [[2, -1, -1], [1, 2, -1]]
    assert rank(scorer, split, k=3, exclude_seen=False).items.tolist() == [[0, 1, 2], [0, 1, 2]]
