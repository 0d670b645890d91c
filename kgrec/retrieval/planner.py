"""One planner picks the index, measures what it finds, and takes a slower one where that is too little."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kgrec.errors import LowRecallError
from kgrec.protocols import Progress, silent
from kgrec.retrieval.index import FaissIndex, unit_rows
from kgrec.retrieval.index_plan import IndexPlan, IndexReport
from kgrec.retrieval.index_settings import IndexSettings

__all__ = ["build_index"]

_STAGE = "building the index"
_POINTS = 64
"""So many vectors for each list are trained on at most."""
_FEWEST_POINTS = 39
"""With fewer vectors for each list its centre is not worth much: FAISS's own limit."""
_PROBED = 4
"""Lists are looked into up to one in four: beyond that 8-bit codes of all vectors cost about as much."""
_LEVEL = 2e-6
"""A found vector this little below the last true neighbour is as near: rounding, and copies of one text."""


def build_index(
    vectors: NDArray[np.float32], settings: IndexSettings | None = None, *, progress: Progress = silent
) -> FaissIndex:
    """Pick, build and measure an index.

    Up to ``flat_limit`` vectors every one is compared. Beyond it lists of 8-bit codes are tried first, then 8-bit
    codes of all vectors, then every vector is compared after all: the first that finds the recall asked for is taken.
    A kind that was named and finds less is replaced by flat, or refused.

    Recall is measured, because one recipe's recall goes from a half to all with the data. One half of the questions
    are vectors of the shop, as the search for similar products asks; the other half are sums of two at random,
    profiles of a short history, which lie between the lists. The lower recall of the two halves counts. A vector
    that is as near as the last true neighbour is right, whichever of the copies of a text it is.

    Args:
        vectors: float32 (n, d), finite, of any length.
        settings: the defaults where they are left out.
        progress: is told of each step.

    Returns:
        The index, with its report.

    Raises:
        DataError: the shape is not (n, d) with d > 0, or a value is not finite.
        LowRecallError: the named kind finds too little and ``on_low_recall`` is ``"refuse"``.
    """
    settings = settings or IndexSettings()
    started = time.perf_counter()
    unit = unit_rows(vectors)
    said = np.flatnonzero(np.einsum("nd,nd->n", unit, unit) > 0)
    why = _flat_at_once(len(unit), len(said), settings)
    if why:
        return _flat(unit, why, settings, started)
    progress(_STAGE, 0, None)
    exam = _Exam.of(unit, said, settings)
    missed: list[str] = []
    for kind in ("ivf", "sq8") if settings.kind == "auto" else (settings.kind,):
        index, recall = exam.passed(FaissIndex(unit, _trained(unit, said, kind, settings, progress)), progress)
        progress(_STAGE, len(unit), len(unit))
        if recall >= settings.recall:
            reason = "named in the settings" if settings.kind != "auto" else f"over {settings.flat_limit:,} vectors"
            why = "; ".join([f"{kind}: {reason}, and it finds enough", *missed])
            report = replace(index.report, why=why, recall=round(recall, 4), queries=len(exam.queries))
            return index.with_report(_timed(report, started))
        missed.append(f"{kind} finds {recall:.3f} of the nearest {exam.depth} where {settings.recall:g} is asked for")
    if settings.kind != "auto" and settings.on_low_recall == "refuse":
        raise LowRecallError(
            f"{missed[0]}; raise nprobe or lists, ask for less recall, or set on_low_recall='replace' or kind='auto'"
        )
    return _flat(unit, f"flat: {'; '.join(missed)}", settings, started)


def _flat_at_once(n: int, said: int, settings: IndexSettings) -> str:
    """Return why nothing but flat comes into question; empty where something else does."""
    if settings.kind == "flat":
        return "flat: named in the settings"
    if said < 2:
        return f"flat: {said} of {n:,} vectors say anything, which is nothing to train on"
    if settings.kind == "auto" and n <= settings.flat_limit:
        return f"flat: {n:,} vectors, and up to {settings.flat_limit:,} are compared one by one"
    return ""


def _flat(unit: NDArray[np.float32], why: str, settings: IndexSettings, started: float) -> FaissIndex:
    report = IndexReport(kind="flat", why=why, recall_asked=settings.recall, recall_at=settings.recall_at)
    return FaissIndex(unit, IndexPlan(report=_timed(report, started)))


def _timed(report: IndexReport, started: float) -> IndexReport:
    return replace(report, build_seconds=round(time.perf_counter() - started, 3))


