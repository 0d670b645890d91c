"""Why: explanations, contrasts, what keeps a product out, what counts in the shop, and whether a text is true."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from kgrec import reasons
from kgrec.data import (
    Contrast,
    Explanation,
    MainParameters,
    WhyNot,
)
from kgrec.explanation import grammar_of
from kgrec.explanation.checking import Verdict
from kgrec.recommender.holding import Holding
from kgrec.recommender.queries import Where, Wished, check_asked, query_of, without_seen
from kgrec.retrieval import Rules, Shown

__all__ = ["Accounting"]


class Accounting(Holding):
    """The part of a recommender that gives account of its answers."""

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
        check_asked(k, language)
        wishes = self._wishes.of(now, user, controls)
        query = reasons.wished(now, query_of(now, user, history), wishes)
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
        query = reasons.wished(now, query_of(now, user, history), self._wishes.of(now, user, controls))
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
        check_asked(k, language)
        only = only if only is None or isinstance(only, str) else tuple(only)
        exclude = exclude if isinstance(exclude, str) else tuple(exclude)
        shown, _ = now.eligibility.allowed(where, only, exclude)
        wishes = self._wishes.of(now, user, controls)
        query = reasons.wished(now, query_of(now, user, history), wishes)
        before = len(shown.hidden)
        if not wishes.no_profiling:
            shown, _ = without_seen(now, shown, user, query, exclude_seen)
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
        check_asked(k, language)
        return reasons.main_parameters(self._now, sample=sample, k=k, language=language, seed=seed)
