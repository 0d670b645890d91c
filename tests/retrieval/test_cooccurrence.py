from __future__ import annotations

import numba as nb
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kgrec.data import Histories
from kgrec.retrieval.cooccurrence import Cooccurrence, count_cooccurrence, step_numbers

from .reference import Counts, dense_counts
from .shops import histories_of

OPTIONS = {"length_exponent": 0.0, "past_decay": 0.7, "future_decay": 0.6, "window": 200, "baskets": False}


def counted(histories: Histories, n: int, **changed: float) -> tuple[Cooccurrence, Counts]:
    """Return the sparse counts and the same as dense matrices."""
    found = count_cooccurrence(histories, n, **{**OPTIONS, **changed})  # type: ignore[arg-type]
    dense = np.zeros((3, n, n))
    rows = np.repeat(np.arange(n), np.diff(found.indptr))
    for at, values in enumerate((found.together, found.past, found.into)):
        dense[at, rows, found.indices] = values
    return found, Counts(dense[0], dense[1], dense[2].T)


@given(
    rows=st.lists(st.lists(st.integers(0, 6), max_size=9), min_size=1, max_size=6),
    seed=st.integers(0, 1000),
    length_exponent=st.floats(0, 1.5),
    past_decay=st.floats(0.05, 0.95),
    future_decay=st.floats(0.05, 0.95),
    window=st.integers(1, 12),
    baskets=st.booleans(),
    ordered=st.booleans(),
)
@example(
    rows=[[0, 1, 2, 3, 4, 5, 6, 0, 1]] * 3,
    seed=0,
    length_exponent=0.0,
    past_decay=0.95,
    future_decay=0.9,
    window=1,
    baskets=False,
    ordered=True,
)
@settings(max_examples=60, deadline=None)
def test_against_the_definition(
    rows: list[list[int]],
    seed: int,
    length_exponent: float,
    past_decay: float,
    future_decay: float,
    window: int,
    baskets: bool,
    ordered: bool,
) -> None:
    rng = np.random.default_rng(seed)
    times = [float(time) for row in rows for time in np.sort(rng.integers(0, 4, len(row)))]
    histories = histories_of(
        rows, weights=[rng.choice([0.5, 1, 4], len(row)).tolist() for row in rows], times=times, ordered=ordered
    )
    options = {
        "length_exponent": length_exponent,
        "past_decay": past_decay,
        "future_decay": future_decay,
        "window": window,
        "baskets": baskets,
    }
    found, dense = counted(histories, 7, **options)
    expected = dense_counts(histories, 7, **options)  # type: ignore[arg-type]
    for name in Counts._fields:
        np.testing.assert_allclose(getattr(dense, name), getattr(expected, name), rtol=2e-5, atol=1e-5, err_msg=name)
    for j in range(7):
        assert np.all(np.diff(found.indices[found.indptr[j] : found.indptr[j + 1]]) > 0)


def test_a_long_history_with_a_small_window_keeps_every_cut() -> None:
    histories = histories_of([list(range(60)), [5, 6]])
    _, dense = counted(histories, 60, window=1, past_decay=0.95)
    expected = dense_counts(histories, 60, window=1, past_decay=0.95)
    np.testing.assert_allclose(dense.past, expected.past, rtol=2e-5, atol=1e-5)


def test_one_history_by_hand() -> None:
    _, dense = counted(histories_of([[0, 1, 2]]), 4, past_decay=0.5, future_decay=0.25)
    np.testing.assert_allclose(dense.together[:3, :3], 1)
    # Prefixes {0} and {0, 1}: the past weighs 1, then .5 and 1.
    np.testing.assert_allclose(dense.past[:2, :2], [[1.25, 0.5], [0.5, 1]])
    # {0} → 1 and 2 at .25; {0, 1} → 2.
    np.testing.assert_allclose(dense.transition[:3, :3], [[0, 1, 0.25 + 0.5], [0, 0, 1], [0, 0, 0]])
    assert not np.any(dense.together[3])


def test_a_basket_has_no_order_inside() -> None:
    histories = histories_of([[0, 1, 2]], times=[5, 5, 9])
    _, dense = counted(histories, 3, baskets=True)
    assert dense.transition[0, 1] == dense.transition[1, 0] == 0
    assert dense.transition[0, 2] == dense.transition[1, 2] == 1
    np.testing.assert_array_equal(step_numbers(histories, baskets=True), [0, 0, 1])
    np.testing.assert_array_equal(step_numbers(histories, baskets=False), [0, 1, 2])


def test_events_without_a_time_are_baskets_of_their_own() -> None:
    histories = histories_of([[0, 1], [2, 3]], times=[np.nan, np.nan, 1, 1])
    np.testing.assert_array_equal(step_numbers(histories, baskets=True), [0, 1, 0, 0])


@pytest.mark.parametrize("rows", [[], [[]], [[], [], []]])
def test_no_events(rows: list[list[int]]) -> None:
    found, _ = counted(histories_of(rows), 5)
    assert found.indptr.tolist() == [0] * 6
    assert len(found.indices) == len(found.together) == len(found.past) == len(found.into) == 0


def test_scale_of_weights_does_not_matter() -> None:
    rows = [[0, 1, 2], [2, 0]]
    _, once = counted(histories_of(rows, weights=[[1, 2, 3], [4, 1]]), 3)
    _, tenfold = counted(histories_of(rows, weights=[[10, 20, 30], [40, 10]]), 3)
    for name in Counts._fields:
        np.testing.assert_allclose(getattr(once, name), getattr(tenfold, name), rtol=1e-6)


def test_thread_count_changes_nothing() -> None:
    rng = np.random.default_rng(0)
    histories = histories_of([rng.integers(0, 50, 12).tolist() for _ in range(80)])
    threads = nb.get_num_threads()
    try:
        nb.set_num_threads(1)
        one = counted(histories, 50)[0]
        nb.set_num_threads(min(2, threads))
        two = counted(histories, 50)[0]
    finally:
        nb.set_num_threads(threads)
    for name in ("indptr", "indices", "together", "past", "into"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
