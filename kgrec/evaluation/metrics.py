"""Metrics of ranked lists: how well each user is served, and what the lists look like as a whole.

The first group returns one number a user, so that intervals and paired tests can be made of them. Relevance is binary.
``k`` is 1 … the length of the lists; an empty slot never hits.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kgrec.data import Histories
from kgrec.errors import DataError, SettingsError
from kgrec.evaluation.ranking import Ranking

__all__ = [
    "average_popularity",
    "average_precision",
    "coverage",
    "gini",
    "hit_rate",
    "intra_list_diversity",
    "mrr",
    "ndcg",
    "novelty",
    "popularity",
    "popularity_percentile",
    "precision",
    "recall",
]

_CHUNK = 1024


def recall(ranking: Ranking, k: int) -> NDArray[np.float64]:
    """Return the share of a user's targets in the first k, float64 (q,), 0 … 1 (below 1 where targets exceed k)."""
    return np.asarray(_hits(ranking, k).sum(axis=1) / ranking.wanted, np.float64)


def precision(ranking: Ranking, k: int) -> NDArray[np.float64]:
    """Return the share of the first k slots that hit, float64 (q,), 0 … 1; empty slots count as misses."""
    return np.asarray(_hits(ranking, k).sum(axis=1) / k, np.float64)


def hit_rate(ranking: Ranking, k: int) -> NDArray[np.float64]:
    """Return 1 where any of the first k hits and 0 elsewhere, float64 (q,)."""
    return np.asarray(_hits(ranking, k).any(axis=1), np.float64)


def mrr(ranking: Ranking, k: int) -> NDArray[np.float64]:
    """Return 1 / place of the first hit, 0 without a hit in the first k, float64 (q,) (Voorhees, TREC-8)."""
    hits = _hits(ranking, k)
    return np.asarray(np.where(hits.any(axis=1), 1.0 / (hits.argmax(axis=1) + 1), 0.0), np.float64)


def ndcg(ranking: Ranking, k: int) -> NDArray[np.float64]:
    """Return the normalised discounted cumulative gain, float64 (q,), 0 … 1.

    Binary gains, discount ``1 / log2(place + 1)``; the ideal list has ``min(k, targets)`` hits at its top
    (Järvelin and Kekäläinen, TOIS 2002).
    """
    hits = _hits(ranking, k)
    discount = 1.0 / np.log2(np.arange(2, k + 2))
    ideal = np.cumsum(discount)[np.minimum(ranking.wanted, k) - 1]
    return np.asarray((hits @ discount) / ideal, np.float64)


def average_precision(ranking: Ranking, k: int) -> NDArray[np.float64]:
    """Return the average precision at k, float64 (q,), 0 … 1; its mean over users is MAP@k.

    The precision at each hit, summed and divided by ``min(k, targets)``; at full length this is the usual average
    precision (Manning, Raghavan and Schütze, Introduction to Information Retrieval, 8.4).
    """
    hits = _hits(ranking, k)
    at_place = np.cumsum(hits, axis=1) / np.arange(1, k + 1)
    return np.asarray((at_place * hits).sum(axis=1) / np.minimum(ranking.wanted, k), np.float64)


def popularity(histories: Histories, n_products: int) -> NDArray[np.int64]:
    """Return how many users have each product, int64 (n_products,).

    Raises:
        DataError: a history names a product beyond ``n_products``.
    """
    if len(histories.items) and int(histories.items.max()) >= n_products:
        raise DataError(f"histories name product {int(histories.items.max())}, but there are {n_products} products")
    owner = np.repeat(np.arange(len(histories), dtype=np.int64), histories.lengths())
    pairs = np.unique(owner * max(n_products, 1) + histories.items)
    return np.bincount(pairs % max(n_products, 1), minlength=n_products).astype(np.int64)


def coverage(ranking: Ranking, k: int) -> float:
    """Return the share of the shop's products that stand in any list, 0 … 1 (Ge et al., RecSys 2010)."""
    shown = _shown(ranking, k)
    return len(np.unique(shown[shown >= 0])) / max(ranking.n_products, 1)


def gini(ranking: Ranking, k: int) -> float:
    """Return the Gini coefficient of how often each product of the shop is shown: 0 all alike, towards 1 only a few.

    Products that are never shown count (Fleder and Hosanagar, Management Science 2009). NaN where nothing is shown.
    """
    shown = _shown(ranking, k)
    counts = np.sort(np.bincount(shown[shown >= 0], minlength=ranking.n_products))
    n, total = len(counts), counts.sum()
    if total == 0:
        return float("nan")
    return float((2 * np.arange(1, n + 1) - n - 1) @ counts / (n * total))


