"""Many histories → pools of candidates, for whoever trains or judges a re-ranker."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kgrec.data import Histories, Pool
from kgrec.protocols import Progress, silent
from kgrec.retrieval.linear import LinearModel, recency_weights

__all__ = ["propose_pools"]

_AT_ONCE = 2_048


def propose_pools(
    model: LinearModel,
    histories: Histories,
    k: int,
    *,
    only: NDArray[np.integer] | None = None,
    parts: bool = True,
    progress: Progress = silent,
) -> list[Pool]:
    """Return what retrieval proposes to each history, as :class:`kgrec.data.Pool`.

    Products of a history are not proposed to it. A pool is shorter where less has a positive score.

    Args:
        model: fitted without what will be wanted of the pools.
        histories: of u users, oldest first.
        k: candidates, at least 1.
        only: int (b,), the products that may be proposed; None for all.
        parts: whether to give the parts of the scores by source too.
        progress: is told how many are done.
    """
    allowed = None
    if only is not None:
        allowed = np.zeros(model.n, np.bool_)
        allowed[only] = True
    weights = recency_weights(histories, model.settings)
    pools = []
    for start in range(0, len(histories), _AT_ONCE):
        progress("proposing candidates", start, len(histories))
        users = np.arange(start, min(start + _AT_ONCE, len(histories)))
        found, scores = model.propose_many(histories.select(users), allowed, k, hide_history=True)
        for row, user in enumerate(users.tolist()):
            own = slice(int(histories.indptr[user]), int(histories.indptr[user + 1]))
            items, filled = histories.items[own], found[row] >= 0
            candidates = found[row][filled]
            sums = model.contributions_of(items, weights[own], candidates).sum(axis=1) if parts else None
            pools.append(
                Pool(
                    history=items,
                    times=histories.times[own],
                    candidates=candidates,
                    retrieval=scores[row][filled].astype(np.float32),
                    sources=model.sources if parts else (),
                    parts=None if sums is None else sums.astype(np.float32),
                )
            )
    progress("proposing candidates", len(histories), len(histories))
    return pools
