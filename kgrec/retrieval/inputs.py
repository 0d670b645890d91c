"""What a fit of the item–item model reads."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kgrec.data import Histories
from kgrec.errors import DataError
from kgrec.protocols import Progress, silent
from kgrec.retrieval.index import FaissIndex, centred
from kgrec.retrieval.index_plan import IndexPlan
from kgrec.retrieval.index_settings import IndexSettings
from kgrec.retrieval.knowledge import Knowledge
from kgrec.retrieval.planner import build_index

__all__ = ["ModelInputs", "mapped"]

_BLOCK = 8_192
"""So many products' neighbours are searched at once."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ModelInputs:
    """What a fit reads, with the neighbour search done once for many fits.

    Attributes:
        n: number of products.
        histories: whose behaviour is learned.
        knowledge: the graph's incidence.
        vectors: float32 (n, d), centred unit text vectors; (n, 0) without text.
        neighbours: int32 (n, t), nearest by text, −1 where there are fewer.
        cosines: float32 (n, t), their cosines.
        index: what the neighbours of the texts as they are were found with; None without text.
        text_map: float32 (d₀, d), what the centred vectors were mapped by; None where they are as they were.

    Raises:
        DataError: a history names a product beyond n.
    """

    n: int
    histories: Histories
    knowledge: Knowledge
    vectors: NDArray[np.float32]
    neighbours: NDArray[np.int32]
    cosines: NDArray[np.float32]
    index: IndexPlan | None = None
    text_map: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        """Check that the histories are of these products: compiled loops do not."""
        highest = int(self.histories.items.max(initial=-1))
        if highest >= self.n:
            raise DataError(f"histories name product {highest}, but there are {self.n} products, numbered from 0")

    @classmethod
    def of(
        cls,
        n: int,
        histories: Histories,
        knowledge: Knowledge,
        vectors: NDArray[np.float32] | None,
        *,
        text_neighbours: int,
        index: IndexSettings | None = None,
        progress: Progress = silent,
    ) -> ModelInputs:
        """Centre the vectors and find each product's nearest texts.

        Args:
            n: number of products.
            histories: whose behaviour is learned.
            knowledge: the graph's incidence.
            vectors: float32 (n, d), finite; None or (n, 0) without text.
            text_neighbours: how many to find for each product, at least 0.
            index: which index to find them with.
            progress: is told how far the search has come.

        Raises:
            DataError: a history names a product beyond n, or a vector is not finite.
            LowRecallError: the index that was named finds too little and is not to be replaced.
        """
        if vectors is None or vectors.shape[1] == 0 or n == 0:
            return cls(
                n=n,
                histories=histories,
                knowledge=knowledge,
                vectors=np.zeros((n, 0), np.float32),
                neighbours=np.zeros((n, 0), np.int32),
                cosines=np.zeros((n, 0), np.float32),
            )
        unit = centred(vectors)
        built = build_index(unit, index, progress=progress)
        neighbours, cosines = _neighbours(built, unit, min(text_neighbours + 1, n), progress)
        return cls(
            n=n,
            histories=histories,
            knowledge=knowledge,
            vectors=unit,
            neighbours=neighbours,
            cosines=cosines,
            index=built.plan,
        )

    def with_histories(self, histories: Histories) -> ModelInputs:
        """Return the same products with other behaviour."""
        return replace(self, histories=histories)

    def with_text_map(
        self,
        learned: NDArray[np.float32],
        *,
        products: NDArray[np.int32] | None = None,
        progress: Progress = silent,
    ) -> ModelInputs:
        """Return the same products with mapped text vectors, their neighbours found anew.

        Args:
            learned: the map, float32 (d, r).
            products: int32 (b,), whose neighbours to find; the others then have none. None finds them for all.
            progress: is told how far the search has come.
        """
        unit = mapped(self.vectors, learned)
        width = min(self.neighbours.shape[1], self.n)
        stage = "finding texts that go together"
        neighbours, cosines = _neighbours(build_index(unit), unit, width, progress, stage, products)
        return replace(self, vectors=unit, neighbours=neighbours, cosines=cosines, text_map=learned)


def mapped(vectors: NDArray[np.float32], text_map: NDArray[np.float32]) -> NDArray[np.float32]:
    """Apply a map (float32 (d, r)) to centred rows float32 (b, d): unit rows float32 (b, r); zero rows stay zero."""
    moved = vectors @ text_map
    norms = np.linalg.norm(moved, axis=1, keepdims=True)
    unit: NDArray[np.float32] = np.divide(moved, norms, out=np.zeros_like(moved), where=norms > 1e-12)
    return unit


def _neighbours(
    index: FaissIndex,
    unit: NDArray[np.float32],
    k: int,
    progress: Progress,
    stage: str = "finding similar texts",
    products: NDArray[np.int32] | None = None,
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return the neighbours of every row, int32 (n, k), and their cosines, in blocks: k · n wide numbers are many."""
    n = len(unit)
    wanted = np.arange(n, dtype=np.int32) if products is None else products
    neighbours, cosines = np.full((n, k), -1, np.int32), np.zeros((n, k), np.float32)
    for start in range(0, len(wanted), _BLOCK):
        progress(stage, start, len(wanted))
        rows = wanted[start : start + _BLOCK]
        found, nums = index.search(unit[rows], k)
        useless = (nums == rows[:, None]) | (found <= 0)
        # The product itself and what is not similar go last, so that −1 ends a row.
        order = np.argsort(useless, axis=1, kind="stable")
        neighbours[rows] = np.take_along_axis(np.where(useless, -1, nums), order, axis=1)
        cosines[rows] = np.take_along_axis(np.where(useless, 0, found), order, axis=1)
    progress(stage, len(wanted), len(wanted))
    return neighbours, cosines
