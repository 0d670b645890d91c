"""Whether a re-ranker prefers what it reads first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from kgrec.data import Pool
from kgrec.errors import DataError, RerankError, SettingsError
from kgrec.protocols import Reranker, Shelf

__all__ = ["PositionBias", "position_bias"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionBias:
    """How far places in the question decide places in the answer.

    Attributes:
        pools: that were measured.
        refused: pools that the re-ranker gave no scores for.
        pull: rank correlation of the place shown with the place given, −1 … 1: 0 where order does not matter, 1 where
            it is repeated.
        agreement: rank correlation of the answers to two orders of the same candidates, −1 … 1: 1 where order does not
            matter.
        first: how often the candidate shown first came out first.
        first_by_chance: how often it would if order did not matter.
    """

    pools: int
    refused: int
    pull: float
    agreement: float
    first: float
    first_by_chance: float


def position_bias(
    reranker: Reranker,
    pools: Sequence[Pool],
    shelf: Shelf,
    *,
    candidates: int = 10,
    orders: int = 4,
    seed: int = 0,
) -> PositionBias:
    """Ask about the same candidates in several random orders and compare the answers.

    Args:
        reranker: what is measured.
        pools: of at least two candidates each; others are passed over.
        shelf: that their products stand on.
        candidates: of each pool, retrieval's best.
        orders: shuffles of each pool, at least 2.
        seed: of the shuffles.

    Raises:
        SettingsError: fewer than two orders or candidates.
        DataError: no pool has two candidates, or none was answered.
    """
    if orders < 2 or candidates < 2:
        raise SettingsError(f"at least 2 orders of 2 candidates are compared; got {orders} of {candidates}")
    pulls, agreements, first, chance = list[float](), list[float](), list[bool](), list[float]()
    measured = refused = 0
    for at, pool in enumerate(pools):
        count = min(len(pool), candidates)
        if count < 2:
            continue
        shuffles = [np.random.default_rng([seed, at, turn]).permutation(count) for turn in range(orders)]
        try:
            found = [reranker.score([_shuffled(pool, order)], shelf)[0] for order in shuffles]
        except RerankError:
            refused += 1
            continue
        measured += 1
        answers = []
        for order, scores in zip(shuffles, found, strict=True):
            places = _places(scores)
            pulls.append(_correlation(np.arange(count), places))
            first.append(bool(places[0] == 0))
            chance.append(1 / count)
            answers.append(places[np.argsort(order)])
        agreements += [_correlation(one, other) for one, other in combinations(answers, 2)]
    if not measured:
        raise DataError(f"none of {len(pools)} pools could be measured; {refused} were refused, others are too small")
    return PositionBias(
        pools=measured,
        refused=refused,
        pull=float(np.mean(pulls)),
        agreement=float(np.mean(agreements)),
        first=float(np.mean(first)),
        first_by_chance=float(np.mean(chance)),
    )


def _shuffled(pool: Pool, order: NDArray[np.int64]) -> Pool:
    return replace(pool, candidates=pool.candidates[order], retrieval=pool.retrieval[order])


def _places(scores: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the place of each candidate, from 0; equal scores share the mean of theirs."""
    _, inverse, counts = np.unique(-scores, return_inverse=True, return_counts=True)
    found: NDArray[np.float64] = (np.cumsum(counts) - (counts + 1) / 2)[inverse]
    return found


def _correlation(one: NDArray[np.generic], other: NDArray[np.generic]) -> float:
    a, b = (of.astype(np.float64) - of.astype(np.float64).mean() for of in (one, other))
    spread = float(np.sqrt((a**2).sum() * (b**2).sum()))
    return float((a * b).sum()) / spread if spread else 0.0
