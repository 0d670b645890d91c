"""Word lists of the rules, and the one table they make."""

from __future__ import annotations

from functools import cache

from kgrec.language.phrases import Meaning
from kgrec.language.tokens import phrase_key
from kgrec.language.words.chinese import CHINESE_PRODUCT_TYPES, CHINESE_WORDS
from kgrec.language.words.colours import AMBIGUOUS_COLOURS, COLOURS
from kgrec.language.words.looks import FINISHES, PATTERNS, SIZES, STYLES, THEMES
from kgrec.language.words.materials import AMBIGUOUS_MATERIALS, MATERIALS
from kgrec.language.words.no_attributes import NO_ATTRIBUTES
from kgrec.language.words.product_nouns import (
    CONTAINERS,
    MODIFIERS,
    NOT_PRODUCTS,
    NOUN_NAMES,
    PRODUCT_COMPOUNDS,
    PRODUCT_NOUNS,
    TITLE_BREAKS,
    WEAK_PRODUCT_NOUNS,
)
from kgrec.language.words.wearers import AGES, GENDERS, OCCASIONS, UNCERTAIN_AGES

__all__ = [
    "CONTAINERS",
    "MODIFIERS",
    "NOT_PRODUCTS",
    "NOUN_NAMES",
    "PRODUCT_NOUNS",
    "TITLE_BREAKS",
    "WEAK_PRODUCT_NOUNS",
    "built_in_compounds",
    "built_in_meanings",
]

_ENGLISH: tuple[tuple[str, dict[str, str], float], ...] = (
    ("colour", COLOURS, 0.9),
    ("colour", AMBIGUOUS_COLOURS, 0.55),
    ("material", MATERIALS, 0.9),
    ("material", AMBIGUOUS_MATERIALS, 0.6),
    ("pattern", PATTERNS, 0.9),
    ("theme", THEMES, 0.8),
    ("theme", {"rose": "rose"}, 0.6),
    ("style", STYLES, 0.85),
    ("finish", FINISHES, 0.8),
    ("size", SIZES, 0.85),
    ("occasion", OCCASIONS, 0.9),
    ("gender", GENDERS, 0.9),
    ("age", AGES, 0.9),
    ("age", UNCERTAIN_AGES, 0.7),
    ("age", {"child": "girls|boys|for girl|for boy|little girl|little boy"}, 0.7),
    ("age", {"baby": "baby girl|baby boy"}, 0.8),
)


@cache
def built_in_meanings() -> dict[str, tuple[Meaning, ...]]:
    """Return phrase key → meanings, the phrases that mean nothing included; do not change it."""
    table: dict[str, list[Meaning]] = {phrase_key(phrase): [] for phrase in NO_ATTRIBUTES.split("|")}
    chinese = [(relation, words, 0.85) for relation, words in CHINESE_WORDS.items()]
    chinese.append(("product_type", CHINESE_PRODUCT_TYPES, 0.85))
    for relation, words, confidence in (*_ENGLISH, *chinese):
        for value, spellings in words.items():
            for spelling in spellings.split("|"):
                # One Chinese character says less than a whole word.
                sure = 0.6 if len(spelling) == 1 and not spelling.isascii() else confidence
                meanings = table.setdefault(phrase_key(spelling), [])
                if all(meaning.relation != relation for meaning in meanings):
                    meanings.append(Meaning(relation, value, sure))
    return {phrase: tuple(meanings) for phrase, meanings in table.items()}


@cache
def built_in_compounds() -> dict[str, str]:
    """Return the key of each compound → its canonical name; do not change it."""
    pairs = (entry.strip().partition("=") for entry in PRODUCT_COMPOUNDS.split("|"))
    return {phrase_key(spelling): name or spelling for spelling, _, name in pairs}
