"""A shop that changes while it answers.

One writer at a time changes the parts that belong to it alone (counts, neighbours, the queue), puts new columns over
the model, and hands out an :class:`kgrec.answering.Answering` that nobody changes any more. What a change makes exact
at at once and what waits in the queue is told in ``docs/updates.md``.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kgrec.answering import Answering
from kgrec.data import Catalogue, Events, Facts, Histories, Product
from kgrec.graph import Graph
from kgrec.protocols import Progress, silent
from kgrec.retrieval import ProductTable, centred_at
from kgrec.retrieval.fit_statistics import mapped, priced
from kgrec.retrieval.overlay import OverlayWriter
from kgrec.retrieval.solver import WeightSolver
from kgrec.retrieval.support import WALK_LIMIT
from kgrec.shop import Shop
from kgrec.updates.behaviour import PatchedAudience, PatchedHistories
from kgrec.updates.compacting import Parts, compacted
from kgrec.updates.counts import LiveCounts
from kgrec.updates.few import few_threads
from kgrec.updates.preparing import prepared
from kgrec.updates.reading import with_events
from kgrec.updates.solving import Solved, Surroundings, alike, solve, supports, whole
from kgrec.updates.stale import Stale, spoken_for
from kgrec.updates.table import PatchedTable
from kgrec.updates.texts import Neighbours, PatchedSearch, PatchedVectors

__all__ = ["LiveShop"]

AT_ONCE = 2
"""Columns beside its own that a change solves before it is published, the most urgent of those that wait."""
BATCH, BULK = 256, 2_048
"""Columns that :meth:`LiveShop.settle` solves between two looks at the lock: few on cut-outs, many on the whole shop."""
_MUCH = 16
"""Cut-outs cost more than the whole shop where more than one product in so many waits."""
_REPRICED, _ALIKE = 0.01, 0.1
_SPARE = 64
_ALIKE_AT_ONCE = 512


class LiveShop:
    """The writer's side of a shop.

    Args:
        shop: as it was built or loaded.
        now: the same, ready to answer.
    """

    def __init__(self, shop: Shop, now: Answering) -> None:
        """Copy what will change, and count the behaviour: seconds in a large shop."""
        self._lock = threading.RLock()
        self._shop = shop
        self.now = now
        n = len(shop.catalogue)
        settings = shop.model.settings
        found = prepared(shop)
        self.statistics = found.statistics
        self._counts = LiveCounts(found.counts, self.statistics.scales, settings)
        self._base_vectors = np.asarray(now.vectors)
        self._base_mapped = mapped(self._base_vectors, self.statistics.text_map)
        self._side = np.zeros((_SPARE, shop.vectors.shape[1]), np.float32)
        self._side_mapped = np.zeros((_SPARE, self._base_mapped.shape[1]), np.float32)
        self._side_count = 0
        self._place = np.full(n, -1, np.int32)
        self._raw: dict[int, NDArray[np.float32]] = {}
        self._neighbours = Neighbours(*found.neighbours, settings.text_neighbours if shop.vectors.shape[1] else 0)
        self._rarity = self.statistics.rarity
        self._factors = self.statistics.value_factors
        self._extracted = _read_from_texts(now.graph)
        self._writer = OverlayWriter(n, settings.support, len(shop.model.sources))
        self._sources = shop.model.sources
        self._stale = Stale(n)
        self._gone = np.zeros(n, np.bool_)
        self._buried: dict[str, int] = {}
        self._histories: dict[int, Histories] = {}
        self._shoppers: dict[int, NDArray[np.int32]] = {}
        self._touched = np.diff(shop.audience.indptr)
        self._total = int(self._touched.sum())
        self._order = now.by_popularity
        self._kinds = shop.histories.kind_names
        self._user_num = dict(now.user_num)
        self._base_table = ProductTable(now.catalogue, now.graph)
        self._changed: set[int] = set()
        self._version = 0
        self._graph_for_solving = now.graph
        self._alike = np.full((n, settings.newcomer_alike), -1, np.int32)
        cold = np.flatnonzero(self._counts.diagonal == 0)
        for start in range(0, len(cold) if settings.newcomer_alike else 0, _ALIKE_AT_ONCE):
            some = cold[start : start + _ALIKE_AT_ONCE]
            self._alike[some] = alike(self._world(now.graph), some)

    @property
    def pending(self) -> int:
        """Number of columns that are not what a fit would give."""
        return len(self._stale)

    @property
    def lock(self) -> threading.RLock:
        """Held by whoever changes the shop."""
        return self._lock

    # --- changes

    def add(self, products: list[Product], facts: Facts, vectors: NDArray[np.float32]) -> Answering:
        """Add products, or change those whose id is there.

        Args:
            products: ids without doubles.
            facts: all facts of these products.
            vectors: float32 (b, d), of their documents, as the shop's encoder gives them.
        """
        with self._lock:
            catalogue = self.now.catalogue
            fresh, entries = len(catalogue), {}
            for product in products:
                num = catalogue.find(product.id)
                num = self._buried.pop(product.id, None) if num is None else num
                if num is None:
                    num, fresh = fresh, fresh + 1
                entries[num] = product
            nums = list(entries)
            changed = np.array(nums, np.int64)
            self._grow(fresh)
            self._gone[changed] = False
            self._writer.restore(changed)
            self._raw.update(zip(nums, vectors, strict=True))
            self._changed.update(nums)
            return self._replaced(changed, catalogue.changed(entries), facts, vectors)

    def remove(self, ids: list[str]) -> Answering:
        """Take products away, with what was done with them.

        Raises:
            UnknownProductError: an id is not there; nothing is changed then.
        """
        with self._lock:
            catalogue = self.now.catalogue
            nums = np.unique(np.array([catalogue.num(name) for name in ids], np.int64))
            self._buried.update({catalogue.ids[num]: num for num in nums.tolist()})
            self._gone[nums] = True
            self._forget(nums)
            zero = np.zeros((len(nums), self._side.shape[1]), np.float32)
            left = catalogue.changed({}, gone=[catalogue.ids[num] for num in nums.tolist()])
            return self._replaced(nums, left, Facts.of([]), zero)

    def add_events(self, events: Events) -> Answering:
        """Take note of events; product numbers are those of the catalogue as it is."""
        with self._lock:
            self._kinds = tuple(dict.fromkeys((*self._kinds, *events.types)))
            grouped = _with_kinds(events.histories(), self._kinds)
            keep = len(self._kinds) <= 64 and (
                self._shop.histories.kinds is not None or not len(self._shop.histories.items)
            )
            users, news, numbers = [], [], dict(self._user_num)
            known = self._patched_histories()
            for row, user in enumerate(events.users):
                more = grouped.select(np.array([row]))
                if not len(more.items):
                    continue
                num = numbers.get(user)
                if num is None:
                    num = numbers[user] = len(numbers)
                    before = _nobody(more)
                else:
                    before = known.select(np.array([num]))
                self._histories[num] = with_events(before, more, keep_kinds=keep)
                users.append(num)
                news.append(np.setdiff1d(more.items, before.items))
                for item in news[-1].tolist():
                    self._shoppers[item] = np.union1d(self._shoppers_of(item), [num]).astype(np.int32)
            self._user_num = numbers
            items = [self._histories[num].items for num in users]
            touched = np.unique(np.concatenate([*items, np.zeros(0, np.int32)])).astype(np.int64)
            self._recounted(touched)
            own = np.unique(np.concatenate([*news, np.zeros(0, np.int32)])).astype(np.int64)
            self._stale.mark(own, 1e6)
            return self._published(self.now.catalogue, self.now.graph, len(own))

    def settle(self, limit: int | None = None, *, progress: Progress = silent) -> Answering:
        """Solve what waits, the most urgent first.

        Args:
            limit: at most so many columns; None for all.
            progress: is told how many are done.
        """
        done, total = 0, min(self.pending, limit if limit is not None else self.pending)
        solver: WeightSolver | None = None
        state = -1
        while limit is None or done < limit:
            with self._lock:
                if not done:
                    self._refill()
                most = self.pending if limit is None else min(self.pending, limit - done)
                if most > len(self._gone) // _MUCH and (solver is None or state != self._version):
                    solver, state = whole(self._world(self.now.graph)), self._version
                solver = solver if state == self._version else None
                waiting = self._stale.take(min(most, BATCH if solver is None else BULK))
                if not len(waiting):
                    break
                done += self._solve(waiting) if solver is None else self._solved_by(solver, waiting)
                if self._writer.slots > 2 * self._writer.live + 1_024:
                    self._writer.compact()
                self._publish(self.now.catalogue, self.now.graph)
            progress("settling updates", min(done, total), total)
        return self.now

    def as_shop(self) -> Shop:
        """Return the shop as it stands, without gaps in its numbers."""
        with self._lock:
            now = self.now
            vectors = np.asarray(self._shop.vectors)
            n = len(now.catalogue)
            raw = np.zeros((n, vectors.shape[1]), np.float32)
            raw[: len(vectors)] = vectors
            for num, row in self._raw.items():
                raw[num] = row
            return compacted(
                self._shop,
                Parts(
                    catalogue=now.catalogue,
                    graph=now.graph,
                    vectors=raw,
                    model=now.model,
                    histories=self._patched_histories().whole(),
                    users=tuple(self._user_num),
                    neighbours=(self._neighbours.nums, self._neighbours.cosines),
                    statistics=replace(self.statistics, rarity=self._rarity, value_factors=self._factors),
                    gone=self._gone,
                ),
            )

    # --- steps of a change

    def _replaced(
        self, nums: NDArray[np.int64], catalogue: Catalogue, facts: Facts, vectors: NDArray[np.float32]
    ) -> Answering:
        """Give products other facts and texts, and note whose columns that makes stale."""
        heard, _ = spoken_for(self.now.model, nums)
        self._stale.mark(heard, 1.0)
        graph, moved = self.now.graph.with_products(catalogue.ids, nums, facts)
        repriced = self._priced(graph, moved.new_of, moved.values)
        stated = facts.table.filter(pc.equal(facts.table["extractor"].cast(pa.string()), "declared"))["relation"]
        fresh = frozenset(graph.relations) - frozenset(self.now.graph.relations)
        self._extracted |= fresh - frozenset(stated.cast(pa.string()).to_pylist())
        self._texts(nums, vectors)
        world = self._world(graph)
        self._ask_alike(graph, nums, world.weights())
        self._mark_repriced(graph, repriced)
        living = nums[~self._gone[nums]]
        self._stale.introduce(nums)
        self._stale.mark(living, 1e6)
        self._stale.done(np.flatnonzero(self._gone))
        self._writer.hide(np.flatnonzero(self._gone).astype(np.int32))
        return self._published(catalogue, graph, len(living))

    def _priced(self, graph: Graph, new_of: NDArray[np.int32], values: NDArray[np.int32]) -> NDArray[np.int32]:
        """Follow values to their new numbers; return those that are priced anew."""
        alive = new_of >= 0
        before = np.zeros(len(graph.values), np.int64)
        before[new_of[alive]] = self.now.graph.value_counts()[alive]
        rarity, factors = np.zeros(len(graph.values), np.float32), np.ones(len(graph.values), np.float32)
        rarity[new_of[alive]] = self._rarity[alive]
        factors[new_of[alive]] = self._factors[alive]
        counts = graph.value_counts()[values]
        hub = self.now.model.settings.hub_share * int(np.count_nonzero(~self._gone))
        new = priced(rarity[values], counts, hub)
        crossed = (before[values] > WALK_LIMIT) != (counts > WALK_LIMIT)
        repriced: NDArray[np.int32] = values[(new != rarity[values]) | crossed]
        rarity[values] = new
        self._rarity, self._factors = rarity, factors
        return repriced

    def _mark_repriced(self, graph: Graph, values: NDArray[np.int32]) -> None:
        """Mark whoever has such a value, and whoever hears one that has: it weighs in the diagonal of the kernel."""
        for value in values.tolist():
            members = graph.products_with(value)
            self._stale.mark(members, _REPRICED)
            heard, _ = spoken_for(self.now.model, members)
            self._stale.mark(heard, _REPRICED)
            self._stale.introduce(members)

    def _ask_alike(self, graph: Graph, nums: NDArray[np.int64], weights: NDArray[np.float32]) -> None:
        """Ask who shares a value with a product that has changed."""
        counts = graph.value_counts()
        for num in nums.tolist():
            for value in graph.values_of(num).tolist():
                if weights[value] > 0 and counts[value] <= WALK_LIMIT:
                    self._stale.ask(graph.products_with(value), float(weights[value]))

    def _texts(self, nums: NDArray[np.int64], vectors: NDArray[np.float32]) -> None:
        """Give products other vectors; whoever resembled them or does now is asked."""
        if not self._side.shape[1]:
            return
        rows = centred_at(np.asarray(vectors, np.float32), self.statistics.text_mean)
        count = self._side_count
        if count + len(rows) > len(self._side):
            room = 2 * len(self._side) + len(rows)
            self._side, self._side_mapped = _longer(self._side, room), _longer(self._side_mapped, room)
        self._side[count : count + len(rows)] = rows
        self._side_mapped[count : count + len(rows)] = mapped(rows, self.statistics.text_map)
        self._side_count += len(rows)
        self._place = self._place.copy()
        self._place[nums] = np.arange(count, count + len(rows))
        known = nums[nums < len(self.now.catalogue)]  # nobody has a new product among the nearest yet
        lost = self._neighbours.take_out(known)
        takers, near, displaced = self._neighbours.put_in(nums, self._mapped())
        settings = self.now.model.settings
        self._stale.mark(lost, _ALIKE)
        # Who is no longer among a product's nearest loses what the resemblance counted for.
        self._stale.mark(takers[displaced], _ALIKE)
        order = np.argsort(near, kind="stable")
        self._stale.ask(takers[order], settings.text_weight * near[order] ** settings.text_exponent)

    def _forget(self, nums: NDArray[np.int64]) -> None:
        """Drop what was done with some products, and count those anew that were touched beside them."""
        users = np.unique(np.concatenate([self._shoppers_of(num) for num in nums.tolist()]))
        known = self._patched_histories()
        touched = [np.zeros(0, np.int32)]
        for user in users.tolist():
            own = known.select(np.array([user]))
            self._histories[user] = own.keep(~np.isin(own.items, nums))
            touched.append(own.items)
        for num in nums.tolist():
            self._shoppers[num] = np.zeros(0, np.int32)
        self._recounted(np.unique(np.concatenate(touched)).astype(np.int64))

    def _recounted(self, items: NDArray[np.int64]) -> None:
        """Count rows anew, and mark whoever they enter the regression of."""
        before = self._counts.diagonal[items].copy()
        with few_threads(len(items)):
            self._counts.recount(items, self._shoppers_of, self._patched_histories().select)
        self._stale.mark(items, 1.0)
        heard, hits = spoken_for(self.now.model, items)
        self._stale.mark(heard, hits.astype(np.float32))
        eased = items[self._counts.diagonal[items] < before * (1 - 1e-6)]
        self._stale.introduce(eased)
        fresh = items[(before == 0) & (self._counts.diagonal[items] > 0)] if self._alike.shape[1] else eased[:0]
        self._ask_around(np.union1d(eased, fresh))
        touched = np.array([len(self._shoppers_of(num)) for num in items.tolist()], np.int64)
        self._touched = self._touched.copy()
        self._total += int(touched.sum() - self._touched[items].sum())
        self._touched[items] = touched
        self._order = self._popular(items)

    def _ask_around(self, items: NDArray[np.int64]) -> None:
        """Ask whoever a product may speak for that counts as less popular now than it did."""
        if not len(items):
            return
        rows = self._counts.rows(items)
        self._stale.ask(np.unique(rows.indices), _ALIKE)
        graph = self.now.graph
        for value in np.unique(np.concatenate([graph.values_of(num) for num in items.tolist()])).tolist():
            if self._rarity[value] > 0 and len(graph.products_with(value)) <= WALK_LIMIT:
                self._stale.ask(graph.products_with(value), _ALIKE)
        self._stale.ask(self._neighbours.holders(items), _ALIKE)

    def _refill(self) -> None:
        rows = self._neighbours.short
        self._neighbours.refill(rows[~self._gone[rows]], self._mapped())
        self._stale.mark(rows[~self._gone[rows]], _ALIKE)
        self._stale.mark(self._hearing(np.flatnonzero(self._stale.sure())), _ALIKE)

    def _solve(self, products: NDArray[np.int64]) -> int:
        """Solve columns, put them over the model, and return how many were looked at."""
        if not len(products):
            return 0
        with few_threads(len(products)):
            return self._solved(self._world(self._graph_for_solving), products)

    def _solved(self, world: Surroundings, products: NDArray[np.int64]) -> int:
        """Choose supports, solve the columns that need it, and mark who hears through one of them."""
        chosen = supports(world, products)
        cold = (self._counts.diagonal[products] == 0) & bool(self._alike.shape[1])
        sure = self._stale.surely(products, chosen, cold)
        if sure.any():
            self._put(products[sure], solve(world, products[sure], chosen[sure]), products)
        self._stale.done(products)
        return len(products)

    def _solved_by(self, solver: WeightSolver, products: NDArray[np.int64]) -> int:
        """Solve all of some columns in the whole shop."""
        support, parts = solver.solve(products.astype(np.int32))
        heard = np.full((len(products), self._alike.shape[1]), -1, np.int32)
        cold = np.flatnonzero(self._counts.diagonal[products] == 0) if heard.shape[1] else heard[:0, :0].ravel()
        if len(cold):
            heard[cold] = alike(self._world(self._graph_for_solving), products[cold])
        self._put(products, Solved(support, parts, solver.names, heard), products)
        self._stale.done(products)
        return len(products)

    def _put(self, products: NDArray[np.int64], found: Solved, together: NDArray[np.int64]) -> None:
        """Put columns over the model; mark who hears through one that was only asked, but for those solved with it."""
        self._writer.put(products.astype(np.int32), found.support, self._by_source(found.parts, found.sources))
        self._alike[products] = found.alike
        asked = products[~self._stale.sure()[products]]
        self._stale.mark(np.setdiff1d(self._hearing(asked), together), _ALIKE)

    def _hearing(self, products: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
        """Return the products without events that hear through one of some products, int64 (m,)."""
        if not self._alike.shape[1] or not len(products):
            return np.zeros(0, np.int64)
        spoken = np.zeros(len(self._gone) + 1, np.bool_)  # the last one stands for −1
        spoken[products] = True
        cold = np.flatnonzero((self._counts.diagonal == 0) & ~self._gone)
        hearing: NDArray[np.int64] = cold[spoken[self._alike[cold]].any(axis=1)]
        return hearing

    def _by_source(self, parts: NDArray[np.float32], names: tuple[str, ...]) -> NDArray[np.float32]:
        """Bring the parts into the order of the model's sources; new sources go behind."""
        fresh = [name for name in names if name not in self._sources]
        if fresh:
            self._sources = (*self._sources, *fresh)
            self._writer.widen(len(self._sources))
        ordered = np.zeros((*parts.shape[:2], len(self._sources)), np.float32)
        ordered[:, :, [self._sources.index(name) for name in names]] = parts
        return ordered

    def _popular(self, nums: NDArray[np.int64]) -> NDArray[np.int32]:
        """Move some products to where they belong in the order of popularity; ties break by number."""
        order, n = self._order, len(self._touched)
        if len(nums) > n // 10:
            return np.lexsort((np.arange(n), -self._touched)).astype(np.int32)
        kept = order[~np.isin(order, nums)]
        keys = -self._touched.astype(np.int64) * (n + 1) + np.arange(n)
        moved = nums[np.argsort(keys[nums])]
        order = np.insert(kept, np.searchsorted(keys[kept], keys[moved]), moved)
        return np.asarray(order, np.int32)

    def _published(self, catalogue: Catalogue, graph: Graph, own: int) -> Answering:
        """Solve the own columns and a few more, and show everything to readers."""
        self._graph_for_solving = graph
        self._version += 1
        self._stale.mark(self._hearing(np.flatnonzero(self._stale.sure())), _ALIKE)
        self._solve(self._stale.take(own + AT_ONCE))
        return self._publish(catalogue, graph)

    def _publish(self, catalogue: Catalogue, graph: Graph) -> Answering:
        self._graph_for_solving = graph
        now, n = self.now, len(catalogue)
        vectors = self._vectors()
        changed = np.array(sorted(self._changed), np.int64)
        search = now.nearest._base if isinstance(now.nearest, PatchedSearch) else now.nearest
        living = n - int(np.count_nonzero(self._gone))
        self.now = Answering(
            catalogue=catalogue,
            graph=graph,
            model=self._shop.model.overlaid(self._writer.published(), self._sources),
            vectors=vectors,  # type: ignore[arg-type]  # reads like an array
            nearest=PatchedSearch(search, vectors) if self._side_count else search,
            audience=PatchedAudience(self._shop.audience, dict(self._shoppers), n, living, self._total),
            by_popularity=self._order,
            table=PatchedTable(self._base_table, catalogue, graph, changed) if len(changed) else self._base_table,
            histories=self._patched_histories(),
            user_num=self._user_num,
            gone=np.flatnonzero(self._gone).astype(np.int32),
        )
        return self.now

    # --- parts

    def _world(self, graph: Graph) -> Surroundings:
        return Surroundings(
            counts=self._counts,
            graph=graph,
            rarity=self._rarity * self._factors,
            extracted=self._extracted,
            vectors=self._mapped(),
            neighbours=self._neighbours,
            settings=self._shop.model.settings,
            factors=self.statistics.factors,
            ordered=self._shop.histories.ordered,
        )

    def _vectors(self) -> PatchedVectors:
        return PatchedVectors(self._base_vectors, self._side[: self._side_count], self._place)

    def _mapped(self) -> PatchedVectors:
        return PatchedVectors(self._base_mapped, self._side_mapped[: self._side_count], self._place)

    def _patched_histories(self) -> PatchedHistories:
        users = max(len(self._user_num), len(self._shop.users))
        return PatchedHistories(self._shop.histories, dict(self._histories), users, self._kinds)

    def _shoppers_of(self, num: int) -> NDArray[np.int32]:
        found = self._shoppers.get(num)
        if found is not None:
            return found
        audience = self._shop.audience
        if num >= audience.n:
            return np.zeros(0, np.int32)
        return audience.shopper[audience.indptr[num] : audience.indptr[num + 1]]

    def _grow(self, n: int) -> None:
        more = n - len(self._gone)
        if more <= 0:
            return
        self._gone = np.concatenate([self._gone, np.zeros(more, np.bool_)])
        self._alike = np.concatenate([self._alike, np.full((more, self._alike.shape[1]), -1, np.int32)])
        self._place = np.concatenate([self._place, np.full(more, -1, np.int32)])
        self._touched = np.concatenate([self._touched, np.zeros(more, np.int64)])
        self._order = np.concatenate([self._order, np.arange(n - more, n, dtype=np.int32)])
        self._counts.grow(n)
        self._neighbours.grow(n)
        self._stale.grow(n)
        self._writer.grow(n)


def _read_from_texts(graph: Graph) -> frozenset[str]:
    from kgrec.retrieval.knowledge import Knowledge

    return Knowledge.from_graph(graph, hub_share=1.0).extracted


def _longer(array: NDArray[np.float32], room: int) -> NDArray[np.float32]:
    longer = np.zeros((room, array.shape[1]), np.float32)
    longer[: len(array)] = array
    return longer


def _with_kinds(histories: Histories, names: tuple[str, ...]) -> Histories:
    """Number the event types as ``names`` does."""
    if histories.kinds is None:
        return histories
    kinds = np.zeros(len(histories.items), np.uint64)
    for bit, name in enumerate(histories.kind_names):
        done = (histories.kinds.astype(np.uint64) >> np.uint64(bit)) & np.uint64(1)
        kinds |= done << np.uint64(names.index(name))
    return replace(histories, kinds=kinds, kind_names=names)


def _nobody(like: Histories) -> Histories:
    """Return the history of a user who did nothing."""
    return replace(
        like,
        indptr=np.zeros(2, np.int64),
        items=like.items[:0],
        weights=like.weights[:0],
        times=like.times[:0],
        kinds=None if like.kinds is None else like.kinds[:0],
    )
