"""Many queries at once: the same answers as one by one, a block at a time on all threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kgrec.answering import Answering, Candidate, Ordered, Query
from kgrec.data import Catalogue, Histories, Recommendations
from kgrec.retrieval import Rules, Shown, recency_weights

__all__ = ["Batch", "Ranked", "answer_many", "rank_many", "session_blocks", "user_blocks"]

BLOCK = 2_048
"""Queries worked on together."""


class Ranked(NamedTuple):
    """Answers of many queries as arrays.

    Attributes:
        ids: (n,) product ids; ``items`` holds positions in it.
        items: int32 (queries, k), best first, −1 where there are fewer.
        scores: float64 (queries, k), 0 where there is no product.
    """

    ids: tuple[str, ...]
    items: NDArray[np.int32]
    scores: NDArray[np.float64]

    @classmethod
    def of_answers(cls, catalogue: Catalogue, answers: Iterable[Recommendations], k: int) -> Ranked:
        """Return answers of at most k products each as arrays."""
        rows, values = [np.zeros((0, k), np.int32)], [np.zeros((0, k))]
        for answer in answers:
            nums, scores = np.full((1, k), -1, np.int32), np.zeros((1, k))
            nums[0, : len(answer)] = [catalogue.num(found.item) for found in answer]
            scores[0, : len(answer)] = [found.score for found in answer]
            rows.append(nums)
            values.append(scores)
        return cls(catalogue.ids, np.concatenate(rows), np.concatenate(values))

    def of(self, query: int) -> list[tuple[str, float]]:
        """Return (id, score) of one query's products, best first."""
        pairs = zip(self.items[query].tolist(), self.scores[query].tolist(), strict=True)
        return [(self.ids[num], score) for num, score in pairs if num >= 0]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Batch:
    """What is the same for all queries.

    Attributes:
        k: how many, at most the number of products.
        shown: what may be shown.
        notes: on all answers.
        hide_history: leave out what is in each history.
        seen: what else to leave out for a user (None for nobody), and its notes; None for nothing.
        rules: business rules.
        explain: whether to explain.
        language: of the sentences.
    """

    k: int
    shown: Shown
    notes: tuple[str, ...]
    hide_history: bool
    seen: Callable[[str | None], tuple[NDArray[np.int32], tuple[str, ...]]] | None = None
    rules: Rules | Mapping[str, Any] | None = None
    explain: bool = False
    language: str = "en"


class _Block(NamedTuple):
    """Some queries, and their histories in one piece."""

    users: Sequence[str | None]
    queries: list[Query]
    histories: Histories


def user_blocks(now: Answering, users: Iterable[str | None]) -> Iterator[_Block]:
    """Read users, a block at a time."""
    given = iter(users)
    while block := list(islice(given, BLOCK)):
        rows = [-1 if user is None else now.user_num.get(user, -1) for user in block]
        known = now.histories.select(np.array([row for row in rows if row >= 0], np.int64))
        lengths = np.zeros(len(block), np.int64)
        lengths[np.array(rows) >= 0] = known.lengths()
        histories = replace(known, indptr=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64))
        weights = recency_weights(histories, now.model.settings)
        queries = []
        for at, user in enumerate(block):
            own = slice(int(histories.indptr[at]), int(histories.indptr[at + 1]))
            unknown = user is not None and rows[at] < 0
            notes = now.of_user(str(user)).notes if unknown else ()
            queries.append(Query(histories.items[own], weights[own], notes, times=histories.times[own]))
        yield _Block(block, queries, histories)


def session_blocks(now: Answering, sessions: Iterable[Sequence[str]]) -> Iterator[_Block]:
    """Read histories of ids, a block at a time.

    Raises:
        HistoryError: one is no sequence of strings.
    """
    given = iter(sessions)
    while block := list(islice(given, BLOCK)):
        queries = [now.of_visitor(session) for session in block]
        yield _Block([None] * len(block), queries, Histories.of([query.items for query in queries]))


def answer_many(now: Answering, blocks: Iterable[_Block], batch: Batch) -> Iterator[Recommendations]:
    """Yield the answer of each query, in order."""
    for block in blocks:
        if batch.seen is not None or batch.rules is not None or now.stages is not None:
            for user, query in zip(block.users, block.queries, strict=True):
                shown, notes = _shown(batch, user, query)
                yield now.answer(
                    replace(query, notes=notes), batch.k, shown, batch.rules, batch.explain, batch.language
                )
            continue
        for query, found in zip(block.queries, _candidates(now, block, batch), strict=True):
            notes = (*query.notes, *batch.notes)
            yield now.written(query, Ordered(found), notes, batch.explain, batch.language)


def rank_many(now: Answering, blocks: Iterable[_Block], batch: Batch) -> Ranked:
    """Return the answers as arrays."""
    items: list[NDArray[np.int32]] = [np.zeros((0, batch.k), np.int32)]
    scores: list[NDArray[np.float64]] = [np.zeros((0, batch.k))]
    for block in blocks:
        if batch.seen is None and batch.rules is None and now.stages is None:
            nums, values, short = _proposed(now, block, batch)
            rest = {at: _completed(now, block.queries[at], batch, nums[at], values[at]) for at in short}
        else:
            nums = np.full((len(block.queries), batch.k), -1, np.int32)
            values = np.zeros((len(block.queries), batch.k))
            rest = dict(enumerate(_arranged(now, block, batch)))
        for at, found in rest.items():
            nums[at, : len(found)] = [one.num for one in found]
            values[at, : len(found)] = [one.shown for one in found]
        items.append(nums)
        scores.append(values)
    return Ranked(now.catalogue.ids, np.concatenate(items), np.concatenate(scores))


def _arranged(now: Answering, block: _Block, batch: Batch) -> Iterator[list[Candidate]]:
    for user, query in zip(block.users, block.queries, strict=True):
        yield now.ranked(query, batch.k, _shown(batch, user, query)[0], batch.rules).candidates


def _candidates(now: Answering, block: _Block, batch: Batch) -> Iterator[list[Candidate]]:
    nums, scores, _ = _proposed(now, block, batch)
    for query, mine, values in zip(block.queries, nums, scores, strict=True):
        yield _completed(now, query, batch, mine, values)


def _proposed(
    now: Answering, block: _Block, batch: Batch
) -> tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.int64]]:
    """Ask the item–item model alone; the third array names the queries for which it found fewer than k."""
    nums, scores = now.model.propose_many(
        block.histories, batch.shown.mask, batch.k, hidden=batch.shown.hidden, hide_history=batch.hide_history
    )
    return nums, scores, np.flatnonzero(nums[:, -1] < 0) if batch.k else np.zeros(0, np.int64)


def _completed(
    now: Answering, query: Query, batch: Batch, nums: NDArray[np.int32], scores: NDArray[np.float64]
) -> list[Candidate]:
    pairs = zip(nums.tolist(), scores.tolist(), strict=True)
    found = [Candidate(num, score, "item-item") for num, score in pairs if num >= 0]
    shown = batch.shown.without(query.items) if batch.hide_history else batch.shown
    return now.completed(query, shown, batch.k, found)


def _shown(batch: Batch, user: str | None, query: Query) -> tuple[Shown, tuple[str, ...]]:
    shown, notes = batch.shown, (*query.notes, *batch.notes)
    if batch.hide_history:
        shown = shown.without(query.items)
    if batch.seen is not None:
        nums, more = batch.seen(user)
        shown, notes = shown.without(nums), (*notes, *more)
    return shown, notes
