"""What shoppers said and wish, kept by shopper, and brought to bear on a query."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kgrec.answering import Answering, Query
from kgrec.data import Feedback
from kgrec.errors import SettingsError
from kgrec.reasons.what_if import without_items
from kgrec.retrieval import Controls, Shown

__all__ = ["Wishes", "wished", "without_unwanted"]


class Wishes:
    """Feedback in the order it came, and what it asks for; safe for several threads.

    Args:
        records: what was said before.
    """

    def __init__(self, records: Iterable[Feedback] = ()) -> None:
        """Take over what was said before."""
        self._lock = threading.Lock()
        self._records: tuple[Feedback, ...] = ()
        self._controls: dict[str, Controls] = {}
        for record in records:
            self.note(record)

    @property
    def records(self) -> tuple[Feedback, ...]:
        """Everything that was said, oldest first."""
        return self._records

    @property
    def users(self) -> frozenset[str]:
        """Who wishes for something."""
        return frozenset(self._controls)

    def note(self, record: Feedback) -> None:
        """Take note; the shopper's next query sees it."""
        with self._lock:
            self._records = (*self._records, record)
            asked = _asked_by(record)
            if asked is not None:
                before = self._controls.get(record.user, Controls())
                self._controls = {**self._controls, record.user: before.and_also(asked)}

    def withdraw(self, user: str, item: str | None = None) -> int:
        """Forget what a shopper said, of one product or at all; return how many records went."""
        with self._lock:
            gone = [r for r in self._records if r.user == user and item in (None, r.item)]
            kept = tuple(record for record in self._records if record not in gone)
            self._records = kept
            asked = [found for found in map(_asked_by, (r for r in kept if r.user == user)) if found is not None]
            controls = {name: own for name, own in self._controls.items() if name != user}
            if asked:
                joined = Controls()
                for one in asked:
                    joined = joined.and_also(one)
                controls[user] = joined
            self._controls = controls
            return len(gone)

    def of(self, now: Answering, user: str | None, stated: Controls | Mapping[str, Any] | None) -> Controls:
        """Return what a shopper wishes for: by feedback before, and in this call.

        Raises:
            SettingsError: what is stated is malformed.
        """
        given = Controls.of(stated)
        own = self._controls.get(user) if isinstance(user, str) else None
        return given if own is None else _still_valid(now, own).and_also(given)


def wished(now: Answering, query: Query, controls: Controls) -> Query:
    """Return a query as the shopper wants it: without profile, or with some events counting nothing."""
    if controls.no_profiling:
        note = "no profiling, as the shopper asked: the history was not used"
        return replace(now.of_nobody(), notes=(note,))
    gone = _nums(now, (*controls.forget, *controls.not_interested))
    here = gone[np.isin(gone, query.items)]
    if not len(here):
        return query
    note = f"{len(here)} of {len(query.items)} products of the history count nothing, as the shopper asked"
    return replace(without_items(query, here), notes=(*query.notes, note))


def _nums(now: Answering, ids: Iterable[str]) -> NDArray[np.int32]:
    """Return the numbers of those ids that the catalogue knows, int32."""
    return np.array([num for num in map(now.catalogue.find, dict.fromkeys(ids)) if num is not None], np.int32)


def without_unwanted(now: Answering, shown: Shown, controls: Controls) -> tuple[Shown, tuple[str, ...]]:
    """Hide what the shopper is not interested in, and note it."""
    nums = _nums(now, (*controls.not_interested, *controls.owned))
    if not len(nums):
        return shown, ()
    return shown.without(nums), (f"{len(nums)} products are left out, as the shopper asked",)


def _asked_by(record: Feedback) -> Controls | None:
    if record.reason == "not_interested":
        return Controls(not_interested=(record.item,))
    if record.reason == "already_have":
        return Controls(owned=(record.item,))
    if record.reason == "less_of":
        return Controls(less={record.relation: (record.value,)})
    return Controls(forget=(record.item,)) if record.reason == "forget" else None


def _still_valid(now: Answering, controls: Controls) -> Controls:
    """Leave out fields that the shop no longer has: what was said long ago must not fail a query."""
    kept = {}
    for boost, (name, values) in zip(controls.boosts(), controls.less.items(), strict=True):
        try:
            now.table.mask(boost.condition)
        except SettingsError:
            continue
        kept[name] = values
    return replace(controls, less=kept)
