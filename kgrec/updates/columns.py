"""The columns of a shop that changes: solved, put over the model, and known by whom others hear through them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kgrec.retrieval import LinearModel
from kgrec.retrieval.overlay import OverlayWriter
from kgrec.retrieval.solver import WeightSolver
from kgrec.updates.few import few_threads
from kgrec.updates.solving import Solved, Surroundings, alike, choose, solve
from kgrec.updates.stale import Stale

__all__ = ["Columns"]

_HEARING = 0.1
_ALIKE_AT_ONCE = 512


class Columns:
    """The writer's side of the model.

    Args:
        model: as it was fitted.
        stale: the queue; what is solved here leaves it.
    """

    def __init__(self, model: LinearModel, stale: Stale) -> None:
        """Start without columns of its own."""
        self._model = model
        self._stale = stale
        self._writer = OverlayWriter(model.n, model.settings.support, len(model.sources))
        self._sources = model.sources
        self._alike = np.full((model.n, model.settings.newcomer_alike), -1, np.int32)

    def introduce(self, world: Surroundings) -> None:
        """Find through whom the products without events hear."""
        cold = np.flatnonzero(world.counts.diagonal == 0) if self._alike.shape[1] else np.zeros(0, np.int64)
        for start in range(0, len(cold), _ALIKE_AT_ONCE):
            some = cold[start : start + _ALIKE_AT_ONCE]
            self._alike[some] = alike(world, some)

    def grow(self, n: int) -> None:
        """Give room to products up to number ``n`` − 1."""
        more = n - len(self._alike)
        self._alike = np.concatenate([self._alike, np.full((more, self._alike.shape[1]), -1, np.int32)])
        self._writer.grow(n)

    def restore(self, products: NDArray[np.int64]) -> None:
        """Give removed products a column again."""
        self._writer.restore(products)

    def hide(self, products: NDArray[np.int64]) -> None:
        """Let products go."""
        self._writer.hide(products.astype(np.int32))
        self._alike[products] = -1

    def published(self) -> LinearModel:
        """Return the model as it stands."""
        return self._model.overlaid(self._writer.published(), self._sources)

    def tidy(self) -> None:
        """Drop columns that were replaced, where they are many."""
        if self._writer.slots > 2 * self._writer.live + 1_024:
            self._writer.compact()

    def solve(self, world: Surroundings, products: NDArray[np.int64]) -> int:
        """Look at columns, solve those that need it, and return how many were looked at."""
        if not len(products):
            return 0
        with few_threads(len(products)):
            chosen, heard = choose(world, products)
            cold = (world.counts.diagonal[products] == 0) & bool(self._alike.shape[1])
            sure = self._stale.surely(products, chosen, cold)
            if sure.any():
                self._put(world, products[sure], solve(world, products[sure], chosen[sure], heard[sure]), products)
        self._stale.done(products)
        return len(products)

    def solve_by(self, solver: WeightSolver, world: Surroundings, products: NDArray[np.int64]) -> int:
        """Solve all of some columns by the solver of the whole shop, and return how many."""
        support, parts = solver.solve(products.astype(np.int32))
        heard = np.full((len(products), self._alike.shape[1]), -1, np.int32)
        cold = (world.counts.diagonal[products] == 0) & bool(self._alike.shape[1])
        if cold.any():
            heard[cold] = alike(world, products[cold])
        self._put(world, products, Solved(support, parts, solver.names, heard), products)
        self._stale.done(products)
        return len(products)

    def spread(self, world: Surroundings) -> None:
        """Mark the products without events that hear through a column that has surely changed."""
        self._stale.mark(self._hearing(world, np.flatnonzero(self._stale.sure())), _HEARING)

    def _put(
        self, world: Surroundings, products: NDArray[np.int64], found: Solved, together: NDArray[np.int64]
    ) -> None:
        """Put columns over the model; mark who hears through one that was only asked, but for those solved with it."""
        self._writer.put(products.astype(np.int32), found.support, self._by_source(found.parts, found.sources))
        self._alike[products] = found.alike
        asked = products[~self._stale.sure()[products]]
        self._stale.mark(np.setdiff1d(self._hearing(world, asked), together), _HEARING)

    def _hearing(self, world: Surroundings, products: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
        """Return the products without events that hear through one of some products, int64 (m,)."""
        if not self._alike.shape[1] or not len(products):
            return np.zeros(0, np.int64)
        spoken = np.zeros(len(self._alike) + 1, np.bool_)  # the last one stands for −1
        spoken[products] = True
        cold = np.flatnonzero(world.counts.diagonal == 0)
        hearing: NDArray[np.int64] = cold[spoken[self._alike[cold]].any(axis=1)]
        return hearing

    def _by_source(self, parts: NDArray[np.float32], names: tuple[str, ...]) -> NDArray[np.float32]:
        """Bring the parts into the order of the model's sources; new sources go behind."""
        fresh = [name for name in names if name not in self._sources]
        if fresh:
            self._sources = (*self._sources, *fresh)
            self._writer.widen(len(self._sources))
        ordered = np.zeros((*parts.shape[:2], len(self._sources)), np.float32)
        ordered[:, :, [self._sources.index(name) for name in names]] = parts
        return ordered
