"""What changes a shop: products, events, and what shoppers say of answers."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from kgrec.data import (
    Events,
    Facts,
    Feedback,
    FeedbackReason,
    Product,
)
from kgrec.protocols import Progress, silent
from kgrec.recommender.holding import Holding
from kgrec.retrieval import Controls

__all__ = ["Changing"]


class Changing(Holding):
    """The part of a recommender that changes its shop."""

    def feedback(
        self,
        user: str,
        item: str,
        reason: FeedbackReason,
        *,
        relation: str = "",
        value: str = "",
        at: float | None = None,
    ) -> Feedback:
        """Take note of what a shopper says of a recommendation or its explanation; their next call sees it.

        What was said is kept with the shop when it is saved, and :attr:`feedback_records` hands it out.

        Args:
            user: id of the shopper, known before or not.
            item: id of the product; may be empty for ``less_of``.
            reason: one of :data:`kgrec.data.FeedbackReason`; tells what it acts on.
            relation: for ``less_of`` the field whose value is meant, as in filters.
            value: for ``less_of`` the value.
            at: seconds since 1970 UTC; None for now.

        Raises:
            EventsError: the reason is unknown, or something that it needs is missing.
            UnknownProductError: no such product.
            SettingsError: there is no such field.
        """
        record = Feedback(
            user=user,
            item=item,
            reason=reason,
            relation=relation,
            value=value,
            time=time.time() if at is None else float(at),
        )
        now = self._now
        if item:
            now.catalogue.num(item)
        if reason == "less_of":
            now.table.mask(Controls(less={relation: (value,)}).boosts()[0].condition)
        self._wishes.note(record)
        return record

    def withdraw_feedback(self, user: str, item: str | None = None) -> int:
        """Forget what a shopper said of one product, or all of it; returns how many records went."""
        return self._wishes.withdraw(user, item)

    @property
    def feedback_records(self) -> tuple[Feedback, ...]:
        """Everything shoppers said, oldest first."""
        return self._wishes.records

    def add(
        self,
        product: Product | Iterable[Product],
        facts: Facts | None = None,
        *,
        vectors: NDArray[np.float32] | None = None,
    ) -> None:
        """Add products, or change those whose id is there; the next question sees it.

        Their own weights are solved at once. Those of products that now hear of them wait in a queue, of which each
        update works off the most urgent and :meth:`settle` the rest.

        Args:
            product: one or several, whole: what a changed product no longer states is gone.
            facts: all their facts; read by the rules of :func:`kgrec.extract` where they are left out, with the words
                that the catalogue taught when the shop was built or loaded.
            vectors: float32 (b, d), of their documents, in place of encoding them.

        Raises:
            CatalogueError: a product cannot be used (no id, an id twice, a price that is not finite); none was added.
            EncoderUnavailableError: the shop's encoder is not at hand; the message says what to do.
            SettingsError: ``facts`` or ``vectors`` are of another kind.
        """
        self._changes.add(product, facts, vectors)

    def remove(self, product: str | Iterable[str]) -> None:
        """Take products away: from the next question on they are never shown and say nothing.

        What shoppers did with them is forgotten.

        Args:
            product: an id or several.

        Raises:
            UnknownProductError: an id is not in the catalogue; nothing was removed.
            CatalogueError: something is no id.
        """
        self._changes.remove(product)

    def add_events(
        self, events: Events | Iterable[tuple[str, str, str, float]], *, weights: Mapping[str, float] | None = None
    ) -> None:
        """Take note of what shoppers did; the next question of one of them, known before or not, sees it.

        Args:
            events: read against :attr:`catalogue`, or rows (user id, product id, event type, seconds since 1970 UTC or
                NaN), the newest last.
            weights: event type → how much one event counts, for rows; as in :func:`kgrec.read_events`.

        Raises:
            UnknownProductError: a row names a product that is not in the catalogue; nothing was noted.
            EventsError: a row cannot be used.
        """
        self._changes.add_events(events, weights)

    def settle(self, limit: int | None = None, *, progress: Progress = silent) -> None:
        """Solve what updates left waiting, the most urgent first; questions and updates go on meanwhile.

        Afterwards the answers are those of a fit of the shop as it is now, with the statistics of the last fit.

        Args:
            limit: at most so many products, at least 1; None for all.
            progress: is told how many are done.

        Raises:
            SettingsError: ``limit`` is below 1.
        """
        self._changes.settle(limit, progress)

    def prepare_updates(self) -> None:
        """Count the behaviour and learn the words now, which the first update would do: seconds in a large shop."""
        self._changes.prepare(learn=True)
