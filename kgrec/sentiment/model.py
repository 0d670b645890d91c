"""Good or bad: a linear model of words and characters that is trained in minutes and says what it rests on."""

from __future__ import annotations

import os
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kgrec.data import Review
from kgrec.errors import DataError, SettingsError
from kgrec.protocols import Progress, silent
from kgrec.saved_arrays import read_arrays, write_arrays
from kgrec.sentiment.features import features_of, portions
from kgrec.sentiment.training import Trained, TrainingData, fitted

__all__ = ["SentimentModel", "SentimentSettings", "Spoke", "Verdict"]

_FORMAT = 1
_ARRAYS = ("codes", "scale", "weights")


@dataclass(frozen=True, slots=True, kw_only=True)
class SentimentSettings:
    """Settings of a sentiment model.

    Attributes:
        longest: of the runs of characters in Chinese, Japanese and Thai, 1 … 6.
        minimum_texts: a feature is learned where this many training texts have it.
        strengths: inverse regularisations that are tried; the one with the least log-loss on the validation part wins.
        validation_share: of the training texts, for choosing and calibrating, 0 … 0.5 exclusive.
        max_characters: what comes after so many characters of a text is not read.
        max_texts: at most this many training texts are used, drawn at random.

    Raises:
        SettingsError: a setting has an impossible value.
    """

    longest: int = 4
    minimum_texts: int = 2
    strengths: tuple[float, ...] = (1.0, 3.0, 10.0, 30.0)
    validation_share: float = 0.15
    max_characters: int = 20_000
    max_texts: int = 150_000

    def __post_init__(self) -> None:
        """Check the ranges."""
        if not 1 <= self.longest <= 6:
            raise SettingsError(f"longest must be 1 … 6; got {self.longest!r}")
        for name, least in (("minimum_texts", 1), ("max_characters", 1), ("max_texts", 20)):
            if getattr(self, name) < least:
                raise SettingsError(f"{name} must be at least {least}; got {getattr(self, name)!r}")
        if not self.strengths or not all(0 < strength < float("inf") for strength in self.strengths):
            raise SettingsError(f"strengths must be positive and finite, at least one; got {self.strengths!r}")
        if not 0 < self.validation_share < 0.5:
            raise SettingsError(f"validation_share must be between 0 and 0.5; got {self.validation_share!r}")


