"""How long a re-ranker takes for one query."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kgrec.data import Pool
from kgrec.errors import DataError
from kgrec.protocols import Reranker, Shelf

__all__ = ["Latency", "latency"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Milliseconds a query, asked one at a time.

    Attributes:
        queries: that were measured.
        candidates: of a query, the mean.
        p50_ms: half of the queries took no longer.
        p95_ms: 95 % of the queries took no longer.
        mean_ms: the mean.
    """

    queries: int
    candidates: float
    p50_ms: float
    p95_ms: float
    mean_ms: float


def latency(
    reranker: Reranker, pools: Sequence[Pool], shelf: Shelf, *, candidates: int | None = None, warm_up: int = 5
) -> Latency:
    """Ask one query after the other and take the time of each.

    Args:
        reranker: what is measured.
        pools: queries; the first ones are asked twice, once before the clock runs.
        shelf: that their products stand on.
        candidates: only so many of each pool, retrieval's best; None for all.
        warm_up: queries before the clock runs.

    Raises:
        DataError: there is no pool.
        RerankError: the re-ranker gives no scores.
    """
    if not pools:
        raise DataError("latency needs at least one pool")
    asked = [_first(pool, candidates) for pool in pools]
    for pool in asked[:warm_up]:
        reranker.score([pool], shelf)
    taken = []
    for pool in asked:
        started = time.perf_counter()
        reranker.score([pool], shelf)
        taken.append((time.perf_counter() - started) * 1e3)
    p50, p95 = np.percentile(taken, [50, 95])
    return Latency(
        queries=len(asked),
        candidates=float(np.mean([len(pool) for pool in asked])),
        p50_ms=float(p50),
        p95_ms=float(p95),
        mean_ms=float(np.mean(taken)),
    )


def _first(pool: Pool, most: int | None) -> Pool:
    if most is None:
        return pool
    return Pool(
        history=pool.history, times=pool.times, candidates=pool.candidates[:most], retrieval=pool.retrieval[:most]
    )
