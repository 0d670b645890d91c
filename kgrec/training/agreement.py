"""How alike two models order the same things, and from where on a cheaper one may take the place of an exact one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["LEAST_INT8", "LEAST_STUDENT", "rank_correlation"]

LEAST_INT8 = 0.98
"""Rank correlation with its own float form from which an int8 form is kept."""
LEAST_STUDENT = 0.95
"""Rank correlation with its teacher from which a student is kept."""


def rank_correlation(ours: Sequence[NDArray[np.float32]], theirs: Sequence[NDArray[np.float32]]) -> float:
    """Return Spearman's rank correlation, the mean over lists of at least two different scores; 1 without such lists.

    Args:
        ours: float32 (c,) a list.
        theirs: of the same lists and candidates.
    """
    found = []
    for own, other in zip(ours, theirs, strict=True):
        first, second = _ranks(own), _ranks(other)
        first, second = first - first.mean(), second - second.mean()
        spread = float(np.sqrt((first**2).sum() * (second**2).sum()))
        if spread > 0:
            found.append(float((first * second).sum()) / spread)
        elif len(own) > 1 and (first.any() or second.any()):
            found.append(0.0)  # one model sees no difference where the other does
    return float(np.mean(found)) if found else 1.0


def _ranks(scores: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return ranks, equal scores sharing the mean of theirs."""
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return ((ends - (counts - 1) / 2)[inverse]).astype(np.float64)
