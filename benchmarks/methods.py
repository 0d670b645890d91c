"""The ways of reading attribute values that benchmarks/extraction.py compares.

Each is one function: the labelled set, what it may learn from, what it is judged on → facts whose ``relation`` is the
attribute as the gold names it. Of several facts of one attribute the most confident one is judged.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace

from answered import Answered, Method, NotRunError, Once, Rows
from gold import Gold
from taggers import character_tagger, span_tagger
from values import (
    ANYTHING,
    Learner,
    doubting,
    fused_facts,
    gazetteer,
    read_by,
    speed_of_rules,
    verbatim_share,
    with_category,
)
from values import choosing as choice_model

from kgrec.data import Fact
from kgrec.errors import DataError, EncoderUnavailableError
from kgrec.extraction.fusing import Answering
from kgrec.extraction.prompted import LlmExtractor, LlmSettings
from kgrec.extraction.prompted.texts import shown
from kgrec.extraction.schema import AttributeSchema
from kgrec.extraction.tagging import TaggerExtractor, TaggerSettings
from kgrec.llm import Calls, CallSettings, EndpointModel
from kgrec.testing import LoopbackEndpoint, replaying

__all__ = ["METHODS"]

CONCURRENCY = 16
THOROUGH = TaggerSettings(layers=2)
"""Beside replies that cost money the tagger need not be quick: two layers read better on held-out titles than one."""
WORTH_TIMING = 100
"""A handful of titles says nothing of speed."""
VERBATIM = 0.8
"""A tagger is worth its training where at least this share of the values stands word for word in the texts."""


def rules(gold: Gold, train: Rows, test: Rows) -> Answered:
    """Read by rule, with words learned from the training products' values, in the attributes of the set."""
    facts, learned, read = read_by(gazetteer(), train, test)
    extra = {"speed": speed_of_rules(train, test)} if len(test) >= WORTH_TIMING else {}
    return Answered(facts=facts, training_seconds=learned, reading_seconds=read, extra=extra)


def choosing(gold: Gold, train: Rows, test: Rows) -> Answered:
    """Read by weighing candidates: values found in the text, rewritten, or known to the classifier."""
    facts, learned, read = read_by(choice_model(), train, test)
    return Answered(facts=facts, training_seconds=learned, reading_seconds=read)


def tagger(gold: Gold, train: Rows, test: Rows) -> Answered:
    """Read with the model that learns from labels what a text states, the one that fits the set.

    Titles go to the span tagger, sentences with marked spans to the one that goes character by character. A tagger
    finds words: where the values are no words of the texts, but computed or chosen, the choice model reads.
    """
    if gold.kind == "spans":
        return character_tagger(gold, train, test)
    if (share := verbatim_share(train)) < VERBATIM:
        note = f"tagger: only {share:.0%} of the training values stand in their texts, so the choice model reads"
        return replace(ONCE["choosing"](gold, train, test), extra={"model": "choosing", "notes": [note]})
    return span_tagger(gold, train, test)


def llm(gold: Gold, train: Rows, test: Rows) -> Answered:
    """Send the recorded replies of a language model, by title, over a socket and through the whole pipeline."""
    if not gold.replies:
        raise NotRunError("the folder has no gpt4_replies.jsonl to replay")
    schema = AttributeSchema.from_dict({"categories": {name: list(found) for name, found in gold.attributes.items()}})
    names = {attribute.relation: attribute.name for each in schema.categories.values() for attribute in each.attributes}
    replies = {shown(title): reply for (title, _), reply in gold.replies.items()}
    started = time.perf_counter()
    with LoopbackEndpoint(replaying(replies, otherwise="no reply is recorded")) as server:
        calls = Calls(EndpointModel("recorded", base_url=server.url), settings=CallSettings(concurrency=CONCURRENCY))
        # One example a prompt: it changes nothing about a recorded reply, and that examples do not leak is checked.
        settings = LlmSettings(demonstrations=1)
        with LlmExtractor(calls, schema, examples=train, settings=settings) as extractor:
            facts = [_as_gold(fact, names) for fact in extractor.extract(with_category(row) for row in test)]
            report = extractor.report()
    notes = [f"llm: {report.set_aside:,} of its statements are set aside, {report.reasked:,} replies asked for again"]
    return Answered(
        facts=facts,
        reading_seconds=None,
        extra={"pipeline_seconds": time.perf_counter() - started, "report": report.as_dict(), "notes": notes},
    )


def fused(gold: Gold, train: Rows, test: Rows) -> Answered:
    """Read with everything there is, fused by calibrated confidence."""
    started = time.perf_counter()
    learners: dict[str, Learner] = {"choosing": choice_model(ANYTHING), "gazetteer": gazetteer(ANYTHING)}
    made: dict[str, Answering] = {}
    if gold.kind != "spans" and verbatim_share(train) >= VERBATIM:
        with suppress(DataError, EncoderUnavailableError):
            # Both readers know the labelled words already.
            learners = {
                "choosing": learners["choosing"],
                "tagger": lambda rows: doubting(
                    TaggerExtractor.train(rows, attributes=gold.attributes, settings=THOROUGH)
                ),
            }
            made["tagger"] = learners["tagger"](train)
    replied = list(ONCE["llm"](gold, train, test).facts) if gold.replies else []
    facts, about = fused_facts(gold, train, test, learners, made, replied)
    return Answered(facts=facts, training_seconds=time.perf_counter() - started, reading_seconds=None, extra=about)


ONCE: dict[str, Method] = {"choosing": Once(choosing), "tagger": Once(tagger), "llm": Once(llm)}
METHODS: dict[str, Method] = {"rules": rules, **ONCE, "fused": fused}


def _as_gold(fact: Fact, names: dict[str, str]) -> Fact:
    """Return the fact under the attribute's own name, with the words as they stand in the title."""
    return replace(fact, relation=names[fact.relation], value=fact.surface or fact.value)
