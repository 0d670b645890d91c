"""Merging judged on pairs that were labelled by hand: wrong merges cost more than missed ones."""

from __future__ import annotations

from collections.abc import Iterator

from kgrec.data import Fact, Facts
from kgrec.extraction.canonical import canonicalise
from tests.extraction.canonical.pairs import DIFFERENT, SAME, pairs

COMMON, RARE = 30, 2


def stated(relation: str, rarer: str, commoner: str) -> Facts:
    values = [commoner] * COMMON + [rarer] * RARE
    return Facts.of(Fact(product=f"p{at}", relation=relation, value=v, field=relation) for at, v in enumerate(values))


def merged(relation: str, rarer: str, commoner: str) -> bool:
    facts = canonicalise(stated(relation, rarer, commoner)).facts
    return len({fact.value for fact in facts}) == 1


def wrong_and_missed() -> tuple[list[str], list[str]]:
    wrong = [str(pair) for pair in pairs(DIFFERENT) if merged(*pair)]
    missed = [str(pair) for pair in pairs(SAME) if not merged(*pair)]
    return wrong, missed


def test_labelled_pairs() -> None:
    assert len(pairs(SAME)) >= 100
    assert len(pairs(DIFFERENT)) >= 130
    wrong, missed = wrong_and_missed()
    assert wrong == []
    assert len(missed) <= 0.05 * len(pairs(SAME)), missed


def every_pair_at_once() -> Iterator[Fact]:
    for at, (relation, rarer, commoner) in enumerate((*pairs(SAME), *pairs(DIFFERENT))):
        for fact in stated(relation, rarer, commoner):
            yield Fact(product=f"{at}-{fact.product}", relation=relation, value=fact.value, field=relation)


def test_pairs_that_differ_stay_apart_in_one_catalogue() -> None:
    conventions = canonicalise(Facts.of(every_pair_at_once())).conventions
    wrong = [
        (relation, one, other)
        for relation, one, other in pairs(DIFFERENT)
        if conventions.name_of(relation, one) == conventions.name_of(relation, other)
    ]
    assert wrong == []
