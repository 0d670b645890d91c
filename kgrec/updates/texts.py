"""Text vectors of a shop whose products change."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from kgrec.retrieval import FitStatistics, centred_at
from kgrec.updates.coding import CodedRows

__all__ = ["LiveTexts", "PatchedSearch", "PatchedVectors"]

_SPARE = 64


class _Search(Protocol):
    def search(self, queries: NDArray[np.float32], k: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]: ...


class PatchedVectors:
    """Rows of which a few have changed; reads like an array float32 (n, d).

    Args:
        base: float32 (n₀, d), never touched.
        side: float32 (c, d), the rows that came since.
        place: int32 (n,), the row in ``side``, −1 for the row of the base.
        coded: the base in eight bits, for :meth:`nearest`.
    """

    def __init__(
        self,
        base: NDArray[np.float32],
        side: NDArray[np.float32],
        place: NDArray[np.int32],
        coded: CodedRows | None = None,
    ) -> None:
        """Hold the parts."""
        self.base = base
        self.side = side
        self.place = place
        self._coded = coded

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(self.place), self.base.shape[1]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.place)

    def __getitem__(self, nums: Any) -> NDArray[np.float32]:
        """Return the rows of some products, or one row."""
        place = self.place[nums]
        if place.ndim == 0:
            row: NDArray[np.float32] = self.base[nums] if place < 0 else self.side[place]
            return row
        found = self.base[np.where(place < 0, nums, 0)] if len(self.base) else self.side[np.maximum(place, 0)]
        found = np.asarray(found)
        inside = place >= 0
        if inside.any():
            found[inside] = self.side[place[inside]]
        return found

    def nearest(
        self, row: NDArray[np.float32], floor: NDArray[np.float32], k: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return who is nearest to a row, float32 (d,): the k largest inner products, and those above a floor each.

        Rows of the base that cannot be among them by their codes are not read.

        Args:
            row: float32 (d,).
            floor: float32 (n,), not negative.
            k: at least 1.

        Returns:
            Numbers int64 (m,), rising, some others among them, and their inner products, float32 (m,).
        """
        changed = np.flatnonzero(self.place >= 0)
        exact = self.side[self.place[changed]] @ row
        near = np.flatnonzero(self.place[: len(self.base)] < 0)
        if self._coded is not None and len(near) > k:
            low, high = self._coded.bounds(row)
            away = changed[changed < len(self.base)]
            low[away], high[away] = -np.inf, -np.inf
            enough = np.partition(low, len(low) - k)[len(low) - k]
            near = np.flatnonzero((high >= enough) | (high > floor[: len(high)]))
            near = near[high[near] > 0]
        nums = np.concatenate([near, changed])
        order = np.argsort(nums, kind="stable")
        return nums[order], np.concatenate([self.base[near] @ row, exact])[order]

    def cosines(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return float32 (n, b): the inner products of all rows with some (float32 (b, d))."""
        result = np.zeros((len(self.place), len(rows)), np.float32)
        result[: len(self.base)] = self.base @ rows.T
        nums = np.flatnonzero(self.place >= 0)
        result[nums] = self.side[self.place[nums]] @ rows.T
        return result


class PatchedSearch:
    """The index of the base, and an exact look at what came since.

    Args:
        base: searches the base.
        vectors: all rows.
    """

    def __init__(self, base: _Search, vectors: PatchedVectors) -> None:
        """Hold the parts."""
        self.index = base
        self._vectors = vectors
        self._nums = np.flatnonzero(vectors.place >= 0)

    def search(self, queries: NDArray[np.float32], k: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Return cosines float32 (b, k) falling, and numbers int64 (b, k); −inf and −1 where there are fewer."""
        based = len(self._vectors.base)
        stale = int(np.count_nonzero(self._nums < based))
        cosines, nums = self.index.search(queries, min(k + stale, based))
        known = nums >= 0
        known[known] = self._vectors.place[nums[known]] < 0
        cosines = np.where(known, cosines, -np.inf).astype(np.float32)
        norms = np.linalg.norm(queries, axis=1, keepdims=True)
        unit = np.divide(queries, norms, out=np.zeros_like(queries), where=norms > 0)
        own = (unit @ self._vectors.side[self._vectors.place[self._nums]].T).astype(np.float32)
        cosines = np.concatenate([cosines, own], axis=1)
        nums = np.concatenate([np.where(known, nums, -1), np.broadcast_to(self._nums, own.shape)], axis=1)
        order = np.lexsort((nums, -cosines), axis=1)[:, :k]
        return np.take_along_axis(cosines, order, axis=1), np.take_along_axis(nums, order, axis=1).astype(np.int64)


class LiveTexts:
    """The vectors of a shop: as they are compared in answers, and as the model reads them.

    Args:
        vectors: float32 (n, d), centred.
        statistics: of the fit, whose mean and map newcomers are read with.
    """

    def __init__(self, vectors: NDArray[np.float32], statistics: FitStatistics) -> None:
        """Map the vectors that are there."""
        self._statistics = statistics
        self._base = vectors
        self._base_mapped = statistics.read(vectors)
        self._coded = CodedRows.of(self._base_mapped)
        self._side = np.zeros((_SPARE, vectors.shape[1]), np.float32)
        self._side_mapped = np.zeros((_SPARE, self._base_mapped.shape[1]), np.float32)
        self._count = 0
        self._place = np.full(len(vectors), -1, np.int32)

    @property
    def dimension(self) -> int:
        """Of the vectors, 0 without text."""
        return int(self._base.shape[1])

    @property
    def moved(self) -> bool:
        """Whether anything has changed."""
        return self._count > 0

    def grow(self, n: int) -> None:
        """Give room to products up to number ``n`` − 1."""
        self._place = np.concatenate([self._place, np.full(n - len(self._place), -1, np.int32)])

    def put(self, nums: NDArray[np.int64], vectors: NDArray[np.float32]) -> None:
        """Give products other vectors, float32 (b, d), not centred; zero for none."""
        rows, count = centred_at(np.asarray(vectors, np.float32), self._statistics.text_mean), self._count
        if count + len(rows) > len(self._side):
            room = 2 * len(self._side) + len(rows)
            self._side, self._side_mapped = _longer(self._side, room), _longer(self._side_mapped, room)
        # Rows are only ever appended: readers look at those before them.
        self._side[count : count + len(rows)] = rows
        self._side_mapped[count : count + len(rows)] = self._statistics.read(rows)
        self._count += len(rows)
        self._place = self._place.copy()
        self._place[nums] = np.arange(count, count + len(rows))

    def compared(self) -> PatchedVectors:
        """Return the centred vectors."""
        return PatchedVectors(self._base, self._side[: self._count], self._place)

    def read(self) -> PatchedVectors:
        """Return the vectors as the model reads them."""
        return PatchedVectors(self._base_mapped, self._side_mapped[: self._count], self._place, self._coded)


def _longer(array: NDArray[np.float32], room: int) -> NDArray[np.float32]:
    longer = np.zeros((room, array.shape[1]), np.float32)
    longer[: len(array)] = array
    return longer
