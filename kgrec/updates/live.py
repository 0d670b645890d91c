"""A shop that changes while it answers.

One writer at a time changes the parts that belong to it alone (:class:`kgrec.updates.crowd.Crowd`, texts, values,
columns, the queue), and hands out an :class:`kgrec.answering.Answering` that nobody changes any more. What a change
makes exact at once and what waits in the queue is told in ``docs/updates.md``.
"""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from kgrec.answering import Answering
from kgrec.data import Catalogue, Events, Facts, Product
from kgrec.graph import Graph
from kgrec.protocols import Progress, silent
from kgrec.retrieval import ProductTable
from kgrec.retrieval.solver import WeightSolver
from kgrec.retrieval.support import WALK_LIMIT
from kgrec.shop import Shop
from kgrec.updates.columns import Columns
from kgrec.updates.compacting import Parts, compacted
from kgrec.updates.counts import LiveCounts
from kgrec.updates.crowd import Crowd
from kgrec.updates.neighbours import Neighbours
from kgrec.updates.preparing import prepared
from kgrec.updates.solving import Surroundings, whole
from kgrec.updates.stale import Stale, spoken_for
from kgrec.updates.table import PatchedTable
from kgrec.updates.texts import LiveTexts, PatchedSearch
from kgrec.updates.values import Values

__all__ = ["LiveShop"]

AT_ONCE = 2
"""Columns beside its own that a change solves before it is published, the most urgent of those that wait."""
BATCH, BULK = 256, 2_048
"""Columns that :meth:`LiveShop.settle` solves while it holds the lock: few on cut-outs, many on the whole shop."""
_MUCH = 16
"""Cut-outs cost more than the whole shop where more than one product in so many waits."""
_OWN, _HEARD, _ALIKE, _REPRICED = 1e6, 1.0, 0.1, 0.01
"""Urgency of the columns that wait, by what has changed for them."""


