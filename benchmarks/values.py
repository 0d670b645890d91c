"""Ways of reading values that learn from labels: words beside the rules, the choice model, and the fusion."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import cycle

import numpy as np
from gold import Gold, answers_of, cells_of

from kgrec.data import Fact, Product
from kgrec.evaluation.values import score_values
from kgrec.extraction.choosing import ChoosingExtractor, ChoosingSettings
from kgrec.extraction.fusing import Answering, FactFuser, learn_lead
from kgrec.extraction.labelled import LabelledProduct
from kgrec.extraction.processes import read_in_processes
from kgrec.extraction.rules import RuleExtractor
from kgrec.extraction.rules.labelled_words import GazetteerExtractor, GazetteerSettings
from kgrec.extraction.tagging import TaggerExtractor

__all__ = [
    "ANYTHING",
    "Learner",
    "choosing",
    "doubting",
    "fused_facts",
    "gazetteer",
    "read_by",
    "speed_of_rules",
    "verbatim_share",
    "with_category",
]

Rows = Sequence[LabelledProduct]
Learner = Callable[[Rows], Answering]

_TITLES, _BATCH, _STARTING = 80_000, 2_000, 8
ANYTHING = 0.02
"""A fusion weighs what is unlikely too."""


def with_category(row: LabelledProduct) -> Product:
    """Return the product with the category that its shop would give."""
    return replace(row.product, categories=((row.category,),)) if row.category else row.product


def verbatim_share(rows: Rows) -> float:
    """Return the share of the values that stand word for word in the texts of their product, 0 … 1."""
    stands = [
        value in row.product.title or value in row.product.description
        for row in rows
        for values in row.values.values()
        for value in values
    ]
    return sum(stands) / max(1, len(stands))


def read_by(learn: Learner, train: Rows, test: Rows) -> tuple[list[Fact], float, float]:
    """Return the facts of the test products, and the seconds that learning and reading took."""
    started = time.perf_counter()
    extractor = learn(train)
    learned = time.perf_counter()
    facts = list(extractor.answers(with_category(row) for row in test))
    return facts, learned - started, time.perf_counter() - learned


def choosing(least: float | None = None) -> Learner:
    """Return what learns the choice model."""
    settings = ChoosingSettings() if least is None else ChoosingSettings(minimum_confidence=least)
    return lambda rows: ChoosingExtractor.learned_from(rows, settings=settings)


def gazetteer(least: float | None = None) -> Callable[[Rows], GazetteerExtractor]:
    """Return what learns labelled words beside the rules."""
    settings = GazetteerSettings() if least is None else GazetteerSettings(minimum_confidence=least)
    return lambda rows: GazetteerExtractor.learned_from(rows, settings=settings)


def speed_of_rules(train: Rows, test: Rows) -> dict[str, float]:
    """Return steady titles/s of the rules alone and with labelled words, in this process and in two.

    The judged titles are read over and over, so every word is known by then, as it soon is in a shop. In two processes
    the clock runs between two batches while as many are on their way: neither the processes' start, which takes
    seconds, nor the end is in it, and no title that was read before the first of the two is counted.
    """
    products = [with_category(row) for row in test]
    many = [replace(product, id=str(at)) for at, product in zip(range(_TITLES), cycle(products), strict=False)]
    speeds: dict[str, float] = {}
    for name, extractor in (("rules", RuleExtractor()), ("with_words", gazetteer()(train))):
        for _ in extractor.extract(many[:_BATCH]):
            pass
        started = time.perf_counter()
        for _ in extractor.extract(many[: 3 * _BATCH]):
            pass
        speeds[f"{name}_one_process"] = 3 * _BATCH / (time.perf_counter() - started)
        clocks = [time.perf_counter() for _ in read_in_processes(many, extractor, processes=2, batch=_BATCH)]
        first, last = _STARTING, len(clocks) - _STARTING
        speeds[f"{name}_two_processes"] = (last - first) * _BATCH / (clocks[last] - clocks[first])
    return speeds


def doubting(made: TaggerExtractor) -> TaggerExtractor:
    """Return a tagger that says what is unlikely too."""
    return TaggerExtractor(made.model, replace(made.settings, threshold=ANYTHING))


def fused_facts(
    gold: Gold,
    train: Rows,
    test: Rows,
    learners: Mapping[str, Learner],
    made: Mapping[str, Answering],
    replied: Sequence[Fact],
) -> tuple[list[Fact], dict[str, object]]:
    """Fuse everything there is, and say what each part was worth.

    The learned readers lead, weighted by how they read a fifth of the training products that they had not seen. How far
    the language model is believed is estimated from its agreement with them: no value of the judged products is looked
    at. For comparison only, ``micro_f1_counted`` is what comes out where that is counted instead, on four fifths of the
    judged products for the last fifth in turn.

    Args:
        gold: the labelled set.
        train: what may be learned from.
        test: what is judged.
        learners: source → what learns it.
        made: sources that have learned from all of train already.
        replied: the facts of the language model; none where there is none.
    """
    lead = learn_lead(train, learners)
    facts: dict[str, Sequence[Fact]] = {}
    for source in lead.weights:
        extractor = made[source] if source in made else learners[source](train)
        facts[source] = list(extractor.answers(with_category(row) for row in test))
    weights = dict(lead.weights)
    if replied:
        facts["llm"] = replied
    asked = {row.product.id: tuple(row.values) for row in test}
    fuser = FactFuser.estimated_from(facts, asked, leading=weights, unlisted=lead.unlisted)
    fusion = fuser.fuse(facts, asked)
    about: dict[str, object] = {
        "leading": fuser.leading,
        "held_out_f1": lead.f1,
        "conflicts": len(fusion.conflicts),
        "llm_channel": fuser.to_document()["channels"].get("llm", {}).get(""),
    }
    if replied:
        about["micro_f1_counted"] = _counted(gold, facts, test, weights)
    return list(fusion.facts), about


def _counted(gold: Gold, facts: dict[str, Sequence[Fact]], test: Rows, weights: dict[str, float]) -> float:
    fold = np.random.default_rng(0).permutation(len(test)) % 5
    answers: list[Fact] = []
    for held in range(5):
        fuser = FactFuser.learned_from(
            facts, [row for row, at in zip(test, fold, strict=True) if at != held], leading=weights
        )
        asked = {row.product.id: tuple(row.values) for row, at in zip(test, fold, strict=True) if at == held}
        answers.extend(fuser.fuse(facts, asked).facts)
    return score_values(cells_of(test, answers_of(answers), gold.absent_too)).total.f1
