"""How an encoder is adapted, and how a smaller one is taught."""

from __future__ import annotations

from dataclasses import dataclass

from kgrec.errors import SettingsError

__all__ = ["AdaptSettings", "StudentSettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AdaptSettings:
    """Settings of :func:`kgrec.adapting.adapt_encoder`.

    Attributes:
        behaviour_share: how often a step learns from products that one shopper touched soon after each other, 0 … 1.
        graph_share: how often from products that share rare values.
        search_share: how often from short queries and the products that answer them. The three are scaled to sum to 1.
        window: two products of a history belong together up to so many places apart.
        rare_products: a value ties products together where at most so many carry it.
        alike: products whose facts have this cosine (rare facts weigh more) are no negatives of each other, 0 … 1.
        batch_size: pairs in one step; each product is the negative of the other pairs.
        temperature: of the softmax over cosines, positive.
        rate: learning rate, positive.
        weight_decay: of AdamW, at least 0.
        warm_up: share of the steps over which the rate rises, 0 … 1.
        steps: at most.
        max_minutes: training ends at this time at the latest, earlier runs from a checkpoint included; None for none.
        max_tokens: longer texts are cut while training.
        drop: how often each attribute of a product is left out of its text, 0 … 1.
        crop: how often a text is cut to a part of its words, 0 … 1.
        synonym: how often a value is said in another way, where one is known, 0 … 1.
        held_values: share of the graph's values that no query of the training names; half of them are asked for in
            validation, half in the report, 0 … 1, both excluded.
        max_answers: queries that more products answer say too little to be asked in validation and report.
        queries: that validation and report ask at most, each.
        shoppers: whose next products validation and report ask for at most, each.
        history_items: the newest products of a history that a text-only recommendation goes by.
        validation_products: that validation ranks, drawn at random; the report ranks all.
        evaluate_steps: steps between two validations.
        patience: training ends after so many validations without a better one.
        checkpoint_steps: steps between two checkpoints.
        search_weight: of search in the gain: Σ weight · (NDCG@10 after / before) / Σ weight − 1.
        retrieval_weight: of the text-only recommendation in the gain.
        least_gain: the adapted encoder is kept where its gain on held-out data is above this.
        chance: and where one of the two became better with a p-value below this; 1 asks for no such proof.
        never_worse: whether the old encoder is also kept where one of the two became worse with such a p-value.
        linear_model: whether the report also compares the whole recommendation model with both encoders' vectors.

    Raises:
        SettingsError: a setting has an impossible value.
    """

    behaviour_share: float = 0.5
    graph_share: float = 0.15
    search_share: float = 0.35
    window: int = 3
    rare_products: int = 30
    alike: float = 0.6
    batch_size: int = 48
    temperature: float = 0.05
    rate: float = 3e-5
    weight_decay: float = 0.01
    warm_up: float = 0.1
    steps: int = 1500
    max_minutes: float | None = 30.0
    max_tokens: int = 64
    drop: float = 0.25
    crop: float = 0.2
    synonym: float = 0.3
    held_values: float = 0.2
    max_answers: int = 50
    queries: int = 1000
    shoppers: int = 2000
    history_items: int = 20
    validation_products: int = 1500
    evaluate_steps: int = 60
    patience: int = 4
    checkpoint_steps: int = 30
    search_weight: float = 0.5
    retrieval_weight: float = 0.5
    least_gain: float = 0.0
    chance: float = 0.05
    never_worse: bool = True
    linear_model: bool = True

    def __post_init__(self) -> None:
        """Check the ranges."""
        _at_least(self, 1, "window", "steps", "max_answers", "queries", "shoppers", "history_items", "evaluate_steps")
        _at_least(self, 1, "patience", "checkpoint_steps")
        _at_least(self, 2, "rare_products", "batch_size", "validation_products")
        _at_least(self, 4, "max_tokens")
        _positive(self, "temperature", "rate")
        _at_least(self, 0, "behaviour_share", "graph_share", "search_share", "weight_decay", "search_weight")
        _at_least(self, 0, "retrieval_weight")
        _share(self, "alike", "warm_up", "drop", "crop", "synonym", "chance")
        if not 0 < self.held_values < 1:
            raise SettingsError(f"held_values must be above 0 and below 1; got {self.held_values!r}")
        if self.behaviour_share + self.graph_share + self.search_share == 0:
            raise SettingsError("behaviour_share, graph_share and search_share are all 0: nothing would be learned")
        if self.search_weight + self.retrieval_weight == 0:
            raise SettingsError("search_weight and retrieval_weight are both 0: nothing would say which one is better")
        _minutes(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class StudentSettings:
    """Settings of :func:`kgrec.adapting.teach_student`.

    Attributes:
        layers: of the student; they start as layers of the teacher at even distances, its last one included.
        batch_size: texts in one step; each one's similarities to the others are the soft labels.
        steps: at most.
        rate: learning rate, positive.
        weight_decay: of AdamW, at least 0.
        warm_up: share of the steps over which the rate rises, 0 … 1.
        temperature: of the softmax over cosines, positive.
        similarity_weight: of the soft labels: cross-entropy of the softmax over similarities.
        vector_weight: of 1 − the cosine of both models' vectors.
        hidden_weight: of the squared error of the hidden states of layers that belong together.
        attention_weight: of the divergence of the last layers' attention; 0 leaves it out, which is faster.
        max_tokens: longer texts are cut while teaching.
        max_minutes: teaching ends at this time at the latest; None for none.
        held_texts: that the agreement is measured on, none of which the student learns from.
        evaluate_steps: steps between two measurements; the best student is kept.
        seed: of everything drawn at random.

    Raises:
        SettingsError: a setting has an impossible value.
    """

    layers: int = 3
    batch_size: int = 48
    steps: int = 2000
    rate: float = 2e-4
    weight_decay: float = 0.01
    warm_up: float = 0.05
    temperature: float = 0.05
    similarity_weight: float = 1.0
    vector_weight: float = 1.0
    hidden_weight: float = 1.0
    attention_weight: float = 0.1
    max_tokens: int = 64
    max_minutes: float | None = 15.0
    held_texts: int = 400
    evaluate_steps: int = 100
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the ranges."""
        _at_least(self, 1, "layers", "steps", "evaluate_steps")
        _at_least(self, 2, "batch_size")
        _at_least(self, 3, "held_texts")
        _at_least(self, 4, "max_tokens")
        _positive(self, "rate", "temperature")
        _at_least(self, 0, "weight_decay", "similarity_weight", "vector_weight", "hidden_weight", "attention_weight")
        _share(self, "warm_up")
        if self.similarity_weight + self.vector_weight == 0:
            raise SettingsError("similarity_weight and vector_weight are both 0: the student would learn no vectors")
        _minutes(self)


def _at_least(settings: object, least: float, *names: str) -> None:
    for name in names:
        if not getattr(settings, name) >= least:
            raise SettingsError(f"{name} must be at least {least:g}; got {getattr(settings, name)!r}")


def _share(settings: object, *names: str) -> None:
    for name in names:
        if not 0 <= getattr(settings, name) <= 1:
            raise SettingsError(f"{name} must be 0 … 1; got {getattr(settings, name)!r}")


def _positive(settings: object, *names: str) -> None:
    for name in names:
        if not getattr(settings, name) > 0:
            raise SettingsError(f"{name} must be positive; got {getattr(settings, name)!r}")


def _minutes(settings: AdaptSettings | StudentSettings) -> None:
    if settings.max_minutes is not None and not settings.max_minutes > 0:
        raise SettingsError(f"max_minutes must be positive or None; got {settings.max_minutes!r}")
