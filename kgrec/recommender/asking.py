"""What should be shown: to a user, for a history, beside a product, to many at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, overload

import numpy as np

from kgrec import reasons
from kgrec.answering import Answering, Query
from kgrec.batches import Batch, Ranked, answer_many, rank_many, session_blocks, user_blocks
from kgrec.data import (
    Recommendations,
)
from kgrec.errors import HistoryError, SettingsError
from kgrec.recommender.holding import Holding
from kgrec.recommender.queries import Explain, Where, Wished, answered, check_asked, query_of, without_seen
from kgrec.retrieval import Controls, Rules, Shown

__all__ = ["Asking"]


class Asking(Holding):
    """The part of a recommender that recommends."""

    def recommend(
        self,
        user: str | None = None,
        *,
        history: Sequence[str] | None = None,
        k: int = 10,
        where: Where | None = None,
        only: Iterable[str] | None = None,
        exclude: Iterable[str] = (),
        exclude_seen: bool | Iterable[str] = True,
        rules: Rules | Mapping[str, Any] | None = None,
        controls: Wished = None,
        explain: Explain = True,
        language: str = "en",
        deadline: float | None = None,
    ) -> Recommendations:
        """Recommend products.

        Filters (``where``, ``only``, ``exclude``, ``exclude_seen``) act before anything is ranked, so that ``k``
        products come back while as many pass them; rules act after scoring.

        Args:
            user: id of a known user; an unknown one is answered with what is popular, and a note says so.
            history: product ids, oldest first, in place of the user's own history: a session or a visitor.
            k: how many, at least 1; fewer come back only where fewer products may be shown.
            where: which products may be shown, as an expression of :func:`kgrec.field` or its JSON form; both are
                described in :mod:`kgrec.retrieval.filters`.
            only: the ids that may be shown, to rank a given list; unknown ids are ignored, and a note counts them.
            exclude: ids never to show; unknown ids are ignored.
            exclude_seen: leave out what is in the history; or the event types that leave a product out, such as
                ``("purchase",)``, as the known ``user`` did them. A ``history`` that is given has no types: it adds
                nothing to those, and for an unknown user a note says so.
            rules: boosts, diversity, caps and pinned products, as :class:`kgrec.Rules` or its JSON form.
            controls: what the shopper wants, as :class:`kgrec.retrieval.Controls` or its JSON form; added to what
                the ``user`` asked for by :meth:`feedback`. Notes and ``rules`` of the results say what acted.
            explain: False leaves explanations out, for speed; ``"details"`` adds graph paths and counterfactuals.
            language: of the sentences, ``"en"`` or ``"zh"``.
            deadline: seconds that re-rankers may take, in a shop that has some; theirs where it is None. What is not
                finished by then is left out: the last finished stage answers, with ``degraded`` and a note.

        Returns:
            Products in falling order of score, or in the order of the rules. Scores of one answer are comparable with
            each other; ``source`` says where each came from. A boosted product's ``score`` is the model's times the
            factor; its ``explanation.score`` stays the model's own, the sum of the contributions. In a shop with
            re-rankers ``score`` is the blend's estimate (0 … 1) that the shopper wants the product.

        Raises:
            SettingsError: ``k`` is below 1, the language or an event type is not known, a filter or a rule names an
                unknown field or a value of the wrong type, or the shop keeps no event types.
            HistoryError: the history is no sequence of strings, or a list of ids is one string.
        """
        check_asked(k, language)
        now = self._now
        shown, notes = now.eligibility.allowed(where, only, exclude)
        wishes = self._wishes.of(now, user, controls)
        return self._recommend(
            now,
            user,
            history,
            k,
            (shown, notes),
            exclude_seen,
            wishes,
            wishes.rules_with(rules),
            explain,
            language,
            deadline=deadline,
        )

    def _recommend(
        self,
        now: Answering,
        user: str | None,
        history: Sequence[str] | None,
        k: int,
        allowed: tuple[Shown, tuple[str, ...]],
        exclude_seen: bool | Iterable[str],
        wishes: Controls,
        rules: Rules | Mapping[str, Any] | None,
        explain: Explain,
        language: str,
        *,
        deadline: float | None = None,
    ) -> Recommendations:
        query = reasons.wished(now, query_of(now, user, history), wishes)
        shown, notes = allowed
        if not wishes.no_profiling:
            shown, more = without_seen(now, shown, user, query, exclude_seen)
            notes = (*notes, *more)
        shown, more = reasons.without_unwanted(now, shown, wishes)
        query = replace(query, notes=(*query.notes, *notes, *more), seconds=deadline)
        return answered(now, query, k, shown, rules, explain, language)

    @overload
    def recommend_many(
        self,
        users: Iterable[str | None] | None = None,
        *,
        histories: Iterable[Sequence[str]] | None = None,
        k: int = 10,
        where: Where | None = None,
        only: Iterable[str] | None = None,
        exclude: Iterable[str] = (),
        exclude_seen: bool | Iterable[str] = True,
        rules: Rules | Mapping[str, Any] | None = None,
        controls: Wished = None,
        explain: bool = False,
        language: str = "en",
        as_arrays: Literal[False] = False,
    ) -> Iterator[Recommendations]: ...
    @overload
    def recommend_many(
        self,
        users: Iterable[str | None] | None = None,
        *,
        histories: Iterable[Sequence[str]] | None = None,
        k: int = 10,
        where: Where | None = None,
        only: Iterable[str] | None = None,
        exclude: Iterable[str] = (),
        exclude_seen: bool | Iterable[str] = True,
        rules: Rules | Mapping[str, Any] | None = None,
        controls: Wished = None,
        explain: bool = False,
        language: str = "en",
        as_arrays: Literal[True],
    ) -> Ranked: ...
    def recommend_many(
        self,
        users: Iterable[str | None] | None = None,
        *,
        histories: Iterable[Sequence[str]] | None = None,
        k: int = 10,
        where: Where | None = None,
        only: Iterable[str] | None = None,
        exclude: Iterable[str] = (),
        exclude_seen: bool | Iterable[str] = True,
        rules: Rules | Mapping[str, Any] | None = None,
        controls: Wished = None,
        explain: bool = False,
        language: str = "en",
        as_arrays: bool = False,
    ) -> Iterator[Recommendations] | Ranked:
        """Recommend to many at once; every answer equals that of :meth:`recommend`.

        Works through blocks of 2,048 queries on all threads, so memory does not follow the number of queries. All are
        answered from the state that the shop had at the call.

        Args:
            users: user ids, None for nobody in particular; every known user where ``histories`` is left out too.
            histories: lists of product ids in place of users.
            k: as in :meth:`recommend`, like the other arguments.
            where: which products may be shown.
            only: the ids that may be shown.
            exclude: ids never to show.
            exclude_seen: leave out what is in each history, or by event type.
            rules: boosts, diversity, caps and pinned products; with them queries are answered one after the other.
            controls: what all these shoppers want; with them, and where somebody gave feedback that acts, queries are
                answered one after the other.
            explain: whether to explain; off by default, since sentences cost more than scores.
            language: of the sentences.
            as_arrays: give numbers and scores in two arrays, the fastest form, without notes and sources.

        Returns:
            An iterator over the answers in order, made while it is read; or :class:`kgrec.batches.Ranked`.

        Raises:
            SettingsError: as :meth:`recommend`, or both ``users`` and ``histories`` are given.
            HistoryError: a history is no sequence of strings; raised when its block is reached.
        """
        check_asked(k, language)
        if users is not None and histories is not None:
            raise SettingsError("give users or histories, not both")
        if isinstance(users, str):
            raise HistoryError(f"users must hold user ids; got the single string {users!r:.80}: write [{users!r:.80}]")
        now = self._now
        shown, notes = now.eligibility.allowed(where, only, exclude)
        if controls is not None or (histories is None and self._wishes.users):
            return self._one_by_one(
                now, users, histories, k, (shown, notes), exclude_seen, rules, controls, explain, language, as_arrays
            )
        by_type = None if isinstance(exclude_seen, bool | np.bool_) else tuple(exclude_seen)
        batch = Batch(
            k=min(k, len(now.catalogue)),
            shown=shown,
            notes=notes,
            hide_history=exclude_seen is not False and by_type is None,
            seen=None if by_type is None else lambda user: now.eligibility.seen_by_type(user, by_type),
            rules=None if rules is None else Rules.of(rules),
            explain=explain,
            language=language,
        )
        asked = user_blocks(now, now.user_num if users is None else users)
        blocks = asked if histories is None else session_blocks(now, histories)
        return rank_many(now, blocks, batch) if as_arrays else answer_many(now, blocks, batch)

    def _one_by_one(
        self,
        now: Answering,
        users: Iterable[str | None] | None,
        histories: Iterable[Sequence[str]] | None,
        k: int,
        allowed: tuple[Shown, tuple[str, ...]],
        exclude_seen: bool | Iterable[str],
        rules: Rules | Mapping[str, Any] | None,
        controls: Wished,
        explain: bool,
        language: str,
        as_arrays: bool,
    ) -> Iterator[Recommendations] | Ranked:
        """Answer each query with the wishes of its shopper."""
        asked: Iterable[tuple[str | None, Sequence[str] | None]] = (
            ((user, None) for user in (now.user_num if users is None else users))
            if histories is None
            else ((None, history) for history in histories)
        )
        types = exclude_seen if isinstance(exclude_seen, bool | np.bool_) else tuple(exclude_seen)

        def answers() -> Iterator[Recommendations]:
            for user, history in asked:
                wishes = self._wishes.of(now, user, controls)
                wanted = wishes.rules_with(rules)
                yield self._recommend(now, user, history, k, allowed, types, wishes, wanted, explain, language)

        return Ranked.of_answers(now.catalogue, answers(), min(k, len(now.catalogue))) if as_arrays else answers()

    def similar(
        self,
        product: str,
        *,
        k: int = 10,
        where: Where | None = None,
        only: Iterable[str] | None = None,
        exclude: Iterable[str] = (),
        rules: Rules | Mapping[str, Any] | None = None,
        controls: Wished = None,
        explain: Explain = True,
        language: str = "en",
    ) -> Recommendations:
        """Recommend what goes with one product; itself is left out.

        Args:
            product: its id.
            k: how many, at least 1.
            where: as in :meth:`recommend`, like the other arguments.
            only: the ids that may be shown.
            exclude: ids never to show.
            rules: boosts, diversity, caps and pinned products.
            controls: what the shopper wants; no history is used here in any case.
            explain: as in :meth:`recommend`.
            language: of the sentences.

        Raises:
            UnknownProductError: no such product.
            SettingsError: ``k`` is below 1, the language is not known, or a filter or a rule is malformed.
            HistoryError: a list of ids is one string.
        """
        now = self._now
        num = np.array([now.catalogue.num(product)], np.int32)
        check_asked(k, language)
        shown, notes = now.eligibility.allowed(where, only, exclude)
        wishes = Controls.of(controls)
        shown, more = reasons.without_unwanted(now, shown.without(num), wishes)
        query = Query(num, np.ones(1, np.float32), (*notes, *more), basis="product")
        return answered(now, query, k, shown, wishes.rules_with(rules), explain, language)
