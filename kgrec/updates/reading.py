"""Updates as they come in: products and events, checked before anything changes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from numbers import Real

import numpy as np

from kgrec.data import DEFAULT_WEIGHTS, Catalogue, Events, Histories, Product
from kgrec.errors import CatalogueError, EventsError, UnknownProductError

__all__ = ["checked_products", "event_rows", "with_events"]


def checked_products(given: Product | Iterable[Product]) -> list[Product]:
    """Return the products to add or change.

    Raises:
        CatalogueError: something is no product, an id is empty or comes twice, or a price cannot be.
    """
    if not isinstance(given, Product | Iterable) or isinstance(given, str | Mapping):
        raise CatalogueError(f"add takes a kgrec.Product or several; got {type(given).__name__} {given!r:.80}")
    products = [given] if isinstance(given, Product) else list(given)
    seen: set[str] = set()
    for product in products:
        if not isinstance(product, Product):
            raise CatalogueError(f"add takes a kgrec.Product or several; got {type(product).__name__} {product!r:.80}")
        if not isinstance(product.id, str) or not product.id:
            raise CatalogueError(f"a product needs a non-empty string id; got {product.id!r:.80}")
        try:
            product.id.encode()
        except UnicodeEncodeError as error:
            raise CatalogueError(f"a product's id must be text that UTF-8 can hold; got {product.id!r:.80}") from error
        if product.id in seen:
            raise CatalogueError(f"product {product.id!r} is given twice in one call; give its last state alone")
        seen.add(product.id)
        if product.price is not None and not (_finite(product.price) and product.price >= 0):
            stated = f"{product.id!r} must be finite and not negative, or None; got {product.price!r}"
            raise CatalogueError(f"the price of {stated}")
    return products


def event_rows(
    events: Events | Iterable[tuple[str, str, str, float]],
    catalogue: Catalogue,
    weights: Mapping[str, float] | None = None,
) -> Events:
    """Return events whose products have the numbers of ``catalogue``.

    Args:
        events: read against ``catalogue``, or rows (user id, product id, type, seconds since 1970 or NaN).
        catalogue: the products.
        weights: event type → weight, of rows.

    Raises:
        UnknownProductError: a row names a product that is not there.
        EventsError: a row is no such tuple, a weight cannot be, or numbers are not those of the catalogue.
    """
    if isinstance(events, Events):
        living = [catalogue.find(catalogue.ids[num]) == num if 0 <= num < len(catalogue) else False
                  for num in np.unique(events.item).tolist()]  # fmt: skip
        if not all(living):
            raise EventsError("the events name products that the shop does not have; read them against shop.catalogue")
        return events
    if isinstance(events, str | Mapping) or not isinstance(events, Iterable):
        raise EventsError(f"events must be kgrec.Events or rows (user, product, type, time); got {events!r:.80}")
    for name, weight in (weights or {}).items():
        if not _finite(weight) or weight <= 0:
            raise EventsError(f"the weight of {name!r} must be finite and above 0; got {weight!r}")
    rows: list[tuple[str, int, str, float]] = []
    for row in events:
        if not isinstance(row, tuple | list) or len(row) != 4:
            raise EventsError(f"an event is (user, product, type, time); got {row!r:.120}")
        user, item, kind, time = row
        if not (isinstance(user, str) and user and isinstance(kind, str) and kind):
            raise EventsError(f"user and type must be non-empty strings; got {row!r:.120}")
        if not (_finite(time) or (isinstance(time, float | np.floating) and math.isnan(time))):
            raise EventsError(f"time must be seconds since 1970 or NaN; got {row!r:.120}")
        num = catalogue.find(item)
        if num is None:
            raise UnknownProductError(item)
        rows.append((user, num, kind, float(time)))
    return Events.of(rows, weights={**DEFAULT_WEIGHTS, **(weights or {})})


def with_events(history: Histories, more: Histories, *, keep_kinds: bool) -> Histories:
    """Return the history of one user with further events of the same user.

    As in :meth:`kgrec.Events.histories`: by time, an event without one behind the event before it; of each product
    the newest event stays, with the largest weight and every type of them all.

    Args:
        history: of one user, without doubles.
        more: the same user's, without doubles; kinds with the bits of ``history``.
        keep_kinds: whether it is known what was done.
    """
    items = np.concatenate([history.items, more.items])
    weights = np.concatenate([history.weights, more.weights])
    times = np.concatenate([history.times, more.times])
    filled = np.where(np.isnan(times), -np.inf, times)
    known = np.where(np.isneginf(filled), 0, np.arange(len(filled)))
    filled = filled[np.maximum.accumulate(known)]
    order = np.argsort(filled, kind="stable")
    kinds = None
    if keep_kinds:
        empty = np.zeros(len(history.items), np.uint64)
        kinds = np.concatenate([empty if history.kinds is None else history.kinds.astype(np.uint64), _bits(more)])
    last = {int(items[at]): at for at in order.tolist()}
    kept = np.array([at for at in order.tolist() if last[int(items[at])] == at], np.int64)
    weights, kinds = weights.copy(), None if kinds is None else kinds.copy()
    for at in kept.tolist():
        same = items == items[at]
        weights[at] = weights[same].max()
        if kinds is not None:
            kinds[at] = np.bitwise_or.reduce(kinds[same])
    return replace(
        history,
        indptr=np.array([0, len(kept)], np.int64),
        items=items[kept].astype(np.int32),
        weights=weights[kept].astype(np.float32),
        times=times[kept],
        kinds=None if kinds is None else kinds[kept],
        kind_names=more.kind_names if keep_kinds else (),
    )


def _finite(number: object) -> bool:
    return not isinstance(number, bool) and isinstance(number, Real) and math.isfinite(float(number))


def _bits(history: Histories) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    return np.zeros(len(history.items), np.uint64) if history.kinds is None else history.kinds.astype(np.uint64)
