"""Settings of the item–item model."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from numbers import Integral, Real

from kgrec.errors import SettingsError
from kgrec.retrieval.knowledge import Knowledge

__all__ = ["LinearSettings"]

NEWCOMER_FLOOR = 0.1
"""Share of ``relation_weight`` that every relation keeps when newcomers look for who is like them."""


@dataclass(frozen=True, kw_only=True)
class LinearSettings:
    """Settings of the item–item model; the library chooses the first ones on validation.

    Attributes:
        ridge: λ of the similarity head, > 0.
        sequence_ridge: λ' of the transition head, > 0.
        sequence_share: μ in 0 … 1, how much of the score is "what comes next".
        recency: γ in (0, 1], weight of one step back in the history that is asked about.
        text_weight: ε ≥ 0 of the text kernel.
        text_exponent: p ≥ 1 of the text kernel.
        relation_weights: relation → α ≥ 0; a relation without an entry takes ``relation_weight``.
        relation_weight: α of the others.
        learned_text: read texts as behaviour teaches to (:mod:`kgrec.retrieval.learning`) instead of as they are.
        value_learning: ≥ 0, how far a value's weight follows what behaviour says of it; 0 goes by its rarity alone.
        extracted_share: relations read from texts alone take this share (≥ 0) of ``relation_weight``.
        length_exponent: a user with m events counts m^−length_exponent, the average event 1.
        past_decay, future_decay: in (0, 1), of the transition head.
        sequence_knowledge: κ ≥ 0, share of the kernel that the transition head sees.
        support: largest |N(j)|, at least 1.
        popularity_exponent: supports are chosen by right-hand side / (XᵀX_ii + λ)^exponent.
        text_neighbours: how many nearest texts may enter a support.
        newcomer_alike: a product without events also hears, through this many products that are most like it, what
            speaks for those; 0 leaves it to its own facts and text.
        newcomer_direct: ≥ 0, what having touched one of those counts in it.
        newcomer_scale: > 0, factor of all that speaks for such a product, so that it is neither buried nor pushed.
        window: events further apart in one history are no pair.
        dropout: p in 0 … 1, excluded: regularises as if a share p of each history were hidden (EDLAE).
        baskets: events at one instant are one step of a history; without it each event is a step.
        event_exponent: in 0 … 1, an event of weight w counts w^event_exponent; 0 counts all types alike.
        time_exponent: β ≥ 0; in the history that is asked about, what lies Δt before the newest event counts
            (1 + Δt / scale)^−β on top of γ. 0 ignores time; an event without a time is not discounted.
        time_scale_days: the scale of Δt in days, > 0.
        hub_share: values that more than this share of the products have say nothing.

    Raises:
        SettingsError: a value is out of its range.
    """

    ridge: float = 200.0
    sequence_ridge: float = 80.0
    sequence_share: float = 0.6
    recency: float = 0.7
    text_weight: float = 6.0
    text_exponent: float = 1.5
    relation_weights: Mapping[str, float] = field(default_factory=dict)
    relation_weight: float = 10.0
    extracted_share: float = 0.25
    learned_text: bool = True
    value_learning: float = 0.0
    length_exponent: float = 0.0
    past_decay: float = 0.7
    future_decay: float = 0.6
    sequence_knowledge: float = 0.5
    support: int = 100
    popularity_exponent: float = 0.5
    text_neighbours: int = 100
    newcomer_alike: int = 10
    newcomer_direct: float = 10.0
    newcomer_scale: float = 1.0
    window: int = 200
    hub_share: float = 0.3
    dropout: float = 0.0
    baskets: bool = False
    event_exponent: float = 1.0
    time_exponent: float = 0.0
    time_scale_days: float = 30.0

    def __post_init__(self) -> None:
        """Check types, then ranges."""
        for name, value in ((entry.name, getattr(self, entry.name)) for entry in fields(self)):
            kind = Integral if name in {"support", "text_neighbours", "newcomer_alike", "window"} else Real
            each = value.values() if name == "relation_weights" and isinstance(value, Mapping) else (value,)
            known = name != "relation_weights" or isinstance(value, Mapping)
            if not (known and all(isinstance(number, kind) and math.isfinite(number) for number in each)):
                what = "a whole number" if kind is Integral else "finite" if known else "a mapping"
                raise SettingsError(f"{name} must be {what}; got {value!r}; see LinearSettings")
        checks = {
            "ridge": self.ridge > 0,
            "sequence_ridge": self.sequence_ridge > 0,
            "sequence_share": 0 <= self.sequence_share <= 1,
            "recency": 0 < self.recency <= 1,
            "text_weight": self.text_weight >= 0,
            "text_exponent": self.text_exponent >= 1,
            "relation_weight": self.relation_weight >= 0,
            "extracted_share": self.extracted_share >= 0,
            "value_learning": self.value_learning >= 0,
            "newcomer_alike": self.newcomer_alike >= 0,
            "newcomer_direct": self.newcomer_direct >= 0,
            "newcomer_scale": self.newcomer_scale > 0,
            "relation_weights": all(weight >= 0 for weight in self.relation_weights.values()),
            "past_decay": 0 < self.past_decay < 1,
            "future_decay": 0 < self.future_decay < 1,
            "sequence_knowledge": self.sequence_knowledge >= 0,
            "support": self.support >= 1,
            "text_neighbours": self.text_neighbours >= 0,
            "window": self.window >= 1,
            "dropout": 0 <= self.dropout < 1,
            "event_exponent": 0 <= self.event_exponent <= 1,
            "time_exponent": self.time_exponent >= 0,
            "time_scale_days": self.time_scale_days > 0,
            "hub_share": 0 < self.hub_share <= 1,
        }
        for name, valid in checks.items():
            if not valid:
                raise SettingsError(f"{name} is out of its range: {getattr(self, name)!r}; see LinearSettings")

    def weight_of(self, relation: str) -> float:
        """Return α of a relation; of one that was read from texts alone, only once :meth:`resolved` has named it."""
        return self.relation_weights.get(relation, self.relation_weight)

    def likeness_of(self, relation: str) -> float:
        """Return the α by which newcomers find who is like them, at least a tenth of ``relation_weight``.

        A relation that tells nothing more of products with events may be all that a new one states.
        """
        return max(self.weight_of(relation), NEWCOMER_FLOOR * self.relation_weight)

    def resolved(self, knowledge: Knowledge) -> LinearSettings:
        """Return the same settings with a weight written out for every relation of a shop."""
        if all(name in self.relation_weights for name in knowledge.relations):
            return self
        weights = {
            name: self.relation_weight * (self.extracted_share if name in knowledge.extracted else 1.0)
            for name in knowledge.relations
        }
        return replace(self, relation_weights={**weights, **self.relation_weights})
