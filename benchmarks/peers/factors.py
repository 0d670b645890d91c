"""Matrix factorisations of ``implicit``."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from kgrec.data import Histories

from .incidence import event_weights

__all__ = ["AlsScorer", "BprScorer"]


class AlsScorer:
    """Alternating least squares of ``implicit``; factors of a query are solved from its history."""

    def __init__(self, model: Any, n_products: int) -> None:
        """Keep a fitted model."""
        self.model = model
        self.n_products = n_products

    @classmethod
    def fit(cls, train: Histories, n_products: int, **settings: Any) -> AlsScorer:
        """Fit on event weights; ``settings`` are those of implicit's class."""
        from implicit.cpu.als import AlternatingLeastSquares

        with _one_blas_thread():
            model = AlternatingLeastSquares(**{"random_state": 0, "num_threads": 0, **settings})
            model.fit(event_weights(train, n_products), show_progress=False)
        return cls(model, n_products)

    def score(self, histories: Histories) -> NDArray[np.float32]:
        """Return float32 (b, n), inner products of the solved factors; zero for an empty history."""
        rows = event_weights(histories, self.n_products)
        with _one_blas_thread():
            factors = self.model.recalculate_user(np.arange(len(histories)), rows)
        return np.asarray(factors @ self.model.item_factors.T, np.float32)


class BprScorer:
    """Bayesian personalised ranking of ``implicit``; see the package for what a query's factors are."""

    def __init__(self, users: NDArray[np.float32], items: NDArray[np.float32], train: Histories) -> None:
        """Keep factors float32 (u, f) and (n, f), and recognise the users of ``train`` by their histories."""
        self.users = users
        self.items = items
        self.as_user = 0
        self._known = {
            train.row(user).tobytes(): user for user in range(len(train) - 1, -1, -1) if len(train.row(user))
        }

    @classmethod
    def fit(cls, train: Histories, n_products: int, **settings: Any) -> BprScorer:
        """Fit on what each user touched; ``settings`` are those of implicit's class."""
        from implicit.cpu.bpr import BayesianPersonalizedRanking

        # One thread: with more, implicit's updates race and a seed no longer gives one answer.
        with _one_blas_thread():
            model = BayesianPersonalizedRanking(**{"random_state": 0, "num_threads": 1, **settings})
            model.fit(event_weights(train, n_products), show_progress=False)
        return cls(np.asarray(model.user_factors), np.asarray(model.item_factors), train)

    def score(self, histories: Histories) -> NDArray[np.float32]:
        """Return float32 (b, n)."""
        factors = np.zeros((len(histories), self.items.shape[1]), np.float32)
        for at in range(len(histories)):
            row = histories.row(at)
            user = self._user(row)
            if user is not None:
                self.as_user += 1
                factors[at] = self.users[user]
            elif len(row):
                factors[at] = self.items[row].mean(axis=0)
                factors[at, -1] = 1.0  # the last column pairs with the products' biases
        return np.asarray(factors @ self.items.T, np.float32)

    def _user(self, row: NDArray[np.int32]) -> int | None:
        found = (self._known.get(row[:end].tobytes()) for end in range(len(row), 0, -1))
        return next((user for user in found if user is not None), None)


def _one_blas_thread() -> AbstractContextManager[Any]:
    """Hold BLAS to one thread, as implicit asks for: it has threads of its own."""
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    return cast(AbstractContextManager[Any], threadpool_limits(limits=1, user_api="blas"))
