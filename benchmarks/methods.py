"""The ways of reading attribute values that benchmarks/extraction.py compares.

Each is one function: the labelled set, what it may learn from, what it is judged on → facts whose ``relation`` is the
attribute as the gold names it. Of several facts of one attribute the most confident one is judged.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gold import Gold
from values import choosing as choice_model
from values import fused_facts, gazetteer, read_by

from kgrec.data import Fact
from kgrec.extraction.labelled import LabelledProduct
from kgrec.extraction.tokens import fold

__all__ = ["METHODS", "Answered", "Method", "NotRunError"]


class NotRunError(Exception):
    """A method cannot be run on this set; the message is the reason that the JSON gives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What a method read, and what it took.

    Attributes:
        facts: of the test products.
        training_seconds: to learn from the training products.
        reading_seconds: to read the test products; None where nothing was read that could be timed.
        extra: further figures for the JSON; ``notes`` are printed.
    """

    facts: Sequence[Fact]
    training_seconds: float = 0.0
    reading_seconds: float | None = 0.0
    extra: Mapping[str, Any] = field(default_factory=dict)


Method = Callable[[Gold, Sequence[LabelledProduct], Sequence[LabelledProduct]], Answered]


def rules(gold: Gold, train: Sequence[LabelledProduct], test: Sequence[LabelledProduct]) -> Answered:
    """Read by rule, with words learned from the training products' values, in the attributes of the set."""
    facts, learned, read = read_by(gazetteer(), train, test)
    return Answered(facts=facts, training_seconds=learned, reading_seconds=read)


def choosing(gold: Gold, train: Sequence[LabelledProduct], test: Sequence[LabelledProduct]) -> Answered:
    """Read by weighing candidates: values found in the text, rewritten, or known to the classifier."""
    facts, learned, read = read_by(choice_model(), train, test)
    return Answered(facts=facts, training_seconds=learned, reading_seconds=read)


def tagger(gold: Gold, train: Sequence[LabelledProduct], test: Sequence[LabelledProduct]) -> Answered:
    """Read with the learned tagger."""
    raise NotRunError("the tagger is not there yet")


def llm(gold: Gold, train: Sequence[LabelledProduct], test: Sequence[LabelledProduct]) -> Answered:
    """Read the recorded replies of a language model; values that the title does not contain are dropped."""
    if not gold.replies:
        raise NotRunError("the folder has no gpt4_replies.jsonl to replay")
    facts = [fact for row in test for fact in _replied(row, gold.replies)]
    return Answered(facts=facts, reading_seconds=None)


def fused(gold: Gold, train: Sequence[LabelledProduct], test: Sequence[LabelledProduct]) -> Answered:
    """Read with everything there is, fused by calibrated confidence."""

    def source(method: Method) -> list[Fact]:
        try:
            return list(method(gold, train, test).facts)
        except NotRunError:
            return []

    started = time.perf_counter()
    facts, about = fused_facts(gold, train, test, lambda: source(tagger), lambda: source(llm))
    return Answered(facts=facts, training_seconds=time.perf_counter() - started, reading_seconds=None, extra=about)


METHODS: dict[str, Method] = {"rules": rules, "choosing": choosing, "tagger": tagger, "llm": llm, "fused": fused}


def _replied(row: LabelledProduct, replies: Mapping[tuple[str, str], str]) -> Iterator[Fact]:
    try:
        reply = json.loads(replies.get((row.product.title, row.category), "{}"))
    except json.JSONDecodeError:
        return
    title = row.product.title
    folded = fold(title)
    for attribute, value in reply.items() if isinstance(reply, dict) else ():
        if isinstance(value, str) and value and (at := title.find(value)) < 0:
            at = folded.find(fold(value))
        if isinstance(value, str) and value and at >= 0:
            surface = title[at : at + len(value)]
            yield Fact(
                product=row.product.id,
                relation=attribute,
                value=value,
                field="title",
                start=at,
                end=at + len(value),
                surface=surface,
                confidence=0.9,
                extractor="llm",
            )
