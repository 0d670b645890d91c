"""Opinion words, negations and first aspects, English and Chinese, written for reviews of products."""

from kgrec.sentiment.words.chinese import (
    CHINESE_ASPECTS,
    CHINESE_BAD,
    CHINESE_DEGREES,
    CHINESE_GOOD,
    CHINESE_NEGATIONS,
    CHINESE_WEAK,
)
from kgrec.sentiment.words.english import (
    ENGLISH_ASPECTS,
    ENGLISH_BAD,
    ENGLISH_DEGREES,
    ENGLISH_GOOD,
    ENGLISH_NEGATIONS,
    ENGLISH_NO_ASPECTS,
)

__all__ = [
    "CHINESE_ASPECTS",
    "CHINESE_BAD",
    "CHINESE_DEGREES",
    "CHINESE_GOOD",
    "CHINESE_NEGATIONS",
    "CHINESE_WEAK",
    "ENGLISH_ASPECTS",
    "ENGLISH_BAD",
    "ENGLISH_DEGREES",
    "ENGLISH_GOOD",
    "ENGLISH_NEGATIONS",
    "ENGLISH_NO_ASPECTS",
]
