"""Event files and tables → events."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from kgrec.data import DEFAULT_WEIGHTS, Catalogue, Events, SetAside
from kgrec.errors import EventsError, SettingsError
from kgrec.protocols import Progress, silent
from kgrec.readers.columns import Layout
from kgrec.readers.event_batches import EventBatch, event_batches
from kgrec.readers.rows import RowSource, nothing_usable, set_aside
from kgrec.readers.sources import Source, open_source
from kgrec.readers.times import Clock
from kgrec.readers.vectors import coded, floats, id_texts, readable_text

__all__ = ["read_events"]

_SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "user": ("user", "userid", "visitorid", "customerid", "customer", "reviewerid", "shopperid", "clientid", "uid"),
    "item": ("item", "itemid", "productid", "product", "sku", "asin", "parentasin", "stockcode", "articleid"),
    "type": ("type", "event", "eventtype", "eventname", "behavior", "behaviour", "behaviortype", "action"),
    "time": (
        *("time", "timestamp", "unixseconds", "unixreviewtime", "unixtime", "ts", "datetime", "eventtime"),
        *("eventtimestamp", "createdat", "date", "invoicedate"),
    ),
    "value": ("value", "quantity", "rating", "overall", "amount", "qty", "stars"),
}

_TYPE_SYNONYMS = {
    **dict.fromkeys(("purchase", "transaction", "buy", "order", "purchased", "bought"), "purchase"),
    **dict.fromkeys(("cart", "addtocart", "addtobasket", "basket"), "cart"),
    **dict.fromkeys(("view", "pageview", "click", "detail", "productview", "detailview", "pv"), "view"),
    **dict.fromkeys(("rating", "review", "rate"), "rating"),
}
_PUNCTUATION = re.compile(r"[\W_]+")
_MOST_TYPES = 1000


def read_events(
    source: Source,
    catalogue: Catalogue,
    *,
    columns: Mapping[str, str] | None = None,
    default_type: str = "purchase",
    weights: Mapping[str, float] | None = None,
    time_unit: Literal["s", "ms"] | None = None,
    timezone: str | None = None,
    progress: Progress = silent,
) -> Events:
    """Read events from a file or table; rows that cannot be used are set aside and the rest goes on.

    The fields are user, item, type, time and value; common synonyms of their column names are understood
    (``visitorid``, ``product_id``, ``behavior``, ``unix_seconds``, ``quantity``, …), other columns are not read.

    Types: transaction, buy, order → purchase; addtocart, basket → cart; pageview, click, detail → view; review,
    rate → rating; any other name is a type of its own. An event counts by its type alone: what should not count, such
    as a returned purchase, is for the caller to leave out.

    Times are never guessed. Plain numbers are seconds since 1970 UTC where they fall between 1990 and 2100; ISO 8601
    with ``Z`` or an offset is brought to UTC; one without a zone needs ``timezone``; ``03/04/2010`` is set aside as
    ambiguous. An empty time is NaN.

    A row is set aside for: no user, no item, no event type (empty cell), an ambiguous, unreadable, infinite or
    implausible time, an unreadable or infinite value, an id that is not exact, and broken text or rows as in
    ``read_catalogue``. Events of products that the catalogue lacks are counted in ``unknown_products``.

    Args:
        source: a path to .jsonl, .ndjson, .csv or .tsv (each also .gz) in UTF-8, or to .parquet; or any table with
            ``__arrow_c_stream__`` (pandas, polars, duckdb, pyarrow).
        catalogue: the products that the events are about.
        columns: field → column name in the source, for example ``{"user": "Customer ID"}``.
        default_type: the type of all events where the source has no type column (of a JSON line without such a key).
        weights: event type → how much one event counts, positive and finite; added to ``DEFAULT_WEIGHTS``. Own types
            without a weight count 1.
        time_unit: what plain numbers count, ``"s"`` or ``"ms"`` since 1970; given, any finite number is taken.
        timezone: IANA name of the zone of times that state none, or ``"UTC"``. The hour that a clock shows twice in
            autumn is taken as the first of the two.
        progress: is told ("reading events", rows read, rows in all or None).

    Returns:
        The events in the order of the source; ``time`` in seconds since 1970 UTC. User ids are those of the source:
        text as it stands, whole numbers (also in float columns of tables) without ``.0``.

    Raises:
        EventsError: the source is missing, empty, damaged or of an unknown kind, has no user or item column or lacks a
            column that was named; numbers look like milliseconds and ``time_unit`` is not given; a time has no zone and
            ``timezone`` is not given; there are more than 1,000 types; or no row can be used.
        SettingsError: an unknown field, unit, zone or type with a weight, or a weight that is not positive and finite.
    """
    layout = Layout(_SYNONYMS, columns, ("user", "item"), EventsError)
    given_weights = _checked_weights(weights)
    if not default_type.strip():
        raise SettingsError(f"default_type is {default_type!r}; expected the name of an event type such as 'purchase'")
    opened = open_source(source, EventsError)
    clock = Clock(opened.name, time_unit, timezone)
    if opened.columns is not None:
        layout.check(opened.name, opened.columns)
    collected = _Collected(opened.name, catalogue, clock, default_type)
    progress("reading events", 0, opened.total)
    for batch in event_batches(opened, layout, default_type):
        collected.add(batch)
        progress("reading events", collected.rows, opened.total)
    if isinstance(opened, RowSource) and opened.columns is None and layout.any_seen:
        layout.check(opened.name)
    return collected.events(given_weights)


class _Collected:
    """Events gathered batch by batch."""

    def __init__(self, name: str, catalogue: Catalogue, clock: Clock, default_type: str) -> None:
        self.rows = 0
        self._name = name
        self._catalogue = catalogue
        self._clock = clock
        self._default_type = default_type
        self._users: dict[str, int] = {}
        self._types: dict[str, int] = {}
        self._parts: list[tuple[NDArray[np.generic], ...]] = []
        self._aside: list[SetAside] = []
        self._unknown: Counter[str] = Counter()

    def add(self, batch: EventBatch) -> None:
        """Take the usable events of a batch and note the rest.

        Raises:
            EventsError: the times need a setting, or there are too many types.
        """
        faults, cells = batch.faults, batch.columns
        users = id_texts(cells["user"], "user", faults)
        items = id_texts(cells["item"], "item", faults)
        kinds = id_texts(cells["type"], "event type", faults) if "type" in cells else None
        missing = np.full(batch.size, np.nan)
        time = self._clock.seconds(readable_text(cells["time"], faults), faults) if "time" in cells else missing
        value = floats(cells["value"], faults) if "value" in cells else missing
        for at in sorted(faults.reasons):
            self._aside.append(set_aside(self._name, batch.row(at), faults.reasons[at]))
        good = np.ones(batch.size, bool)
        good[list(faults.reasons)] = False
        item = self._items(items, good)
        good &= item >= 0
        user = _numbered(users.filter(good), self._users)
        if kinds is None:
            kind = np.full(len(user), self._types.setdefault(event_type(self._default_type), len(self._types)))
        else:
            kind = self._kinds(kinds.filter(good))
        self._parts.append((user.astype(np.int32), item[good], kind.astype(np.int16), time[good], value[good]))
        self.rows += batch.size

    def events(self, weights: Mapping[str, float]) -> Events:
        """Return all of them.

        Raises:
            EventsError: there are none.
            SettingsError: a weight is given for a type that is neither in the source nor a standard one.
        """
        if not any(len(part[0]) for part in self._parts):
            raise self._nothing()
        if unknown := sorted(set(weights) - set(self._types) - set(DEFAULT_WEIGHTS)):
            raise SettingsError(
                f"weights names the types {', '.join(map(repr, unknown))}; {self._name} has "
                f"{', '.join(map(repr, self._types))}: correct the names"
            )
        user, item, kind, time, value = (np.concatenate(parts) for parts in zip(*self._parts, strict=True))
        return Events(
            users=tuple(self._users),
            user=user,
            item=item,
            types=tuple(self._types),
            type=kind,
            time=time,
            value=value,
            weights={**dict.fromkeys(self._types, 1.0), **DEFAULT_WEIGHTS, **weights},
            set_aside=tuple(self._aside),
            unknown_products=dict(self._unknown.most_common()),
        )

    def _items(self, items: object, good: NDArray[np.bool_]) -> NDArray[np.int32]:
        """Return product numbers, int32 (e,), −1 where faulty or unknown; count the unknown of ``good`` rows."""
        ids, codes = coded(items)
        found = [self._catalogue.find(product_id) for product_id in ids]
        number = np.array([-1 if num is None else num for num in found] + [-1], np.int32)
        counts = np.bincount(codes[good & (number[codes] < 0)], minlength=len(ids))
        for code in np.flatnonzero(counts).tolist():
            self._unknown[ids[code]] += int(counts[code])
        return number[codes]

    def _kinds(self, kinds: object) -> NDArray[np.int64]:
        names, codes = coded(kinds)
        numbers = [self._types.setdefault(event_type(name), len(self._types)) for name in names]
        if len(self._types) > _MOST_TYPES:
            raise EventsError(
                f"{self._name} has more than {_MOST_TYPES:,} event types, such as {names[-1]!r}; expected a few, like "
                'view and purchase: name the right column with columns={"type": "…"}'
            )
        return np.array([*numbers, -1])[codes]

    def _nothing(self) -> Exception:
        if not self._unknown:
            return nothing_usable(self._name, self.rows, self._aside, EventsError)
        known = self._catalogue.ids[:1]
        aside = f", {len(self._aside):,} rows set aside" if self._aside else ""
        return EventsError(
            f"{self._name}: all {self._unknown.total():,} readable events name products that the catalogue lacks"
            f"{aside}; the events have ids like {next(iter(self._unknown))!r}, the catalogue "
            f"{f'like {known[0]!r}' if known else 'is empty'}: check which column holds the product, "
            'columns={"item": "…"}, or which one the catalogue was read by'
        )


def event_type(name: str) -> str:
    """Return the standard name of an event type, or the name itself for an own type."""
    return _TYPE_SYNONYMS.get(_PUNCTUATION.sub("", name).lower(), name.strip())


def _numbered(texts: object, numbers: dict[str, int]) -> NDArray[np.int64]:
    """Number texts by first appearance, int64 (e,)."""
    names, codes = coded(texts)
    return np.array([*(numbers.setdefault(name, len(numbers)) for name in names), -1], np.int64)[codes]


def _checked_weights(weights: Mapping[str, float] | None) -> dict[str, float]:
    checked: dict[str, float] = {}
    for name, weight in (weights or {}).items():
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not (0 < weight < math.inf):
            raise SettingsError(
                f"the weight of {name!r} is {weight!r}; expected a positive, finite number: "
                "leave events out of the source if they should not count"
            )
        checked[event_type(name)] = float(weight)
    return checked
