"""Histories in padded batches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kgrec.data import Histories
from kgrec.ranking.sequence.network import GAPS

__all__ = ["Batch", "gap_classes", "padded", "shuffled"]

_DAY = 86_400.0


class Batch(NamedTuple):
    """Histories of one length, shorter ones padded behind.

    Attributes:
        items: int64 (h, m), product numbers, 0 where there is nothing.
        gaps: int64 (h, m), classes of the time before each event.
        lengths: int64 (h,), number of events.
    """

    items: NDArray[np.int64]
    gaps: NDArray[np.int64]
    lengths: NDArray[np.int64]


def gap_classes(times: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the class of the time before each event of one history, int64 (m,): 0 for none, unknown or the first."""
    apart = np.nan_to_num(np.diff(times, prepend=times[:1]), nan=0.0)
    classes = 1 + np.log2(1 + np.maximum(apart, 0.0) / _DAY)
    return np.minimum(np.where(apart > 0, classes, 0), GAPS - 1).astype(np.int64)


def padded(rows: list[tuple[NDArray[np.int32], NDArray[np.float64]]], longest: int) -> Batch:
    """Lay out (products, times) of histories, the newest ``longest`` events of each; at least one event wide."""
    lengths = np.array([min(len(items), longest) for items, _ in rows], np.int64)
    width = max(int(lengths.max(initial=1)), 1)
    items = np.zeros((len(rows), width), np.int64)
    gaps = np.zeros((len(rows), width), np.int64)
    for row, (products, times) in enumerate(rows):
        kept = int(lengths[row])
        if kept:
            items[row, :kept] = products[-kept:]
            gaps[row, :kept] = gap_classes(times)[-kept:]
    return Batch(items, gaps, lengths)


def shuffled(histories: Histories, size: int, longest: int, rng: np.random.Generator) -> Iterator[Batch]:
    """Yield the histories with at least two events once, in random batches of about the same length.

    Histories longer than ``longest`` are cut at a random place, so that their older events are learned from too.
    """
    lengths = histories.lengths()
    usable = np.flatnonzero(lengths >= 2)
    order = usable[np.argsort(np.minimum(lengths[usable], longest) + 2 * rng.random(len(usable)), kind="stable")]
    starts = np.arange(0, len(order), size)
    for start in rng.permutation(starts).tolist():
        rows = []
        for user in order[start : start + size].tolist():
            first, last = int(histories.indptr[user]), int(histories.indptr[user + 1])
            if last - first > longest and rng.random() < 0.5:
                last = first + int(rng.integers(longest, last - first + 1))
            rows.append((histories.items[first:last], histories.times[first:last]))
        yield padded(rows, longest)
