"""Labelled texts → weights of features: counted, weighed, fitted, calibrated."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kgrec.errors import DataError
from kgrec.protocols import Progress
from kgrec.sentiment.features import Features, features_of, portions
from kgrec.sentiment.grouping import held_out_groups, joined_groups

__all__ = ["Trained", "TrainingData", "fitted"]

_STAGE = "training sentiment"
_FEWEST, _FEWEST_OF_A_KIND = 20, 5
_EVEN = 0.5  # what a feature is worth that leans to neither side


@dataclass(frozen=True, slots=True)
class Trained:
    """A linear model of hashed features.

    Attributes:
        codes: uint64 (v,), rising: the features.
        scale: float32 (v,), what the value of a feature is multiplied by before a text is brought to unit length.
        weights: float32 (v,), what a feature adds to the log-odds for each unit of its value.
        offset: log-odds of a text without features.
        strength: inverse regularisation.
    """

    codes: NDArray[np.uint64]
    scale: NDArray[np.float32]
    weights: NDArray[np.float32]
    offset: float
    strength: float

    def lookup(self, codes: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Return the number of each feature, int64, −1 where it was not learned."""
        return _lookup(self.codes, codes)

    def values(self, found: Features, n_texts: int) -> Any:
        """Return the values of features, scipy CSR float32 (n_texts, v), rows of unit length or zero."""
        return _values(_counts(self.codes, found, n_texts), self.scale)

    def amounts(self, found: Features, n_texts: int) -> Any:
        """Return what each feature adds to the log-odds, CSR float64 (n_texts, v)."""
        values = self.values(found, n_texts).astype(np.float64)
        values.data *= self.weights[values.indices]
        return values


@dataclass(frozen=True, slots=True)
class TrainingData:
    """Texts, labels bool (n,) and groups int64 (n,): equal texts are of one group."""

    texts: Sequence[str]
    labels: NDArray[np.bool_]
    groups: NDArray[np.int64]

    @classmethod
    def of(
        cls,
        texts: Sequence[str],
        labels: Sequence[bool | int],
        groups: Sequence[Hashable] | None,
        *,
        limit: int,
        seed: int,
    ) -> TrainingData:
        """Check what was given, and draw ``limit`` of it where there is more.

        Raises:
            DataError: it cannot be learned from.
        """
        if len(texts) != len(labels) or (groups is not None and len(groups) != len(texts)):
            raise DataError(
                f"one label (and group) a text is needed; got {len(texts)} texts, {len(labels)} labels"
                + ("" if groups is None else f", {len(groups)} groups")
            )
        known = np.asarray([_label(label) for label in labels], bool)
        if len(texts) > limit:
            drawn = np.sort(np.random.default_rng(seed).choice(len(texts), limit, replace=False)).tolist()
            texts, known = [texts[at] for at in drawn], known[drawn]
            groups = None if groups is None else [groups[at] for at in drawn]
        positive = int(known.sum())
        if len(texts) < _FEWEST or min(positive, len(texts) - positive) < _FEWEST_OF_A_KIND:
            raise DataError(
                f"sentiment is learned from at least {_FEWEST} texts, {_FEWEST_OF_A_KIND} of each kind; got "
                f"{positive} positive and {len(texts) - positive} negative: use LexiconSentiment where there are none"
            )
        return cls(texts, known, joined_groups(texts, *([] if groups is None else [groups])))


def fitted(
    data: TrainingData,
    *,
    longest: int,
    max_characters: int,
    minimum_texts: int,
    strengths: Sequence[float],
    validation_share: float,
    seed: int,
    progress: Progress,
) -> Trained:
    """Choose the strength on held-out texts, calibrate on them, and fit on all."""
    steps = len(strengths) + 2
    progress(_STAGE, 0, steps)
    codes, counts = _vocabulary(data.texts, longest, max_characters, minimum_texts)
    held_out = _held_out(data, validation_share, seed)
    progress(_STAGE, 1, steps)
    learned = _Weighing.of(counts[~held_out], data.labels[~held_out])
    inside, outside = learned.values(counts[~held_out]), learned.values(counts[held_out])
    labels = data.labels[held_out]
    best: tuple[float, float, NDArray[np.float64]] | None = None
    for done, strength in enumerate(strengths, 2):
        weights, offset = _logistic(inside, data.labels[~held_out], strength)
        logits = outside @ weights + offset
        slope, shift = _platt(logits, labels)
        loss = _log_loss(slope * logits + shift, labels)
        if best is None or loss < best[0]:
            best = loss, strength, np.array([slope, shift])
        progress(_STAGE, done, steps)
    assert best is not None  # there is at least one strength
    _, strength, (slope, shift) = best
    weighing = _Weighing.of(counts, data.labels)
    weights, offset = _logistic(weighing.values(counts), data.labels, strength)
    progress(_STAGE, steps, steps)
    return Trained(
        codes, weighing.scale, (slope * weights).astype(np.float32), float(slope * offset + shift), float(strength)
    )


@dataclass(frozen=True, slots=True)
class _Weighing:
    """What the count of a feature is worth: rare ones more, and those that lean to one side."""

    scale: NDArray[np.float32]

    @classmethod
    def of(cls, counts: Any, labels: NDArray[np.bool_]) -> _Weighing:
        present = counts.copy()
        present.data = np.ones_like(present.data)
        positive = np.asarray(present[labels].sum(axis=0), np.float64).ravel()
        total = np.asarray(present.sum(axis=0), np.float64).ravel()
        rarity = np.log((1 + len(labels)) / (1 + total)) + 1
        good, bad = positive + 1, total - positive + 1
        leaning = np.abs(np.log(good / good.sum()) - np.log(bad / bad.sum()))
        return cls((rarity * np.sqrt(leaning + _EVEN)).astype(np.float32))

    def values(self, counts: Any) -> Any:
        return _values(counts, self.scale)


