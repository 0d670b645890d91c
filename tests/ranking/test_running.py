from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from kgrec.data import Pool
from kgrec.errors import DataError, RerankError
from kgrec.protocols import Shelf
from kgrec.ranking.running import Workers

from .shelves import chain_shelf, pool_of

POOL = pool_of([1, 2], [3, 4, 5])


class Scripted:
    name = "scripted"

    def __init__(self, answer: Callable[[], Any]) -> None:
        self.answer = answer

    def score(self, pools: Sequence[Pool], shelf: Shelf) -> list[NDArray[np.float32]]:
        found: list[NDArray[np.float32]] = self.answer()
        return found


def ask(answer: Callable[[], Any], *, seconds: float | None = 5.0, workers: Workers | None = None) -> NDArray[Any]:
    deadline = None if seconds is None else time.perf_counter() + seconds
    return (workers or Workers(2)).ask(Scripted(answer), POOL, chain_shelf(), deadline)


def test_good_scores_come_back_as_float32() -> None:
    scores = ask(lambda: [[3, 2, 1]])
    assert scores.dtype == np.float32
    assert scores.tolist() == [3, 2, 1]
    assert ask(lambda: [np.ones(3)], seconds=None).tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ([[1.0, 2.0]], "shape"),
        ([[1.0, 2.0, 3.0, 3.0]], "shape"),
        ([[1.0, 2.0, 3.0]] * 2, "2 answers for 1 pools"),
        ([], "0 answers"),
        (None, "NoneType"),
        ([[1.0, float("nan"), 2.0]], "1 scores that are not finite"),
        ([[1.0, float("inf"), 2.0]], "not finite"),
        ([["a", "b", "c"]], "no numbers"),
        ([None], "shape"),
    ],
)
def test_unusable_scores_are_an_error_with_the_reason(answer: Any, reason: str) -> None:
    with pytest.raises(RerankError, match=reason):
        ask(lambda: answer)


def test_whatever_it_raises_is_a_rerank_error() -> None:
    def fail() -> None:
        raise ZeroDivisionError("a bug")

    with pytest.raises(RerankError, match="ZeroDivisionError: a bug"):
        ask(fail)
    with pytest.raises(RerankError, match="SystemExit"):
        ask(lambda: exec("raise SystemExit(3)"))


def test_a_hanging_one_costs_its_time_and_its_place_only() -> None:
    let_go = threading.Event()
    workers = Workers(2)
    for _ in range(2):
        began = time.perf_counter()
        with pytest.raises(RerankError, match="did not answer before the deadline"):
            ask(let_go.wait, seconds=0.05, workers=workers)
        assert time.perf_counter() - began < 2
    with pytest.raises(RerankError, match="no thread was free"):
        ask(lambda: [[1, 2, 3]], seconds=0.05, workers=workers)
    let_go.set()
    assert ask(lambda: [[1, 2, 3]], workers=workers).tolist() == [1, 2, 3]


def test_a_deadline_that_has_passed_starts_nothing_long() -> None:
    with pytest.raises(RerankError):
        ask(lambda: time.sleep(0.2), seconds=-1.0)


def test_a_pool_checks_itself() -> None:
    with pytest.raises(DataError, match="history and times"):
        Pool(
            history=np.zeros(2, np.int32),
            times=np.zeros(1),
            candidates=np.zeros(0, np.int32),
            retrieval=np.zeros(0, np.float32),
        )
    with pytest.raises(DataError, match="must be finite"):
        Pool(
            history=np.zeros(0, np.int32),
            times=np.zeros(0),
            candidates=np.zeros(1, np.int32),
            retrieval=np.array([np.nan], np.float32),
        )
