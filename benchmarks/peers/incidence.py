"""Histories as users × products matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from kgrec.data import Histories

__all__ = ["event_weights", "touched_matrix"]


def event_weights(histories: Histories, n_products: int) -> Any:
    """Return event weights, CSR float32 (users, n), repeats summed, with the int32 indices that implicit wants."""
    shape = (len(histories), n_products)
    parts = (histories.weights, histories.items.astype(np.int32), histories.indptr.astype(np.int32))
    matrix = sparse.csr_matrix(parts, shape=shape, dtype=np.float32, copy=True)
    matrix.sum_duplicates()
    return matrix


def touched_matrix(histories: Histories, n_products: int) -> Any:
    """Return 1 where a user touched a product, CSR float32 (users, n)."""
    matrix = event_weights(histories, n_products)
    matrix.data[:] = 1.0
    return matrix
