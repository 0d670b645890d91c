"""Settings of the tagger."""

from __future__ import annotations

from dataclasses import dataclass

from kgrec.errors import SettingsError

__all__ = ["TaggerSettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaggerSettings:
    """Settings of the tagger.

    Attributes:
        layers: how many of the encoder's layers are kept, from the bottom; 0 for all. Fewer are faster.
        epochs: passes over the training texts, positive.
        least_steps: training goes on for at least this many steps, so that few texts are passed over more often.
        tune_encoder: whether the encoder is trained too. It takes several times as long.
        batch_size: texts in one step.
        encoder_rate: learning rate of the encoder's highest layer where it is trained, positive.
        layer_decay: factor on the learning rate from each layer to the one below, above 0 … 1.
        head_rate: learning rate of everything above the encoder, positive.
        weight_decay: of AdamW.
        warm_up: share of the steps over which the learning rate rises, 0 … 1; then it falls to 0.
        size: numbers in the vector of a candidate.
        dropout: share of that vector left out in training, 0 up to but not including 1.
        pairless: share of the steps that see no category, so that unknown categories can be read too, 0 … 1.
        max_pieces: pieces of the encoder's vocabulary in one window of a text, at least 32.
        max_characters: how much of a field is read.
        descriptions: whether descriptions are read beside titles.
        threshold: a value is stated from this probability on, 0 … 1.
        seed: of everything drawn at random.

    Raises:
        SettingsError: a setting has an impossible value.
    """

    layers: int = 1
    epochs: float = 8.0
    least_steps: int = 240
    tune_encoder: bool = False
    batch_size: int = 32
    encoder_rate: float = 2e-4
    layer_decay: float = 0.9
    head_rate: float = 2e-3
    weight_decay: float = 0.01
    warm_up: float = 0.1
    size: int = 128
    dropout: float = 0.2
    pairless: float = 0.05
    max_pieces: int = 128
    max_characters: int = 20_000
    descriptions: bool = True
    threshold: float = 0.4
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the ranges."""
        least = {"layers": 0, "least_steps": 1, "batch_size": 1, "size": 1, "max_pieces": 32, "max_characters": 1}
        for name, bound in least.items():
            if getattr(self, name) < bound:
                raise SettingsError(f"{name} must be at least {bound}; got {getattr(self, name)!r}")
        for name in ("epochs", "encoder_rate", "layer_decay", "head_rate"):
            if not getattr(self, name) > 0:
                raise SettingsError(f"{name} must be positive; got {getattr(self, name)!r}")
        for name in ("warm_up", "pairless", "threshold", "layer_decay"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise SettingsError(f"{name} must be between 0 and 1; got {getattr(self, name)!r}")
        if not 0.0 <= self.dropout < 1.0 or self.weight_decay < 0:
            raise SettingsError(
                f"dropout must be 0 … 1 and weight_decay not negative; got {self.dropout!r} and {self.weight_decay!r}"
            )
