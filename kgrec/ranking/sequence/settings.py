"""Settings of the sequence re-ranker."""

from __future__ import annotations

import math
from dataclasses import dataclass

from kgrec.errors import SettingsError

__all__ = ["SequenceSettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SequenceSettings:
    """Settings of the sequence re-ranker's network and of its training.

    Attributes:
        dimension: width of the network, a multiple of ``heads``.
        layers: transformer layers, 1 … 12.
        heads: attention heads.
        max_history: the newest events of a history that are read, at least 2.
        dropout: 0 … 1, excluded, in the layers.
        input_dropout: 0 … 1, excluded, on what enters the layers.
        id_dropout: 0 … 1, excluded: share of products whose own embedding is hidden in each step, so that the network
            also learns to read products by facts and text alone.
        negatives: sampled products a step; a shop with no more products than that is compared whole.
        epochs: most passes over the histories.
        validation_lists: most validation pools that an epoch is judged by, taken evenly; at least 1.
        patience: epochs without a better validation after which training ends.
        batch_size: histories a step.
        learning_rate: of AdamW at its highest, > 0.
        weight_decay: of AdamW, ≥ 0.
        max_minutes: training ends after this time, > 0, and keeps what was best.
        seed: for everything drawn at random.

    Raises:
        SettingsError: a value is out of its range.
    """

    dimension: int = 128
    layers: int = 2
    heads: int = 2
    max_history: int = 50
    dropout: float = 0.2
    input_dropout: float = 0.2
    id_dropout: float = 0.3
    negatives: int = 4_096
    epochs: int = 20
    validation_lists: int = 4_000
    patience: int = 5
    batch_size: int = 256
    learning_rate: float = 1e-3
    weight_decay: float = 0.01
    max_minutes: float = 25.0
    seed: int = 0

    def __post_init__(self) -> None:
        """Check ranges."""
        checks = {
            "dimension": self.dimension >= 1 and self.heads >= 1 and self.dimension % self.heads == 0,
            "layers": 1 <= self.layers <= 12,
            "max_history": self.max_history >= 2,
            "dropout": 0 <= self.dropout < 1,
            "input_dropout": 0 <= self.input_dropout < 1,
            "id_dropout": 0 <= self.id_dropout < 1,
            "negatives": self.negatives >= 1,
            "epochs": self.epochs >= 1,
            "validation_lists": self.validation_lists >= 1,
            "patience": self.patience >= 1,
            "batch_size": self.batch_size >= 1,
            "learning_rate": math.isfinite(self.learning_rate) and self.learning_rate > 0,
            "weight_decay": math.isfinite(self.weight_decay) and self.weight_decay >= 0,
            "max_minutes": self.max_minutes > 0,
        }
        for name, valid in checks.items():
            if not valid:
                raise SettingsError(f"{name} is out of its range: {getattr(self, name)!r}; see SequenceSettings")
