"""Settings of the blend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kgrec.errors import SettingsError

__all__ = ["BlendSettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BlendSettings:
    """Settings of the blend's training.

    Attributes:
        kind: ``"listwise"`` (LightGBM, extra ``[boost]``), ``"pointwise"`` (scikit-learn), or ``"auto"``: the first
            where it is installed, else the second.
        rounds: number of trees, at least 1.
        leaves: of each tree, at least 2.
        least: rows in a leaf, at least 1.
        learning_rate: > 0.
        folds: parts of the validation users; each is scored by a blend that learned from the others, at least 2.
        lists: most users whose lists are learned from.
        depth: candidates of each list that are learned from, at least 2.
        p_value: the blend is kept where it is better than retrieval with at most this p-value (0 … 1).
        seed: for everything drawn at random.

    Raises:
        SettingsError: a value is out of its range.
    """

    kind: Literal["auto", "listwise", "pointwise"] = "auto"
    rounds: int = 200
    leaves: int = 15
    least: int = 200
    learning_rate: float = 0.05
    folds: int = 3
    lists: int = 20_000
    depth: int = 200
    p_value: float = 0.05
    seed: int = 0

    def __post_init__(self) -> None:
        """Check ranges."""
        checks = {
            "kind": self.kind in {"auto", "listwise", "pointwise"},
            "rounds": self.rounds >= 1,
            "leaves": self.leaves >= 2,
            "least": self.least >= 1,
            "learning_rate": self.learning_rate > 0,
            "folds": self.folds >= 2,
            "lists": self.lists >= 1,
            "depth": self.depth >= 2,
            "p_value": 0 <= self.p_value <= 1,
        }
        for name, valid in checks.items():
            if not valid:
                raise SettingsError(f"{name} is out of its range: {getattr(self, name)!r}; see BlendSettings")
