"""Settings of the cross-encoder: of its training, of its student's, and of its int8 form."""

from __future__ import annotations

from dataclasses import dataclass, field

from kgrec.errors import SettingsError
from kgrec.ranking.texts import TextSettings

__all__ = ["CrossEncoderSettings", "DistillSettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossEncoderSettings:
    """Settings of ``CrossEncoderReranker.train``.

    Attributes:
        text: what is written out, and how much of it.
        negatives: candidates of retrieval beside each wanted product, drawn anew each time.
        hardest: retrieval's best so many candidates that negatives are drawn from.
        lists_in_step: lists in one step.
        epochs: passes over the lists, at most; may be a fraction.
        rate: learning rate of the encoder, positive.
        head_rate: learning rate of the scoring layer, positive.
        weight_decay: of AdamW, at least 0.
        warm_up: share of the steps over which the rates rise, 0 … 1; then they fall to 0.
        retrieval_prior: whether retrieval's scores, standardised in each pool, are added with a learned factor, so
            that the text learns what retrieval does not know. Without it a score rests on the texts alone.
        soft_temperature: of the softmax over a teacher's scores where a pool has them, positive.
        soft_share: how much a teacher's scores count beside wanted products where a pool has both, 0 … 1.
        validation_share: share of the pools that validation is held on, above 0 … below 1.
        validation_pools: at most so many.
        evaluations: how often validation is held in an epoch, at least 1.
        patience: training ends after so many validations without a better NDCG@10.
        max_minutes: training ends at this time at the latest, and the learning rates fall to 0 by then; None for none.
        checkpoint_steps: steps between two checkpoints.
        seed: of everything drawn at random.

    Raises:
        SettingsError: a setting has an impossible value.
    """

    text: TextSettings = field(default_factory=TextSettings)
    negatives: int = 7
    hardest: int = 50
    lists_in_step: int = 8
    epochs: float = 3.0
    rate: float = 5e-5
    head_rate: float = 1e-3
    weight_decay: float = 0.01
    warm_up: float = 0.1
    retrieval_prior: bool = True
    soft_temperature: float = 1.0
    soft_share: float = 0.5
    validation_share: float = 0.1
    validation_pools: int = 500
    evaluations: int = 4
    patience: int = 4
    max_minutes: float | None = None
    checkpoint_steps: int = 200
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the ranges."""
        _at_least(self, 1, "negatives", "hardest", "lists_in_step", "validation_pools", "evaluations", "patience")
        _at_least(self, 1, "checkpoint_steps")
        _positive(self, "epochs", "rate", "head_rate", "soft_temperature")
        _at_least(self, 0, "weight_decay", "warm_up", "soft_share")
        _at_most_1(self, "warm_up", "soft_share")
        if not 0 < self.validation_share < 1:
            raise SettingsError(f"validation_share must be above 0 and below 1; got {self.validation_share!r}")
        if self.max_minutes is not None and not self.max_minutes > 0:
            raise SettingsError(f"max_minutes must be positive or None; got {self.max_minutes!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class DistillSettings:
    """Settings of ``CrossEncoderReranker.distil``.

    Attributes:
        layers: of the student, 2 … 4; they start as layers of the teacher at even distances, its last one included.
        candidates: of each pool that a step looks at, drawn from all of them.
        lists_in_step: lists in one step.
        epochs: passes over the pools, at most; may be a fraction.
        rate: learning rate, positive.
        weight_decay: of AdamW, at least 0.
        warm_up: share of the steps over which the rate rises, 0 … 1.
        temperature: of the softmax over both models' scores, positive.
        list_weight: of the soft labels: cross-entropy of the lists' softmax.
        score_weight: of the squared error of the scores, each list's mean taken out.
        hidden_weight: of the squared error of the hidden states of the layers that belong together.
        attention_weight: of the divergence of the last layers' attention; 0 leaves it out, which is faster.
        max_minutes: training ends at this time at the latest; None for none.
        evaluations: how often the agreement on validation is measured in an epoch; the best student is kept.
        seed: of everything drawn at random.

    Raises:
        SettingsError: a setting has an impossible value.
    """

    layers: int = 3
    candidates: int = 16
    lists_in_step: int = 4
    epochs: float = 2.0
    rate: float = 2e-4
    weight_decay: float = 0.01
    warm_up: float = 0.05
    temperature: float = 1.0
    list_weight: float = 1.0
    score_weight: float = 1.0
    hidden_weight: float = 1.0
    attention_weight: float = 0.1
    max_minutes: float | None = None
    evaluations: int = 4
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the ranges."""
        if not 2 <= self.layers <= 4:
            raise SettingsError(f"layers must be 2, 3 or 4; got {self.layers!r}")
        _at_least(self, 2, "candidates")
        _at_least(self, 1, "lists_in_step", "evaluations")
        _positive(self, "epochs", "rate", "temperature")
        _at_least(self, 0, "weight_decay", "warm_up", "list_weight", "score_weight", "hidden_weight")
        _at_least(self, 0, "attention_weight")
        _at_most_1(self, "warm_up")
        if self.list_weight + self.score_weight == 0:
            raise SettingsError("list_weight and score_weight are both 0: the student would learn no scores")
        if self.max_minutes is not None and not self.max_minutes > 0:
            raise SettingsError(f"max_minutes must be positive or None; got {self.max_minutes!r}")


def _at_least(settings: object, least: float, *names: str) -> None:
    for name in names:
        if not getattr(settings, name) >= least:
            raise SettingsError(f"{name} must be at least {least:g}; got {getattr(settings, name)!r}")


def _at_most_1(settings: object, *names: str) -> None:
    for name in names:
        if not getattr(settings, name) <= 1:
            raise SettingsError(f"{name} must be at most 1; got {getattr(settings, name)!r}")


def _positive(settings: object, *names: str) -> None:
    for name in names:
        if not getattr(settings, name) > 0:
            raise SettingsError(f"{name} must be positive; got {getattr(settings, name)!r}")
