"""What the numbers of a text claim, each looked up."""

from __future__ import annotations

from collections.abc import Sequence

from kgrec.explanation.checking import numbers
from kgrec.explanation.checking.amounts import Amount
from kgrec.explanation.checking.clauses import Clause
from kgrec.explanation.checking.numbers import Finding
from kgrec.explanation.checking.passage import Passage, rank
from kgrec.explanation.checking.phrases import COMPARING, SHARING, TOO
from kgrec.explanation.checking.verdict import ClaimKind

__all__ = ["say_number"]

_IT = frozenset(("it", "this", "它", "这", "该", "此", "本"))
_THE = ("the", "these", "between", "of")
"""Before "two": the products spoken of, and no number of anything."""
_KINDS: dict[str, ClaimKind] = {"number": "number", "price": "price", "measure": "measure", "pack": "pack"}


def say_number(passage: Passage, clause: Clause, amount: Amount) -> None:
    """Put down what a number claims."""
    case, tokens, named = passage.case, passage.tokens, passage.named(clause)
    if amount.kind == "shoppers":
        passage.claim_at("shoppers", amount.start, amount.end, _shoppers(passage, clause, amount, named))
    elif amount.kind == "percent":
        passage.claim_at("share", amount.start, amount.end, numbers.holds_percent(amount, case, named))
    elif amount.kind in ("together", "others"):
        passage.claim_at("number", amount.start, amount.end, _together(passage, amount, named))
    elif amount.kind == "products":
        passage.claim_at("number", amount.start, amount.end, _products(passage, clause, amount))
    elif tokens.words[amount.first] != "two" or tokens.words[max(0, amount.first - 1)] not in _THE:
        finding = passage.of_holder(clause, amount.first, lambda known: numbers.number_of(amount, known, tokens))
        if amount.kind == "price" and finding[0] != "supported" and clause.flags & COMPARING:
            finding = min(finding, _difference(passage, clause, amount), key=rank)
        passage.claim_at(_KINDS[amount.kind], amount.start, amount.end, finding)


def _shoppers(passage: Passage, clause: Clause, amount: Amount, named: Sequence[str]) -> Finding:
    """Check a number of shoppers: of those with both where an anchor is spoken of, else of those with the product."""
    case, shared = passage.case, clause.flags & SHARING
    anchored = any(not name.itself for name in passage.inside(clause))
    words = passage.tokens.words[clause.first : clause.last]
    alone = not anchored and not clause.flags & (SHARING | TOO) and not _IT.isdisjoint(words)
    finding = numbers.holds_shoppers(amount, case, named, both=bool((named and not alone) or (shared and not named)))
    if finding[0] != "supported" and named and not alone and not shared:
        finding = min(finding, numbers.holds_shoppers(amount, case, [], both=False), key=rank)
    return finding


def _products(passage: Passage, clause: Clause, amount: Amount) -> Finding:
    """Check "15 products here are stools": of a value that the clause names, or of any in the evidence."""
    carriers = passage.case.carriers
    here = [match.entry for match in passage.found if clause.first <= match.first < clause.last]
    said = [carriers[value] for entry in here for _, value in entry.meanings if value in carriers]
    counts = {count for found in said or carriers.values() for count in found}
    if any(numbers.within(amount, count) for count in counts):
        return "supported", "the evidence counts them"
    if counts:
        return "contradicted", f"there are {' or '.join(map(str, sorted(counts)))}"
    return "unknown", "nobody counted them"


def _difference(passage: Passage, clause: Clause, amount: Amount) -> Finding:
    """Check "£2 cheaper"."""
    mine, others = passage.case.product.product.price, passage.compared_with(clause)
    if mine is None or len(others) != 1 or others[0].product.price is None:
        return "unknown", "the difference in price is not known"
    gap = abs(mine - others[0].product.price)
    if round(gap, 2) == amount.number:
        return "supported", "the difference in price"
    return "contradicted", f"the difference in price is {gap:g}"


def _together(passage: Passage, amount: Amount, named: Sequence[str]) -> Finding:
    """Check "all four" against what is named, and "1 more" against what there is."""
    anchors = len(passage.case.anchors)
    more = next((one.number for one in passage.numbers if one.kind == "others"), 0.0)
    if amount.kind == "others":
        if amount.number <= anchors - len(named):
            return "supported", "there are as many"
        return "contradicted", f"there are {anchors - len(named)} more at most"
    if amount.number == len(named) + more + 1 or (not named and amount.number <= anchors + 1):
        return "supported", "as many are spoken of"
    return "contradicted", f"{len(named) + more + 1:g} products are spoken of"
