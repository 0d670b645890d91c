"""With a re-ranker in the way: what retrieval contributed, and what the re-ranker changed.

A re-ranker's score has no exact parts. So it is asked again without one history item after the other, and what its
score loses is told as that: no share, and nothing that adds up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from kgrec.data import Explanation, Pool, Reranked
from kgrec.errors import DataError, RerankError
from kgrec.explanation.sentences import grammar_of
from kgrec.explanation.titles import readable
from kgrec.protocols import Reranker, Shelf

__all__ = ["explain_reranked", "leave_one_out"]

_TITLE = 60
_TEXTS = {
    "en": {
        "up": "Retrieval had it in place {before}, the re-ranker {stage} in place {after}.",
        "down": "Retrieval had it in place {before}, the re-ranker {stage} holds it back to place {after}.",
        "same": "Retrieval and the re-ranker {stage} both have it in place {after}.",
        "most": "Without “{name}” the re-ranker would have it in place {place}.",
    },
    "zh": {
        "up": "检索把它排在第{before}位，重排序模型{stage}把它提到第{after}位。",
        "down": "检索把它排在第{before}位，重排序模型{stage}把它放到第{after}位。",
        "same": "检索与重排序模型{stage}都把它排在第{after}位。",
        "most": "如果没有“{name}”，重排序模型会把它排在第{place}位。",
    },
}


def leave_one_out(pool: Pool, shelf: Shelf, reranker: Reranker, product: int, *, most: int = 50) -> Reranked:
    """Ask a re-ranker about one candidate with the whole history, and without one item after the other.

    Args:
        pool: what the re-ranker was asked; one product of the history that occurs more than once is left out whole.
        shelf: what products are looked up in.
        reranker: it is called once, with ``1 + items`` pools.
        product: number of the candidate.
        most: at most so many history items are tried, the newest.

    Raises:
        DataError: the product is not among the candidates, or ``most`` is below 1.
        RerankError: the re-ranker gives no usable scores.
    """
    places = np.flatnonzero(pool.candidates == product)
    if not len(places) or most < 1:
        raise DataError(f"product {product} must be one of the {len(pool)} candidates, and most at least 1; got {most}")
    at = int(places[0])
    items = list(dict.fromkeys(reversed(pool.history.tolist())))
    tried = items[:most]
    rows = _checked(reranker, [pool, *(_without(pool, item) for item in tried)], shelf)
    score = float(rows[0][at])
    changes = {item: score - float(row[at]) for item, row in zip(tried, rows[1:], strict=True)}
    ranks = {item: _rank(row, at) for item, row in zip(tried, rows[1:], strict=True)}
    ids = shelf.catalogue.ids
    order = sorted(tried, key=lambda item: (-changes[item], item))
    return Reranked(
        stage=reranker.name,
        retrieval_rank=_rank(pool.retrieval, at),
        rank=_rank(rows[0], at),
        score=score,
        changes={ids[item]: changes[item] for item in order},
        ranks={ids[item]: ranks[item] for item in order},
        left_out=len(items) - len(tried),
    )


def explain_reranked(
    why: Explanation,
    pool: Pool,
    shelf: Shelf,
    reranker: Reranker,
    *,
    most: int = 50,
    private: Callable[[int], bool] = lambda _: False,
) -> Explanation:
    """Return an explanation of a retrieval score that also says what a re-ranker made of it.

    ``score``, ``contributions`` and ``evidence`` stay retrieval's, exact as they are. What was changed stands in
    ``reranked`` and at the end of ``paragraph``.

    Args:
        why: retrieval's own explanation of one of the candidates.
        pool: what the re-ranker was asked.
        shelf: what products are looked up in.
        reranker: the re-ranker.
        most: at most so many history items are tried, the newest.
        private: tells which products (numbers) are never named.

    Raises:
        DataError: the product is not among the candidates.
        RerankError: the re-ranker gives no usable scores.
    """
    found = leave_one_out(pool, shelf, reranker, shelf.catalogue.num(why.product), most=most)
    text = _text(found, shelf, why.language, private)
    joined = f"{why.paragraph or why.text}{' ' if why.language == 'en' else ''}{text}"
    return replace(why, reranked=found, paragraph=joined)


def _without(pool: Pool, item: int) -> Pool:
    kept = pool.history != item
    return replace(pool, history=pool.history[kept], times=pool.times[kept])


def _rank(scores: NDArray[np.float32], at: int) -> int:
    """Return the place of a candidate, counted from 1; ties go to the one that stands first."""
    ahead = (scores > scores[at]) | ((scores == scores[at]) & (np.arange(len(scores)) < at))
    return 1 + int(np.count_nonzero(ahead))


def _checked(reranker: Reranker, pools: Sequence[Pool], shelf: Shelf) -> list[NDArray[np.float32]]:
    rows = reranker.score(pools, shelf)
    sizes = [len(pool) for pool in pools]
    if [len(row) for row in rows] != sizes or not all(np.isfinite(row).all() for row in rows):
        raise RerankError(
            f"the re-ranker {reranker.name!r} must give one finite score a candidate for each of {len(pools)} pools"
        )
    return rows


def _text(found: Reranked, shelf: Shelf, language: str, private: Callable[[int], bool]) -> str:
    grammar_of(language)
    words = _TEXTS[language]
    moved = found.retrieval_rank - found.rank
    kind = "up" if moved > 0 else "down" if moved < 0 else "same"
    said = [words[kind].format(before=found.retrieval_rank, after=found.rank, stage=found.stage)]
    for item, change in found.changes.items():
        num = shelf.catalogue.num(item)
        if change > 0 and found.ranks[item] > found.rank and not private(num):
            name = readable(shelf.catalogue[num].title, _TITLE) or item
            said.append(words["most"].format(name=name, place=found.ranks[item]))
            break
    return (" " if language == "en" else "").join(said)
