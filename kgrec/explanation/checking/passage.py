"""A text while it is being read: its words, clauses and names, and of whom each word speaks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from kgrec.explanation.checking.amounts import Amount
from kgrec.explanation.checking.case import Case
from kgrec.explanation.checking.clauses import Clause, Holder
from kgrec.explanation.checking.known import Known
from kgrec.explanation.checking.names import Mention
from kgrec.explanation.checking.numbers import Finding
from kgrec.explanation.checking.phrases import Match
from kgrec.explanation.checking.verdict import Claim, ClaimKind
from kgrec.language.tokens import Tokens

__all__ = ["Passage", "rank"]


def rank(finding: Finding) -> int:
    """Return 0 for a supported claim, 1 for a contradicted and 2 for an unknown one."""
    return ("supported", "contradicted", "unknown").index(finding[0])


@dataclass(slots=True)
class Passage:
    """A text while it is being read.

    Attributes:
        text: as it was given.
        case: what it is checked against.
        tokens: its words.
        names: products named in it.
        numbers: numbers in it.
        found: phrases in it.
        parts: its clauses.
        claims: those found so far.
        narrowed: description of a history item, or sentence → the products that fit all that was said so far.
    """

    text: str
    case: Case
    tokens: Tokens
    names: list[Mention]
    numbers: list[Amount]
    found: list[Match]
    parts: list[Clause]
    claims: list[Claim] = field(default_factory=list)
    narrowed: dict[tuple[int, int], list[Known]] = field(default_factory=dict)

    def claim(self, kind: ClaimKind, first: int, last: int, finding: Finding) -> None:
        """Put down a claim that words ``first`` … ``last − 1`` make."""
        self.claim_at(kind, self.tokens.starts[first], self.tokens.ends[last - 1], finding)

    def claim_at(self, kind: ClaimKind, start: int, end: int, finding: Finding) -> None:
        """Put down a claim that code points ``start`` … ``end − 1`` make."""
        self.claims.append(
            Claim(kind=kind, start=start, end=end, words=self.text[start:end], status=finding[0], reason=finding[1])
        )

    def inside(self, clause: Clause) -> list[Mention]:
        """Return the names in a clause."""
        return [name for name in self.names if clause.first <= name.first < clause.last]

    def named(self, clause: Clause) -> list[str]:
        """Return the anchors named in a clause's sentence, or where it names none, anywhere."""
        if not self.names:
            return []
        here, all_of_them = list[str](), list[str]()
        for name in self.names:
            ids = [one for one in name.ids if one]
            all_of_them += ids
            if any(part.sentence == clause.sentence and part.first <= name.first < part.last for part in self.parts):
                here += ids
        return list(dict.fromkeys(here or all_of_them))

    def compared_with(self, clause: Clause) -> list[Known]:
        """Return what a comparison compares with: products named in the clause, else in the text, else all anchors."""
        others: list[Known] = []
        for name in self.inside(clause):
            if not name.itself:
                others += [self.case.anchors[one] for one in name.ids if one]
                others += [] if name.ids else self.case.find(tuple(self.tokens.keys[name.first : name.last]))
        if others:
            return others
        if named := self.named(clause):
            return [self.case.anchors[one] for one in named]
        described = next((self.narrowed[noun] for noun in clause.nouns if noun in self.narrowed), None)
        return list(self.case.anchors.values()) if described is None else described

    def of_holder(self, clause: Clause, at: int, test: Callable[[Known], Finding]) -> Finding:
        """Return what a test finds of those whom a word speaks of.

        What is said of the product and others must hold for each that is named. What is said of a history item that
        is described and not named must hold, together with all that the description says, for one of them.
        """
        case, holder = self.case, clause.holder_at(at)
        if holder is Holder.PRODUCT:
            return test(case.product)
        if holder is Holder.SHARED and (mine := test(case.product))[0] != "supported":
            return mine
        if not case.told:
            return "unknown", "it is not known what the shopper touched"
        noun = clause.noun_at(at)
        named = self.named(clause) if noun is None else self._named_between(*noun)
        if named:
            found = [test(case.anchors[one]) for one in named]
            return max(found, key=rank) if holder is Holder.SHARED else min(found, key=rank)
        key = noun or (clause.sentence, -1)
        pool = self.narrowed.get(key, list(case.anchors.values()))
        found = [test(known) for known in pool]
        if not found:
            return "contradicted", "there is no such product in the evidence"
        kept = [known for known, finding in zip(pool, found, strict=True) if finding[0] == "supported"]
        if kept:
            self.narrowed[key] = kept
        return min(found, key=rank)

    def _named_between(self, first: int, last: int) -> list[str]:
        return [one for name in self.names if first <= name.first < last for one in name.ids if one]
