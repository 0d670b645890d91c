"""The ways of reading attribute values that benchmarks/extraction.py compares.

Each is one function: the labelled set, what it may learn from, what it is judged on → facts whose ``relation`` is the
attribute as the gold names it. Of several facts of one attribute the most confident one is judged.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from gold import Gold, answers_of, cells_of
from values import ANYTHING, Learner, NamedTagger, fused_facts, gazetteer, read_by, speed_of_rules, verbatim_share
from values import choosing as choice_model

from kgrec.data import Fact
from kgrec.errors import DataError, EncoderUnavailableError
from kgrec.evaluation.values import score_values
from kgrec.extraction.labelled import LabelledProduct
from kgrec.extraction.tagging import TaggerExtractor
from kgrec.extraction.tokens import fold
from kgrec.protocols import Extractor

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


WORTH_TIMING = 100
"""A handful of titles says nothing of speed."""

Method = Callable[[Gold, Sequence[LabelledProduct], Sequence[LabelledProduct]], Answered]


def rules(gold: Gold, train: Sequence[LabelledProduct], test: Sequence[LabelledProduct]) -> Answered:
    """Read by rule, with words learned from the training products' values, in the attributes of the set."""
    facts, learned, read = read_by(gazetteer(), train, test)
    extra = {"speed": speed_of_rules(train, test)} if len(test) >= WORTH_TIMING else {}
    return Answered(facts=facts, training_seconds=learned, reading_seconds=read, extra=extra)


def choosing(gold: Gold, train: Sequence[LabelledProduct], test: Sequence[LabelledProduct]) -> Answered:
    """Read by weighing candidates: values found in the text, rewritten, or known to the classifier."""
    facts, learned, read = read_by(choice_model(), train, test)
    return Answered(facts=facts, training_seconds=learned, reading_seconds=read)


def tagger(gold: Gold, train: Sequence[LabelledProduct], test: Sequence[LabelledProduct]) -> Answered:
    """Read with the learned tagger, as it is loaded from its folder; beside it one taught by the recorded replies.

    A tagger finds words. Where the values are no words of the texts, but computed or chosen, the choice model reads.
    """
    if (share := verbatim_share(train)) < VERBATIM:
        note = f"tagger: only {share:.0%} of the training values stand in their texts, so the choice model reads"
        return replace(choosing(gold, train, test), extra={"model": "choosing", "notes": [note]})
    started = time.perf_counter()
    made = _tagger_of(gold, train)
    trained = time.perf_counter()
    with TemporaryDirectory() as folder:
        made.save(Path(folder))
        int8 = json.loads((Path(folder) / "tagger.json").read_text("utf-8"))["int8"]
        loaded = TaggerExtractor.load(Path(folder))
        precision = loaded.model.states.precision
    products, categories = [row.product for row in test], [row.category for row in test]
    list(loaded.answers(products[:32], categories[:32]))
    begun = time.perf_counter()
    facts = list(loaded.answers(products, categories))
    read = time.perf_counter() - begun
    extra: dict[str, Any] = {"precision": precision, "int8": int8}
    notes = [f"tagger: {made.settings.layers} layers of {made.model.source}, {precision}"]
    if gold.replies:
        extra["taught_by_replies"] = taught_by_replies(gold, test)
        notes += _against_replies(len(test) / read, extra["taught_by_replies"])
    return Answered(
        facts=facts,
        training_seconds=trained - started,
        reading_seconds=read,
        extra={**extra, "notes": notes},
    )


def taught_by_replies(gold: Gold, judged: Sequence[LabelledProduct]) -> dict[str, Any]:
    """Teach a tagger with the replies to one half of the products, judge it on the gold of the other; both ways round.

    Nothing of the gold is seen in training: labels are the replies, absent where the model said so, and unknown where
    its value does not stand in the title.
    """
    started = time.perf_counter()
    facts: list[Fact] = []
    for half in (0, 1):
        taught = [_as_replied(row, gold.replies) for row in judged[half::2]]
        made = TaggerExtractor.train(taught, attributes=gold.attributes)
        others = judged[1 - half :: 2]
        facts += made.answers([row.product for row in others], [row.category for row in others])
    scores = score_values(cells_of(judged, answers_of(facts), gold.absent_too))
    return {
        "micro_precision": scores.total.precision,
        "micro_recall": scores.total.recall,
        "micro_f1": scores.total.f1,
        "macro_f1": scores.macro_f1,
        "seconds": time.perf_counter() - started,
    }


