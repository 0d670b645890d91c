"""Behaviour → sparse item–item counts: who is touched together, and what follows what.

Three matrices over one pattern, row by row with dense accumulators (Gustavson's sparse product), so that
memory follows the number of pairs that occur and no n × n array exists.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

import numba as nb
import numpy as np
from numpy.typing import NDArray

from kgrec.data import Histories
from kgrec.retrieval.threads import on_threads

__all__ = ["Cooccurrence", "CountScales", "count_cooccurrence", "count_rows", "step_numbers"]


class CountScales(NamedTuple):
    """What depends on all events a little; kept from one fit, counts of a few products equal those of that fit.

    Attributes:
        strength: factor of every user's m^−length_exponent, so that an average event counts 1.
        weight: root mean square of the event weights, by which they are divided.
    """

    strength: float
    weight: float

    @classmethod
    def of(cls, histories: Histories, length_exponent: float) -> CountScales:
        """Measure on some histories."""
        lengths = histories.lengths()
        strength = np.maximum(lengths, 1).astype(np.float64) ** -length_exponent
        squares = float(np.sqrt(np.mean(histories.weights.astype(np.float64) ** 2))) if len(histories.weights) else 1.0
        return cls(max(int(lengths.sum()), 1) / max(float(strength @ lengths), 1e-12), squares)


@dataclass(frozen=True, kw_only=True, eq=False)
class Cooccurrence:
    """Item–item counts in CSR form; row ``j`` owns ``indptr[j]:indptr[j + 1]``, columns in rising order.

    With ``X`` (users × n) the weighted interactions, and ``S``, ``T`` the decayed past and future of every prefix:

    Attributes:
        indptr: int64 (n + 1,).
        indices: int32 (nnz,), the diagonal included where a product has events.
        together: float32 (nnz,), ``XᵀX``.
        past: float32 (nnz,), ``SᵀS``.
        into: float32 (nnz,), row ``j`` holds column ``j`` of ``SᵀT``: how much ``i`` precedes ``j``.
    """

    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]
    together: NDArray[np.float32]
    past: NDArray[np.float32]
    into: NDArray[np.float32]

    @cached_property
    def diagonal(self) -> NDArray[np.float64]:
        """``XᵀX`` of each product with itself, float64 (n,); 0 for one without events."""
        n = len(self.indptr) - 1
        owner = np.repeat(np.arange(n), np.diff(self.indptr))
        own = self.indices == owner
        diagonal = np.zeros(n, np.float64)
        diagonal[owner[own]] = self.together[own]
        return diagonal


def count_cooccurrence(
    histories: Histories,
    n: int,
    *,
    length_exponent: float,
    past_decay: float,
    future_decay: float,
    window: int,
    baskets: bool,
    scales: CountScales | None = None,
) -> Cooccurrence:
    """Count over all histories.

    Args:
        histories: products below ``n``; unordered histories give zero ``past`` and ``into``.
        n: number of products.
        length_exponent: a user with m events counts m^−length_exponent, scaled so that the average event counts 1.
        past_decay: weight of one step back, in (0, 1).
        future_decay: weight of one step ahead, in (0, 1).
        window: pairs further apart than this many events in one history are not counted, so that one user with
            100,000 events costs 100,000 × window, not its square.
        baskets: events at one instant are one step of the history, without order among them.
        scales: those of an earlier count; measured here where they are left out.
    """
    events = _indexed(histories, n, length_exponent, baskets, scales)
    decays = (past_decay, future_decay) if histories.ordered else (0.0, 0.0)
    bound = _row_bounds(events, n, window)
    blocks = _blocks(bound, limit=8_000_000)
    parts = [_count_block(events, n, block, bound, decays, window) for block in blocks]
    counts = np.concatenate([part[0] for part in parts])
    return Cooccurrence(
        indptr=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        indices=np.concatenate([part[1] for part in parts]),
        together=np.concatenate([part[2] for part in parts]),
        past=np.concatenate([part[3] for part in parts]),
        into=np.concatenate([part[4] for part in parts]),
    )


def count_rows(
    histories: Histories,
    n: int,
    rows: int,
    *,
    length_exponent: float,
    past_decay: float,
    future_decay: float,
    window: int,
    baskets: bool,
    scales: CountScales,
) -> Cooccurrence:
    """Count only rows 0 … ``rows`` − 1 of :func:`count_cooccurrence`, from histories of everybody who touched them.

    Returns:
        Counts with ``rows`` rows and columns below n.
    """
    events = _indexed(histories, n, length_exponent, baskets, scales)
    decays = (past_decay, future_decay) if histories.ordered else (0.0, 0.0)
    bound = _row_bounds(events, n, window)
    counts, indices, together, past, into = _count_block(events, n, (0, rows), bound, decays, window)
    indptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return Cooccurrence(indptr=indptr, indices=indices, together=together, past=past, into=into)


def step_numbers(histories: Histories, *, baskets: bool) -> NDArray[np.int32]:
    """Return int32 (e,): the place of each event in its history, counted in events or in baskets."""
    if baskets:
        return histories.steps()
    places = np.arange(len(histories.items)) - np.repeat(histories.indptr[:-1], histories.lengths())
    return places.astype(np.int32)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Events:
    """Histories with the way back from a product to its events."""

    indptr: NDArray[np.int64]
    items: NDArray[np.int32]
    weights: NDArray[np.float32]
    user_of: NDArray[np.int64]
    strength: NDArray[np.float32]
    item_indptr: NDArray[np.int64]
    events_of: NDArray[np.int64]
    steps: NDArray[np.int32]


def _indexed(
    histories: Histories, n: int, length_exponent: float, baskets: bool, scales: CountScales | None
) -> _Events:
    """Index the events by product, weighed so that exponent and weights do not change what a ridge means."""
    scales = scales or CountScales.of(histories, length_exponent)
    lengths = histories.lengths()
    strength = np.maximum(lengths, 1).astype(np.float64) ** -length_exponent * scales.strength
    return _Events(
        indptr=histories.indptr,
        items=histories.items,
        weights=np.asarray(histories.weights / scales.weight, np.float32),
        user_of=np.repeat(np.arange(len(histories), dtype=np.int64), lengths),
        strength=strength.astype(np.float32),
        item_indptr=np.concatenate([[0], np.cumsum(np.bincount(histories.items, minlength=n))]).astype(np.int64),
        events_of=np.argsort(histories.items, kind="stable").astype(np.int64),
        steps=step_numbers(histories, baskets=baskets),
    )


def _row_bounds(events: _Events, n: int, window: int) -> NDArray[np.int64]:
    """Return int64 (n,): at most this many columns can a row have."""
    lengths = np.diff(events.indptr)[events.user_of]
    reach = np.minimum(lengths, 2 * window + 1)
    return np.minimum(np.bincount(events.items, weights=reach, minlength=n).astype(np.int64), n)


def _blocks(bound: NDArray[np.int64], *, limit: int) -> list[tuple[int, int]]:
    """Cut rows into ranges whose bounds add up to about ``limit``."""
    total = np.cumsum(bound)
    blocks, start = [], 0
    while start < len(bound):
        before = int(total[start - 1]) if start else 0
        stop = max(start + 1, int(np.searchsorted(total, before + limit, side="right")))
        blocks.append((start, stop))
        start = stop
    return blocks


def _count_block(
    events: _Events,
    n: int,
    block: tuple[int, int],
    bound: NDArray[np.int64],
    decays: tuple[float, float],
    window: int,
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    start, stop = block
    slots = np.concatenate([[0], np.cumsum(bound[start:stop])]).astype(np.int64)
    size = int(slots[-1])
    indices = np.empty(size, np.int32)
    values = np.empty((3, size), np.float32)
    counts = np.zeros(stop - start, np.int64)
    past_powers, into_powers, sums = _decay_tables(*decays, window)
    on_threads(
        _count_rows,
        start,
        slots,
        n,
        events.indptr,
        events.items,
        events.weights,
        events.user_of,
        events.strength,
        events.item_indptr,
        events.events_of,
        events.steps,
        past_powers,
        into_powers,
        sums,
        window,
        indices,
        values,
        counts,
    )
    keep = np.arange(size) < np.repeat(slots[:-1] + counts, bound[start:stop])
    return counts, indices[keep], values[0, keep], values[1, keep], values[2, keep]


@lru_cache(maxsize=8)
def _decay_tables(
    past: float, future: float, window: int
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Return, by distance or by events left: past^g, the sum over cuts for ``SᵀT``, and the sum of past^2u.

    A pair at distance g is cut at g places; past event i and future event l weigh past^(t−i) · future^(l−1−t).
    """
    gaps = np.arange(window + 2)
    into = np.zeros(window + 2)
    if future > 0:
        for gap in range(1, window + 2):
            cuts = np.arange(gap)
            into[gap] = np.sum(past**cuts * future ** (gap - 1 - cuts))
    powers = past ** gaps.astype(np.float64) if past > 0 else np.zeros(window + 2)
    terms = 1 + int(np.log(1e-10) / (2 * np.log(past))) if past > 0 else 0  # what follows is lost in rounding
    sums = np.concatenate([[0.0], np.cumsum(past ** (2.0 * np.arange(terms)))])
    return powers.astype(np.float32), into.astype(np.float32), sums.astype(np.float32)


