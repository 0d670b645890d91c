"""A shop in its newest state, whatever is asked of it."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kgrec import reasons
from kgrec.answering import Answering, TextSearch
from kgrec.data import (
    Catalogue,
)
from kgrec.explanation import ExplanationSettings
from kgrec.graph import Graph
from kgrec.protocols import Encoder
from kgrec.retrieval import Table
from kgrec.shop import Shop
from kgrec.updates import Changes

__all__ = ["Holding"]


class Holding:
    """Holds a shop, the state that answers, and what shoppers said.

    Args:
        shop: what was built or loaded.
        encoder: that made its text vectors, for products that are added.
        explanations: what is put in words, and how.
    """

    def __init__(
        self, shop: Shop, *, encoder: Encoder | None = None, explanations: ExplanationSettings | None = None
    ) -> None:
        """Hold a built shop."""
        self._changes = Changes(shop, Answering.of(shop, explanations), encoder)
        self._wishes = reasons.Wishes(shop.feedback)

    @property
    def shop(self) -> Shop:
        """What the answers are made from; after updates a copy without gaps in its numbers, made for the call."""
        shop, said = self._changes.shop, self._wishes.records
        return shop if said == shop.feedback else replace(shop, feedback=said)

    @property
    def _now(self) -> Answering:
        return self._changes.now

    @property
    def catalogue(self) -> Catalogue:
        """The products; a removed one keeps its number, and is not found by its id, until the shop is saved."""
        return self._now.catalogue

    @property
    def pending(self) -> int:
        """How many products wait for :meth:`settle`."""
        return self._changes.pending

    @property
    def graph(self) -> Graph:
        """The product knowledge graph."""
        return self._now.graph

    @property
    def _vectors(self) -> NDArray[np.float32]:
        return self._now.vectors

    @property
    def _table(self) -> Table:
        return self._now.table

    @property
    def _index(self) -> TextSearch:
        return self._now.nearest

    def describe(self) -> dict[str, Any]:
        """Return what the shop is made of: products, graph statistics, settings, relation weights and the build report.

        ``relation_weights`` tells which relations matter most in this shop, the largest first. ``index`` tells which
        vector index was built, why, and the recall that was measured; None without text. ``stages`` tells which
        re-rankers there are, and what each set of them adds on validation; None without.
        """
        now = self._now
        settings = now.model.settings
        weights = {name: settings.weight_of(name) for name in self.graph.relations}
        return {
            "products": len(now.catalogue) - len(now.gone),
            "users": len(now.user_num),
            "events": now.histories.size,
            "encoder": self._changes.encoder,
            "graph": now.graph.statistics(),
            "relation_weights": dict(sorted(weights.items(), key=lambda pair: -pair[1])),
            "settings": settings,
            "index": None if self._changes.index is None else asdict(self._changes.index.report),
            "report": dict(self._changes.report),
            "stages": None if now.stages is None else now.stages.describe(),
            "pending": self.pending,
        }
