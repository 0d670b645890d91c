"""How well scores order pools, and whether one order is surely better than another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kgrec.data import Pool, Targets

__all__ = ["paired_p", "pool_ndcg"]


def pool_ndcg(
    scores: Sequence[NDArray[Any]], pools: Sequence[Pool], targets: Targets, k: int = 10
) -> NDArray[np.float64]:
    """Return NDCG@k of pools ranked by scores, float64 (pools,); what is wanted and not proposed counts as missed."""
    found = np.zeros(len(pools))
    discounts = 1 / np.log2(np.arange(k) + 2)
    for at, (mine, pool) in enumerate(zip(scores, pools, strict=True)):
        right = targets.row(at)
        if len(right):
            best = pool.candidates[np.argsort(-mine, kind="stable")[:k]]
            gained = np.isin(best, right) @ discounts[: len(best)]
            found[at] = gained / discounts[: min(len(right), k)].sum()
    return found


def paired_p(after: NDArray[np.float64], before: NDArray[np.float64]) -> float:
    """Return the two-sided p-value of a paired z-test, for the many users that a blend needs."""
    apart = after - before
    error = float(apart.std(ddof=1)) / math.sqrt(len(apart)) if len(apart) > 1 else 0.0
    return math.erfc(abs(float(apart.mean())) / error / math.sqrt(2)) if error > 0 else 1.0
