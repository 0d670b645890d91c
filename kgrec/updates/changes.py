"""What a :class:`kgrec.Recommender` does with updates: check, read, encode, then change the shop."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kgrec.answering import Answering
from kgrec.data import Catalogue, Events, Facts, Product
from kgrec.errors import CatalogueError, SettingsError, UnknownProductError
from kgrec.protocols import Encoder, Progress, silent
from kgrec.retrieval import IndexPlan
from kgrec.shop import Shop
from kgrec.updates.encoding import Newcomers
from kgrec.updates.live import LiveShop
from kgrec.updates.reading import checked_products, event_rows

__all__ = ["Changes"]


class Changes:
    """Updates of one shop; made ready by the first of them.

    Args:
        shop: as it was built or loaded.
        now: the same, ready to answer.
        encoder: that made its vectors, where it is at hand.
    """

    def __init__(self, shop: Shop, now: Answering, encoder: Encoder | None) -> None:
        """Hold the parts."""
        self._shop = shop
        self._start = now
        self._newcomers = Newcomers(shop.catalogue, shop.vectors.shape[1], shop.encoder, encoder, shop.graph.facts)
        self.given_encoder = encoder
        self._live: LiveShop | None = None
        self._lock = threading.Lock()

    @property
    def pending(self) -> int:
        """Number of columns that wait."""
        return 0 if self._live is None else self._live.pending

    @property
    def now(self) -> Answering:
        """The state to ask."""
        return self._start if self._live is None else self._live.now

    @property
    def shop(self) -> Shop:
        """The shop as it stands."""
        return self._shop if self._live is None else self._live.as_shop()

    @property
    def encoder(self) -> str:
        """Name of the shop's encoder."""
        return self._shop.encoder

    @property
    def index(self) -> IndexPlan | None:
        """How vectors are searched."""
        return self._shop.index

    @property
    def report(self) -> Mapping[str, Any]:
        """How the shop was built."""
        return self._shop.report

    def prepare(self, *, learn: bool) -> LiveShop:
        """Count the behaviour, once; ``learn`` also the words of the catalogue."""
        with self._lock:
            if self._live is None:
                self._live = LiveShop(self._shop, self._start)
        if learn:
            self._newcomers.learn()
        return self._live

    def add(self, given: Product | Iterable[Product], facts: Facts | None, vectors: NDArray[np.float32] | None) -> None:
        """Add or change products.

        Raises:
            CatalogueError: a product cannot be used.
            EncoderUnavailableError: no encoder is at hand.
            SettingsError: facts or vectors are of another kind.
        """
        products = checked_products(given)
        if facts is not None and not isinstance(facts, Facts):
            raise SettingsError(f"facts must be kgrec.Facts; got {type(facts).__name__} {facts!r:.60}")
        if not products:
            return
        live = self.prepare(learn=False)
        known = self._newcomers.facts_of(products, facts)
        rows = self._newcomers.vectors_of(products, known, vectors)
        live.add(products, known, rows)

    def remove(self, given: str | Iterable[str]) -> None:
        """Take products away.

        Raises:
            UnknownProductError: an id is not there.
            CatalogueError: something is no id.
        """
        if not isinstance(given, str | Iterable) or isinstance(given, Mapping):
            raise CatalogueError(f"remove takes an id or several; got {given!r:.80}")
        ids = list(dict.fromkeys([given] if isinstance(given, str) else given))
        catalogue: Catalogue = self.now.catalogue
        for name in ids:
            if catalogue.find(name) is None:
                raise UnknownProductError(name)
        if ids:
            self.prepare(learn=False).remove(ids)

    def add_events(
        self, given: Events | Iterable[tuple[str, str, str, float]], weights: Mapping[str, float] | None
    ) -> None:
        """Take note of events.

        Raises:
            UnknownProductError: a row names a product that is not there.
            EventsError: a row cannot be used.
        """
        live = self.prepare(learn=False)
        with live.lock:
            events = event_rows(given, live.now.catalogue, weights)
            if len(events):
                live.add_events(events)

    def settle(self, limit: int | None, progress: Progress = silent) -> None:
        """Solve what waits."""
        if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 1):
            raise SettingsError(f"limit must be a whole number from 1, or None; got {limit!r}")
        if self._live is not None:
            self._live.settle(limit, progress=progress)
