"""What every re-ranker must do, as tests with plain asserts, on a small shop whose answers are known."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from kgrec.data import Catalogue, Facts, Pool, Product, Targets
from kgrec.embedding import HashingEncoder, product_documents
from kgrec.extraction import declared_facts
from kgrec.graph import Graph
from kgrec.protocols import Reranker, Shelf
from kgrec.ranking import FixedShelf
from kgrec.testing.synthetic import clustered_shop

__all__ = ["PlainShelf", "RerankerContract", "rerank_shop"]

_CANDIDATES = 12


class PlainShelf(FixedShelf):
    """A shelf of declared facts and hashed texts, of products that nobody touched."""

    @classmethod
    def of(cls, catalogue: Catalogue) -> PlainShelf:
        """Put a catalogue on a shelf: facts that it declares, vectors by hashing."""
        facts = Facts.of(declared_facts(catalogue))
        vectors = HashingEncoder().encode(product_documents(catalogue, facts))
        vectors = vectors - vectors.mean(axis=0)
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit = np.divide(vectors, norms, out=np.zeros_like(vectors), where=norms > 0).astype(np.float32)
        return cls(
            catalogue=catalogue,
            graph=Graph.from_facts(catalogue.ids, facts),
            vectors=unit,
            popularity=np.zeros(len(unit), np.int64),
        )

    def with_product(self, product: Product) -> PlainShelf:
        """Return a shelf with one product more."""
        return PlainShelf.of(self.catalogue.changed({len(self.catalogue): product}))


@cache
def rerank_shop(
    products: int = 60, shoppers: int = 96, *, clusters: int = 4, seed: int = 0
) -> tuple[PlainShelf, tuple[Pool, ...], Targets]:
    """Return a shelf, a pool for each shopper, and what each of them wanted: the one candidate of the own cluster.

    Retrieval's scores are drawn at random, so that nothing but texts, facts, vectors and behaviour tells the answer.

    Args:
        products: of the shop.
        shoppers: with a pool each.
        clusters: of products that go together.
        seed: same seed, same shop.
    """
    shop = clustered_shop(products, shoppers, clusters=clusters, seed=seed)
    rng = np.random.default_rng([seed, 2])
    pools, wanted = [], []
    for shopper in range(shoppers):
        cluster = int(shop.user_cluster[shopper])
        own = rng.permutation(np.flatnonzero(shop.product_cluster == cluster))
        others = rng.permutation(np.flatnonzero(shop.product_cluster != cluster))
        candidates = rng.permutation(np.append(others[: _CANDIDATES - 1], own[0])).astype(np.int32)
        history = own[1 : 3 + shopper % 4].astype(np.int32)
        pools.append(
            Pool(
                history=history,
                times=np.arange(len(history), dtype=np.float64) * 86_400,
                candidates=candidates,
                retrieval=np.sort(rng.random(len(candidates)).astype(np.float32))[::-1].copy(),
            )
        )
        wanted.append(own[0])
    targets = Targets(indptr=np.arange(shoppers + 1, dtype=np.int64), items=np.array(wanted, np.int32))
    return PlainShelf.of(shop.catalogue), tuple(pools), targets


class RerankerContract(ABC):
    """Pools → a finite score a candidate, whatever the pool looks like and whatever is asked beside it."""

    pointwise: ClassVar[bool] = True
    """Whether a candidate's score does not depend on the order in which the candidates come."""
    tolerance: ClassVar[float] = 1e-4
    """How far two answers to one question may lie apart."""

    @abstractmethod
    def make(self, pools: Sequence[Pool], targets: Targets, shelf: Shelf) -> Reranker:
        """Return a re-ranker that has learned from some pools, where it learns; called once a test."""

    def ready(self) -> tuple[Reranker, PlainShelf, tuple[Pool, ...]]:
        """Return a re-ranker, its shelf and a few pools."""
        shelf, pools, targets = rerank_shop()
        return self.make(pools, targets, shelf), shelf, pools[:6]

    def test_is_a_reranker(self) -> None:
        """It has the method and a name."""
        reranker, _, _ = self.ready()
        assert isinstance(reranker, Reranker)
        assert reranker.name

    def test_one_finite_score_a_candidate(self) -> None:
        """Scores are finite float32 (c,), one array a pool."""
        reranker, shelf, pools = self.ready()
        self._scores(reranker, pools, shelf)

    def test_nothing_asked(self) -> None:
        """No pools, no answers; a pool without candidates has no scores."""
        reranker, shelf, pools = self.ready()
        assert reranker.score([], shelf) == []
        nothing = _with(pools[0], candidates=[])
        assert [scores.shape for scores in reranker.score([nothing, pools[1]], shelf)] == [(0,), (_CANDIDATES,)]

    def test_histories_of_every_kind(self) -> None:
        """Empty, repeated and very long histories are answered, with and without times."""
        reranker, shelf, pools = self.ready()
        n = len(shelf.catalogue)
        histories: list[list[int]] = [[], [3, 3, 3], [at % n for at in range(10_000)]]
        asked = [_with(pools[0], history=history) for history in histories]
        self._scores(reranker, asked, shelf)
        assert len(np.unique(self._scores(reranker, [replace(asked[1], times=np.zeros(3))], shelf)[0])) > 1

    def test_a_single_candidate(self) -> None:
        """A pool of one is scored."""
        reranker, shelf, pools = self.ready()
        self._scores(reranker, [_with(pools[0], candidates=pools[0].candidates[:1])], shelf)

    def test_pools_do_not_touch_each_other(self) -> None:
        """A pool has the same scores alone, among others and in another place."""
        reranker, shelf, pools = self.ready()
        together = self._scores(reranker, pools, shelf)
        turned = self._scores(reranker, pools[::-1], shelf)[::-1]
        for pool, scores, other in zip(pools, together, turned, strict=True):
            np.testing.assert_allclose(self._scores(reranker, [pool], shelf)[0], scores, atol=self.tolerance)
            np.testing.assert_allclose(other, scores, atol=self.tolerance)

    def test_the_order_of_candidates_does_not_matter(self) -> None:
        """A candidate has the same score wherever it stands."""
        if not self.pointwise:
            return
        reranker, shelf, pools = self.ready()
        order = np.random.default_rng(0).permutation(_CANDIDATES)
        (scores,) = self._scores(reranker, pools[:1], shelf)
        pool = pools[0]
        mixed = replace(pool, candidates=pool.candidates[order], retrieval=pool.retrieval[order])
        np.testing.assert_allclose(self._scores(reranker, [mixed], shelf)[0], scores[order], atol=self.tolerance)

    def test_same_question_same_answer(self) -> None:
        """Asking again changes nothing, and the pool is left alone."""
        reranker, shelf, pools = self.ready()
        kept = [pool.candidates.copy() for pool in pools], [pool.history.copy() for pool in pools]
        first = self._scores(reranker, pools, shelf)
        for scores, again in zip(first, self._scores(reranker, pools, shelf), strict=True):
            np.testing.assert_array_equal(again, scores)
        for pool, candidates, history in zip(pools, *kept, strict=True):
            np.testing.assert_array_equal(pool.candidates, candidates)
            np.testing.assert_array_equal(pool.history, history)

    def test_several_threads(self) -> None:
        """32 threads at once are given what one is."""
        reranker, shelf, pools = self.ready()
        alone = [self._scores(reranker, [pool], shelf)[0] for pool in pools]
        with ThreadPoolExecutor(32) as threads:
            together = list(threads.map(lambda at: reranker.score([pools[at % len(pools)]], shelf)[0], range(64)))
        for at, scores in enumerate(together):
            np.testing.assert_allclose(scores, alone[at % len(pools)], atol=self.tolerance)

    def test_new_products(self) -> None:
        """A product that came later is scored like any other, as a candidate and in the history."""
        reranker, shelf, pools = self.ready()
        model = shelf.catalogue[int(pools[0].candidates[0])]
        later = shelf.with_product(replace(model, id="later", title=f"{model.title} again"))
        new = len(later.catalogue) - 1
        asked = [
            _with(pools[0], candidates=[*pools[0].candidates[:3], new]),
            _with(pools[0], history=np.array([*pools[0].history, new], np.int32)),
        ]
        self._scores(reranker, asked, later)

    def test_products_without_text(self) -> None:
        """A product of which nothing is known is scored."""
        reranker, shelf, pools = self.ready()
        bare = shelf.with_product(Product(id="bare"))
        new = len(bare.catalogue) - 1
        asked = [
            _with(pools[0], candidates=[new, *pools[0].candidates[:3]]),
            _with(pools[0], history=np.array([new], np.int32)),
        ]
        self._scores(reranker, asked, bare)

    def _scores(self, reranker: Reranker, pools: Sequence[Pool], shelf: Shelf) -> list[NDArray[np.float32]]:
        found = reranker.score(pools, shelf)
        assert len(found) == len(pools)
        for pool, scores in zip(pools, found, strict=True):
            assert scores.dtype == np.float32
            assert scores.shape == (len(pool),)
            assert np.isfinite(scores).all()
        return found


def _with(
    pool: Pool,
    *,
    history: NDArray[np.int32] | Sequence[int] | None = None,
    candidates: NDArray[np.int32] | Sequence[int] | None = None,
) -> Pool:
    """Return a pool with another history, without times, or with other candidates."""
    shown = pool.history if history is None else np.asarray(history, np.int32)
    times = pool.times if history is None else np.full(len(shown), np.nan)
    given = pool.candidates if candidates is None else np.asarray(candidates, np.int32)
    retrieval = np.linspace(1, 0.5, len(given), dtype=np.float32)
    return Pool(history=shown, times=times, candidates=given, retrieval=retrieval)
