"""Nearest vectors through FAISS, by inner product."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kgrec.errors import DataError

__all__ = ["FaissIndex", "centred"]


class FaissIndex:
    """Exact nearest neighbours of unit vectors (FAISS ``IndexFlatIP``).

    Rows are brought to unit length on the way in and on the way out, so that scores are cosines (−1 … 1) whatever
    was given. A zero row is similar to nothing (score 0).

    Args:
        vectors: float32 (n, d), finite.

    Raises:
        DataError: the shape is not (n, d) or a value is not finite.
    """

    def __init__(self, vectors: NDArray[np.float32]) -> None:
        """Index the vectors."""
        import faiss

        self._index = faiss.IndexFlatIP(vectors.shape[1] if vectors.ndim == 2 else 0)
        self._index.add(_unit(vectors))

    def __len__(self) -> int:
        """Return the number of vectors."""
        return int(self._index.ntotal)

    def search(self, queries: NDArray[np.float32], k: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Return cosines float32 (b, k) in falling order and numbers int64 (b, k) for queries float32 (b, d).

        Ties break by number where FAISS keeps them apart; with fewer than k vectors the rest is −inf and −1.

        Raises:
            DataError: the queries have another dimension or are not finite.
        """
        if queries.ndim != 2 or queries.shape[1] != self._index.d:
            raise DataError(f"queries must be float32 (b, {self._index.d}); got shape {queries.shape}")
        scores, nums = self._index.search(_unit(queries), k)
        scores[nums < 0] = -np.inf
        return scores, nums


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    if vectors.ndim != 2 or vectors.shape[1] == 0:
        raise DataError(f"vectors must have shape (n, d) with d > 0; got {vectors.shape}")
    _check_finite(vectors)
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.ascontiguousarray(np.divide(vectors, norms, out=np.zeros_like(vectors), where=norms > 0), np.float32)


def centred(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Subtract the mean of the non-zero rows and bring rows back to unit length; zero rows stay zero.

    Text vectors of one shop share a direction that says only "this is a product of this shop"; without it,
    cosines tell products apart.

    Raises:
        DataError: a value is not finite.
    """
    _check_finite(vectors)
    said = np.any(vectors != 0, axis=1, keepdims=True)
    mean = vectors.sum(axis=0, dtype=np.float64) / max(int(said.sum()), 1)
    return _unit(np.where(said, vectors - mean.astype(np.float32), np.float32(0)).astype(np.float32))


def _check_finite(vectors: NDArray[np.float32]) -> None:
    if not np.all(np.isfinite(vectors)):
        raise DataError("vectors must be finite; the encoder returned NaN or infinity")