def _label(label: object) -> bool:
    if label in (0, 1):
        return bool(label)
    raise DataError(f"a label is {label!r}; expected 1 or True for positive, 0 or False for negative")


def _held_out(data: TrainingData, share: float, seed: int) -> NDArray[np.bool_]:
    """Draw whole groups, each kind alike; where groups are too few for that, single texts."""
    rng = np.random.default_rng([seed, 1])
    strata = data.labels.astype(np.int64)
    for groups in (data.groups, np.arange(len(strata))):
        mask = held_out_groups(groups, strata, share, rng)
        if all(np.bincount(strata[side], minlength=2).min() > 0 for side in (mask, ~mask)):
            break
    return mask


def _vocabulary(
    texts: Sequence[str], longest: int, max_characters: int, minimum_texts: int
) -> tuple[NDArray[np.uint64], Any]:
    """Return the features that stand in enough texts, and how often each text has them, CSR float32."""
    from scipy.sparse import csr_matrix, vstack

    parts = [
        (len(some), _pairs(features_of(some, longest=longest, max_characters=max_characters)))
        for some in portions(texts, max_characters)
    ]
    codes, found = np.unique(np.concatenate([code for _, (_, code, _) in parts]), return_counts=True)
    codes = codes[found >= minimum_texts]
    if not len(codes):
        raise DataError(f"no word stands in {minimum_texts} texts; lower minimum_texts, or bring more texts")
    rows = []
    for size, (text, code, count) in parts:
        num = _lookup(codes, code)
        kept = num >= 0
        rows.append(csr_matrix((count[kept], (text[kept], num[kept])), shape=(size, len(codes))))
    return codes, vstack(rows, format="csr")


_Pairs = tuple[NDArray[np.int32], NDArray[np.uint64], NDArray[np.float32]]


def _pairs(found: Features) -> _Pairs:
    """Return text, feature and count of each pair that occurs: a good deal smaller than all places."""
    order = np.lexsort((found.code, found.text))
    code, text = found.code[order], found.text[order]
    new = np.ones(len(code), bool)
    new[1:] = (code[1:] != code[:-1]) | (text[1:] != text[:-1])
    starts = np.flatnonzero(new)
    return text[starts], code[starts], np.diff(np.append(starts, len(code))).astype(np.float32)


def _lookup(known: NDArray[np.uint64], codes: NDArray[np.uint64]) -> NDArray[np.int64]:
    at = np.minimum(np.searchsorted(known, codes), len(known) - 1)
    return np.where(known[at] == codes, at, -1)


def _counts(known: NDArray[np.uint64], found: Features, n_texts: int) -> Any:
    from scipy.sparse import csr_matrix

    num = _lookup(known, found.code)
    kept = num >= 0
    counts = csr_matrix(
        (np.ones(int(kept.sum()), np.float32), (found.text[kept], num[kept])), shape=(n_texts, len(known))
    )
    counts.sum_duplicates()
    return counts


def _values(counts: Any, scale: NDArray[np.float32]) -> Any:
    values = counts.copy()
    values.data = (1 + np.log(values.data)) * scale[values.indices]
    lengths = np.sqrt(np.asarray(values.multiply(values).sum(axis=1), np.float64)).ravel()
    lengths[lengths == 0] = 1.0
    values.data /= np.repeat(lengths, np.diff(values.indptr)).astype(np.float32)
    return values


def _logistic(values: Any, labels: NDArray[np.bool_], strength: float) -> tuple[NDArray[np.float64], float]:
    """Fit by liblinear (Fan et al., JMLR 2008); both kinds weigh the same, calibration brings the shares back."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(
        C=strength, solver="liblinear", tol=1e-3, max_iter=1000, class_weight="balanced", random_state=0
    ).fit(values, labels)
    return model.coef_[0].astype(np.float64), float(model.intercept_[0])


def _platt(logits: NDArray[np.float64], labels: NDArray[np.bool_]) -> tuple[float, float]:
    """Return slope > 0 and shift that calibrate log-odds (Platt, 1999), with his smoothed targets, by Newton steps."""
    n_good = int(labels.sum())
    n_bad = len(labels) - n_good
    target = np.where(labels, (n_good + 1) / (n_good + 2), 1 / (n_bad + 2))
    slope, shift = 1.0, 0.0
    ridge = 1e-6
    for _ in range(100):
        probability = 0.5 * (1 + np.tanh(0.5 * (slope * logits + shift)))
        wrong, weight = probability - target, probability * (1 - probability)
        gradient = np.array([wrong @ logits, wrong.sum()])
        hessian = np.array([[weight @ logits**2 + ridge, weight @ logits], [weight @ logits, weight.sum() + ridge]])
        step = np.linalg.solve(hessian, gradient)
        step *= min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-12))
        slope, shift = max(slope - float(step[0]), 0.05), shift - float(step[1])
        if np.abs(step).max() < 1e-8:
            break
    return slope, shift


def _log_loss(logits: NDArray[np.float64], labels: NDArray[np.bool_]) -> float:
    return float(np.mean(np.logaddexp(0.0, np.where(labels, -logits, logits))))
