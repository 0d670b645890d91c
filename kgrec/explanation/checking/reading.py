"""A text → its claims, each looked up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from kgrec.explanation.checking.amounts import amounts
from kgrec.explanation.checking.case import Case
from kgrec.explanation.checking.clauses import Clause, clauses
from kgrec.explanation.checking.counting import say_number
from kgrec.explanation.checking.frames import say_frame, turn_denied
from kgrec.explanation.checking.guarding import flaws, language_of
from kgrec.explanation.checking.names import mentions
from kgrec.explanation.checking.passage import Passage
from kgrec.explanation.checking.phrases import COMPARING, matches, reaches, standing
from kgrec.explanation.checking.statements import say_name, say_phrase, say_words
from kgrec.explanation.checking.verdict import Verdict
from kgrec.language.tokens import fold, tokenise

__all__ = ["read"]

_READ = 4_000


def read(text: str, case: Case, language: Literal["en", "zh"] | None = None) -> Verdict:
    """Find the claims of a text and look each one up in a case.

    Args:
        text: any text; what is longer than a paragraph is refused, whatever it says.
        case: what it is checked against.
        language: that it must be in; None takes either.
    """
    tokens = tokenise(fold(text[:_READ]))
    names = mentions(text, tokens, case)
    taken = frozenset(at for name in names for at in range(name.first, name.last))
    spoken = language_of(tokens, taken, case.knows)
    free = [at not in taken for at in range(len(tokens.words))]
    numbers = amounts(tokens, free)
    stops = {at for name in names for at in (name.first, name.last)}
    found = list(matches(list(tokens.keys), reaches(tokens, stops), (*case.books, standing()), free))
    general = [amount.first for amount in numbers if amount.kind == "products"]
    passage = Passage(text, case, tokens, names, numbers, found, clauses(tokens, found, names, general))
    for start, end, reason in flaws(text, tokens, names, spoken, language, case.written):
        passage.claim_at("form", start, end, ("contradicted", reason))
    if not passage.claims and not tokens.words:
        passage.claim_at("form", 0, len(text), ("unknown", "the text says nothing"))
    for clause in passage.parts:
        _read_clause(passage, clause, free)
    claims = sorted(passage.claims, key=lambda claim: (claim.start, claim.end))
    return Verdict(text=text, language=language or spoken, claims=tuple(claims))


def _read_clause(passage: Passage, clause: Clause, free: Sequence[bool]) -> None:
    """Put down the claims of one clause: names and numbers first, then phrases, then what is left."""
    found = [match for match in passage.found if clause.first <= match.first < clause.last]
    words = passage.tokens.words[clause.first : clause.last]
    compared = "比" in words or any(match.entry.flags & COMPARING for match in found)
    since = len(passage.claims)
    for name in passage.inside(clause):
        say_name(passage, name, compared=compared)
    for amount in passage.numbers:
        if clause.first <= amount.first < clause.last:
            say_number(passage, clause, amount)
    covered: set[int] = set()
    for match in found:
        covered.update(range(match.first, match.last))
        say_phrase(passage, clause, match)
    for first, last in _runs(clause, free, covered):
        say_words(passage, clause, first, last)
    say_frame(passage, clause, found)
    turn_denied(passage, clause, since)


def _runs(clause: Clause, free: Sequence[bool], covered: set[int]) -> Iterator[tuple[int, int]]:
    """Yield the words that no name, number or phrase took up, in runs."""
    first = clause.first
    for at in range(clause.first, clause.last + 1):
        if at == clause.last or not free[at] or at in covered:
            if first < at:
                yield first, at
            first = at + 1
