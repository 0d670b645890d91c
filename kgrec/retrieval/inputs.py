"""What a fit of the item–item model reads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kgrec.data import Histories
from kgrec.errors import DataError
from kgrec.retrieval.index import FaissIndex, centred
from kgrec.retrieval.knowledge import Knowledge

__all__ = ["ModelInputs"]


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

    Raises:
        DataError: a history names a product beyond n.
    """

    n: int
    histories: Histories
    knowledge: Knowledge
    vectors: NDArray[np.float32]
    neighbours: NDArray[np.int32]
    cosines: NDArray[np.float32]

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
    ) -> ModelInputs:
        """Centre the vectors and find each product's nearest texts."""
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
        cosines, nums = FaissIndex(unit).search(unit, min(text_neighbours + 1, n))
        useless = (nums == np.arange(n)[:, None]) | (cosines <= 0)
        # The product itself and what is not similar go last, so that −1 ends a row.
        order = np.argsort(useless, axis=1, kind="stable")
        return cls(
            n=n,
            histories=histories,
            knowledge=knowledge,
            vectors=unit,
            neighbours=np.take_along_axis(np.where(useless, -1, nums), order, axis=1).astype(np.int32),
            cosines=np.take_along_axis(np.where(useless, 0, cosines), order, axis=1).astype(np.float32),
        )

    def with_histories(self, histories: Histories) -> ModelInputs:
        """Return the same products with other behaviour."""
        return ModelInputs(
            n=self.n,
            histories=histories,
            knowledge=self.knowledge,
            vectors=self.vectors,
            neighbours=self.neighbours,
            cosines=self.cosines,
        )
