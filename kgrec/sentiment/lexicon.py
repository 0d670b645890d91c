"""Good or bad with nothing to learn from: opinion words and what turns them round."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kgrec.errors import DataError
from kgrec.sentiment.words import (
    CHINESE_BAD,
    CHINESE_GOOD,
    CHINESE_NEGATIONS,
    CHINESE_WEAK,
    ENGLISH_BAD,
    ENGLISH_GOOD,
    ENGLISH_NEGATIONS,
)

__all__ = ["LexiconSentiment", "Opinion", "opinions_in"]

_WORD = re.compile(r"[a-z]+(?:['’-][a-z]+)*")
_CLAUSE = re.compile(r"[^.,;:!?()\n，。；：！？、…~～]+")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_REACH = 3
_HAN_REACH = 3
_SLOPE = 1.1
_BUT = frozenset({"but", "however", "although", "though"})
_HAN_NEGATED = re.compile("(?:" + "|".join(sorted(CHINESE_NEGATIONS, key=len, reverse=True)) + ")")
_NOT_NEGATED = (
    "不错",
    "不过",
    "不但",
    "不仅",
    "不管",
    "不论",
    "没想到",
    "没话说",
    "没得说",
    "不愧",
    "差不多",
    "特别",
    "别人",
    "不得不",
)
_HAN_OPINION = re.compile("|".join(sorted({*_NOT_NEGATED, *CHINESE_GOOD, *CHINESE_BAD}, key=len, reverse=True)))


class Opinion(NamedTuple):
    """An opinion word, its span in code points, and +1 or −1 after negation."""

    words: str
    start: int
    end: int
    side: int


class LexiconSentiment:
    """Counts good and bad words, English and Chinese, negations considered: a start where no review is labelled.

    It is much weaker than a trained model (``docs/sentiment.md`` has the figures). The probability is a logistic
    function of good minus bad words over the root of their number; ½ where there are none.
    """

    name = "lexicon"

    def predict(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return how likely each text is positive, float64 (len(texts),), 0 … 1; not calibrated.

        Raises:
            DataError: one text was given in place of a list of texts, or something that is no text.
        """
        if isinstance(texts, str):
            raise DataError(f"predict takes a list of texts; got the text {texts[:40]!r}: write [text]")
        for text in texts:
            if not isinstance(text, str):
                raise DataError(
                    f"predict takes texts; got {type(text).__name__} {text!r:.40}: leave it out, or write ''"
                )
        return np.array([_probability(text) for text in texts], np.float64)


def opinions_in(text: str) -> Iterator[Opinion]:
    """Yield the opinion words of a text, clause by clause in each language."""
    lowered = text.translate({0x2019: "'"}).lower()
    if len(lowered) != len(text):  # a letter whose lower case is two: leave such a text as it is
        lowered = text
    for clause in _CLAUSE.finditer(lowered):
        yield from _english(clause.group(), clause.start())
        if _HAN.search(clause.group()):
            yield from _chinese(clause.group(), clause.start())


def _english(clause: str, offset: int) -> Iterator[Opinion]:
    turned = 0
    for match in _WORD.finditer(clause):
        word = match.group()
        side = (word in ENGLISH_GOOD) - (word in ENGLISH_BAD)
        if side:
            start, end = offset + match.start(), offset + match.end()
            yield Opinion(word, start, end, -side if turned else side)
        if word in _BUT:
            turned = 0
        elif word in ENGLISH_NEGATIONS or word.endswith("n't"):
            turned = _REACH + 1
        turned = max(0, turned - 1)


def _chinese(clause: str, offset: int) -> Iterator[Opinion]:
    for match in _HAN_OPINION.finditer(clause):
        word = match.group()
        side = (word in CHINESE_GOOD) - (word in CHINESE_BAD)
        if not side:
            continue
        before = clause[max(0, match.start() - _HAN_REACH) : match.start()]
        for known in _NOT_NEGATED:
            before = before.replace(known, "")
        turned = _HAN_NEGATED.search(before) is not None
        yield Opinion(word, offset + match.start(), offset + match.end(), -side if turned else side)


def _probability(text: str) -> float:
    good = bad = 0.0
    for opinion in opinions_in(text[:20_000]):
        weight = 0.6 if opinion.words in CHINESE_WEAK else 1.0
        if opinion.side > 0:
            good += weight
        else:
            bad += weight
    if good + bad == 0:
        return 0.5
    # In what people write of products, a bad word weighs more than a good one.
    return float(0.5 * (1 + np.tanh(0.5 * _SLOPE * 2 * (good - 1.25 * bad) / np.sqrt(good + bad))))
