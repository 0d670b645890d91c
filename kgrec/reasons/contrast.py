"""Why this and not that: the difference of two scores, part by part."""

from __future__ import annotations

from collections.abc import Callable

from kgrec.answering import Answering, Query
from kgrec.data import Contrast, Contribution, Explanation
from kgrec.reasons.words import source_in, words_in

__all__ = ["contrast"]

_EQUAL = 1e-9
_WORTH_SAYING = 0.02
"""Parts below this share of the difference are not put in words."""


def contrast(now: Answering, query: Query, product: int, other: int, language: str) -> Contrast:
    """Compare two products (numbers) for one query.

    Raises:
        SettingsError: the language is not known.
    """
    found = [now.scored(query, num) for num in (product, other)]
    first, second = now.explained(query, found, language)
    amounts: dict[tuple[str, str], float] = {
        (part.history_item, part.source): part.amount for part in first.contributions
    }
    for part in second.contributions:
        cell = (part.history_item, part.source)
        amounts[cell] = amounts.get(cell, 0.0) - part.amount
    order = sorted(amounts, key=lambda cell: (-abs(amounts[cell]), cell))
    parts = tuple(Contribution(item, source, amounts[item, source]) for item, source in order)
    by_source = _summed(parts, lambda part: part.source)
    by_item = _summed(parts, lambda part: part.history_item)
    return Contrast(
        product=first.product,
        other=second.product,
        score=first.score,
        other_score=second.score,
        difference=first.score - second.score,
        parts=parts,
        by_source=by_source,
        by_item=by_item,
        text=_text(now, product, other, first, second, parts, language),
        language=language,
    )


def _summed(parts: tuple[Contribution, ...], key: Callable[[Contribution], str]) -> dict[str, float]:
    sums: dict[str, float] = {}
    for part in parts:
        sums[key(part)] = sums.get(key(part), 0.0) + part.amount
    return dict(sorted(sums.items(), key=lambda pair: (-abs(pair[1]), pair[0])))


def _text(
    now: Answering,
    product: int,
    other: int,
    first: Explanation,
    second: Explanation,
    parts: tuple[Contribution, ...],
    language: str,
) -> str:
    words, difference = words_in(language), first.score - second.score
    names = {
        "product": now.explainer.readable_name(product),
        "other": now.explainer.readable_name(other),
    }
    if abs(difference) <= _EQUAL * max(abs(first.score), abs(second.score), 1e-30):
        return now.explainer.finished(words["equal"].format(**names))
    said = [words["ahead" if difference > 0 else "behind"].format(**names)]
    if difference < 0:  # the rest is told from the side of the one that is ahead
        names = {"product": names["other"], "other": names["product"]}
        parts = tuple(Contribution(part.history_item, part.source, -part.amount) for part in parts)
    if not (now.explainer.private(product) or now.explainer.private(other)):
        said += _reasons(now, parts, abs(difference), names, language)
    return now.explainer.finished(words["stop"].join(said))


def _reasons(
    now: Answering, parts: tuple[Contribution, ...], difference: float, names: dict[str, str], language: str
) -> list[str]:
    """Say what speaks most for the one that is ahead, and what for the other."""
    words, said = words_in(language), []
    items = _summed(parts, lambda part: part.history_item)
    sources = _summed(parts, lambda part: part.source)
    leader = max(items, key=lambda item: items[item])
    if leader and items[leader] > 0 and not now.explainer.private(now.catalogue.num(leader)):
        own = [part for part in parts if part.history_item == leader]
        share = round(100 * items[leader] / difference)
        percent = words["percent"].format(percent=share) if 0 < share < 100 else ""
        name = now.explainer.readable_name(now.catalogue.num(leader))
        source = source_in(language, max(own, key=lambda part: part.amount).source)
        said.append(words["for_item"].format(name=name, percent=percent, source=source, **names))
    else:
        best = max(sources, key=lambda source: sources[source])
        said.append(words["for_all"].format(source=source_in(language, best), **names))
    worst = min(sources, key=lambda source: sources[source])
    if sources[worst] < -_WORTH_SAYING * difference:
        said.append(words["against"].format(source=source_in(language, worst), **names))
    return said
