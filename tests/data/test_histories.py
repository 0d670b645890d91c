from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgrec.data import Histories, Targets
from kgrec.errors import HistoryError

ROWS = st.lists(st.lists(st.integers(0, 9), max_size=6), max_size=6)


@given(ROWS)
def test_rows_come_back(rows: list[list[int]]) -> None:
    histories = Histories.of(rows)
    assert len(histories) == len(rows)
    assert [histories.row(user).tolist() for user in range(len(rows))] == rows
    assert histories.lengths().tolist() == [len(row) for row in rows]
    assert histories.items.dtype == np.int32


@given(ROWS, st.data())
def test_select_and_keep(rows: list[list[int]], data: st.DataObject) -> None:
    histories = Histories.of(rows)
    users = data.draw(st.lists(st.integers(0, len(rows) - 1), max_size=8)) if rows else []
    chosen = histories.select(np.array(users, np.int64))
    assert [chosen.row(at).tolist() for at in range(len(users))] == [rows[user] for user in users]
    even = histories.keep(histories.items % 2 == 0)
    assert [even.row(user).tolist() for user in range(len(rows))] == [[i for i in row if i % 2 == 0] for row in rows]


def test_steps_count_instants() -> None:
    made = Histories.of([[1, 2, 3, 4], [], [5, 6]])
    times = np.array([1.0, 1.0, 2.0, 3.0, 3.0, np.nan])
    timed = Histories(indptr=made.indptr, items=made.items, weights=made.weights, times=times)
    assert timed.steps().tolist() == [0, 0, 1, 2, 0, 1]
    assert made.steps().tolist() == [0, 1, 2, 3, 0, 1]
    assert Histories.of([[], []]).steps().tolist() == []


@pytest.mark.parametrize(
    ("changed", "match"),
    [
        ({"weights": np.ones(2, np.float32)}, "one length"),
        ({"times": np.zeros(4)}, "one length"),
        ({"indptr": np.array([0, 2])}, "indptr"),
        ({"indptr": np.array([1, 3])}, "indptr"),
        ({"indptr": np.array([0, 3, 2, 3])}, "indptr"),
        ({"indptr": np.array([], np.int64)}, "indptr"),
        ({"weights": np.array([1, 0, 1], np.float32)}, "positive and finite"),
        ({"weights": np.array([1, np.nan, 1], np.float32)}, "positive and finite"),
        ({"items": np.array([0, -1, 2], np.int32)}, "non-negative"),
    ],
)
def test_impossible_arrays(changed: dict[str, np.ndarray], match: str) -> None:
    arrays = {
        "indptr": np.array([0, 3]),
        "items": np.array([0, 1, 2], np.int32),
        "weights": np.ones(3, np.float32),
        "times": np.full(3, np.nan),
    }
    with pytest.raises(HistoryError, match=match):
        Histories(**{**arrays, **changed})  # type: ignore[arg-type]


def test_targets() -> None:
    targets = Targets(indptr=np.array([0, 1, 1, 3]), items=np.array([4, 5, 6], np.int32))
    assert len(targets) == 3
    assert targets.row(2).tolist() == [5, 6]
    assert targets.select(np.array([2, 0])).items.tolist() == [5, 6, 4]
