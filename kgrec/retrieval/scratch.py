"""Arrays as long as the catalogue that a thread keeps between questions, so that a question need not make them."""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

__all__ = ["scratch_for"]

_OF_THREAD = threading.local()


def scratch_for(n: int) -> tuple[NDArray[np.float64], NDArray[np.uint8], NDArray[np.int32]]:
    """Return this thread's sums float64, marks uint8 (both zero, to be left so) and room int32, each of length ≥ n.

    13 bytes a product and thread, shared by all shops that the thread asks.
    """
    kept: tuple[NDArray[np.float64], NDArray[np.uint8], NDArray[np.int32]] | None
    kept = getattr(_OF_THREAD, "arrays", None)
    if kept is None or len(kept[0]) < n:
        size = n + n // 16
        kept = np.zeros(size, np.float64), np.zeros(size, np.uint8), np.empty(size, np.int32)
        _OF_THREAD.arrays = kept
    return kept
