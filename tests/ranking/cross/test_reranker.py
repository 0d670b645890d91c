from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from kgrec.data import Pool, Targets
from kgrec.errors import RerankError, SettingsError
from kgrec.protocols import Reranker, Shelf
from kgrec.ranking.cross import CrossEncoderReranker
from kgrec.ranking.cross.writing import PoolRows
from kgrec.ranking.latency import latency
from kgrec.testing import RerankerContract
from tests.ranking.cross import tiny


class TestCrossEncoder(RerankerContract):
    @pytest.fixture(autouse=True)
    def _trained(self, trained: CrossEncoderReranker) -> None:
        self.trained = trained

    def make(self, pools: Sequence[Pool], targets: Targets, shelf: Shelf) -> Reranker:
        return self.trained


class Slow:
    """Counts who is inside."""

    precision = "float32"

    def __init__(self, value: float = 0.0) -> None:
        self.inside = self.most = 0
        self.value = value
        self.lock = threading.Lock()

    def __call__(self, rows: PoolRows) -> np.ndarray:
        with self.lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
        time.sleep(0.005)
        with self.lock:
            self.inside -= 1
        return np.full(len(rows.own), self.value, np.float32)


def test_passes_are_bounded_however_many_ask(trained: CrossEncoderReranker) -> None:
    from concurrent.futures import ThreadPoolExecutor

    shelf, pools, _ = tiny.easy()
    slow = Slow()
    asked = CrossEncoderReranker(replace(trained.parts, scorer=slow), threads=3)
    with ThreadPoolExecutor(32) as threads:
        found = list(threads.map(lambda pool: asked.score([pool], shelf)[0], pools[:64]))
    assert all(len(scores) == 10 for scores in found)
    assert slow.most == 3


def test_what_is_no_score_is_an_error(trained: CrossEncoderReranker) -> None:
    shelf, pools, _ = tiny.easy()
    broken = CrossEncoderReranker(replace(trained.parts, scorer=Slow(float("nan"))))
    with pytest.raises(RerankError, match="not finite"):
        broken.score(pools[:1], shelf)

    class Failing(Slow):
        def __call__(self, rows: PoolRows) -> np.ndarray:
            raise RuntimeError("out of memory")

    with pytest.raises(RerankError, match="out of memory"):
        CrossEncoderReranker(replace(trained.parts, scorer=Failing())).score(pools[:1], shelf)


def test_latency_asks_one_query_at_a_time(trained: CrossEncoderReranker) -> None:
    shelf, pools, _ = tiny.easy()
    found = latency(CrossEncoderReranker(replace(trained.parts, scorer=Slow())), pools[:9], shelf, candidates=5)
    assert (found.queries, found.candidates) == (9, 5)
    assert 5 <= found.p50_ms <= found.p95_ms


def test_threads_are_counted(trained: CrossEncoderReranker) -> None:
    with pytest.raises(SettingsError, match="threads"):
        CrossEncoderReranker(trained.parts, threads=-1)
