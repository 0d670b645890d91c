"""Figures on held-out pools: NDCG@10, and how alike two models order the same candidates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kgrec.ranking.cross.lists import TokenLists

__all__ = ["mean_ndcg", "rank_correlation"]

_K = 10


def mean_ndcg(lists: TokenLists, rows: Sequence[int], scores: Sequence[NDArray[np.float32]]) -> float:
    """Return the mean NDCG@10 of some pools, with all that was wanted as the ideal, proposed or not; 0 without pools.

    Args:
        lists: pools.
        rows: of the pools that were scored.
        scores: float32 (c,) of each; equal scores stay in retrieval's order.
    """
    found = []
    for row, given in zip(rows, scores, strict=True):
        wanted = lists.wanted[lists.entries(row)][: len(given)][np.argsort(-given, kind="stable")][:_K]
        ideal = min(max(int(lists.targets[row]), 1), _K)
        gains = 1 / np.log2(np.arange(_K) + 2)
        found.append(float((wanted * gains[: len(wanted)]).sum() / gains[:ideal].sum()))
    return float(np.mean(found)) if found else 0.0


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
