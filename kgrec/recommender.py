"""The ask arrow: a query becomes candidates, scores and explained results."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import NDArray

from kgrec import reasons
from kgrec.answering import Answering, Query, TextSearch
from kgrec.batches import Batch, Ranked, answer_many, rank_many, session_blocks, user_blocks
from kgrec.data import (
    Catalogue,
    Contrast,
    Events,
    Explanation,
    Facts,
    Feedback,
    FeedbackReason,
    MainParameters,
    Product,
    Recommendations,
    WhyNot,
)
from kgrec.errors import HistoryError, SettingsError
from kgrec.explanation import ExplanationSettings, grammar_of
from kgrec.explanation.checking import Verdict
from kgrec.graph import Graph
from kgrec.protocols import Encoder, Progress, silent
from kgrec.ranking import RankingStages
from kgrec.retrieval import Controls, Filter, Rules, Shown, Table
from kgrec.shop import Shop, read_shop, write_shop
from kgrec.updates import Changes

__all__ = ["Recommender", "load"]


Where = Filter | Mapping[str, Any]
Explain = bool | Literal["details"]
Wished = Controls | Mapping[str, Any] | None


class Recommender:
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

    # --- asking

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
        _check_asked(k, language)
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

    def with_stages(self, stages: RankingStages | None) -> Recommender:
        """Return a recommender over the same shop whose answers these re-rankers order; None takes them away.

        :func:`kgrec.train_rerankers` makes them. Updates of this recommender up to now are in the other one, later
        ones are not.
        """
        return Recommender(
            replace(self.shop, stages=stages), encoder=self._changes.given_encoder, explanations=self._now.explaining
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
        query = reasons.wished(now, _query(now, user, history), wishes)
        shown, notes = allowed
        if not wishes.no_profiling:
            shown, more = _without_seen(now, shown, user, query, exclude_seen)
            notes = (*notes, *more)
        shown, more = reasons.without_unwanted(now, shown, wishes)
        query = replace(query, notes=(*query.notes, *notes, *more), seconds=deadline)
        return _answered(now, query, k, shown, rules, explain, language)

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
        _check_asked(k, language)
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
        _check_asked(k, language)
        shown, notes = now.eligibility.allowed(where, only, exclude)
        wishes = Controls.of(controls)
        shown, more = reasons.without_unwanted(now, shown.without(num), wishes)
        query = Query(num, np.ones(1, np.float32), (*notes, *more), basis="product")
        return _answered(now, query, k, shown, wishes.rules_with(rules), explain, language)

    def explain(
        self,
        user: str | None,
        product: str,
        *,
        history: Sequence[str] | None = None,
        k: int = 10,
        controls: Wished = None,
        language: str = "en",
        details: bool = True,
    ) -> Explanation:
        """Explain the score of any product for a user or a history, also one that would not be recommended.

        The score is the one that :meth:`recommend` gives, the sum of the contributions; where the model says nothing,
        the explanation says how near the text is, or how popular the product.

        Args:
            user: as in :meth:`recommend`.
            product: its id.
            history: product ids, oldest first, in place of the user's own.
            k: counterfactuals tell whether the product would still be among the first k of :meth:`recommend`.
            controls: as in :meth:`recommend`.
            language: of the sentences.
            details: whether to find graph paths and counterfactuals, and in a shop with re-rankers what these changed
                (``reranked``): they cost more than all else.

        Raises:
            UnknownProductError: no such product.
            SettingsError: the language is not known, or ``k`` is below 1.
            HistoryError: the user is no string, or the history is no sequence of strings.
        """
        now = self._now
        num = now.catalogue.num(product)
        _check_asked(k, language)
        wishes = self._wishes.of(now, user, controls)
        query = reasons.wished(now, _query(now, user, history), wishes)
        found = now.scored(query, num)
        why = now.explained(query, [found], language)[0]
        if not details:
            return why
        why = reasons.with_rerankers(now, query, found, why)
        shown = Shown(hidden=np.concatenate([query.items[query.items != num], now.gone]))
        shown, _ = reasons.without_unwanted(now, shown, wishes)
        return reasons.detailed(now, query, shown, k, why, found.source)

    def verify(
        self,
        text: str,
        product: str,
        *,
        explanation: Explanation | None = None,
        history: Sequence[str] | None = None,
        language: str | None = None,
    ) -> Verdict:
        """Find every claim of a text about a product, and tell whether this shop bears it out.

        Args:
            text: what is to be said, in English or Chinese.
            product: its id.
            explanation: what may be said of the history and of other shoppers.
            history: what the shopper touched, oldest first.
            language: ``"en"`` or ``"zh"``; told by the letters where it is None.

        Raises:
            UnknownProductError: no such product.
            SettingsError: the language is not known.
        """
        now = self._now
        now.catalogue.num(product)
        return now.verifier.verify(text, product, evidence=explanation, history=history, language=language)

    def contrast(
        self,
        user: str | None,
        product: str,
        other: str,
        *,
        history: Sequence[str] | None = None,
        controls: Wished = None,
        language: str = "en",
    ) -> Contrast:
        """Say why one product comes before another for a user or a history: the exact difference of their scores.

        Args:
            user: as in :meth:`recommend`.
            product: an id.
            other: the id it is compared with.
            history: product ids, oldest first, in place of the user's own.
            controls: as in :meth:`recommend`.
            language: of the text.

        Raises:
            UnknownProductError: no such product.
            SettingsError: the language is not known.
            HistoryError: the user is no string, or the history is no sequence of strings.
        """
        now = self._now
        nums = now.catalogue.num(product), now.catalogue.num(other)
        grammar_of(language)
        query = reasons.wished(now, _query(now, user, history), self._wishes.of(now, user, controls))
        return reasons.contrast(now, query, *nums, language)

    def why_not(
        self,
        user: str | None,
        product: str,
        *,
        history: Sequence[str] | None = None,
        k: int = 10,
        where: Where | None = None,
        only: Iterable[str] | None = None,
        exclude: Iterable[str] = (),
        exclude_seen: bool | Iterable[str] = True,
        rules: Rules | Mapping[str, Any] | None = None,
        controls: Wished = None,
        language: str = "en",
    ) -> WhyNot:
        """Say why a product is not in the answer that :meth:`recommend` gives to the same arguments.

        Args:
            user: as in :meth:`recommend`, like all that follow ``product``.
            product: its id.
            history: product ids, oldest first, in place of the user's own.
            k: how many were asked for.
            where: which products may be shown.
            only: the ids that may be shown.
            exclude: ids never to show.
            exclude_seen: leave out what is in the history, or by event type.
            rules: business rules.
            controls: what the shopper wants.
            language: of the text.

        Raises:
            UnknownProductError: no such product.
            SettingsError: as :meth:`recommend`.
            HistoryError: as :meth:`recommend`.
        """
        now = self._now
        num = now.catalogue.num(product)
        _check_asked(k, language)
        only = only if only is None or isinstance(only, str) else tuple(only)
        exclude = exclude if isinstance(exclude, str) else tuple(exclude)
        shown, _ = now.eligibility.allowed(where, only, exclude)
        wishes = self._wishes.of(now, user, controls)
        query = reasons.wished(now, _query(now, user, history), wishes)
        before = len(shown.hidden)
        if not wishes.no_profiling:
            shown, _ = _without_seen(now, shown, user, query, exclude_seen)
        seen = shown.hidden[before:]
        shown, _ = reasons.without_unwanted(now, shown, wishes)
        asked = reasons.Asked(
            query=query,
            shown=shown,
            k=min(k, len(now.catalogue)),
            where=where,
            only=None if only is None else frozenset(only),
            exclude=frozenset(exclude),
            seen=seen,
            controls=wishes,
            rules=wishes.rules_with(rules),
        )
        return reasons.why_not(now, asked, num, language)

    def main_parameters(
        self, *, sample: int = 1_000, k: int = 10, language: str = "en", seed: int = 0
    ) -> MainParameters:
        """Say what recommendations of this shop rest on and how much each counts, in plain language.

        The shares are measured over the shop's own answers. The text is what Article 27 of the EU Digital Services Act
        asks online platforms to tell; whether it suffices for a shop is for the shop to judge.

        Args:
            sample: at most so many shoppers' histories are answered.
            k: results of each.
            language: of the text.
            seed: of the draw of histories.

        Raises:
            SettingsError: ``sample`` or ``k`` is below 1, or the language is not known.
        """
        _check_asked(k, language)
        return reasons.main_parameters(self._now, sample=sample, k=k, language=language, seed=seed)

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

    # --- hearing what shoppers say

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

    # --- changing

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

    # --- keeping

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


def _query(now: Answering, user: str | None, history: Sequence[str] | None) -> Query:
    if history is not None:
        return now.of_visitor(history)
    if user is None:
        return now.of_nobody()
    if not isinstance(user, str):
        raise HistoryError(f"user must be an id (a string); got {user!r:.80}: pass str(id), or history=[…] for ids")
    return now.of_user(user)


def _without_seen(
    now: Answering, shown: Shown, user: str | None, query: Query, exclude_seen: bool | Iterable[str]
) -> tuple[Shown, tuple[str, ...]]:
    """Leave out what is in the history, or what the user did with it."""
    if isinstance(exclude_seen, bool | np.bool_):
        return (shown.without(query.items) if exclude_seen else shown), ()
    seen, notes = now.eligibility.seen_by_type(user, exclude_seen)
    return shown.without(seen), notes


def _answered(
    now: Answering,
    query: Query,
    k: int,
    shown: Shown,
    rules: Rules | Mapping[str, Any] | None,
    explain: Explain,
    language: str,
) -> Recommendations:
    if explain not in (True, False, "details"):
        raise SettingsError(f"explain is True, False or 'details'; got {explain!r:.80}")
    answer = now.answer(query, k, shown, rules, bool(explain), language)
    return reasons.detailed_answer(now, query, shown, k, answer) if explain == "details" else answer


def _check_asked(k: object, language: str) -> None:
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 1:
        raise SettingsError(f"k must be at least 1, a whole number; got {k!r}")
    grammar_of(language)


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
