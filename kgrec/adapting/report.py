"""What adapting came to: before and after, on data that neither training nor its early end have seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kgrec.adapting.judging import gain_of
from kgrec.adapting.learning import TrainingReport
from kgrec.adapting.settings import AdaptSettings
from kgrec.evaluation import PairedTest, paired_test

__all__ = ["AdaptReport", "Comparison", "compared", "verdict"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One figure of both encoders on the same questions.

    Attributes:
        name: ``"search ndcg@10"``, ``"search recall@10"``, the same of ``"retrieval"`` (the products like the newest
            of a history, by texts alone) and of ``"model"`` (the whole recommendation model with these vectors).
        before: mean with the encoder as it came.
        after: mean with the adapted encoder.
        test: paired, of after − before.
    """

    name: str
    before: float
    after: float
    test: PairedTest

    def __str__(self) -> str:
        """Return one line."""
        test = self.test
        return (
            f"{self.name:<20}{self.before:.4f} → {self.after:.4f}  {test.difference:+.4f} "
            f"[{test.low:+.4f}, {test.high:+.4f}], p = {test.p_value:.4f}, {test.n_users:,} questions"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AdaptReport:
    """What adapting came to.

    Attributes:
        comparisons: figure by figure, on held-out queries and shoppers.
        gain: Σ weight · (NDCG@10 after / before) / Σ weight − 1, as the settings weigh search and retrieval.
        kept: whether the adapted encoder takes the place of the old one.
        why: in a sentence.
        training: what happened.
        pairs: how many pairs of products taught, ``"behaviour"`` and ``"graph"``.
    """

    comparisons: tuple[Comparison, ...]
    gain: float
    kept: bool
    why: str
    training: TrainingReport
    pairs: Mapping[str, int]

    def __getitem__(self, name: str) -> Comparison:
        """Return one comparison, for example ``report["search ndcg@10"]``.

        Raises:
            KeyError: it was not measured.
        """
        for found in self.comparisons:
            if found.name == name:
                return found
        raise KeyError(name)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)

    def as_text(self) -> str:
        """Return a few lines for people."""
        training = self.training
        lines = [str(comparison) for comparison in self.comparisons]
        lines.append(f"gain {self.gain:+.1%}: {self.why}")
        lines.append(
            f"{training.steps:,} of {training.planned:,} steps in {training.seconds:,.0f} s on {training.device}, "
            f"ended by {training.ended}; best after step {training.best_step:,}"
        )
        return "\n".join(lines)


def compared(
    before: Mapping[str, NDArray[np.float64]], after: Mapping[str, NDArray[np.float64]], seed: int
) -> tuple[Comparison, ...]:
    """Compare figures of the same questions, by name."""
    return tuple(
        Comparison(
            name=name,
            before=float(values.mean()),
            after=float(after[name].mean()),
            test=paired_test(after[name], values, seed=seed),
        )
        for name, values in before.items()
    )


def verdict(comparisons: tuple[Comparison, ...], settings: AdaptSettings, best_step: int) -> tuple[float, bool, str]:
    """Return the gain, whether the adapted encoder is kept, and why."""
    before = {found.name: found.before for found in comparisons}
    gain = gain_of(before, {found.name: found.after for found in comparisons}, settings)
    if not best_step:
        return gain, False, "the old encoder is kept, as no validation was better than it"
    if gain <= settings.least_gain:
        return gain, False, f"the old encoder is kept, as the gain is not above {settings.least_gain:.1%}"
    weights = {"search ndcg@10": settings.search_weight, "retrieval ndcg@10": settings.retrieval_weight}
    sure = [found for found in comparisons if weights.get(found.name) and found.test.p_value <= settings.chance]
    worse = [found.name for found in sure if found.test.difference < 0]
    if settings.never_worse and worse:
        return gain, False, f"the old encoder is kept, as {worse[0]} became worse"
    if not any(found.test.difference > 0 for found in sure):
        return gain, False, f"the old encoder is kept, as the gain may be chance: no p-value is below {settings.chance}"
    return gain, True, "the adapted encoder is kept"
