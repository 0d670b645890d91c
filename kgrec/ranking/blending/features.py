"""What a blend reads of each candidate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kgrec.data import Pool
from kgrec.protocols import Shelf

__all__ = ["Features", "feature_names", "features_of"]

_LEAST = 1e-6
_FAINTEST = -20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """The columns that a blend was learned on.

    Attributes:
        rerankers: names of the re-rankers, in the order they answered.
        sources: parts of retrieval's score.
        scale: retrieval's scores are measured in this: its median best score at training, > 0.
    """

    rerankers: tuple[str, ...]
    sources: tuple[str, ...]
    scale: float

    @property
    def names(self) -> tuple[str, ...]:
        """The columns."""
        return feature_names(self.rerankers, self.sources)

    @property
    def rising(self) -> NDArray[np.bool_]:
        """Which columns a score may only rise with: what retrieval and re-rankers say of the candidate itself."""
        own = ("retrieval", *self.rerankers)
        return np.array([name.partition(": ")[0] in own for name in self.names])

    def table(self, pool: Pool, shelf: Shelf, given: Mapping[str, NDArray[np.float32]]) -> NDArray[np.float32]:
        """Return float32 (c, columns) for the candidates of a pool."""
        columns = [*_retrieval(pool.retrieval / self.scale)]
        for name in self.rerankers:
            columns += _reranker(given[name])
        columns += _product(pool, shelf)
        places = {name: number for number, name in enumerate(pool.sources)}
        for source in self.sources:
            at = places.get(source)
            known = at is not None and pool.parts is not None
            columns.append(pool.parts[:, at] / self.scale if known else np.zeros(len(pool)))  # type: ignore[index]
        return np.stack(columns, axis=1).astype(np.float32)


def feature_names(rerankers: Sequence[str], sources: Sequence[str]) -> tuple[str, ...]:
    """Return the columns for some re-rankers and sources."""
    names = [f"retrieval: {what}" for what in ("score", "logarithm", "share of the best", "place")]
    for reranker in rerankers:
        names += [f"{reranker}: {what}" for what in ("score", "root", "share", "place")]
    names += ["popularity", "price fit", "touched", "best score"]
    return (*names, *(f"part: {source}" for source in sources))


def features_of(pools: Sequence[Pool], rerankers: Sequence[str]) -> Features:
    """Return the columns for a training on some pools."""
    best = [float(pool.retrieval[0]) for pool in pools if len(pool)]
    known = [best_one for best_one in best if best_one > 0]
    return Features(
        rerankers=tuple(rerankers),
        sources=next((pool.sources for pool in pools if pool.sources), ()),
        scale=float(np.median(known)) if known else 1.0,
    )


def _retrieval(scores: NDArray[np.float32]) -> list[NDArray[np.floating]]:
    best = max(float(scores.max(initial=0.0)), _LEAST)
    return [scores, np.log(np.maximum(scores, 1e-4)), scores / best, -np.log1p(_places(scores))]


def _reranker(scores: NDArray[np.float32]) -> list[NDArray[np.floating]]:
    """Return the score itself, the root of the probability it is the logarithm of, its share of the pool, its place."""
    weights = np.exp(scores - scores.max(initial=-np.inf))
    share = weights / max(float(weights.sum()), _LEAST)
    root = np.exp(np.minimum(scores, 0.0) / 2)
    return [np.maximum(scores, _FAINTEST), root, np.sqrt(share), -np.log1p(_places(scores))]


def _places(scores: NDArray[np.float32]) -> NDArray[np.floating]:
    """Return the place of each score, 0 for the best; ties by place in the pool."""
    places = np.empty(len(scores))
    places[np.argsort(-scores, kind="stable")] = np.arange(len(scores))
    return places


def _product(pool: Pool, shelf: Shelf) -> list[NDArray[np.floating]]:
    n = len(pool)
    best = float(pool.retrieval.max(initial=0.0))
    return [
        np.log1p(shelf.popularity[pool.candidates]),
        _price_fit(pool, shelf),
        np.full(n, np.log1p(len(pool.history))),
        np.full(n, best),
    ]


def _price_fit(pool: Pool, shelf: Shelf) -> NDArray[np.floating]:
    """Return |log price − log median price of the history|, negative; 0 where either is unknown."""
    paid = _prices(shelf, pool.history)
    paid = paid[paid > 0]
    if not len(paid):
        return np.zeros(len(pool))
    usual = float(np.log(np.median(paid)))
    prices = _prices(shelf, pool.candidates)
    return np.where(prices > 0, -np.abs(np.log(np.maximum(prices, _LEAST)) - usual), 0.0)


def _prices(shelf: Shelf, nums: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return the prices of some products, 0 where unknown."""
    return np.array([shelf.catalogue[num].price or 0.0 for num in nums.tolist()], np.float64)
