"""Whether comparisons hold: cheaper than, larger than, the same brand as."""

from __future__ import annotations

from collections.abc import Sequence

from kgrec.explanation.checking.case import Case
from kgrec.explanation.checking.known import Known
from kgrec.explanation.checking.numbers import Finding, dimensions, spread

__all__ = ["compared", "differs", "shares_relation"]

_MORE = {1: "more", -1: "less"}


def compared(case: Case, others: Sequence[Known], what: str, sign: int) -> Finding:
    """Tell whether the product has more (sign 1) or less (sign −1) of something than each of some others.

    Args:
        case: with the product.
        others: what it is compared with.
        what: ``"price"``, ``"popularity"``, ``"pack_size"``, a dimension, ``"amount"`` for any dimension that both
            state, or ``""`` for what nobody measures.
        sign: 1 or −1.
    """
    if not what:
        return "unknown", "nothing measures that"
    if not others:
        return "unknown", "it is not known what is compared"
    found = [_one(case, other, what, sign) for other in others]
    return next((one for one in found if one[0] != "supported"), found[0])


def _one(case: Case, other: Known, what: str, sign: int) -> Finding:
    mine = case.product
    if what == "price":
        pairs = [(mine.product.price, other.product.price)]
        if mine.product.currency != other.product.currency and None not in (
            mine.product.currency,
            other.product.currency,
        ):
            return "unknown", "the prices are in different currencies"
    elif what == "popularity":
        pairs = [(case.crowd(mine.product.id), case.crowd(other.product.id))]
    elif what == "amount":
        shared = sorted(dimensions((mine, other)))
        pairs = [(spread(mine, dimension), spread(other, dimension)) for dimension in shared]
    else:
        pairs = [(spread(mine, what), spread(other, what))]
    known = [(one, two) for one, two in pairs if one is not None and two is not None]
    if not known:
        return "unknown", f"the {what} of both is not known"
    if all((one - two) * sign > 0 for one, two in known):
        return "supported", f"{known[0][0]:g} against {known[0][1]:g}"
    return "contradicted", f"it has not {_MORE[sign]}: {known[0][0]:g} against {known[0][1]:g}"


def shares_relation(mine: Known, others: Sequence[Known], relation: str) -> Finding:
    """Tell whether the product and others have a value of a relation in common."""
    if not others:
        return "unknown", "it is not known what it is compared with"
    if relation == "price":
        prices = {known.product.price for known in (mine, *others)}
        if None in prices:
            return "unknown", "the price of both is not known"
        return ("supported", "one price") if len(prices) == 1 else ("contradicted", "the prices differ")
    own = _folded(mine, relation)
    for other in others:
        theirs = _folded(other, relation)
        if not own or not theirs:
            return "unknown", f"the {relation.replace('_', ' ')} of both is not known"
        if not own & theirs:
            return "contradicted", f"{_named(own)} against {_named(theirs)}"
    return "supported", f"both have the {relation.replace('_', ' ')} {_named(own)}"


def differs(mine: Known, others: Sequence[Known], relation: str) -> Finding:
    """Tell whether no value of a relation is common to the product and another."""
    status, reason = shares_relation(mine, others, relation)
    return ("supported" if status == "contradicted" else "contradicted" if status == "supported" else status), reason


def _folded(known: Known, relation: str) -> frozenset[str]:
    return frozenset(value.casefold() for value in known.values.get(relation, ()))


def _named(values: frozenset[str]) -> str:
    return " and ".join(sorted(values)[:3])
