"""One small shop with clusters, texts, brands and categories for all tests of this folder."""

from __future__ import annotations

import dataclasses
from functools import cache

import kgrec
from kgrec.retrieval import LinearSettings
from kgrec.testing import clustered_shop

N = 90
USERS = tuple(f"u{user:06d}" for user in range(0, 120, 5))


@cache
def shop() -> kgrec.Recommender:
    """Return a shop of 90 products; the last 6 have been touched by nobody."""
    made = clustered_shop(N, 120, clusters=3, seed=1)
    events = made.events.select(made.events.item < N - 6)
    settings = LinearSettings(support=12, recency=0.9, text_weight=0.5)
    return kgrec.build(made.catalogue, events, encoder=kgrec.HashingEncoder(64), settings=settings)


def again(**changed: object) -> kgrec.Recommender:
    """Return the same shop with other parts, which takes feedback of its own."""
    return kgrec.Recommender(dataclasses.replace(shop().shop, **changed))  # type: ignore[arg-type]
