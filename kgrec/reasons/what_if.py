"""What if this had not been there: an answer without one piece of what it rests on.

“Without” means one thing left out and all else as it is. Without a history item, its event counts 0; the others count
what they counted, their places in the history included, and what was seen stays hidden. Without one source of it, what
the history item says for this product through that source is left out; the scores of all other products stay.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from kgrec.answering import Answering, Candidate, Query
from kgrec.data import Counterfactual, Explanation, Recommendation, Recommendations
from kgrec.retrieval import Shown

__all__ = ["detailed", "detailed_answer", "without_items"]


def without_items(query: Query, nums: NDArray[np.int32]) -> Query:
    """Return a query in which the events of some products (int32 (g,)) count 0."""
    weights = np.where(np.isin(query.items, nums), np.float32(0), query.weights)
    return replace(query, weights=weights.astype(np.float32))


def detailed_answer(now: Answering, query: Query, shown: Shown, k: int, answer: Recommendations) -> Recommendations:
    """Return an answer whose explanations have graph paths and counterfactuals.

    ``stays`` is judged by the scores before any business rule acts.

    Args:
        now: what answered.
        query: what was asked.
        shown: what may be shown.
        k: how many were asked for.
        answer: with explanations.
    """
    what_if = _WhatIf(now, query, shown, k)
    items = tuple(_detailed_item(what_if, found) for found in answer)
    return replace(answer, items=items)


def detailed(now: Answering, query: Query, shown: Shown, k: int, why: Explanation, source: str) -> Explanation:
    """Return an explanation with graph paths and counterfactuals.

    Args:
        now: what answered.
        query: what was asked.
        shown: what may be shown; the product itself may be hidden.
        k: of the first how many products it is asked whether the product is one.
        why: the explanation as it is.
        source: where the candidate came from, as in :class:`kgrec.data.Recommendation`.
    """
    return _WhatIf(now, query, shown, k).completed(why, source)


def _detailed_item(what_if: _WhatIf, found: Recommendation) -> Recommendation:
    if found.explanation is None:
        return found
    return replace(found, explanation=what_if.completed(found.explanation, found.source))


class _WhatIf:
    """Asks one query again and again, each time without something."""

    def __init__(self, now: Answering, query: Query, shown: Shown, k: int) -> None:
        self._now = now
        self._query = query
        self._shown = shown
        self._k = min(k, len(now.catalogue))
        self._best: dict[int, list[Candidate]] = {}

    def completed(self, why: Explanation, source: str) -> Explanation:
        """Fill in paths and counterfactuals."""
        now, num = self._now, self._now.catalogue.num(why.product)
        totals: dict[str, float] = {}
        for part in why.contributions:
            totals[part.history_item] = totals.get(part.history_item, 0.0) + part.amount
        first = sorted((item for item in totals if item and totals[item] > 0), key=lambda item: -totals[item])
        begins = np.array([now.catalogue.num(item) for item in first], np.int32)
        return replace(
            why,
            paths=now.explainer.paths(num, begins),
            counterfactuals=tuple(self._counterfactuals(why, num, source, totals)),
        )

    def _counterfactuals(
        self, why: Explanation, num: int, source: str, totals: dict[str, float]
    ) -> Iterator[Counterfactual]:
        """Yield one for each history item that the evidence names, then one for each of its sources there."""
        if source == "popularity":
            rest = self._now.candidates(self._query, self._shown.without(np.array([num], np.int32)), self._k)
            yield Counterfactual(
                history_item="", source="popularity", lowers=why.score, score=0.0, stays=len(rest) < self._k
            )
            return
        cells = {(part.history_item, part.source): part.amount for part in why.contributions}
        named = dict.fromkeys(entry.history_item for entry in why.evidence)
        for item in named:
            yield self._without_item(why, num, source, item, totals[item])
        for item, part in dict.fromkeys((entry.history_item, entry.source) for entry in why.evidence):
            if source == "text":  # the only source: without it there is nothing left of the item
                yield replace(self._without_item(why, num, source, item, totals[item]), source=part)
                continue
            lowers = cells[item, part]
            left = why.score - lowers
            stays = self._among_the_first(num, left)
            yield Counterfactual(history_item=item, source=part, lowers=lowers, score=left, stays=stays)

    def _without_item(self, why: Explanation, num: int, source: str, item: str, total: float) -> Counterfactual:
        asked = without_items(self._query, np.array([self._now.catalogue.num(item)], np.int32))
        left = self._cosine_score(why.score, num, asked) if source == "text" else why.score - total
        found = self._now.candidates(asked, self._shown, self._k)
        stays = any(candidate.num == num for candidate in found)
        return Counterfactual(history_item=item, source="", lowers=why.score - left, score=left, stays=stays)

    def _cosine_score(self, score: float, num: int, asked: Query) -> float:
        """Return a text score without something: another cosine, on the scale that the answer was on."""
        before, after = (_cosine(self._now, query, num) for query in (self._query, asked))
        return score * after / before if before else 0.0

    def _among_the_first(self, num: int, score: float) -> bool:
        """Tell whether a product would be among the first k with another score, the others having theirs."""
        others = self._others(num)
        if score > 0:
            ahead = sum((rival.score, -rival.num) > (score, -num) for rival in others)
            return ahead < self._k
        if len(others) >= self._k:
            return False
        rest = self._now.completed(self._query, self._shown, self._k, list(others))
        return any(candidate.num == num for candidate in rest)

    def _others(self, num: int) -> Sequence[Candidate]:
        """Return the k best products beside one that the item–item model speaks for."""
        if num not in self._best:
            query = self._query
            hidden = np.append(self._shown.hidden, np.int32(num)).astype(np.int32)
            nums, scores = self._now.model.propose(query.items, query.weights, self._shown.mask, self._k, hidden=hidden)
            pairs = zip(nums.tolist(), scores.tolist(), strict=True)
            self._best[num] = [Candidate(other, score, "item-item") for other, score in pairs]
        return self._best[num]


def _cosine(now: Answering, query: Query, num: int) -> float:
    """Return the cosine of a product's text with the weighted sum of the history's, at most 1."""
    profile = query.weights.astype(np.float64) @ now.vectors[query.items]
    length = float(np.linalg.norm(profile))
    return min(float(profile @ now.vectors[num]) / length, 1.0) if length > 0 else 0.0
