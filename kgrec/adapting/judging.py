"""How good an encoder is for a shop: search by held-out queries, and what a shopper touches next by texts alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kgrec.adapting.queries import Query, as_targets
from kgrec.adapting.settings import AdaptSettings
from kgrec.data import Histories
from kgrec.embedding import SentenceEncoder
from kgrec.evaluation import Ranking, Split, ndcg, rank, recall
from kgrec.protocols import Progress
from kgrec.retrieval import centred

__all__ = ["Exam", "TextScorer", "gain_of"]

K = 10
_BLOCK = 256
_LEAST_BEFORE = 1e-3
"""A figure below this is taken as this in the gain, which would be without measure else."""


class TextScorer:
    """Products like the newest ones of a history, by their texts alone.

    Args:
        vectors: float32 (n, d), of the product documents.
        items: the newest products of a history that count.
    """

    def __init__(self, vectors: NDArray[np.float32], items: int) -> None:
        """Take out what all products have in common."""
        self._vectors, self._items = centred(vectors), items

    def score(self, histories: Histories) -> NDArray[np.float32]:
        """Return float32 (len(histories), n): the mean cosine with the newest products."""
        means = np.zeros((len(histories), self._vectors.shape[1]), np.float32)
        for row in range(len(histories)):
            newest = histories.row(row)[-self._items :]
            if len(newest):
                means[row] = self._vectors[newest].mean(axis=0)
        scores: NDArray[np.float32] = means @ self._vectors.T
        return scores


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Exam:
    """Questions that an encoder is asked.

    Attributes:
        documents: (n,) texts of the products.
        queries: with their answers.
        split: shoppers and what they touched next; None where there is none.
        products: int64 (p,), rising: that are ranked; None for all.
        history_items: see ``AdaptSettings``.
    """

    documents: tuple[str, ...]
    queries: tuple[Query, ...]
    split: Split | None
    products: NDArray[np.int64] | None
    history_items: int

    @classmethod
    def of(
        cls,
        documents: tuple[str, ...],
        queries: tuple[Query, ...],
        split: Split | None,
        settings: AdaptSettings,
        *,
        most: int | None,
        seed: int,
    ) -> Exam:
        """Put questions together; where ``most`` is below the number of products, only so many are ranked."""
        split = None if split is None or not len(split) else split.sample(settings.shoppers, seed=seed)
        products = None
        if most is not None and most < len(documents):
            drawn = np.random.default_rng([seed, 13]).choice(len(documents), size=most, replace=False)
            products = np.sort(drawn).astype(np.int64)
            queries = tuple(
                Query(text=query.text, values=query.values, answers=left)
                for query in queries
                if len(left := np.intersect1d(query.answers, products).astype(np.int32))
            )
            split = None if split is None else _inside(split, products)
        return cls(
            documents=documents,
            queries=queries,
            split=split,
            products=products,
            history_items=settings.history_items,
        )

    def asked(self, encoder: SentenceEncoder, progress: Progress) -> dict[str, NDArray[np.float64]]:
        """Return NDCG@10 and recall@10 of each question, float64 (q,), by ``"search ndcg@10"`` and so on."""
        return self.judged(encoder, self.vectors(encoder, progress))

    def vectors(self, encoder: SentenceEncoder, progress: Progress) -> NDArray[np.float32]:
        """Return the vectors of the products, float32 (n, d); zero where a product is not needed."""
        if self.products is None:
            return encoder.encode(self.documents, progress=progress)
        vectors = np.zeros((len(self.documents), encoder.dimension), np.float32)
        some = [self.documents[num] for num in self.products.tolist()]
        vectors[self.products] = encoder.encode(some, progress=progress)
        return vectors

    def judged(self, encoder: SentenceEncoder, vectors: NDArray[np.float32]) -> dict[str, NDArray[np.float64]]:
        """Return the figures of :meth:`asked` for vectors that are there already."""
        found: dict[str, Ranking] = {}
        if self.queries:
            found["search"] = self._search(encoder, vectors)
        if self.split is not None:
            found["retrieval"] = rank(TextScorer(vectors, self.history_items), self.split, k=K, only=self.products)
        return {
            f"{name} {metric}@{K}": measure(ranking, K)
            for name, ranking in found.items()
            for metric, measure in (("ndcg", ndcg), ("recall", recall))
        }

    def _search(self, encoder: SentenceEncoder, vectors: NDArray[np.float32]) -> Ranking:
        ranked = np.arange(len(vectors)) if self.products is None else self.products
        asked = encoder.encode([query.text for query in self.queries])
        known = vectors[ranked]
        best = [
            np.argsort(-(asked[start : start + _BLOCK] @ known.T), axis=1, kind="stable")[:, :K]
            for start in range(0, len(asked), _BLOCK)
        ]
        items = np.full((len(asked), K), -1, np.int32)
        found = ranked[np.concatenate(best)]
        items[:, : found.shape[1]] = found
        return Ranking.of(items, as_targets(self.queries), n_products=len(vectors))


def _inside(split: Split, products: NDArray[np.int64]) -> Split | None:
    """Return a split in which shoppers touched and want only some products; None where nobody is left."""
    among = split.among(products)
    queries = among.queries.keep(np.isin(among.queries.items, products))
    rows = np.flatnonzero(queries.lengths() > 0)
    if not len(rows):
        return None
    return Split(
        train=among.train,
        queries=queries.select(rows),
        targets=among.targets.select(rows),
        users=among.users[rows],
    )


def gain_of(before: Mapping[str, float], after: Mapping[str, float], settings: AdaptSettings) -> float:
    """Return the weighted mean of NDCG@10 after over before, less 1, of what was measured."""
    weights = {"search": settings.search_weight, "retrieval": settings.retrieval_weight}
    parts = [
        (weight, after[key] / max(before[key], _LEAST_BEFORE))
        for name, weight in weights.items()
        if weight and (key := f"{name} ndcg@{K}") in before
    ]
    return sum(weight * part for weight, part in parts) / sum(weight for weight, _ in parts) - 1 if parts else 0.0
