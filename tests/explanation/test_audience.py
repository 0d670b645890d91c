from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgrec.data import Histories
from kgrec.errors import DataError
from kgrec.explanation import Audience

histories = st.lists(st.lists(st.integers(0, 6), max_size=8), max_size=12)


@given(histories)
def test_counts_are_those_of_sets(rows: list[list[int]]) -> None:
    audience = Audience.of(Histories.of(rows), 7)
    who = [{user for user, row in enumerate(rows) if item in row} for item in range(7)]
    for a in range(7):
        assert audience.touched(a) == len(who[a])
        for b in range(7):
            assert audience.both(a, b) == len(who[a] & who[b])
    again = Audience.from_arrays(audience.to_arrays())
    assert [again.touched(a) for a in range(7)] == [len(w) for w in who]


def test_refuses_what_does_not_fit() -> None:
    with pytest.raises(DataError, match="product 9"):
        Audience.of(Histories.of([[9]]), 3)
    with pytest.raises(DataError, match="shopper"):
        Audience.from_arrays({"indptr": np.zeros(1, np.int64)})
    with pytest.raises(DataError, match="rise"):
        Audience(np.array([0, 2], np.int64), np.array([1, 1], np.int32))
    with pytest.raises(DataError, match="indptr"):
        Audience(np.array([0, 3], np.int64), np.array([1], np.int32))
    with pytest.raises(IndexError):
        Audience.of(Histories.of([[1]]), 3).touched(3)
    assert Audience.of(Histories.of([]), 0).average == 0
