"""Nearest vectors through FAISS, by cosine."""

from __future__ import annotations

import copy
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kgrec.errors import DataError
from kgrec.retrieval.index_plan import IndexPlan, IndexReport

__all__ = ["FaissIndex", "centred", "centred_at", "text_mean", "unit_rows"]

_EXACT = IndexPlan(report=IndexReport(kind="flat", why="no other index was planned"))
_SPARE = 16
"""So many more than k, and an eighth of k, are fetched by code and compared exactly."""
_FLOATS = 1 << 24
"""So many numbers of candidates are gathered at once."""
_UNIT = 2e-6
"""Rows whose length is so near 1 are unit rows."""
_ADDED = 1 << 16
"""So many rows are added at once."""


class FaissIndex:
    """Nearest neighbours of unit vectors: exact, or as :func:`kgrec.retrieval.build_index` planned it.

    Rows are brought to unit length on the way in and on the way out, so that scores are cosines (−1 … 1) whatever
    was given. A zero row is similar to nothing (score 0). Whatever the kind, the scores are exact: codes only choose
    the candidates, whose float32 vectors are then compared. Safe to search from several threads: nothing that a search
    sets is shared.

    Args:
        vectors: float32 (n, d), finite. Unit rows are used where they are, a memory map stays one; others are copied.
        plan: of these vectors, or of the first of them: rows that came later are put into their lists. A plan that
            does not fit is passed over, which :attr:`report` says, and every vector is compared.

    Raises:
        DataError: the shape is not (n, d) or a value is not finite.
    """

    def __init__(self, vectors: NDArray[np.float32], plan: IndexPlan | None = None) -> None:
        """Index the vectors."""
        self._vectors = unit_rows(vectors)
        plan = plan or _EXACT
        if not plan.fits(*self._vectors.shape):
            why = f"the {plan.report.kind} index was planned for other vectors, so every vector is compared"
            plan = IndexPlan(report=IndexReport(kind="flat", why=why))
        self.plan = plan
        self._codes = None if plan.report.kind == "flat" else _coded(self._vectors, plan)

    def __len__(self) -> int:
        """Return the number of vectors."""
        return len(self._vectors)

    @property
    def report(self) -> IndexReport:
        """What this index is, why, and what it was measured to find."""
        return self.plan.report

    def with_report(self, report: IndexReport) -> FaissIndex:
        """Return the same index under another report; the codes are shared."""
        other = copy.copy(self)
        other.plan = IndexPlan(
            report=report, centres=self.plan.centres, list_of=self.plan.list_of, ranges=self.plan.ranges
        )
        return other

    def search(
        self, queries: NDArray[np.float32], k: int, *, nprobe: int | None = None
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Return cosines float32 (b, k) in falling order and numbers int64 (b, k) for queries float32 (b, d).

        Ties break by number where FAISS keeps them apart; with fewer than k vectors the rest is −inf and −1. A row
        that the lists looked into cannot fill is searched in all vectors.

        Args:
            queries: finite, of any length.
            k: at least 1.
            nprobe: of ``"ivf"``, at least 1: lists to look into, in place of what was planned for this k.

        Raises:
            DataError: the queries have another dimension or are not finite, or k or nprobe is below 1.
        """
        return self._searched(queries, k, nprobe, fill=True)

    def search_codes(
        self, queries: NDArray[np.float32], k: int, *, nprobe: int | None = None
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Return what :meth:`search` finds before it fills rows from all vectors: −inf and −1 end a row that is short.

        This is what a measurement must ask: a recall that rests on filled rows is right and slow.

        Raises:
            DataError: as :meth:`search`.
        """
        return self._searched(queries, k, nprobe, fill=False)

    def _searched(
        self, queries: NDArray[np.float32], k: int, nprobe: int | None, *, fill: bool
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        n, dimension = self._vectors.shape
        if queries.ndim != 2 or queries.shape[1] != dimension:
            raise DataError(f"queries must be float32 (b, {dimension}); got shape {queries.shape}")
        if k < 1 or (nprobe is not None and nprobe < 1):
            raise DataError(f"k and nprobe must be at least 1; got k={k!r}, nprobe={nprobe!r}")
        unit, depth = unit_rows(queries), min(k, n)
        scores, nums = np.full((len(unit), k), -np.inf, np.float32), np.full((len(unit), k), -1, np.int64)
        fetch = depth + _SPARE + depth // 8
        probed = self._probed(depth) if nprobe is None else min(nprobe, self.report.lists)
        approximate = self._codes is not None and 2 * fetch < n and (nprobe is not None or self._pays(probed))
        step = max(_FLOATS // (fetch * dimension), 1) if approximate else max(len(unit), 1)
        for start in range(0, len(unit) if depth else 0, step):
            asked = unit[start : start + step]
            found = self._by_code(asked, depth, fetch, probed, fill) if approximate else self._exactly(asked, depth)
            scores[start : start + step, :depth], nums[start : start + step, :depth] = found
        return scores, nums

    def _probed(self, depth: int) -> int:
        """Return how many lists to look into: what was measured at ``recall_at``, in proportion more for more."""
        report = self.report
        return min(math.ceil(report.nprobe * max(1.0, depth / report.recall_at)), report.lists)

    def _pays(self, probed: int) -> bool:
        """Tell whether so few lists are looked into that it is worth not to compare everything."""
        return 2 * probed <= self.report.lists or self.report.lists <= 1

    def _exactly(self, unit: NDArray[np.float32], depth: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        import faiss

        # Straight over the vectors: an IndexFlatIP would hold a second copy of them.
        scores, nums = faiss.knn(unit, self._vectors, depth, metric=faiss.METRIC_INNER_PRODUCT)
        return _ordered(scores, nums)

    def _by_code(
        self, unit: NDArray[np.float32], depth: int, fetch: int, probed: int, fill: bool
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        import faiss

        codes: Any = self._codes
        # With the search and not on the index: other threads may be searching with other values.
        parameters = faiss.SearchParametersIVF(nprobe=probed) if self.report.lists else None
        nums = codes.search(unit, fetch, params=parameters)[1]
        # One dot product after the other: equal vectors get equal scores wherever they stand.
        scores = np.einsum("bkd,bd->bk", self._vectors[np.maximum(nums, 0)], unit)
        scores[nums < 0] = -np.inf
        scores, nums = _ordered(scores, nums)
        scores, nums = scores[:, :depth], nums[:, :depth]
        short = np.flatnonzero(nums[:, -1] < 0)
        if fill and len(short):
            scores[short], nums[short] = self._exactly(unit[short], depth)
        return scores, nums


def _ordered(scores: NDArray[np.float32], nums: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Sort each row by falling score, then by number."""
    order = np.lexsort((nums, -scores), axis=1)
    return np.take_along_axis(scores, order, axis=1), np.take_along_axis(nums, order, axis=1)


def _coded(unit: NDArray[np.float32], plan: IndexPlan) -> Any:
    """Return the FAISS index of codes that the plan's arrays and the vectors make; equal input makes equal codes."""
    import faiss

    n, dimension = unit.shape
    eight = faiss.ScalarQuantizer.QT_8bit
    if plan.report.kind == "sq8":
        codes = faiss.IndexScalarQuantizer(dimension, eight, faiss.METRIC_INNER_PRODUCT)
    else:
        coarse = faiss.IndexFlatIP(dimension)
        coarse.add(np.ascontiguousarray(plan.centres))
        codes = faiss.IndexIVFScalarQuantizer(
            coarse, dimension, len(plan.centres), eight, faiss.METRIC_INNER_PRODUCT, True
        )
    faiss.copy_array_to_vector(np.ascontiguousarray(plan.ranges), codes.sq.trained)
    codes.is_trained = True
    for start in range(0, n, _ADDED):
        rows = np.ascontiguousarray(unit[start : start + _ADDED])
        if plan.report.kind == "sq8":
            codes.add(rows)
            continue
        known = plan.list_of[start : start + len(rows)].astype(np.int64)
        later = codes.quantizer.search(rows[len(known) :], 1)[1][:, 0] if len(known) < len(rows) else known[:0]
        lists = np.ascontiguousarray(np.concatenate([known, later]))
        nums = np.arange(start, start + len(rows), dtype=np.int64)
        codes.add_core(len(rows), faiss.swig_ptr(rows), faiss.swig_ptr(nums), faiss.swig_ptr(lists))
    return codes


def unit_rows(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return rows of unit length, float32 (n, d) in C order; zero rows stay zero.

    Rows that have unit length already (to 2e-6) are returned as they are, without a copy.

    Raises:
        DataError: the shape is not (n, d) with d > 0, or a value is not finite.
    """
    if vectors.ndim != 2 or vectors.shape[1] == 0:
        raise DataError(f"vectors must have shape (n, d) with d > 0; got {vectors.shape}")
    _check_finite(vectors)
    with np.errstate(over="ignore", under="ignore"):
        norms = np.sqrt(np.einsum("nd,nd->n", vectors, vectors))
    ready = bool(np.all((np.abs(norms - 1) <= _UNIT) | (norms == 0)))
    if ready and vectors.dtype == np.float32 and vectors.flags.c_contiguous and not _has_tiny(vectors, norms):
        return vectors
    unit = np.array(vectors, np.float64 if vectors.dtype == np.float64 else np.float32, order="C")
    # The squares of very large and very small numbers leave the range: bring those rows near 1 first.
    far = np.flatnonzero((norms < 1e-15) | (norms > 1e15))
    peaks = np.abs(unit[far]).max(axis=1, initial=0)
    far, peaks = far[peaks > 0], peaks[peaks > 0]
    unit[far] /= peaks[:, None]
    norms = np.linalg.norm(unit, axis=1, keepdims=True)
    np.divide(unit, norms, out=unit, where=norms > 0)
    return np.ascontiguousarray(unit, np.float32)


def _has_tiny(vectors: NDArray[np.float32], norms: NDArray[np.float32]) -> bool:
    """Tell whether a row whose squares add up to 0 is not zero."""
    return bool(np.any(vectors[norms == 0]))


def centred(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Subtract the mean of the non-zero rows and bring rows back to unit length; zero rows stay zero.

    Text vectors of one shop share a direction that says only "this is a product of this shop"; without it,
    cosines tell products apart.

    Raises:
        DataError: a value is not finite.
    """
    _check_finite(vectors)
    return centred_at(vectors, text_mean(vectors))


def text_mean(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mean of the non-zero rows, float32 (d,)."""
    said = int(np.count_nonzero(np.any(vectors != 0, axis=1)))
    return np.asarray(vectors.sum(axis=0, dtype=np.float64) / max(said, 1)).astype(np.float32)


def centred_at(vectors: NDArray[np.float32], mean: NDArray[np.float32]) -> NDArray[np.float32]:
    """Subtract a mean (float32 (d,)) from the non-zero rows, and do the rest of :func:`centred`.

    Without text (d = 0) the rows come back as they are.

    Raises:
        DataError: a value is not finite.
    """
    if not vectors.shape[1]:
        return vectors
    said = np.any(vectors != 0, axis=1, keepdims=True)
    return unit_rows(np.where(said, vectors - mean, np.float32(0)).astype(np.float32))


def _check_finite(vectors: NDArray[np.float32]) -> None:
    if not np.all(np.isfinite(vectors)):
        raise DataError("vectors must be finite; the encoder returned NaN or infinity")
