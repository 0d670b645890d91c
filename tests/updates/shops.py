"""Shops that change at random, and fits of what they have become."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

import kgrec
from kgrec.retrieval import (
    FaissIndex,
    Knowledge,
    LinearModel,
    LinearSettings,
    ModelInputs,
    behaviour_counts,
    centred_at,
)
from kgrec.shop import Shop
from kgrec.testing import ClusteredShop, clustered_shop

SETTINGS = LinearSettings(support=20, recency=0.9, text_neighbours=30)
ENCODER = kgrec.HashingEncoder(32)


def built(
    products: int = 200, users: int = 200, *, settings: LinearSettings = SETTINGS, seed: int = 1, clusters: int = 5
) -> tuple[kgrec.Recommender, ClusteredShop]:
    made = clustered_shop(products, users, clusters=clusters, seed=seed)
    return kgrec.build(made.catalogue, made.events, encoder=ENCODER, settings=settings), made


def change_at_random(shop: kgrec.Recommender, pool: list[kgrec.Product], steps: int, rng: np.random.Generator) -> None:
    """Add, change and remove products of a pool and let users touch them."""
    now = 2_000_000_000.0
    for step in range(steps):
        living = [product.id for product in pool if product.id in shop.catalogue]
        kind = rng.choice(["add", "change", "remove", "events", "settle"], p=[0.3, 0.2, 0.15, 0.34, 0.01])
        if kind == "add":
            new = pool[int(rng.integers(len(pool)))]
            shop.add(replace(new, title=f"{new.title} e{step}"))
        elif kind == "change" and living:
            other = pool[int(rng.integers(len(pool)))]
            # No two texts are the same: equal cosines at the end of a list of neighbours are a coin's throw.
            shop.add(replace(other, id=living[int(rng.integers(len(living)))], title=f"{other.title} v{step}"))
        elif kind == "remove" and len(living) > 20:
            shop.remove(living[int(rng.integers(len(living)))])
        elif kind == "events" and living:
            user = f"u{rng.integers(260):06d}"
            items = rng.choice(living, min(len(living), int(rng.integers(1, 4))), replace=False)
            shop.add_events([(user, str(item), str(rng.choice(["view", "purchase"])), now + step) for item in items])
        elif kind == "settle":
            shop.settle(int(rng.integers(1, 50)))


def fresh_fit(shop: Shop, *, frozen: bool = True) -> LinearModel:
    """Fit what a shop has become, with the statistics of its last fit or with its own."""
    settings = shop.model.settings
    assert shop.statistics is not None
    statistics = shop.statistics
    knowledge = Knowledge.from_graph(shop.graph, hub_share=settings.hub_share)
    inputs = ModelInputs.of(
        len(shop.catalogue), shop.histories, knowledge, shop.vectors, text_neighbours=settings.text_neighbours
    )
    if not frozen:
        return LinearModel.fit(inputs, settings)
    vectors = statistics.read(centred_at(shop.vectors, statistics.text_mean))
    n, size = len(vectors), settings.text_neighbours
    neighbours, cosines = np.full((n, size), -1, np.int32), np.zeros((n, size), np.float32)
    text = vectors.shape[1] > 0
    found, nums = FaissIndex(vectors).search(vectors, n) if text else (cosines[:, :0], neighbours[:, :0])
    for row in range(n if text else 0):
        kept = (nums[row] != row) & (found[row] > 0)
        best = nums[row][kept][:size]
        neighbours[row, : len(best)], cosines[row, : len(best)] = best, found[row][kept][:size]
    inputs = replace(
        inputs,
        knowledge=replace(knowledge, rarity=statistics.rarity * statistics.value_factors),
        vectors=vectors,
        neighbours=neighbours,
        cosines=cosines,
    )
    counts = behaviour_counts(inputs, settings, statistics.scales)
    return LinearModel.fit(inputs, settings, counts=counts, learned=inputs, factors=statistics.factors)
