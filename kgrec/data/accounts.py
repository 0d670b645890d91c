"""Answers to questions about answers: why this and not that, why not, and what counts in a shop at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from kgrec.data.explanations import Contribution

__all__ = ["Contrast", "MainParameters", "Obstacle", "ObstacleKey", "Parameter", "WhyNot"]

ObstacleKey = Literal[
    "filtered", "out_of_stock", "not_listed", "excluded", "seen", "unwanted", "below", "rules", "no_profile"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """Why one product comes before another: the exact difference of their scores, part by part.

    Attributes:
        product, other: ids.
        score, other_score: what each scores for the same query.
        difference: ``score − other_score``.
        parts: (history item, source, amount) by which the product is ahead, the largest first; negative where the
            other is. They sum to ``difference``.
        by_source: the same, summed over the history; source → amount.
        by_item: the same, summed over sources; history item → amount. ``""`` is popularity.
        text: the main parts in words.
        language: of the text.
    """

    product: str
    other: str
    score: float
    other_score: float
    difference: float
    parts: tuple[Contribution, ...]
    by_source: Mapping[str, float]
    by_item: Mapping[str, float]
    text: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """Something that keeps a product out of an answer.

    Attributes:
        key: what it is, in no language.
        arguments: a filter's ``condition`` and ``field``, a ``rank``, a ``gap`` …; JSON.
    """

    key: ObstacleKey
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyNot:
    """Why a product is not in an answer.

    Attributes:
        product: its id.
        shown: whether it is in the answer after all.
        obstacles: everything that keeps it out, filters before scores; empty where it is shown.
        score: its own score for the query.
        rank: its place among all products that may be shown, counted from 1 and before business rules; None where it
            may not be shown.
        needed: the score of the last product of the answer; None where the answer is empty.
        contrast: that product against this one: what was missing; None where it is shown or may not be.
        text: the obstacles in words.
        language: of the text.
    """

    product: str
    shown: bool
    obstacles: tuple[Obstacle, ...]
    score: float
    rank: int | None
    needed: float | None
    contrast: Contrast | None
    text: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One of the main parameters of a shop's recommendations.

    Attributes:
        source: as in :class:`kgrec.data.Contribution`.
        share: its mean share (0 … 1) of what speaks for a recommended product.
    """

    source: str
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MainParameters:
    """What counts in a shop's recommendations and how much, measured on its own answers.

    Attributes:
        parameters: the largest first; their shares sum to 1.
        shoppers: how many histories were answered.
        results: how many recommended products the shares are the mean of.
        half_life: after so many further products an event counts half; None where order does not matter.
        rerankers: what puts the proposed products in order afterwards; the shares are of what proposes them.
        text: in plain language, as Article 27 of the EU Digital Services Act asks of online platforms.
        language: of the text.
    """

    parameters: tuple[Parameter, ...]
    shoppers: int
    results: int
    half_life: float | None
    text: str
    language: str
    rerankers: tuple[str, ...] = ()
