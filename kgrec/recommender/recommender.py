"""The recommender: everything that a shop is asked and told, in one object."""

from __future__ import annotations

import os
from dataclasses import replace

from kgrec.explanation import ExplanationSettings
from kgrec.protocols import Encoder
from kgrec.ranking import RankingStages
from kgrec.recommender.accounting import Accounting
from kgrec.recommender.asking import Asking
from kgrec.recommender.changing import Changing
from kgrec.shop import read_shop, write_shop

__all__ = ["Recommender", "load"]


class Recommender(Asking, Accounting, Changing):
    """A shop that answers: for a known user, a history, a running session, one product, or nobody in particular.

    Every question gets ``k`` answers while enough products may be shown. They come from the item–item model first,
    then from similar texts, then from what is popular, and each says which. Safe to call from several threads.

    It also changes: see :meth:`add`, :meth:`remove` and :meth:`add_events`. A question is answered from one state of
    the shop, before or after an update and never in between.

    Args:
        shop: what was built or loaded.
        encoder: that made its text vectors, for products that are added; where it is left out, the encoders of the
            library are made by their name when they are first needed.
        explanations: what is put in words, and how; its list of sensitive matters is the merchant's own.
    """

    def with_stages(self, stages: RankingStages | None) -> Recommender:
        """Return a recommender over the same shop whose answers these re-rankers order; None takes them away.

        :func:`kgrec.train_rerankers` makes them. Updates of this recommender up to now are in the other one, later
        ones are not.
        """
        return Recommender(
            replace(self.shop, stages=stages), encoder=self._changes.given_encoder, explanations=self._now.explaining
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the shop into a folder that :func:`kgrec.load` reads.

        The folder holds a manifest with checksums, npy, Parquet and JSON; nothing in it can run code. What waits is
        settled before, and numbers of removed products are given up.

        Raises:
            SnapshotError: the folder holds something else, or the disk refuses.
        """
        self.settle()
        write_shop(self.shop, path)

    def __repr__(self) -> str:
        """Return a short description."""
        now = self._now
        products = len(now.catalogue) - len(now.gone)
        return f"<Recommender: {products:,} products, {len(now.user_num):,} users, {now.graph!r}>"


def load(
    path: str | os.PathLike[str], *, encoder: Encoder | None = None, explanations: ExplanationSettings | None = None
) -> Recommender:
    """Read a shop that :meth:`Recommender.save` wrote; large arrays are memory-mapped.

    Args:
        path: the folder.
        encoder: that the shop was built with, for products that are added; see :class:`Recommender`.
        explanations: what is put in words, and how; see :class:`Recommender`.

    Raises:
        SnapshotDamagedError: a file is missing or was changed; the message names it.
        SnapshotVersionError: the folder was written by a newer format.
        SnapshotError: the folder is no snapshot.
    """
    return Recommender(read_shop(path), encoder=encoder, explanations=explanations)
