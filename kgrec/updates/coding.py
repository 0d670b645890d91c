"""Rows in eight bits: which of them can be near enough is told by a quarter of the bytes, and surely.

A row ``x`` is kept as ``s·c`` with whole numbers ``c`` from −127 to 127, and beside it how far that misses it,
``‖x − s·c‖``. By Cauchy and Schwarz an inner product ``q·x`` is then no further from ``q·(s·c)`` than ``‖q‖`` times
that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numba as nb
import numpy as np
from numpy.typing import NDArray

from kgrec.retrieval.threads import on_threads

__all__ = ["CodedRows"]

_LARGEST = 127
_BLOCK = 16_384
_ROUNDING = 1e-5
"""Of ``‖q‖`` times the longest row: more than float32 sums of a few thousand terms lose."""


@dataclass(frozen=True, kw_only=True, eq=False)
class CodedRows:
    """Rows float32 (n, d) in eight bits.

    Attributes:
        codes: int8 (n, d).
        scale: float32 (n,), what one step of a code is worth.
        miss: float32 (n,), the length of what the codes leave out.
        longest: of the rows.
    """

    codes: NDArray[np.int8]
    scale: NDArray[np.float32]
    miss: NDArray[np.float32]
    longest: float

    @classmethod
    def of(cls, rows: NDArray[np.float32]) -> Self:
        """Code finite rows, float32 (n, d), a block at a time."""
        n = len(rows)
        codes, scale, miss = np.zeros(rows.shape, np.int8), np.zeros(n, np.float32), np.zeros(n, np.float32)
        longest = 0.0
        for start in range(0, n if rows.shape[1] else 0, _BLOCK):
            block = np.asarray(rows[start : start + _BLOCK], np.float32)
            some = slice(start, start + len(block))
            scale[some] = np.abs(block).max(axis=1) / _LARGEST
            step = scale[some, None]
            np.rint(np.divide(block, step, out=np.zeros_like(block), where=step > 0), out=codes[some], casting="unsafe")
            miss[some] = np.linalg.norm(block - step * codes[some], axis=1)
            longest = max(longest, float(np.linalg.norm(block, axis=1).max(initial=0)))
        return cls(codes=codes, scale=scale, miss=miss, longest=longest)

    def bounds(self, query: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return between what the inner product of each row with a query, float32 (d,), lies: float32 (n,), twice."""
        most, length = float(np.abs(query).max(initial=0)), float(np.linalg.norm(query))
        low, high = np.zeros(len(self.codes), np.float32), np.zeros(len(self.codes), np.float32)
        if most == 0:
            return low, high
        # As large as sums of d products of codes can be without leaving 32 bits.
        step = most / min(32_767, (2**31 - 1) // (_LARGEST * len(query)))
        coded = np.rint(query / step).astype(np.int16)
        lost = float(np.linalg.norm(query - step * coded)) * (self.longest + float(self.miss.max(initial=0)))
        slack = lost + _ROUNDING * length * self.longest
        figures = np.array([step, length, slack], np.float32)
        on_threads(_bounds, self.codes, self.scale, self.miss, coded, figures, low, high)
        return low, high


@nb.njit(cache=True, nogil=True)
def _bounds(
    thread: int,
    threads: int,
    codes: NDArray[np.int8],
    scale: NDArray[np.float32],
    miss: NDArray[np.float32],
    query: NDArray[np.int16],
    figures: NDArray[np.float32],
    low: NDArray[np.float32],
    high: NDArray[np.float32],
) -> None:
    step, length, slack = figures[0], figures[1], figures[2]
    for row in range(len(codes) * thread // threads, len(codes) * (thread + 1) // threads):
        total = np.int32(0)
        for at in range(codes.shape[1]):
            total += np.int32(codes[row, at]) * np.int32(query[at])
        about = np.float32(total) * scale[row] * step
        reach = length * miss[row] + slack
        low[row] = about - reach
        high[row] = about + reach
