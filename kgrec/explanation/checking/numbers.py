"""Whether the numbers of a text hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isnan

from kgrec.explanation.checking.amounts import DIRECTIONS, Amount
from kgrec.explanation.checking.case import Case
from kgrec.explanation.checking.known import Known, close
from kgrec.explanation.checking.verdict import Status
from kgrec.language.measures import Measure
from kgrec.language.tokens import Tokens

__all__ = ["Finding", "holds_percent", "holds_shoppers", "number_of", "spread", "within"]

Finding = tuple[Status, str]


_PACKS = frozenset(
    [
        "pack",
        "set",
        "piece",
        "each",
        "total",
        "content",
        "order",
        "box",
        "bundle",
        "together",
        "份",
        "套",
        "件",
        "共",
        "装",
    ]
)


def number_of(amount: Amount, known: Known, tokens: Tokens) -> Finding:
    """Tell whether a price, an amount with a unit, a pack or a plain number is that of a product."""
    if amount.kind == "price":
        return _price(amount, known)
    if amount.kind == "measure" and amount.measure is not None:
        return _measure(amount, amount.measure, known, tokens)
    if amount.kind == "pack":
        return _pack(amount, known)
    return _plain(amount, known, tokens)


def within(said: Amount, true: float) -> bool:
    """Tell whether a number is what a text says of it, as exactly as it says so."""
    if isnan(said.number):
        return true >= 3
    if said.bound == "more":
        return true > said.number
    if said.bound == "less":
        return true < said.number
    if said.bound == "least":
        return true >= said.number
    if said.bound == "most":
        return true <= said.number
    if said.bound == "about":
        return abs(true - said.number) <= 0.1 * true
    return true == said.number


def _price(amount: Amount, known: Known) -> Finding:
    price, currency = known.product.price, known.product.currency
    if price is None:
        return "unknown", "the shop states no price"
    if amount.currency and currency and amount.currency != currency.upper():
        return "contradicted", f"the price is in {currency}"
    if within(amount, price) or round(price, 2) == amount.number:
        return "supported", "the shop's price"
    return "contradicted", f"the price is {price:g}{f' {currency}' if currency else ''}"


def _measure(amount: Amount, said: Measure, known: Known, tokens: Tokens) -> Finding:
    pool: Sequence[Measure] = known.measures
    relation = _direction(amount, tokens)
    if relation and not said.dimension.startswith("length"):
        return "contradicted", "that is no length"
    if relation and known.measured.get(relation):
        pool = known.measured[relation]
    alike = [own for own in pool if own.dimension.split(" of ")[0] == said.dimension.split(" of ")[0]]
    if any(_equal(said, own) or (amount.bound != "exactly" and within(amount, own.in_base_units)) for own in alike):
        return "supported", "the product's texts state it"
    if alike:
        return "contradicted", f"what is stated is {', '.join(dict.fromkeys(own.text for own in alike[:4]))}"
    if pool and any(amount in own.amounts for own in pool for amount in said.amounts):
        return "contradicted", f"what is stated is {', '.join(dict.fromkeys(own.text for own in pool[:4]))}"
    return "unknown", "nothing states such an amount"


def _direction(amount: Amount, tokens: Tokens) -> str:
    for at in (amount.last - 1, amount.last, amount.first - 1, amount.first - 2):
        if 0 <= at < len(tokens.words) and (found := DIRECTIONS.get(tokens.words[at])):
            return found
    return ""


def _equal(said: Measure, own: Measure) -> bool:
    if said.unit == own.unit:
        if len(said.amounts) == 1:
            return said.amounts[0] in own.amounts
        return sorted(said.amounts) == sorted(own.amounts)
    mine, others = [a * said.factor for a in said.amounts], [a * own.factor for a in own.amounts]
    if len(mine) == 1:
        return any(close(mine[0], other) for other in others)
    return len(mine) == len(others) and all(map(close, sorted(mine), sorted(others)))


def _pack(amount: Amount, known: Known) -> Finding:
    if amount.number in known.packs:
        return "supported", "the product's texts state it"
    if known.packs:
        return "contradicted", f"it is a pack of {', '.join(map(str, sorted(known.packs)))}"
    return _plain_number(f"{amount.number:g}", {"set", "pack", "piece", "pc", "count", "ct"}, known)


def _plain(amount: Amount, known: Known, tokens: Tokens) -> Finding:
    at, end = max(0, amount.first - 1), min(len(tokens.keys), amount.last + 2)
    if amount.number in known.packs and not _PACKS.isdisjoint(tokens.keys):
        return "supported", "the product's texts state it"
    near = {key for place, key in enumerate(tokens.keys[at:end], at) if not amount.first <= place < amount.last}
    return _plain_number(amount.text, near, known)


def _plain_number(text: str, near: set[str], known: Known) -> Finding:
    """Tell whether a number stands in the product's texts, beside the words it stands beside here, if they do."""
    there = known.numbers.get(text)
    if there is None:
        return "unknown", "no text of the product states this number"
    stated = {key for key in near if key in known.words and not key.isdigit()}
    if stated and not stated & there:
        return "contradicted", "the product's texts do not state this number of it"
    return "supported", "the product's texts state it"


def holds_shoppers(amount: Amount, case: Case, named: Sequence[str], *, both: bool) -> Finding:
    """Tell whether a number of shoppers holds: of those with both products, or with the product alone."""
    pairs = [case.pair(name) for name in named or (case.anchors if both else ())]
    counts = pairs if both else [case.touched] if case.touched is not None else []
    if named and not both:
        counts = [*pairs, *counts] if case.touched is None else counts
    if any(count and within(amount, count) for count in counts):
        return "supported", "the evidence counts them"
    known = [str(count) for count in counts if count]
    return (
        ("contradicted", f"the evidence counts {' and '.join(known)}") if known else ("unknown", "nobody counted them")
    )


def holds_percent(amount: Amount, case: Case, named: Sequence[str]) -> Finding:
    """Tell whether a part of the score is what an anchor, or a piece of evidence, adds."""
    names = named or tuple(case.shares)
    shares = [share for name in names for share in case.shares.get(name, ())] + list(case.shares.get("", ()))
    if not shares:
        return "unknown", "no shares of the score are known"
    if any(abs(100 * share - amount.number) <= (0.6 if amount.bound == "exactly" else 6) for share in shares):
        return "supported", "a share of the score"
    return (
        "contradicted",
        f"the shares are {', '.join(f'{share:.0%}' for share in sorted(set(shares), reverse=True)[:4])}",
    )


def spread(known: Known, dimension: str) -> float | None:
    """Return the largest amount of a dimension that a product's texts state, in base units; None without any."""
    if dimension == "pack_size":
        return float(max(known.packs)) if known.packs else None
    found = [own.in_base_units for own in known.measures if own.dimension.split(" of ")[0] == dimension]
    return max(found) if found else None


def dimensions(known: Iterable[Known]) -> set[str]:
    """Return the dimensions in which all of some products have amounts."""
    sets = [{own.dimension.split(" of ")[0] for own in one.measures} & {"length", "mass", "volume"} for one in known]
    sets = [found | ({"pack_size"} if one.packs else set()) for found, one in zip(sets, known, strict=True)]
    return set.intersection(*sets) if sets else set()