class LiveShop:
    """The writer's side of a shop.

    Args:
        shop: as it was built or loaded.
        now: the same, ready to answer.

    Attributes:
        now: as it stands, for readers.
        lock: held by whoever changes the shop.
    """

    def __init__(self, shop: Shop, now: Answering) -> None:
        """Copy what will change, and count the behaviour: seconds in a large shop."""
        self.lock = threading.RLock()
        self.now = now
        self._shop = shop
        settings, n = shop.model.settings, len(shop.catalogue)
        found = prepared(shop)
        self._statistics = found.statistics
        counts = LiveCounts(found.counts, found.statistics.scales, settings)
        self._crowd = Crowd(shop, counts, now.by_popularity)
        self._texts = LiveTexts(np.asarray(now.vectors), found.statistics)
        self._neighbours = Neighbours(*found.neighbours, settings.text_neighbours if self._texts.dimension else 0)
        self._values = Values(now.graph, found.statistics, settings.hub_share)
        self._stale = Stale(n)
        self._columns = Columns(shop.model, self._stale)
        self._raw: dict[int, NDArray[np.float32]] = {}
        self._gone = np.zeros(n, np.bool_)
        self._buried: dict[str, int] = {}
        self._table = ProductTable(now.catalogue, now.graph)
        self._changed: set[int] = set()
        self._version = 0
        self._columns.introduce(self._world(now.graph))

    @property
    def pending(self) -> int:
        """Number of columns that are not what a fit would give."""
        return len(self._stale)

    # --- changes

    def add(self, products: list[Product], facts: Facts, vectors: NDArray[np.float32]) -> None:
        """Add products, or change those whose id is there.

        Args:
            products: ids without doubles.
            facts: all facts of these products.
            vectors: float32 (b, d), of their documents, as the shop's encoder gives them.
        """
        with self.lock:
            catalogue = self.now.catalogue
            size, entries = len(catalogue), {}
            for product in products:
                num = catalogue.find(product.id)
                num = self._buried.pop(product.id, None) if num is None else num
                if num is None:
                    num, size = size, size + 1
                entries[num] = product
            nums = np.array(list(entries), np.int64)
            self._grow(size)
            self._gone[nums] = False
            self._columns.restore(nums)
            self._raw.update(zip(entries, vectors, strict=True))
            self._changed.update(entries)
            self._replace(nums, catalogue.changed(entries), facts, vectors)

    def remove(self, ids: list[str]) -> None:
        """Take products away, with what was done with them.

        Raises:
            UnknownProductError: an id is not there; nothing is changed then.
        """
        with self.lock:
            catalogue = self.now.catalogue
            nums = np.unique(np.array([catalogue.num(product_id) for product_id in ids], np.int64))
            gone = {catalogue.ids[num]: num for num in nums.tolist()}
            self._buried.update(gone)
            self._gone[nums] = True
            self._recount(self._crowd.forget(nums))
            nothing = np.zeros((len(nums), self._texts.dimension), np.float32)
            self._replace(nums, catalogue.changed({}, gone=gone), Facts.of([]), nothing)

    def add_events(self, events: Events) -> None:
        """Take note of events; product numbers are those of the catalogue as it is."""
        with self.lock:
            items, fresh = self._crowd.note(events)
            self._recount(items)
            self._stale.mark(fresh, _OWN)
            self._publish(self.now.catalogue, self.now.graph, own=len(fresh))

    def settle(self, limit: int | None = None, *, progress: Progress = silent) -> None:
        """Solve what waits, the most urgent first.

        Args:
            limit: at most so many columns; None for all.
            progress: is told how many are done.
        """
        done, total = 0, min(self.pending, limit if limit is not None else self.pending)
        solver: WeightSolver | None = None
        version = -1
        while limit is None or done < limit:
            with self.lock:
                world = self._world(self.now.graph)
                if not done:
                    self._refill(world)
                most = self.pending if limit is None else min(self.pending, limit - done)
                if version != self._version:
                    solver = whole(world) if most > len(self._gone) // _MUCH else None
                    version = self._version
                waiting = self._stale.take(min(most, BATCH if solver is None else BULK))
                if not len(waiting):
                    break
                if solver is None:
                    done += self._columns.solve(world, waiting)
                else:
                    done += self._columns.solve_by(solver, world, waiting)
                self._columns.tidy()
                self.now = self._answering(self.now.catalogue, self.now.graph)
            progress("settling updates", min(done, total), total)

    def as_shop(self) -> Shop:
        """Return the shop as it stands, without gaps in its numbers."""
        with self.lock:
            now, vectors = self.now, np.asarray(self._shop.vectors)
            raw = np.zeros((len(now.catalogue), vectors.shape[1]), np.float32)
            raw[: len(vectors)] = vectors
            for num, row in self._raw.items():
                raw[num] = row
            values = self._values
            return compacted(
                self._shop,
                Parts(
                    catalogue=now.catalogue,
                    graph=now.graph,
                    vectors=raw,
                    model=now.model,
                    histories=self._crowd.histories().whole(),
                    users=tuple(self._crowd.user_num),
                    neighbours=(self._neighbours.nums, self._neighbours.cosines),
                    statistics=replace(self._statistics, rarity=values.rarity, value_factors=values.factors),
                    gone=self._gone,
                ),
            )

    # --- steps of a change

    def _replace(
        self, nums: NDArray[np.int64], catalogue: Catalogue, facts: Facts, vectors: NDArray[np.float32]
    ) -> None:
        """Give products other facts and texts, note whose columns that makes stale, and show it."""
        old = self.now.graph
        heard, _ = spoken_for(self.now.model, nums)
        self._stale.mark(heard, _HEARD)
        graph, moved = old.with_products(catalogue.ids, nums, facts)
        living = len(self._gone) - int(np.count_nonzero(self._gone))
        repriced = self._values.follow(old, graph, moved, facts, living)
        if self._texts.dimension:
            self._place_texts(nums, vectors)
        self._ask_sharers(graph, nums)
        self._mark_repriced(graph, repriced)
        own, gone = nums[~self._gone[nums]], np.flatnonzero(self._gone)
        self._stale.introduce(nums)
        self._stale.mark(own, _OWN)
        self._stale.done(gone)
        self._columns.hide(gone)
        self._publish(catalogue, graph, own=len(own))

    def _mark_repriced(self, graph: Graph, values: NDArray[np.int32]) -> None:
        """Mark whoever has such a value, and whoever hears one that has: it weighs in the diagonal of the kernel."""
        for value in values.tolist():
            members = graph.products_with(value)
            self._stale.mark(members, _REPRICED)
            heard, _ = spoken_for(self.now.model, members)
            self._stale.mark(heard, _REPRICED)
            self._stale.introduce(members)

    def _ask_sharers(self, graph: Graph, nums: NDArray[np.int64]) -> None:
        """Ask who shares a value with a product that has changed.

        Values of a relation that weighs nothing count too: newcomers find by them who is like them.
        """
        weights, counts, rarity = self._world(graph).weights(), graph.value_counts(), self._values.rarity
        for num in nums.tolist():
            for value in graph.values_of(num).tolist():
                if rarity[value] > 0 and counts[value] <= WALK_LIMIT:
                    self._stale.ask(graph.products_with(value), float(weights[value]))

    def _place_texts(self, nums: NDArray[np.int64], vectors: NDArray[np.float32]) -> None:
        """Give products other vectors; whoever resembled them or does now is asked."""
        self._texts.put(nums, vectors)
        known = nums[nums < len(self.now.catalogue)]  # nobody has a new product among the nearest yet
        lost = self._neighbours.take_out(known)
        takers, near, displaced = self._neighbours.put_in(nums, self._texts.read())
        self._stale.mark(lost, _ALIKE)
        # Who is no longer among a product's nearest loses what the resemblance counted for.
        self._stale.mark(takers[displaced], _ALIKE)
        settings, order = self.now.model.settings, np.argsort(near, kind="stable")
        self._stale.ask(takers[order], settings.text_weight * near[order] ** settings.text_exponent)

    def _recount(self, items: NDArray[np.int64]) -> None:
        """Count rows anew, and mark whoever they enter the regression of."""
        eased, fresh = self._crowd.recount(items)
        self._stale.mark(items, _HEARD)
        heard, hits = spoken_for(self.now.model, items)
        self._stale.mark(heard, hits.astype(np.float32))
        self._stale.introduce(eased)
        around = np.union1d(eased, fresh) if self.now.model.settings.newcomer_alike else eased
        if len(around):
            self._ask_around(around)

    def _ask_around(self, items: NDArray[np.int64]) -> None:
        """Ask whoever may hear products now that count as less popular, or have their first events."""
        graph = self.now.graph
        self._stale.ask(np.unique(self._crowd.counts.rows(items).indices), _ALIKE)
        for value in np.unique(np.concatenate([graph.values_of(num) for num in items.tolist()])).tolist():
            if self._values.rarity[value] > 0 and len(graph.products_with(value)) <= WALK_LIMIT:
                self._stale.ask(graph.products_with(value), _ALIKE)
        self._stale.ask(self._neighbours.holders(items), _ALIKE)

    def _refill(self, world: Surroundings) -> None:
        """Fill up the lists of neighbours that somebody left."""
        rows = self._neighbours.short
        rows = rows[~self._gone[rows]]
        self._neighbours.refill(rows, self._texts.read())
        self._stale.mark(rows, _ALIKE)
        self._columns.spread(world)

    def _publish(self, catalogue: Catalogue, graph: Graph, *, own: int) -> None:
        """Solve the own columns and a few more, and show everything to readers."""
        self._version += 1
        world = self._world(graph)
        self._columns.spread(world)
        self._columns.solve(world, self._stale.take(own + AT_ONCE))
        self.now = self._answering(catalogue, graph)

    def _answering(self, catalogue: Catalogue, graph: Graph) -> Answering:
        n, gone, vectors = len(catalogue), np.flatnonzero(self._gone).astype(np.int32), self._texts.compared()
        changed = np.array(sorted(self._changed), np.int64)
        index = self.now.nearest.index if isinstance(self.now.nearest, PatchedSearch) else self.now.nearest
        return Answering(
            catalogue=catalogue,
            graph=graph,
            model=self._columns.published(),
            vectors=vectors,  # type: ignore[arg-type]  # reads like an array
            nearest=PatchedSearch(index, vectors) if self._texts.moved else index,
            audience=self._crowd.audience(n, n - len(gone)),
            by_popularity=self._crowd.by_popularity,
            table=PatchedTable(self._table, catalogue, graph, changed) if len(changed) else self._table,
            histories=self._crowd.histories(),
            user_num=self._crowd.user_num,
            gone=gone,
            explaining=self.now.explaining,
            stages=self.now.stages,
        )

    def _world(self, graph: Graph) -> Surroundings:
        return Surroundings(
            counts=self._crowd.counts,
            graph=graph,
            rarity=self._values.rarity * self._values.factors,
            extracted=self._values.extracted,
            vectors=self._texts.read(),
            neighbours=self._neighbours,
            settings=self._shop.model.settings,
            factors=self._statistics.factors,
            ordered=self._crowd.ordered,
        )

    def _grow(self, n: int) -> None:
        if n > len(self._gone):
            self._gone = np.concatenate([self._gone, np.zeros(n - len(self._gone), np.bool_)])
            for part in (self._crowd, self._texts, self._neighbours, self._stale, self._columns):
                part.grow(n)
