"""Which of the known values a whole text speaks for: a linear classifier over words and pairs of words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

__all__ = ["ABSENT", "Classes", "Vocabulary"]

ABSENT = ""
"""Stands among the values for: the text does not say."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Words and their inverse document frequencies.

    Attributes:
        places: word → column.
        weights: float32 (v,), the inverse document frequency of each.
    """

    places: dict[str, int]
    weights: NDArray[np.float32]

    @classmethod
    def of(cls, texts: Sequence[Sequence[str]], least: int = 2) -> Vocabulary:
        """Learn the words that stand in at least ``least`` of the texts."""
        counts = Counter(word for text in texts for word in set(text))
        known = sorted(word for word, count in counts.items() if count >= least)
        frequencies = np.array([counts[word] for word in known], dtype=np.float64)
        weights = (np.log((1 + len(texts)) / (1 + frequencies)) + 1).astype(np.float32)
        return cls({word: at for at, word in enumerate(known)}, weights)

    def rows(self, texts: Sequence[Sequence[str]]) -> sparse.csr_matrix:
        """Return the texts as rows of unit length, float32 (n, v)."""
        places, weights = self.places, self.weights
        columns: list[int] = []
        ends = [0]
        data: list[float] = []
        for text in texts:
            counts = Counter(places[word] for word in text if word in places)
            row = np.array([(1 + np.log(count)) * weights[at] for at, count in counts.items()], dtype=np.float64)
            columns.extend(counts)
            data.extend(row / (np.sqrt(row @ row) or 1.0))
            ends.append(len(columns))
        return sparse.csr_matrix((np.array(data, dtype=np.float32), columns, ends), shape=(len(texts), len(places)))


@dataclass(frozen=True, slots=True)
class Classes:
    """Scores of the values of an attribute, given a text.

    Attributes:
        values: the values, ``ABSENT`` among them.
        weights: float32 (v, c).
        offsets: float32 (c,).
    """

    values: tuple[str, ...]
    weights: NDArray[np.float32]
    offsets: NDArray[np.float32]

    @classmethod
    def fit(cls, rows: sparse.csr_matrix, stated: Sequence[tuple[str, ...]], *, penalty: float = 0.3) -> Classes | None:
        """Learn by ridge regression on 1 for right and 0 for wrong, solved by conjugate gradients.

        Args:
            rows: float32 (n, v), see ``Vocabulary.rows``.
            stated: the values of each; none where the attribute is absent.
            penalty: on the squared weights.

        Returns:
            None where fewer than two values are stated at least twice, or where they are too few of all that is stated
            to say that the attribute chooses among values.
        """
        from sklearn.linear_model import Ridge

        counts = Counter(value for values in stated for value in values or (ABSENT,))
        known = tuple(sorted(value for value, count in counts.items() if count >= 2))
        repeated = sum(counts[value] for value in known if value != ABSENT and counts[value] >= 3)
        if len(known) < 2 or repeated < 0.3 * sum(count for value, count in counts.items() if value != ABSENT):
            return None
        wanted = np.zeros((len(stated), len(known)), dtype=np.float64)
        for row, values in enumerate(stated):
            for value in values or (ABSENT,):
                if value in known:
                    wanted[row, known.index(value)] = 1.0
        model = Ridge(alpha=penalty, solver="sparse_cg", tol=1e-3).fit(rows, wanted)
        return cls(known, model.coef_.T.astype(np.float32), np.asarray(model.intercept_, dtype=np.float32))

    def scores(self, rows: sparse.csr_matrix) -> NDArray[np.float32]:
        """Return float32 (n, c): about 1 for a value that the text states, about 0 for another."""
        return np.asarray(rows @ self.weights + self.offsets, dtype=np.float32)
