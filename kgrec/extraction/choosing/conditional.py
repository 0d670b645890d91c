"""Choosing one of several: a log-linear model over the candidates of each question."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

__all__ = ["fit_choice", "softmax_by_question"]


def softmax_by_question(scores: NDArray[np.float64], starts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return probabilities, float64 (n,), that sum to 1 in each question.

    Args:
        scores: float64 (n,), one a candidate, the candidates of a question side by side.
        starts: int64 (q,), where each question begins, rising from 0; no question is empty.
    """
    sizes = np.diff(np.append(starts, len(scores)))
    tops = np.repeat(np.maximum.reduceat(scores, starts), sizes)
    powers = np.exp(scores - tops)
    likely: NDArray[np.float64] = powers / np.repeat(np.add.reduceat(powers, starts), sizes)
    return likely


def fit_choice(
    features: sparse.csr_matrix,
    right: NDArray[np.bool_],
    starts: NDArray[np.int64],
    *,
    penalty: float = 1.0,
    iterations: int = 60,
) -> NDArray[np.float32]:
    """Return the weights, float32 (d,), under which the right candidates are likeliest (a conditional logit model).

    Where several candidates of a question are right, the sum of their probabilities counts. A feature that only one
    candidate has says nothing of others and weighs 0. McFadden, "Conditional logit analysis of qualitative choice
    behavior" (1974), with an L2 penalty, found by L-BFGS: deterministic.

    Args:
        features: float32 (n, d), one row a candidate.
        right: bool (n,); at least one candidate of each question is right.
        starts: int64 (q,), where each question begins.
        penalty: half of it times the squared weights is added to the loss; above 0.
        iterations: of L-BFGS, at most.
    """
    from scipy.optimize import minimize

    used = np.flatnonzero(np.bincount(features.indices, minlength=features.shape[1]) >= 2)
    few = features.tocsc()[:, used].tocsr()
    sizes = np.diff(np.append(starts, features.shape[0]))
    transposed = few.T.tocsr()

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        likely = softmax_by_question(few @ weights, starts)
        of_right = np.add.reduceat(np.where(right, likely, 0.0), starts).clip(1e-300)
        wanted = np.where(right, likely, 0.0) / np.repeat(of_right, sizes)
        value = -np.log(of_right).sum() + 0.5 * penalty * weights @ weights
        return float(value), transposed @ (likely - wanted) + penalty * weights

    found = minimize(
        loss, np.zeros(len(used)), jac=True, method="L-BFGS-B", options={"maxiter": iterations, "maxcor": 8}
    )
    weights = np.zeros(features.shape[1], dtype=np.float32)
    weights[used] = found.x
    return weights