@dataclass(frozen=True, slots=True, eq=False)
class _Exam:
    """Questions whose answers are known.

    Attributes:
        queries: float32 (q, d), unit rows; the first half are vectors of the shop.
        least: float32 (q,), cosine of the last true neighbour.
        depth: how many true neighbours there are.
        asked: recall to reach.
    """

    queries: NDArray[np.float32]
    least: NDArray[np.float32]
    depth: int
    asked: float

    @classmethod
    def of(cls, unit: NDArray[np.float32], said: NDArray[np.int64], settings: IndexSettings) -> _Exam:
        rng = np.random.default_rng(settings.seed)
        half = settings.queries // 2
        rows, firsts, seconds = (unit[rng.choice(said, half)] for _ in range(3))
        queries = unit_rows(np.concatenate([rows, firsts + seconds]))
        depth = min(settings.recall_at, len(unit))
        least = FaissIndex(unit).search(queries, depth)[0][:, -1]
        return cls(queries, least, depth, settings.recall)

    def recall(self, index: FaissIndex, nprobe: int | None) -> float:
        """Return the recall of the half that finds less; a short row has not found the rest."""
        found = index.search_codes(self.queries, self.depth, nprobe=nprobe)[0] >= self.least[:, None] - _LEVEL
        half = len(found) // 2
        return float(min(found[:half].mean(), found[half:].mean()))

    def passed(self, index: FaissIndex, progress: Progress) -> tuple[FaissIndex, float]:
        """Look into more lists while too little is found; return the index with the last number, and its recall."""
        for nprobe in _probes(index.report):
            progress("measuring the index", 0, None)
            recall = self.recall(index, nprobe)
            if recall >= self.asked:
                break
        return index.with_report(replace(index.report, nprobe=nprobe or 0)), recall


def _probes(report: IndexReport) -> Iterator[int | None]:
    """Yield numbers of lists to look into, doubled up to the most that pays; None, once, without lists."""
    if not report.lists:
        yield None
        return
    nprobe, most = report.nprobe, max(report.lists // _PROBED, report.nprobe)
    while nprobe < most:
        yield nprobe
        nprobe *= 2
    yield most


def _trained(
    unit: NDArray[np.float32], said: NDArray[np.int64], kind: str, settings: IndexSettings, progress: Progress
) -> IndexPlan:
    """Train one kind on a sample of the vectors that say something."""
    import faiss

    n, dimension = unit.shape
    eight, metric = faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT
    lists = _lists(n, len(said), settings) if kind == "ivf" else 0
    rng = np.random.default_rng(settings.seed)
    points = min(_POINTS * max(lists, 1024), len(said))
    sample = unit[np.sort(rng.choice(said, points, replace=False))]
    report = IndexReport(
        kind=kind,
        why="",
        recall_asked=settings.recall,
        recall_at=settings.recall_at,
        nprobe=min(settings.nprobe, lists),
        lists=lists,
        bytes=n * dimension if kind == "sq8" else n * (dimension + 8) + lists * dimension * 4,
    )
    if kind == "sq8":
        codes = faiss.IndexScalarQuantizer(dimension, eight, metric)
        codes.train(sample)
        return IndexPlan(report=report, ranges=faiss.vector_to_array(codes.sq.trained))
    coarse = faiss.IndexFlatIP(dimension)
    codes = faiss.IndexIVFScalarQuantizer(coarse, dimension, lists, eight, metric, True)
    codes.cp.seed = settings.seed + 1
    codes.cp.max_points_per_centroid = _POINTS
    codes.cp.min_points_per_centroid = 1  # else FAISS prints a warning
    codes.train(sample)
    return IndexPlan(
        report=report,
        centres=coarse.reconstruct_n(0, lists),
        list_of=_nearest_lists(coarse, unit, progress),
        ranges=faiss.vector_to_array(codes.sq.trained),
    )


def _lists(n: int, said: int, settings: IndexSettings) -> int:
    wanted = settings.lists if settings.lists is not None else round(4 * math.sqrt(n))
    most = said if settings.lists is not None else said // _FEWEST_POINTS
    return max(min(wanted, most), 1)


def _nearest_lists(coarse: object, unit: NDArray[np.float32], progress: Progress) -> NDArray[np.int32]:
    """Return the list of each vector, int32 (n,)."""
    list_of = np.empty(len(unit), np.int32)
    step = 1 << 16
    for start in range(0, len(unit), step):
        list_of[start : start + step] = coarse.search(unit[start : start + step], 1)[1][:, 0]  # type: ignore[attr-defined]
        progress(_STAGE, start, len(unit))
    return list_of
