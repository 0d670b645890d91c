"""EASE (Steck, WWW 2019) of behaviour alone, dense and in its dual form."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from kgrec.data import Histories
from kgrec.errors import SettingsError

from .incidence import touched_matrix

__all__ = ["DualEaseScorer", "EaseScorer"]


class EaseScorer:
    """Dense EASE: every product predicted from all others by one ridge regression in closed form."""

    def __init__(self, weights: NDArray[np.float32]) -> None:
        """Keep the item–item weights, float32 (n, n), zero on the diagonal."""
        self.weights = weights

    @classmethod
    def fit(cls, train: Histories, n_products: int, *, regularization: float = 200.0) -> EaseScorer:
        """Invert the Gram matrix of what users touched plus λ on its diagonal."""
        touched = touched_matrix(train, n_products)
        gram = np.asarray((touched.T @ touched).toarray(), np.float32)
        gram[np.diag_indices_from(gram)] += np.float32(regularization)
        factor, failed = linalg.lapack.spotrf(gram, lower=1, overwrite_a=1)
        inverse, failed_too = linalg.lapack.spotri(factor, lower=1, overwrite_c=1)
        if failed or failed_too:
            raise SettingsError(f"EASE could not invert its matrix with λ = {regularization}; take a larger one")
        for at in range(n_products):
            inverse[at, at + 1 :] = inverse[at + 1 :, at]
        diagonal = np.diag(inverse).copy()
        inverse /= -diagonal[None, :]
        np.fill_diagonal(inverse, 0.0)
        return cls(inverse)

    def score(self, histories: Histories) -> NDArray[np.float32]:
        """Return float32 (b, n)."""
        return np.asarray(touched_matrix(histories, len(self.weights)) @ self.weights, np.float32)


class DualEaseScorer:
    """EASE for few users: ``P = (XᵀX + λI)⁻¹ = (I − Xᵀ(XXᵀ + λI)⁻¹X) / λ``, so that no n × n array is needed."""

    def __init__(self, touched: Any, smooth: NDArray[np.float32]) -> None:
        """Keep ``X``, CSR float32 (u, n), and ``(XXᵀ + λI)⁻¹X``, float32 (u, n)."""
        self.touched = touched
        self.smooth = smooth
        self.own = np.asarray(touched.multiply(smooth).sum(axis=0), np.float32).ravel()

    @classmethod
    def fit(cls, train: Histories, n_products: int, *, regularization: float = 200.0) -> DualEaseScorer:
        """Invert the users' Gram matrix plus λ on its diagonal."""
        touched = touched_matrix(train, n_products)
        gram = (touched @ touched.T).toarray().astype(np.float64)
        gram[np.diag_indices_from(gram)] += regularization
        inverse = linalg.inv(gram, overwrite_a=True).astype(np.float32)
        return cls(touched, np.asarray((touched.T @ inverse).T, np.float32))

    def score(self, histories: Histories) -> NDArray[np.float32]:
        """Return float32 (b, n)."""
        asked = touched_matrix(histories, len(self.own))
        scores = (asked @ self.touched.T).toarray() @ self.smooth
        scores -= asked.multiply(self.own).toarray()
        return np.asarray(scores / (1 - self.own), np.float32)