def _as_replied(row: LabelledProduct, replies: Mapping[tuple[str, str], str]) -> LabelledProduct:
    """Label a product by the reply to it; of a list of values each part that stands in the title is one."""
    try:
        reply = json.loads(replies.get((row.product.title, row.category), "{}"))
    except json.JSONDecodeError:
        reply = {}
    title, folded = row.product.title, fold(row.product.title)
    values: dict[str, tuple[str, ...]] = {}
    for attribute, value in reply.items() if isinstance(reply, dict) else ():
        if value in (None, "", "n/a"):
            values[attribute] = ()
            continue
        whole = str(value) if isinstance(value, str | int | float) else ""
        parts = [whole] if whole and fold(whole) in folded else whole.split(", ")
        found = [title[at : at + len(part)] for part in parts if part and (at := folded.find(fold(part))) >= 0]
        if found:
            values[attribute] = tuple(dict.fromkeys(found))
    return replace(row, values=values)


def _tagger_of(gold: Gold, train: Sequence[LabelledProduct]) -> TaggerExtractor:
    """Return the tagger of some training products; it is trained once, for itself and for the fusion."""
    if id(train) not in _TAGGERS:
        try:
            _TAGGERS[id(train)] = TaggerExtractor.train(train, attributes=gold.attributes)
        except (DataError, EncoderUnavailableError) as error:
            raise NotRunError(str(error)) from error
    return _TAGGERS[id(train)]


_TAGGERS: dict[int, TaggerExtractor] = {}
VERBATIM = 0.8
"""A tagger is worth its training where at least this share of the values stands word for word in the texts."""

GPT4_TOKENS_A_TITLE = 1_102_557 / 524


def _against_replies(titles_per_s: float, taught: Mapping[str, Any]) -> list[str]:
    billions = GPT4_TOKENS_A_TITLE / 1e3
    hours = 1e6 / titles_per_s / 3600
    return [
        f"tagger taught by the replies alone, halves crossed: micro F1 {taught['micro_f1']:.4f}",
        f"price: the LLM took {GPT4_TOKENS_A_TITLE:,.0f} tokens a title, {billions:.1f} billion for a million titles; "
        f"the tagger reads {titles_per_s:,.0f} titles/s here, a million in {hours:,.1f} h, and no token",
    ]


def llm(gold: Gold, train: Sequence[LabelledProduct], test: Sequence[LabelledProduct]) -> Answered:
    """Read the recorded replies of a language model; values that the title does not contain are dropped."""
    if not gold.replies:
        raise NotRunError("the folder has no gpt4_replies.jsonl to replay")
    facts = [fact for row in test for fact in _replied(row, gold.replies)]
    return Answered(facts=facts, reading_seconds=None)


def fused(gold: Gold, train: Sequence[LabelledProduct], test: Sequence[LabelledProduct]) -> Answered:
    """Read with everything there is, fused by calibrated confidence."""
    started = time.perf_counter()
    learners: dict[str, Learner] = {"choosing": choice_model(ANYTHING), "gazetteer": gazetteer(ANYTHING)}
    made: dict[str, Extractor] = {}
    if verbatim_share(train) >= VERBATIM:
        with suppress(NotRunError):
            # Both readers know the labelled words already.
            made["tagger"] = NamedTagger(_tagger_of(gold, train))
            learners = {
                "choosing": learners["choosing"],
                "tagger": lambda rows: NamedTagger(TaggerExtractor.train(rows, attributes=gold.attributes)),
            }
    replied = list(llm(gold, train, test).facts) if gold.replies else []
    facts, about = fused_facts(gold, train, test, learners, made, replied)
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
