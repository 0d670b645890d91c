"""Which products belong together: by behaviour, and by rare values of the graph."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kgrec.data import Histories
from kgrec.graph import Graph

__all__ = ["Pairs", "behaviour_pairs", "graph_pairs"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pairs:
    """Unordered pairs of products.

    Attributes:
        first: int32 (p,), product numbers, each below its partner's.
        second: int32 (p,).
        share: float64 (p,), how likely each is drawn, sum 1.
        n: number of products of the shop.
    """

    first: NDArray[np.int32]
    second: NDArray[np.int32]
    share: NDArray[np.float64]
    n: int

    def __len__(self) -> int:
        """Return the number of pairs."""
        return len(self.first)

    def drawn(self, count: int, rng: np.random.Generator) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Draw pairs, int32 (count,) twice, in either direction."""
        ends = np.cumsum(self.share)
        at = np.minimum(np.searchsorted(ends, rng.random(count) * ends[-1], side="right"), len(self) - 1)
        turned = rng.random(count) < 0.5
        first, second = self.first[at], self.second[at]
        return np.where(turned, second, first), np.where(turned, first, second)

    def holds(self, first: NDArray[np.int32], second: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Tell which products of ``first`` (int (a,)) belong together with which of ``second`` (int (b,)), (a, b)."""
        low = np.minimum(first[:, None], second[None, :]).astype(np.int64)
        high = np.maximum(first[:, None], second[None, :])
        if not len(self):
            return np.zeros(low.shape, np.bool_)
        known = self.first.astype(np.int64) * self.n + self.second  # rising, as the pairs were made unique by it
        asked = low * self.n + high
        at = np.minimum(np.searchsorted(known, asked), len(known) - 1)
        return np.asarray(known[at] == asked)


def behaviour_pairs(histories: Histories, n: int, *, window: int) -> Pairs:
    """Return products that a shopper touched at most ``window`` places after each other.

    Frequent pairs are likelier, pairs of popular products less so: the count over the fourth root of the product of
    both popularities, half way between all that happened and what is beyond chance.

    Args:
        histories: oldest first.
        n: number of products.
        window: at least 1.
    """
    owner = np.repeat(np.arange(len(histories)), histories.lengths())
    codes = []
    for apart in range(1, window + 1):
        first, second = histories.items[:-apart].astype(np.int64), histories.items[apart:].astype(np.int64)
        ours = (owner[:-apart] == owner[apart:]) & (first != second)
        codes.append(np.minimum(first, second)[ours] * n + np.maximum(first, second)[ours])
    unique, counts = np.unique(np.concatenate(codes), return_counts=True)
    popularity = np.bincount(histories.items, minlength=n)
    calm = (popularity[unique // n].astype(np.float64) * popularity[unique % n]) ** 0.25
    return _pairs(unique, counts / np.maximum(calm, 1.0), n)


def graph_pairs(graph: Graph, *, rare_products: int) -> Pairs:
    """Return products that share values which at most ``rare_products`` carry; the rarer and more, the likelier."""
    n = len(graph.product_ids)
    carriers = np.diff(graph.value_indptr)
    codes, weights = [np.zeros(0, np.int64)], [np.zeros(0)]
    for size in range(2, rare_products + 1):
        values = np.flatnonzero(carriers == size)
        rows = graph.product[graph.value_indptr[values][:, None] + np.arange(size)].astype(np.int64)
        left, right = np.triu_indices(size, 1)
        made = (rows[:, left] * n + rows[:, right]).ravel()  # products rise within a value
        codes.append(made)
        # each value is as likely as any other of its rarity, however many pairs it makes
        weights.append(np.full(len(made), np.log(max(n, 2) / size) / len(left)))
    unique, inverse = np.unique(np.concatenate(codes), return_inverse=True)
    return _pairs(unique, np.bincount(inverse, np.concatenate(weights)).astype(np.float64), n)


def _pairs(codes: NDArray[np.int64], weights: NDArray[np.float64], n: int) -> Pairs:
    total = float(weights.sum())
    return Pairs(
        first=(codes // n).astype(np.int32),
        second=(codes % n).astype(np.int32),
        share=weights / total if total > 0 else weights,
        n=n,
    )
