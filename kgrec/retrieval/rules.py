"""Business rules: what a shop wants of an answer beside relevance.

They act after scoring, on a pool of candidates larger than k, always in this order:

1. **boosts** multiply scores;
2. **diversity** prefers, place by place, what differs from the products placed already;
3. **caps** let at most so many products of one value in;
4. **pinned** products take their places and push the others down.

As JSON::

    {"boosts": [{"where": {"brand": "OPI"}, "factor": 1.5}], "diversity": 0.3, "caps": {"brand": 2},
     "pinned": {"B001": 1}}
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from numbers import Integral, Real
from types import MappingProxyType
from typing import Any, Literal

from kgrec.errors import SettingsError
from kgrec.retrieval.filters import Filter, parse_filter

__all__ = ["Boost", "Rules"]


@dataclass(frozen=True, kw_only=True)
class Boost:
    """Multiply the scores of some products.

    Attributes:
        where: for which products, a :class:`Filter` or its JSON form.
        factor: above 0 and finite; below 1 it holds products back.
        reason: how the boost is named in results; empty names the factor and the filter.

    Raises:
        SettingsError: the filter is malformed, or the factor is out of its range.
    """

    where: Filter | Mapping[str, Any]
    factor: float
    reason: str = ""

    def __post_init__(self) -> None:
        """Check the factor and parse the filter."""
        factor: object = self.factor
        if isinstance(factor, bool) or not isinstance(factor, Real) or not 0 < float(factor) < math.inf:
            raise SettingsError(f"a boost's factor must be finite and above 0; got {factor!r:.80}")
        object.__setattr__(self, "where", parse_filter(self.where))

    @property
    def condition(self) -> Filter:
        """The filter, parsed."""
        return parse_filter(self.where)


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What a shop wants of an answer; see the top of this module for the order in which the rules act.

    The pool holds 10 · k + 100 candidates: a boost reorders them and brings in nothing from outside. Where caps leave
    fewer than k, further candidates are asked for until k are found or no product fits.

    Attributes:
        boosts: factors multiply where several hold for a product; mappings with ``where`` and ``factor`` will do.
        diversity: λ in 0 … 1 of maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998): the next place goes
            to the largest (1 − λ) · score / best score − λ · likeness to the likest product placed already.
        diversity_by: what likeness is: ``"text"``, the cosine of descriptions, at least 0; or ``"graph"``, the share
            of common values among all values of both (Jaccard). A shop without texts uses its graph.
        caps: field → at most so many products of one value, at least 1. Text fields, attributes and relations as in
            filters; of ``category`` the whole path counts. A product with several values counts for each; one without
            a value is free. Pinned products are not counted.
        pinned: product id → place, counted from 1. Filters and exclusions come before: a product that may not be
            shown is not pinned, and a note says so. A place beyond the end of the answer means its end; one beyond k
            is left to the other rules.

    Raises:
        SettingsError: a value is out of its range, or two products are pinned to one place.
    """

    boosts: Sequence[Boost | Mapping[str, Any]] = ()
    diversity: float = 0.0
    diversity_by: Literal["text", "graph"] = "text"
    caps: Mapping[str, int] = field(default_factory=dict)
    pinned: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check every part, and freeze copies of the collections."""
        if isinstance(self.boosts, str | Mapping) or not isinstance(self.boosts, Sequence):
            raise SettingsError(f"boosts must be a list; got {self.boosts!r:.80}")
        object.__setattr__(self, "boosts", tuple(_boost(stated) for stated in self.boosts))
        share: object = self.diversity
        if isinstance(share, bool) or not isinstance(share, Real) or not 0 <= float(share) <= 1:
            raise SettingsError(f"diversity must be in 0 … 1; got {share!r:.80}")
        if self.diversity_by not in ("text", "graph"):
            raise SettingsError(f"diversity_by must be 'text' or 'graph'; got {self.diversity_by!r:.80}")
        for name in ("caps", "pinned"):
            object.__setattr__(self, name, _counts(name, getattr(self, name)))
        if len(set(self.pinned.values())) < len(self.pinned):
            raise SettingsError(f"two products are pinned to one place: {dict(self.pinned)!r:.200}")

    @classmethod
    def of(cls, stated: Rules | Mapping[str, Any]) -> Rules:
        """Return rules from their JSON form; rules come back as they are.

        Raises:
            SettingsError: a name is unknown, or as above.
        """
        if isinstance(stated, Rules):
            return stated
        known = [entry.name for entry in fields(cls)]
        if not isinstance(stated, Mapping):
            raise SettingsError(f"rules must be Rules or a mapping with {', '.join(known)}; got {stated!r:.80}")
        if unknown := [name for name in stated if name not in known]:
            raise SettingsError(f"unknown rule {unknown[0]!r:.80}; known are {', '.join(known)}")
        return cls(**stated)

    @property
    def active_boosts(self) -> tuple[Boost, ...]:
        """The boosts, parsed."""
        return tuple(_boost(stated) for stated in self.boosts)


def _boost(stated: Boost | Mapping[str, Any]) -> Boost:
    if isinstance(stated, Boost):
        return stated
    if not isinstance(stated, Mapping) or set(stated) - {"reason"} != {"where", "factor"}:
        raise SettingsError(f"a boost has a where and a factor, maybe a reason, nothing else; got {stated!r:.120}")
    return Boost(**stated)


def _counts(name: str, stated: object) -> Mapping[str, int]:
    if not isinstance(stated, Mapping):
        raise SettingsError(f"{name} must map names to whole numbers; got {stated!r:.80}")
    for key, count in stated.items():
        if not isinstance(key, str) or isinstance(count, bool) or not isinstance(count, Integral) or count < 1:
            raise SettingsError(f"{name} must map names to whole numbers from 1; got {key!r:.80}: {count!r:.80}")
    return MappingProxyType({key: int(count) for key, count in stated.items()})
