"""Splits: nothing lost, nothing twice, nothing from the future."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgrec.data import Histories, Targets
from kgrec.errors import HistoryError, SettingsError
from kgrec.evaluation import Split, cold_split, fixed_split, leave_one_out, random_holdout, time_split

N = 12
distinct_rows = st.lists(st.lists(st.integers(0, N - 1), max_size=8, unique=True), min_size=1, max_size=12)
any_rows = st.lists(st.lists(st.integers(0, N - 1), max_size=8), min_size=1, max_size=12)


def owners(rows: Histories | Targets) -> np.ndarray:
    return np.repeat(np.arange(len(rows)), np.diff(rows.indptr))


def pairs(rows: Histories | Targets, users: np.ndarray | None = None) -> Counter[tuple[int, int]]:
    owner = owners(rows) if users is None else users[owners(rows)]
    return Counter(zip(owner.tolist(), rows.items.tolist(), strict=True))


def timed(rows: list[list[int]], times: list[list[float]]) -> Histories:
    made = Histories.of(rows)
    return Histories(
        indptr=made.indptr,
        items=made.items,
        weights=made.weights,
        times=np.array([t for row in times for t in row], float),
    )


def check_no_target_in_query(split: Split) -> None:
    for row in range(len(split)):
        assert not set(split.targets.row(row)) & set(split.queries.row(row))
        assert len(set(split.targets.row(row))) == len(split.targets.row(row)) > 0


def test_leave_one_out_by_hand() -> None:
    cut = leave_one_out(Histories.of([[5, 6, 7, 8], [1, 2], [3], [9, 4, 0]]))
    assert [cut.train.row(u).tolist() for u in range(4)] == [[5, 6], [1, 2], [3], [9]]
    assert cut.validation.users.tolist() == cut.test.users.tolist() == [0, 3]
    assert [cut.validation.queries.row(u).tolist() for u in range(2)] == [[5, 6], [9]]
    assert [cut.validation.targets.row(u).tolist() for u in range(2)] == [[7], [4]]
    assert [cut.test.queries.row(u).tolist() for u in range(2)] == [[5, 6, 7], [9, 4]]
    assert [cut.test.targets.row(u).tolist() for u in range(2)] == [[8], [0]]


def test_leave_one_out_keeps_weights_and_times() -> None:
    made = Histories.of([[5, 6, 7]], weights=[[1.0, 2.0, 3.0]])
    source = Histories(indptr=made.indptr, items=made.items, weights=made.weights, times=np.array([10.0, 20.0, 30.0]))
    cut = leave_one_out(source)
    assert cut.test.queries.weights.tolist() == [1.0, 2.0]
    assert cut.test.queries.times.tolist() == [10.0, 20.0]


def test_leave_one_out_does_not_ask_for_what_the_user_already_has() -> None:
    cut = leave_one_out(Histories.of([[1, 2, 1], [1, 2, 3]]))
    assert cut.test.users.tolist() == [1]
    assert cut.validation.users.tolist() == [0, 1]


def test_leave_one_out_refuses_unordered() -> None:
    made = Histories.of([[1, 2, 3]])
    unordered = Histories(indptr=made.indptr, items=made.items, weights=made.weights, times=made.times, ordered=False)
    with pytest.raises(HistoryError, match="random_holdout"):
        leave_one_out(unordered)


@given(distinct_rows)
def test_leave_one_out_loses_nothing(rows: list[list[int]]) -> None:
    source = Histories.of(rows)
    cut = leave_one_out(source)
    held = pairs(cut.validation.targets, cut.validation.users) + pairs(cut.test.targets, cut.test.users)
    assert pairs(cut.train) + held == pairs(source)
    for split in (cut.validation, cut.test):
        check_no_target_in_query(split)
        assert all(len(rows[u]) >= 3 for u in split.users)


def test_time_split_by_hand() -> None:
    source = timed([[1, 2, 3, 1], [4, 5], [6, 7], [8]], [[0, 5, 10, 11], [1, 2], [10, 12], [0]])
    split = time_split(source, at=10)
    assert [split.train.row(u).tolist() for u in range(4)] == [[1, 2], [4, 5], [], [8]]
    assert split.users.tolist() == [0]  # 1 and 3 have nothing later, 2 has nothing before
    assert split.queries.row(0).tolist() == [1, 2]
    assert split.targets.row(0).tolist() == [3]  # 1 was bought again, and is nothing new


@given(any_rows, st.floats(0.05, 0.95), st.randoms(use_true_random=False))
def test_time_split_does_not_leak(rows: list[list[int]], fraction: float, random: object) -> None:
    times = [sorted(random.uniform(0, 100) for _ in row) for row in rows]  # type: ignore[attr-defined]
    source = timed(rows, times)
    try:
        split = time_split(source, fraction=fraction)
    except (HistoryError, SettingsError):
        flat = np.sort(source.times)
        assert len(flat) == 0 or flat[int(fraction * len(flat))] == flat[0]
        return
    check_no_target_in_query(split)
    cut = np.sort(source.times)[int(fraction * len(source.times))]
    assert (split.train.times < cut).all()
    assert (split.queries.times < cut).all()
    later = {
        pair for pair, at in zip(zip(owners(source), source.items, strict=True), source.times, strict=True) if at >= cut
    }
    assert set(pairs(split.targets, split.users)) <= later
    assert len(split.train.items) == int(np.sum(source.times < cut))


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({}, SettingsError),
        ({"at": 1.0, "fraction": 0.5}, SettingsError),
        ({"fraction": 1.0}, SettingsError),
        ({"at": -1.0}, SettingsError),
        ({"at": 100.0}, SettingsError),
    ],
)
def test_time_split_refuses(arguments: dict[str, float], error: type[Exception]) -> None:
    with pytest.raises(error):
        time_split(timed([[1, 2]], [[0, 5]]), **arguments)


def test_time_split_needs_times() -> None:
    with pytest.raises(HistoryError, match="2 events have no time"):
        time_split(Histories.of([[1, 2]]), at=3)


def test_fixed_split_by_hand() -> None:
    split = fixed_split(Histories.of([[1, 2], [], [3]]), Histories.of([[2, 5, 5], [1], []]))
    assert split.users.tolist() == [0, 1]
    assert split.targets.row(0).tolist() == [5]
    assert split.targets.row(1).tolist() == [1]
    assert split.cold.tolist() == [5]


def test_fixed_split_needs_the_same_users() -> None:
    with pytest.raises(HistoryError, match="2 and 1"):
        fixed_split(Histories.of([[1], [2]]), Histories.of([[3]]))


@given(any_rows, st.floats(0.05, 0.95), st.integers(0, 3))
def test_random_holdout_loses_nothing(rows: list[list[int]], fraction: float, seed: int) -> None:
    source = Histories.of(rows)
    split = random_holdout(source, fraction=fraction, seed=seed)
    check_no_target_in_query(split)
    held = set(pairs(split.targets, split.users))
    assert not held & set(pairs(split.train))
    assert held | set(pairs(split.train)) == set(pairs(source))
    for pair in pairs(split.train):
        assert pairs(split.train)[pair] == pairs(source)[pair]
    assert all(len(split.train.row(u)) for u, row in enumerate(rows) if row)


def test_random_holdout_takes_the_share_it_says() -> None:
    source = Histories.of([list(range(7))] * 4000)
    split = random_holdout(source, fraction=0.1, seed=1)
    assert len(split.targets.items) == pytest.approx(0.1 * 7 * 4000, rel=0.05)
    taken = np.bincount(split.targets.items, minlength=7)
    assert taken.min() > 300  # every place in the row gives its part
    assert np.array_equal(split.targets.items, random_holdout(source, fraction=0.1, seed=1).targets.items)
    assert not np.array_equal(split.users, random_holdout(source, fraction=0.1, seed=2).users)


@given(distinct_rows, st.floats(0.05, 0.6), st.integers(0, 3))
def test_cold_products_leave_train_whole(rows: list[list[int]], fraction: float, seed: int) -> None:
    source = Histories.of(rows)
    split = cold_split(source, fraction=fraction, seed=seed, n=N)
    check_no_target_in_query(split)
    assert len(split.cold) == max(1, round(fraction * N))
    assert not set(split.train.items) & set(split.cold)
    assert set(split.targets.items) <= set(split.cold)
    cold_events = int(np.isin(source.items, split.cold).sum())
    assert len(split.train.items) + cold_events == len(source.items)
    asked = [u for u, row in enumerate(rows) if set(row) & set(split.cold) and set(row) - set(split.cold)]
    assert split.users.tolist() == asked


def test_cold_split_refuses_products_beyond_n() -> None:
    with pytest.raises(HistoryError, match="product 7"):
        cold_split(Histories.of([[7]]), n=5)


def test_among_keeps_only_these_targets() -> None:
    split = fixed_split(Histories.of([[1], [2], [3]]), Histories.of([[5, 6], [6], [5]]))
    part = split.among(np.array([5]))
    assert part.users.tolist() == [0, 2]
    assert [part.targets.row(r).tolist() for r in range(2)] == [[5], [5]]
    assert [part.queries.row(r).tolist() for r in range(2)] == [[1], [3]]


@settings(max_examples=20)
@given(st.integers(1, 40), st.integers(0, 5))
def test_sample_is_a_part_in_order(size: int, seed: int) -> None:
    split = fixed_split(Histories.of([[0]] * 30), Histories.of([[1 + u] for u in range(30)]))
    part = split.sample(size, seed=seed)
    assert len(part) == min(size, 30)
    assert (np.diff(part.users) > 0).all()
    assert all(part.targets.row(r).tolist() == [1 + u] for r, u in enumerate(part.users))


def test_a_split_checks_its_parts() -> None:
    one = Histories.of([[1]])
    empty = Targets(indptr=np.array([0, 0], np.int64), items=np.zeros(0, np.int32))
    with pytest.raises(HistoryError, match="at least one target"):
        Split(train=one, queries=one, targets=empty, users=np.array([0]))
    with pytest.raises(HistoryError, match="one length"):
        Split(train=one, queries=one, targets=empty, users=np.array([0, 1]))
