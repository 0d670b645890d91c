"""Figures on held-out pools: NDCG@10."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kgrec.ranking.cross.lists import TokenLists

__all__ = ["mean_ndcg"]

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
