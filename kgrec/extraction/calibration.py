"""How sure a value is, as a share: of values with confidence .9, nine in ten should be right."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from kgrec.errors import DataError, SettingsError
from kgrec.extraction.aligning import Likeness

__all__ = ["Bin", "Calibration", "Reliability", "Signals", "reliability"]

_BASE: Mapping[Likeness | None, float] = {"exact": 0.90, "folded": 0.88, "loose": 0.78, None: 0.60}
_BY_EVIDENCE = 0.70
_FEATURES: tuple[str, ...] = (
    "exact",
    "folded",
    "by_evidence",
    "inferred",
    "title",
    "agrees",
    "differs",
    "likelihood",
    "unstated",
)
_FEATURES += ("repaired", "words", "number")
_LEAST = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """What is known of a value's standing.

    Attributes:
        likeness: of the value and the words of the text; None where it was concluded.
        by_evidence: whether other words than the value show it.
        title: whether it stands in the title.
        agreement: share of further replies that state it too, 0 … 1; None without further replies.
        likelihood: geometric mean of the probabilities of its tokens, 0 … 1; None where the model gives none.
        repaired: whether the reply had to be repaired or asked for again.
        words: of the value.
        number: whether it is one.
    """

    likeness: Likeness | None
    by_evidence: bool = False
    title: bool = True
    agreement: float | None = None
    likelihood: float | None = None
    repaired: bool = False
    words: int = 1
    number: bool = False

    def usual(self) -> float:
        """Return the confidence, 0 … 1, where nothing was learned; see :class:`Calibration`."""
        sure = _BY_EVIDENCE if self.by_evidence else _BASE[self.likeness]
        if self.agreement is not None:
            sure = self.agreement * (sure + (1 - sure) / 2) + (1 - self.agreement) * 0.6 * sure
        if self.likelihood is not None:
            sure *= 0.5 + 0.5 * self.likelihood
        return sure

    def vector(self) -> tuple[float, ...]:
        """Return the signals as numbers, in the order of the calibration's weights."""
        return (
            float(self.likeness == "exact"),
            float(self.likeness == "folded"),
            float(self.by_evidence),
            float(self.likeness is None),
            float(self.title),
            self.agreement or 0.0,
            0.0 if self.agreement is None else 1.0 - self.agreement,
            self.likelihood or 0.0,
            float(self.likelihood is None),
            float(self.repaired),
            min(self.words, 6) / 6,
            float(self.number),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Signals → confidence.

    ``"usual"`` needs no labels: .90 for a value that stands in the text code point for code point, .88 after folding,
    .78 where blanks or hyphens differ, .70 where other words show it, .60 where it was concluded and judged. A second
    reply that agrees halves the doubt, one that does not takes two fifths; where the model states probabilities, the
    confidence falls with their mean p by the factor (1 + p) / 2.

    ``"logistic"`` learns a weight for each signal (Platt scaling, with more than one input). ``"isotonic"`` learns a
    rising step function of the usual confidence (Zadrozny and Elkan, 2002).
    """

    kind: Literal["usual", "logistic", "isotonic"] = "usual"
    bias: float = 0.0
    weights: tuple[float, ...] = ()
    points: tuple[tuple[float, float], ...] = ()
    values: int = 0

    def confidence(self, signals: Signals) -> float:
        """Return the confidence of a value, 0 … 1."""
        if self.kind == "logistic":
            score = self.bias + sum(w * x for w, x in zip(self.weights, signals.vector(), strict=True))
            return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, score))))
        if self.kind == "isotonic":
            xs, ys = zip(*self.points, strict=True)
            return float(np.interp(signals.usual(), xs, ys))
        return signals.usual()

    @classmethod
    def fit(
        cls,
        signals: Sequence[Signals],
        correct: Sequence[bool],
        *,
        kind: Literal["logistic", "isotonic"] = "logistic",
    ) -> Calibration:
        """Learn from values that somebody has judged.

        Args:
            signals: of each value.
            correct: whether each is right.
            kind: what to learn.

        Raises:
            DataError: fewer than ten values, or not as many judgements as values.
            SettingsError: the kind is not known.
        """
        if len(signals) != len(correct) or len(signals) < _LEAST:
            raise DataError(
                f"a calibration needs at least {_LEAST} values, each judged; got {len(signals)} and {len(correct)}"
            )
        right = np.array(correct, dtype=bool)
        if kind not in ("logistic", "isotonic"):
            raise SettingsError(f"kind of a calibration is 'logistic' or 'isotonic'; got {kind!r}")
        if right.all() or not right.any():
            share = (int(right.sum()) + 1) / (len(right) + 2)  # Laplace: nothing is certain after a few dozen values
            weights = (0.0,) * len(_FEATURES)
            return cls(kind="logistic", bias=math.log(share / (1 - share)), weights=weights, values=len(right))
        if kind == "isotonic":
            return cls._isotonic(np.array([entry.usual() for entry in signals]), right)
        return cls._logistic(np.array([entry.vector() for entry in signals]), right)

    @classmethod
    def _logistic(cls, features: NDArray[np.float64], right: NDArray[np.bool_]) -> Calibration:
        from sklearn.linear_model import LogisticRegression

        model = LogisticRegression(C=1.0, max_iter=1_000).fit(features, right)
        weights = tuple(round(float(weight), 6) for weight in model.coef_[0])
        return cls(kind="logistic", bias=round(float(model.intercept_[0]), 6), weights=weights, values=len(right))

    @classmethod
    def _isotonic(cls, usual: NDArray[np.float64], right: NDArray[np.bool_]) -> Calibration:
        from sklearn.isotonic import IsotonicRegression

        # A little more certain on both ends than what was seen, so that no value is 0 or 1.
        model = IsotonicRegression(y_min=0.01, y_max=0.99, out_of_bounds="clip").fit(usual, right.astype(float))
        pairs = zip(model.X_thresholds_.tolist(), model.y_thresholds_.tolist(), strict=True)
        return cls(kind="isotonic", points=tuple((round(x, 6), round(y, 6)) for x, y in pairs), values=len(right))

    def save(self, path: str | Path) -> None:
        """Write the calibration as JSON."""
        content: dict[str, Any] = {
            "calibration": self.kind,
            "features": _FEATURES,
            "bias": self.bias,
            "weights": self.weights,
        }
        content |= {"points": self.points, "values": self.values}
        Path(path).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: str | Path) -> Calibration:
        """Read what ``save`` wrote.

        Raises:
            DataError: the file cannot be read or holds no calibration of these signals.
        """
        try:
            content = json.loads(Path(path).read_text(encoding="utf-8"))
            kind, weights = content["calibration"], tuple(map(float, content["weights"]))
            points = tuple((float(x), float(y)) for x, y in content["points"])
            if kind not in ("usual", "logistic", "isotonic") or tuple(content["features"]) != _FEATURES:
                raise ValueError("its signals are not those of this version")
            if (kind == "logistic") != (len(weights) == len(_FEATURES)) or (kind == "isotonic") != bool(points):
                raise ValueError("its numbers are incomplete")
            return cls(
                kind=kind, bias=float(content["bias"]), weights=weights, points=points, values=int(content["values"])
            )
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise DataError(f"{path}: no calibration can be read from this file: {error}; fit a new one") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Values of like confidence: between ``low`` and ``high``, how many, their mean confidence, the share right."""

    low: float
    high: float
    count: int
    confidence: float
    correct: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """How far confidences keep what they promise.

    Attributes:
        bins: of equal width, empty ones left out.
        ece: expected calibration error, 0 … 1: the mean distance between confidence and share right (Naeini, 2015).
        brier: mean squared distance between confidence and truth, 0 … 1.
        count: values.
    """

    bins: tuple[Bin, ...] = field(default=())
    ece: float
    brier: float
    count: int

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, for JSON."""
        names = ("low", "high", "count", "confidence", "correct")
        bins = [{name: getattr(entry, name) for name in names} for entry in self.bins]
        return {"count": self.count, "ece": self.ece, "brier": self.brier, "bins": bins}

    def as_text(self) -> str:
        """Return a table for people, with a bar for the share right and a mark where the confidence stands."""
        lines = [f"{self.count:,} values, expected calibration error {self.ece:.3f}, Brier score {self.brier:.3f}"]
        for entry in self.bins:
            bar = list(("█" * round(20 * entry.correct)).ljust(21, "·"))
            bar[round(20 * entry.confidence)] = "|"
            shares = f"stated {entry.confidence:.2f}  right {entry.correct:.2f}"
            lines.append(f"{entry.low:.1f}–{entry.high:.1f}  {''.join(bar)}  {shares}  of {entry.count:,}")
        return "\n".join(lines)


def reliability(confidences: Sequence[float], correct: Sequence[bool], *, bins: int = 10) -> Reliability:
    """Compare confidences, 0 … 1, with whether the values were right.

    Raises:
        DataError: there is no value, or the lengths differ.
    """
    if len(confidences) != len(correct) or not len(confidences):
        raise DataError(
            f"as many judgements as values are needed, one at least; got {len(confidences)}, {len(correct)}"
        )
    stated, right = np.asarray(confidences, dtype=np.float64), np.asarray(correct, dtype=np.float64)
    places = np.minimum((stated * bins).astype(int), bins - 1)
    found = []
    for place in np.unique(places):
        inside = places == place
        low, high = float(place / bins), float((place + 1) / bins)
        mean, share = float(stated[inside].mean()), float(right[inside].mean())
        found.append(Bin(low=low, high=high, count=int(inside.sum()), confidence=mean, correct=share))
    ece = sum(entry.count * abs(entry.confidence - entry.correct) for entry in found) / len(stated)
    return Reliability(bins=tuple(found), ece=ece, brier=float(np.mean((stated - right) ** 2)), count=len(stated))
