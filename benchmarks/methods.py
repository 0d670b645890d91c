"""The ways of reading attribute values that benchmarks/extraction.py compares.

Each is one function: the labelled set, what it may learn from, what it is judged on → facts whose ``relation`` is the
attribute as the gold names it. Of several facts of one attribute the most confident one is judged.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from gold import Gold

from kgrec.data import Fact, Product
from kgrec.extraction.declared import RELATION_SPELLINGS, snake_case
from kgrec.extraction.labelled import LabelledProduct
from kgrec.extraction.rules import RuleExtractor, RuleSettings
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
    """Read by rule, with word lists learned from the training products' values as if they were declared."""
    started = time.perf_counter()
    extractor = RuleExtractor.learned_from(
        [_declared(row) for row in train], settings=RuleSettings(minimum_support=2, minimum_confidence=0.0)
    )
    trained = time.perf_counter()
    facts = list(extractor.extract(row.product for row in test))
    read = time.perf_counter()
    return Answered(
        facts=list(_named_as_gold(facts, test)),
        training_seconds=trained - started,
        reading_seconds=read - trained,
    )


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
    raise NotRunError("the fusion is not there yet")


METHODS: dict[str, Method] = {"rules": rules, "tagger": tagger, "llm": llm, "fused": fused}


def _declared(row: LabelledProduct) -> Product:
    return replace(row.product, attributes={name: values for name, values in row.values.items() if values})


def _named_as_gold(facts: Sequence[Fact], test: Sequence[LabelledProduct]) -> Iterator[Fact]:
    """Yield facts under the names of the gold: the attributes of the product that mean the fact's relation."""
    rule_names = {name: relation for relation, names in RELATION_SPELLINGS.items() for name in names}
    wanted = {
        row.product.id: {
            name: {relation, rule_names.get(relation)} for name in row.values if (relation := snake_case(name))
        }
        for row in test
    }
    for fact in facts:
        for name, relations in wanted[fact.product].items():
            if fact.relation in relations:
                yield replace(fact, relation=name, value=fact.surface)


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