@nb.njit(cache=True, nogil=True)
def _count_rows(
    thread: int,
    threads: int,
    first: int,
    slots: NDArray[np.int64],
    n: int,
    indptr: NDArray[np.int64],
    items: NDArray[np.int32],
    weights: NDArray[np.float32],
    user_of: NDArray[np.int64],
    strength: NDArray[np.float32],
    item_indptr: NDArray[np.int64],
    events_of: NDArray[np.int64],
    steps: NDArray[np.int32],
    past_powers: NDArray[np.float32],
    into_powers: NDArray[np.float32],
    sums: NDArray[np.float32],
    window: int,
    indices: NDArray[np.int32],
    values: NDArray[np.float32],
    counts: NDArray[np.int64],
) -> None:
    rows = len(slots) - 1
    seen = np.zeros(n, np.uint8)
    sums_of = np.zeros((3, n), np.float64)
    for row in range(thread, rows, threads):
        j = first + row
        touched = indices[slots[row] : slots[row + 1]]
        size = 0
        for at in range(item_indptr[j], item_indptr[j + 1]):
            event = events_of[at]
            user = user_of[event]
            begin, end = indptr[user], indptr[user + 1]
            scale = strength[user] * weights[event]
            step, last = steps[event], steps[end - 1]
            for other in range(max(begin, event - window), min(end, event + window + 1)):
                i = items[other]
                if seen[i] == 0:
                    seen[i] = 1
                    touched[size] = i
                    size += 1
                gap = abs(steps[other] - step)
                pair = scale * weights[other]
                sums_of[0, i] += pair
                sums_of[1, i] += pair * past_powers[gap] * sums[min(last - max(step, steps[other]), len(sums) - 1)]
                if steps[other] < step:
                    sums_of[2, i] += pair * into_powers[gap]
        touched[:size].sort()
        for place in range(size):
            i = touched[place]
            for which in range(3):
                values[which, slots[row] + place] = sums_of[which, i]
                sums_of[which, i] = 0.0
            seen[i] = 0
        counts[row] = size
