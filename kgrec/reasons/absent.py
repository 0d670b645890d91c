"""Why not this product: filters, lists, what was seen, wishes, or a score that is too low."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kgrec.answering import Answering, Candidate, Query
from kgrec.data import Obstacle, WhyNot
from kgrec.reasons.contrast import contrast
from kgrec.reasons.words import listed_in, words_in
from kgrec.retrieval import Controls, Filter, Rules, Shown, parse_filter
from kgrec.retrieval.filters import AllOf, Condition

__all__ = ["Asked", "why_not"]

_STOCK = ("available", "availability", "in_stock", "stock")


@dataclass(frozen=True, kw_only=True, eq=False)
class Asked:
    """A question as it was asked, with what was made of it.

    Attributes:
        query: what the model reads.
        shown: what may be shown, everything taken together.
        k: how many were asked for.
        where: the filter, or None.
        only: the ids that may be shown, or None.
        exclude: ids that may not.
        seen: int32 (m,), hidden because the shopper has seen them.
        controls: the shopper's wishes.
        rules: business rules, wishes included, or None.
    """

    query: Query
    shown: Shown
    k: int
    where: Filter | Mapping[str, Any] | None
    only: frozenset[str] | None
    exclude: frozenset[str]
    seen: NDArray[np.int32]
    controls: Controls
    rules: Rules | Mapping[str, Any] | None


def why_not(now: Answering, asked: Asked, num: int, language: str) -> WhyNot:
    """Say what keeps a product (number) out of an answer.

    Raises:
        SettingsError: the language is not known, or a filter or a rule is malformed.
    """
    answer = now.ranked(asked.query, asked.k, asked.shown, asked.rules).candidates
    place = next((at for at, found in enumerate(answer) if found.num == num), None)
    own = now.scored(asked.query, num)
    needed = answer[-1].score if answer else None
    obstacles = [] if place is not None else list(_barred(now, asked, num))
    rank = None
    if not obstacles:
        ranked = now.ranked(asked.query, len(now.catalogue), asked.shown, None).candidates
        rank = next(at for at, found in enumerate(ranked, 1) if found.num == num)
    if place is None and not obstacles and answer and rank is not None:
        obstacles = [_outranked(asked, own, rank, answer[-1])]
        missing = contrast(now, asked.query, answer[-1].num, num, language)
    else:
        missing = None
    return WhyNot(
        product=now.catalogue[num].id,
        shown=place is not None,
        obstacles=tuple(obstacles),
        score=own.score,
        rank=rank,
        needed=needed,
        contrast=missing,
        text=_text(now, num, place, obstacles, None if missing is None else missing.text, language),
        language=language,
    )


def _barred(now: Answering, asked: Asked, num: int) -> Iterator[Obstacle]:
    """Yield everything that hides a product whatever it scores."""
    product = now.catalogue[num]
    if asked.where is not None:
        for part in _failing(now, parse_filter(asked.where), num):
            field = part.name if isinstance(part, Condition) else ""
            key = "out_of_stock" if field in _STOCK else "filtered"
            yield Obstacle(key=key, arguments={"condition": str(part), "field": field})  # type: ignore[arg-type]
    if asked.only is not None and product.id not in asked.only:
        yield Obstacle(key="not_listed", arguments={})
    if product.id in asked.exclude:
        yield Obstacle(key="excluded", arguments={})
    if num in asked.seen:
        yield Obstacle(key="seen", arguments={})
    if product.id in (*asked.controls.not_interested, *asked.controls.owned):
        yield Obstacle(key="unwanted", arguments={})


def _failing(now: Answering, where: Filter, num: int) -> Iterable[Filter]:
    """Yield the smallest parts of a filter that a product does not meet."""
    if isinstance(where, AllOf):
        for part in where.parts:
            yield from _failing(now, part, num)
    elif not now.table.mask(where)[num]:
        yield where


def _outranked(asked: Asked, own: Candidate, rank: int, last: Candidate) -> Obstacle:
    if rank <= asked.k and asked.rules is not None:
        return Obstacle(key="rules", arguments={"rank": rank})
    if asked.controls.no_profiling or not len(asked.query.items):
        return Obstacle(key="no_profile", arguments={"rank": rank})
    arguments = {
        "rank": rank,
        "gap": last.score - own.score,
        "percent": round(100 * (1 - own.score / last.score)) if last.score > 0 and own.score > 0 else 100,
        "spoken": own.source == "item-item" and own.score > 0,
    }
    return Obstacle(key="below", arguments=arguments)


def _text(
    now: Answering, num: int, place: int | None, obstacles: list[Obstacle], missing: str | None, language: str
) -> str:
    words, name = words_in(language), now.explainer.readable_name(num)
    if place is not None:
        return now.explainer.finished(words["shown"].format(product=name, rank=place + 1))
    reasons = []
    for obstacle in obstacles:
        key = obstacle.key if obstacle.key != "below" or obstacle.arguments["spoken"] else "unspoken"
        reasons.append(words[key].format(**obstacle.arguments))
    text = now.explainer.finished(words["left_out"].format(product=name, reasons=listed_in(language, reasons)))
    compared = any(obstacle.key == "below" for obstacle in obstacles)
    return f"{text}{words['stop']}{missing}" if missing and compared else text
