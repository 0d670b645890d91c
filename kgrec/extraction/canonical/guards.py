"""What must never be merged, however alike it looks: opposites, negations, numbers in words, sides and sizes."""

from __future__ import annotations

from collections import Counter
from functools import cache, lru_cache

from kgrec.extraction.canonical.keys import has_number
from kgrec.language.phrases import Meaning
from kgrec.language.tokens import phrase_key
from kgrec.language.word_set import word_set
from kgrec.language.words import MODIFIERS, PRODUCT_NOUNS, built_in_meanings

__all__ = ["is_known_word", "keeps_apart"]

_TELLING = word_set("""
    one two three four five six seven eight nine ten eleven twelve thirteen twenty thirty fifty hundred thousand dozen
    first second third fourth fifth half quarter single double triple quad twin pair mono dual bi tri multi
    with without no not non none never free less except only plus minus anti pre post un in out on off up down
    left right front back rear top bottom upper lower inner outer inside outside indoor outdoor internal external
    side centre middle horizontal vertical portrait landscape north south east west
    male female man men woman women boy girl unisex baby infant toddler child kid adult teen senior mens womens boys
    girls ladies gents his hers him her he she
    small medium large mini midi maxi micro nano big little tiny huge short long tall low high thin thick narrow wide
    slim light heavy dark bright pale deep soft hard warm cold hot cool dry wet oily normal fine coarse full empty
    extra super ultra regular standard plus petite
    new old used refurbished open closed fixed detachable removable permanent temporary manual automatic automatically
    wired wireless corded cordless active passive positive negative maximum minimum input output analog digital
    scented unscented sweet sour salted unsalted sweetened unsweetened sugar alcohol organic synthetic natural
    artificial real fake faux imitation genuine matte matt glossy gloss shiny lined unlined waterproof resistant
    day night summer winter spring autumn morning evening monday tuesday wednesday thursday friday saturday sunday
    january february march april may june july august september october november december
    before after start end start stop buy sell hook loop plug socket xs s m l xl xxl xxxl
    """)
_NEGATING_STARTS = sorted(word_set("un non in im ir il dis de a anti mis bi tri semi pre re"))
_NEGATING_ENDS = ("less", "free", "ful", "proof", "resistant")
_TELLING_SIGNS = frozenset(
    "无無不非未有左右上下前后後内內外男女大小长長短高低厚薄冷热熱干湿單单双雙"
    "多少新旧舊开關开关老幼子母日夜春夏秋冬温古昼"
)


def keeps_apart(first: str, second: str, relation: str) -> bool:
    """Tell whether two keys must not be merged by likeness.

    They are kept apart where either holds a number, where the words that only one of them has tell values apart
    (``"without"``, ``"left"``, ``"twelve"``, ``"large"``), where one word negates the other (``"unscented"``), or where
    both differ in words that the rules know to mean different things in this relation (two colours).
    """
    if has_number(first) or has_number(second):
        return True
    mine, theirs = _only(first, second), _only(second, first)
    if any(word in _TELLING for word in (*mine, *theirs)):
        return True
    if not (first.isascii() and second.isascii()) and _tells_in_signs("".join(mine), "".join(theirs)):
        return True
    if any(_negates(one, other) or _negates(other, one) for one in mine for other in theirs):
        return True
    return _means_otherwise(first, second, relation) or any(
        _means_otherwise(one, other, None) for one in mine for other in theirs
    )


@lru_cache(maxsize=65_536)
def is_known_word(word: str) -> bool:
    """Tell whether the rules' word lists hold a word; then it is no misspelling."""
    return word in _TELLING or word in MODIFIERS or word in PRODUCT_NOUNS or bool(_meanings(word)) or word in _parts()


@cache
def _parts() -> frozenset[str]:
    return frozenset(word for phrase in built_in_meanings() for word in phrase.split(" "))


def _only(text: str, other: str) -> list[str]:
    rest = Counter(_words(text))
    rest.subtract(_words(other))
    return [word for word, count in rest.items() if count > 0]


def _words(text: str) -> list[str]:
    return text.replace("/", " ").replace(",", " ").replace("+", " + ").split()


def _tells_in_signs(one: str, other: str) -> bool:
    return not _TELLING_SIGNS.isdisjoint(set(one) ^ set(other))


def _negates(word: str, other: str) -> bool:
    if word == other or not other:
        return False
    return any(word == start + other for start in _NEGATING_STARTS) or any(
        word.startswith(other) and word.endswith(end) for end in _NEGATING_ENDS
    )


def _means_otherwise(one: str, other: str, relation: str | None) -> bool:
    """Tell whether both are known and have no meaning in common (in a relation, where one is given)."""
    mine, theirs = _values(_meanings(one), relation), _values(_meanings(other), relation)
    return bool(mine) and bool(theirs) and mine.isdisjoint(theirs)


def _values(meanings: tuple[Meaning, ...], relation: str | None) -> set[str]:
    return {meaning.value for meaning in meanings if relation is None or meaning.relation == relation}


@lru_cache(maxsize=65_536)
def _meanings(phrase: str) -> tuple[Meaning, ...]:
    return built_in_meanings().get(phrase_key(phrase), ())