class Spoke(NamedTuple):
    """Words that spoke for (``amount`` > 0) or against (< 0), and where they first stand, in code points."""

    words: str
    start: int
    end: int
    amount: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a model makes of a text, and why.

    Attributes:
        probability: that the text is positive, 0 … 1.
        logit: log-odds of it; ``offset`` plus the amounts of all features.
        offset: the log-odds of a text that says nothing.
        spoke: the features, the largest amount (positive or negative) first; each counts once, however often it stands.
    """

    probability: float
    logit: float
    offset: float
    spoke: tuple[Spoke, ...]


class SentimentModel:
    """Logistic regression on log-scaled, inversely weighted features, with naive Bayes ratios; calibrated.

    The features are those of :func:`kgrec.sentiment.features.features_of`, so one class reads English, Chinese and
    most other scripts. The weighting follows Wang and Manning, "Baselines and bigrams: simple, good sentiment and topic
    classification", ACL 2012 (NB-SVM), with logistic loss. Probabilities are calibrated by Platt's method on texts that
    were not learned from.

    Args:
        trained: features and weights.
        settings: how texts are read.
    """

    name = "sentiment"

    def __init__(self, trained: Trained, settings: SentimentSettings) -> None:
        """Hold the parts; use :meth:`train` or :meth:`load`."""
        self.settings = settings
        self._trained = trained

    @classmethod
    def train(
        cls,
        texts: Sequence[str],
        labels: Sequence[bool | int],
        *,
        groups: Sequence[Hashable] | None = None,
        settings: SentimentSettings | None = None,
        seed: int = 0,
        progress: Progress = silent,
    ) -> SentimentModel:
        """Learn from texts that are known to be good or bad.

        Args:
            texts: at least 20, in any languages.
            labels: one a text: 1 or True for positive, 0 or False for negative.
            groups: one a text; texts of one group (a writer, a product) are not split between learning and validation.
                Equal texts never are.
            settings: see ``SentimentSettings``.
            seed: draws the validation part; equal input gives an equal model.
            progress: is told ("training sentiment", steps done, steps in all).

        Raises:
            DataError: lengths differ, a label is neither, there are fewer than 20 texts, or fewer than 5 of one kind.
        """
        settings = settings or SentimentSettings()
        data = TrainingData.of(texts, labels, groups, limit=settings.max_texts, seed=seed)
        trained = fitted(
            data,
            longest=settings.longest,
            max_characters=settings.max_characters,
            minimum_texts=settings.minimum_texts,
            strengths=settings.strengths,
            validation_share=settings.validation_share,
            seed=seed,
            progress=progress,
        )
        return cls(trained, settings)

    @classmethod
    def from_reviews(
        cls,
        reviews: Sequence[Review],
        *,
        settings: SentimentSettings | None = None,
        seed: int = 0,
        progress: Progress = silent,
    ) -> SentimentModel:
        """Learn from reviews with stars: up to 2 are bad, from 4 on good, those between teach nothing.

        Raises:
            DataError: as :meth:`train`; stars are missing or all alike.
        """
        clear = [review for review in reviews if review.stars is not None and not 2 < review.stars < 4]
        return cls.train(
            [review.words for review in clear],
            [int((review.stars or 0) >= 4) for review in clear],
            groups=[review.user or review.id for review in clear],
            settings=settings,
            seed=seed,
            progress=progress,
        )

    @property
    def n_features(self) -> int:
        """Number of features that were learned."""
        return len(self._trained.codes)

    @property
    def strength(self) -> float:
        """The inverse regularisation that validation chose."""
        return self._trained.strength

    def predict(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return the probability that each text is positive, float64 (len(texts),), 0 … 1.

        Raises:
            DataError: one text was given in place of a list of texts.
        """
        return _probability(self.logits(texts))

    def logits(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return the log-odds that each text is positive, float64 (len(texts),).

        Raises:
            DataError: one text was given in place of a list of texts.
        """
        if isinstance(texts, str):
            raise DataError(f"predict takes a list of texts; got the text {texts[:40]!r}: write [text]")
        found = [self._logits(some) for some in portions(texts, self.settings.max_characters)]
        return np.concatenate(found) if found else np.zeros(0)

    def explain(self, text: str) -> Verdict:
        """Return the verdict with the amount of each feature; ``offset`` plus all amounts is ``logit``."""
        found = features_of([text], longest=self.settings.longest, max_characters=self.settings.max_characters)
        amounts = self._trained.amounts(found, 1)
        numbers, first = np.unique(self._trained.lookup(found.code), return_index=True)
        place = dict(zip(numbers.tolist(), first.tolist(), strict=True))
        spoke = []
        for num, amount in zip(amounts.indices.tolist(), amounts.data.tolist(), strict=True):
            start, end = int(found.start[place[num]]), int(found.end[place[num]])
            spoke.append(Spoke(text[start:end], start, end, amount))
        spoke.sort(key=lambda one: (-abs(one.amount), one.start, one.end))
        logit = self._trained.offset + sum(one.amount for one in spoke)
        return Verdict(
            probability=float(_probability(np.array([logit]))[0]),
            logit=logit,
            offset=self._trained.offset,
            spoke=tuple(spoke),
        )

    def _logits(self, texts: Sequence[str]) -> NDArray[np.float64]:
        found = features_of(texts, longest=self.settings.longest, max_characters=self.settings.max_characters)
        amounts = self._trained.amounts(found, len(texts))
        return np.asarray(amounts.sum(axis=1), np.float64).ravel() + self._trained.offset

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to a folder: ``sentiment.json`` and ``sentiment.npz``; no pickle, no review texts.

        Raises:
            SnapshotError: the folder cannot be written.
        """
        about = {
            "format": _FORMAT,
            "offset": self._trained.offset,
            "strength": self._trained.strength,
            "settings": asdict(self.settings),
        }
        write_arrays(path, "sentiment", about, {name: getattr(self._trained, name) for name in _ARRAYS})

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> SentimentModel:
        """Read a model that :meth:`save` wrote.

        Raises:
            SnapshotDamagedError: a file is missing, or holds something else.
            SnapshotVersionError: a newer version wrote it.
        """

        def made(about: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> SentimentModel:
            codes, scale, weights = (arrays[name] for name in _ARRAYS)
            given = {**about["settings"], "strengths": tuple(about["settings"]["strengths"])}
            trained = Trained(codes, scale, weights, float(about["offset"]), float(about["strength"]))
            return cls(trained, SentimentSettings(**given))

        return read_arrays(path, "sentiment", _FORMAT, "sentiment model", made)


def _probability(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    return 0.5 * (1.0 + np.tanh(0.5 * logits))
