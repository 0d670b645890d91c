"""What re-rankers made of a product: its place before and after, and what each history item changes there."""

from __future__ import annotations

from kgrec.answering import Answering, Candidate, Query
from kgrec.data import Explanation
from kgrec.errors import RerankError
from kgrec.explanation import explain_reranked
from kgrec.retrieval import Shown

__all__ = ["with_rerankers"]


def with_rerankers(now: Answering, query: Query, found: Candidate, why: Explanation) -> Explanation:
    """Return the explanation with ``reranked``, where re-rankers were asked about the product; else as it was.

    One history item after the other is left out of what the re-rankers read, while retrieval's part stays as it is.
    """
    stages = now.stages
    if stages is None or found.source != "item-item" or query.basis == "product" or not len(query.items):
        return why
    shown = Shown(hidden=query.items[query.items != found.num]).without(now.gone)
    spoken = now.candidates(query, shown, min(stages.settings.pool, len(now.catalogue)))
    pool = [one for one in spoken if one.source == "item-item"]
    if found.num not in {one.num for one in pool}:
        return why
    try:
        return explain_reranked(why, now.pool(query, pool), now, stages, private=now.explainer.private)
    except RerankError:  # what cannot be asked changed nothing
        return why
