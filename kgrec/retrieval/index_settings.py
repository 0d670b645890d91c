"""Settings of the vector index."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral, Real
from typing import Literal

from kgrec.errors import SettingsError

__all__ = ["IndexSettings"]

KINDS = ("auto", "flat", "sq8", "ivf")


@dataclass(frozen=True, kw_only=True)
class IndexSettings:
    """Which index is wanted, and how good it has to be.

    Attributes:
        kind: ``"flat"`` compares every vector; ``"sq8"`` compares 8-bit codes of all and the best ones exactly;
            ``"ivf"`` compares codes in the nearest lists only and the best ones exactly; ``"auto"`` takes flat up to
            ``flat_limit`` vectors and beyond it the fastest that finds enough.
        flat_limit: ≥ 0, so many vectors are compared one by one under ``"auto"``.
        recall: in (0, 1], the share of the true neighbours that has to be found, measured at build time.
        recall_at: k of that measurement, at least 1.
        on_low_recall: what happens to a kind that was named and finds too little: ``"replace"`` by flat, with the
            reason in the report, or ``"refuse"`` with an error.
        lists: of ``"ivf"``, at least 1; None for 4 · √n.
        nprobe: of ``"ivf"``, at least 1: into so many lists the measurement looks first; doubled while it finds too
            little.
        queries: how many questions the measurement asks, at least 2.
        seed: draws the questions and the vectors that are trained on.

    Raises:
        SettingsError: a value is out of its range.
    """

    kind: Literal["auto", "flat", "sq8", "ivf"] = "auto"
    flat_limit: int = 200_000
    recall: float = 0.95
    recall_at: int = 100
    on_low_recall: Literal["replace", "refuse"] = "replace"
    lists: int | None = None
    nprobe: int = 16
    queries: int = 400
    seed: int = 0

    def __post_init__(self) -> None:
        """Check types and ranges."""
        for name, known in (("kind", KINDS), ("on_low_recall", ("replace", "refuse"))):
            if getattr(self, name) not in known:
                raise SettingsError(f"{name} must be one of {', '.join(known)}; got {getattr(self, name)!r}")
        least = {"flat_limit": 0, "recall_at": 1, "lists": 1, "nprobe": 1, "queries": 2, "seed": 0}
        for name, lowest in least.items():
            value = getattr(self, name)
            if name == "lists" and value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, Integral) or value < lowest:
                raise SettingsError(f"{name} must be a whole number, at least {lowest}; got {value!r}")
        recall: object = self.recall
        if isinstance(recall, bool) or not isinstance(recall, Real) or not 0 < float(recall) <= 1:
            raise SettingsError(f"recall must be above 0 and at most 1; got {recall!r}")
