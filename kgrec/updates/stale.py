"""Which columns are no longer what a fit would give, and which of them matter most."""

from __future__ import annotations

import numba as nb
import numpy as np
from numpy.typing import NDArray

from kgrec.retrieval import LinearModel

__all__ = ["Stale", "spoken_for"]

_CLEAN, _ASKED, _SURE = 0, 1, 2


class Stale:
    """The queue of n columns.

    A column is surely stale where something in its regression changed, or only to be looked at, where a product may
    now enter its support.

    Args:
        n: number of products.
    """

    def __init__(self, n: int) -> None:
        """Start with nothing to do."""
        self._state = np.zeros(n, np.uint8)
        self._urgency = np.zeros(n, np.float32)
        self._newcomers = np.zeros(n, np.bool_)

    def __len__(self) -> int:
        """Return the number of columns that wait."""
        return int(np.count_nonzero(self._state))

    def grow(self, n: int) -> None:
        """Give room to products up to number ``n`` − 1."""
        more = n - len(self._state)
        self._state = np.concatenate([self._state, np.zeros(more, np.uint8)])
        self._urgency = np.concatenate([self._urgency, np.zeros(more, np.float32)])
        self._newcomers = np.concatenate([self._newcomers, np.zeros(more, np.bool_)])

    def mark(self, products: NDArray[np.integer], urgency: NDArray[np.float32] | float) -> None:
        """Note columns (int (b,), no doubles) that have changed; of two urgencies the larger one counts."""
        self._state[products] = _SURE
        self._urgency[products] = np.maximum(self._urgency[products], urgency)

    def ask(self, products: NDArray[np.integer], urgency: NDArray[np.float32] | float) -> None:
        """Note columns (int (b,), no doubles) that a newcomer may enter."""
        self._state[products] = np.maximum(self._state[products], _ASKED)
        self._urgency[products] = np.maximum(self._urgency[products], urgency)

    def introduce(self, newcomers: NDArray[np.integer]) -> None:
        """Note who may enter supports."""
        self._newcomers[newcomers] = True

    def take(self, most: int) -> NDArray[np.int64]:
        """Return the most urgent columns, int64 (≤ most,), and count them as done."""
        waiting = np.flatnonzero(self._state)
        if len(waiting) > most:
            waiting = waiting[np.argpartition(-self._urgency[waiting], most)[:most]]
        return waiting

    def surely(
        self, products: NDArray[np.int64], chosen: NDArray[np.int32], cold: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:
        """Tell which columns have to be solved: the sure ones, and those whose new support holds a newcomer.

        What ``cold`` ones (bool (b,)) hear through others is not told by their support, so they are all solved.
        """
        entered = (self._newcomers[np.maximum(chosen, 0)] & (chosen >= 0)).any(axis=1)
        sure: NDArray[np.bool_] = (self._state[products] == _SURE) | entered | cold
        return sure

    def sure(self) -> NDArray[np.bool_]:
        """Return which columns have surely changed, bool (n,)."""
        changed: NDArray[np.bool_] = self._state == _SURE
        return changed

    def done(self, products: NDArray[np.integer]) -> None:
        """Count columns as exact."""
        self._state[products] = _CLEAN
        self._urgency[products] = 0
        if not self._state.any():
            self._newcomers[:] = False


def spoken_for(model: LinearModel, speakers: NDArray[np.integer]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return in whose supports some products (int (b,)) are, int64 (m,), rising, and how many of them, int64 (m,)."""
    hits = np.zeros(model.n, np.int32)
    layer = model.overlay
    _count_hits(
        speakers[speakers < model.n].astype(np.int32),  # a newcomer speaks for nobody yet
        model.indptr,
        model.columns,
        layer.slot_of,
        layer.head,
        layer.following,
        layer.product_of,
        hits,
    )
    found = np.flatnonzero(hits)
    return found, hits[found].astype(np.int64)


@nb.njit(cache=True, nogil=True)
def _count_hits(
    speakers: NDArray[np.int32],
    indptr: NDArray[np.int64],
    columns: NDArray[np.int32],
    slot_of: NDArray[np.int32],
    head: NDArray[np.int32],
    following: NDArray[np.int32],
    product_of: NDArray[np.int32],
    hits: NDArray[np.int32],
) -> None:
    width = following.shape[1]
    before = following.ravel()
    for at in range(len(speakers)):
        i = speakers[at]
        if i < len(indptr) - 1:
            for place in range(indptr[i], indptr[i + 1]):
                if len(slot_of) == 0 or slot_of[columns[place]] == -1:
                    hits[columns[place]] += 1
        if len(slot_of):
            entry = head[i]
            while entry >= 0:
                slot = entry // width
                if slot_of[product_of[slot]] == slot:
                    hits[product_of[slot]] += 1
                entry = before[entry]