def novelty(ranking: Ranking, k: int, counts: NDArray[np.integer], users: int) -> NDArray[np.float64]:
    """Return the mean self-information of a list in bits, float64 (q,), NaN for an empty list.

    ``−log2(users who have the product / users)``, mean over the list (Zhou et al., PNAS 2010; Vargas and Castells,
    RecSys 2011). A product that nobody has counts as if one user had it.

    Args:
        ranking: the lists.
        k: how much of each list.
        counts: int (n,), users a product in train, from ``popularity``.
        users: number of users in train.
    """
    bits = np.log2(max(users, 1)) - np.log2(np.maximum(counts, 1))
    return _mean_of(ranking, k, bits)


def average_popularity(ranking: Ranking, k: int, counts: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return the mean number of train users of the products of a list, float64 (q,), NaN for an empty list.

    Its mean over users is ARP (Yin et al., VLDB 2012; Abdollahpouri et al., FLAIRS 2019).
    """
    return _mean_of(ranking, k, counts.astype(np.float64))


def popularity_percentile(ranking: Ranking, k: int, counts: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return the mean popularity percentile of a list, float64 (q,), 0 … 1, NaN for an empty list.

    The percentile of a product is the share of the shop's products that are less popular, ties at half: a list of
    products drawn at random has .5, a list of the most popular ones nearly 1.
    """
    ordered = np.sort(counts)
    below = np.searchsorted(ordered, counts, side="left")
    upto = np.searchsorted(ordered, counts, side="right")
    return _mean_of(ranking, k, (below + upto) / (2.0 * max(len(counts), 1)))


def intra_list_diversity(ranking: Ranking, k: int, vectors: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return 1 − the mean cosine of all pairs of a list, float64 (q,), 0 … 2, NaN where a list has fewer than two.

    (Smyth and McClave, ICCBR 2001; Ziegler et al., WWW 2005). A zero vector has cosine 0 with everything.

    Args:
        ranking: the lists.
        k: how much of each list.
        vectors: float (n, d), one a product, of any length.

    Raises:
        DataError: there is not one vector a product.
    """
    if len(vectors) != ranking.n_products:
        raise DataError(f"vectors must have one row a product, {ranking.n_products}; got {len(vectors)}")
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 0)
    shown = _shown(ranking, k)
    result = np.full(len(shown), np.nan)
    for start in range(0, len(shown), _CHUNK):
        part = shown[start : start + _CHUNK]
        real = part >= 0
        rows = unit[part] * real[..., None]
        # The sum over all pairs is what the squared length of the sum has beyond the squared lengths.
        alone = np.einsum("qkd,qkd->q", rows, rows, dtype=np.float64)
        both = rows.sum(axis=1, dtype=np.float64)
        together = np.einsum("qd,qd->q", both, both)
        count = real.sum(axis=1)
        pairs = count * (count - 1)
        enough = pairs > 0
        result[start : start + len(part)][enough] = 1.0 - (together - alone)[enough] / pairs[enough]
    return result


def _hits(ranking: Ranking, k: int) -> NDArray[np.bool_]:
    _check(ranking, k)
    return ranking.hits[:, :k]


def _shown(ranking: Ranking, k: int) -> NDArray[np.int32]:
    _check(ranking, k)
    return ranking.items[:, :k]


def _mean_of(ranking: Ranking, k: int, by_product: NDArray[np.float64]) -> NDArray[np.float64]:
    """Average a number of each product, float64 (n,), over each list."""
    if len(by_product) != ranking.n_products:
        raise DataError(f"expected one number a product, {ranking.n_products}; got {len(by_product)}")
    shown = _shown(ranking, k)
    real = shown >= 0
    count = real.sum(axis=1)
    total = np.where(real, by_product[shown], 0.0).sum(axis=1)
    return np.asarray(np.divide(total, count, out=np.full(len(shown), np.nan), where=count > 0), np.float64)


def _check(ranking: Ranking, k: int) -> None:
    if not 1 <= k <= ranking.k:
        raise SettingsError(f"k must lie between 1 and the length of the lists, {ranking.k}; got {k}")
