"""A shop whose order matters, as re-rankers see it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kgrec.data import Catalogue, Fact, Facts, Histories, Pool, Product, Targets
from kgrec.graph import Graph
from kgrec.ranking import FixedShelf

CLUSTERS, SIZE = 6, 8
N = CLUSTERS * SIZE


def chain_shelf(extra: int = 0) -> FixedShelf:
    """Products of six themes; theme t is followed by theme t + 1, which only its facts and text tell."""
    rng = np.random.default_rng(3)
    themes = [number % CLUSTERS for number in range(N + extra)]
    products = [Product(id=f"p{number}", title=f"theme {theme}") for number, theme in enumerate(themes)]
    facts = Facts.of(
        Fact(
            product=f"p{number}",
            relation="theme",
            value=f"theme {theme}",
            surface=f"theme {theme}",
            field="attributes",
            start=-1,
            end=-1,
            extractor="declared",
            confidence=1.0,
        )
        for number, theme in enumerate(themes)
    )
    centres = rng.normal(size=(CLUSTERS, 12))
    vectors = centres[themes] + 0.2 * rng.normal(size=(len(themes), 12))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    catalogue = Catalogue(products)
    return FixedShelf(
        catalogue=catalogue,
        graph=Graph.from_facts(catalogue.ids, facts),
        vectors=vectors.astype(np.float32),
        popularity=np.zeros(len(themes), np.int64),
    )


def chain_histories(users: int = 400, length: int = 6, seed: int = 0) -> Histories:
    """Each step goes on to any product of the next theme."""
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(users):
        first = int(rng.integers(CLUSTERS))
        rows.append([(first + step) % CLUSTERS + CLUSTERS * int(rng.integers(SIZE)) for step in range(length)])
    return Histories.of(rows)


def chain_pools(users: int = 60, seed: int = 9) -> tuple[list[Pool], Targets]:
    """Pools over all products, for which retrieval has no opinion, and the products of the theme that follows."""
    histories = chain_histories(users, length=4, seed=seed)
    everything = np.arange(N, dtype=np.int32)
    pools, wanted = [], []
    for user in range(users):
        history = histories.row(user)
        candidates = np.setdiff1d(everything, history).astype(np.int32)
        pools.append(pool_of(history, candidates))
        wanted.append(candidates[candidates % CLUSTERS == (int(history[-1]) + 1) % CLUSTERS])
    lengths = [len(right) for right in wanted]
    return pools, Targets(indptr=np.concatenate([[0], np.cumsum(lengths)]), items=np.concatenate(wanted))


def pool_of(history: NDArray[np.int32] | list[int], candidates: NDArray[np.int32] | list[int]) -> Pool:
    items, proposed = np.asarray(history, np.int32), np.asarray(candidates, np.int32)
    return Pool(
        history=items,
        times=np.full(len(items), np.nan),
        candidates=proposed,
        retrieval=np.linspace(1, 0.5, len(proposed), dtype=np.float32),
    )
