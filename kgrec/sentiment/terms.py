"""Which words are aspects: the built-in ones, those that reviews teach, and those that only name the product."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence, Set
from functools import cache

from kgrec.data import Review
from kgrec.sentiment.clauses import clauses_of, is_chinese
from kgrec.sentiment.mentions import slots_of
from kgrec.sentiment.words import (
    CHINESE_ASPECTS,
    CHINESE_BAD,
    CHINESE_DEGREES,
    CHINESE_GOOD,
    CHINESE_NEGATIONS,
    CHINESE_NO_ASPECTS,
    CHINESE_PARTS,
    ENGLISH_ALIASES,
    ENGLISH_ASPECTS,
    ENGLISH_BAD,
    ENGLISH_DEGREES,
    ENGLISH_GOOD,
    ENGLISH_NEGATIONS,
    ENGLISH_NO_ASPECTS,
    ENGLISH_PARTS,
)

__all__ = ["learned_terms", "own_names", "seed_terms"]

_WORD = re.compile(r"[a-z0-9]+(?:['’-][a-z0-9]+)*")
_DETERMINERS = frozenset({"the", "its", "this", "their", "a", "an", "my", "your"})
_HAN_DETERMINERS = "的个款本件条种台双"
_NOUN_SHARE, _HAN_NOUN_SHARE = 0.25, 0.04  # of a noun's occurrences, so many follow a determiner, or it is no noun
_LEARN_FROM = 100_000
_NAMES_SHARE, _PART_SHARE, _NAMES_REVIEWS = 0.3, 0.6, 5
_HAN_NOISE = re.compile("[的了是我你他她它这那就都很不也在有和与又还太真挺给被把让说买用着过吧吗啊呢一两]")


@cache
def seed_terms() -> frozenset[str]:
    """Return the built-in aspects, lower case."""
    return frozenset([*ENGLISH_ASPECTS.split("|"), *ENGLISH_ALIASES, *CHINESE_ASPECTS.split("|")])


def learned_terms(reviews: Sequence[Review], minimum: int, max_characters: int) -> frozenset[str]:
    """Return words that stand where aspects stand in at least ``minimum`` reviews, and that are nouns.

    There is no tagger of parts of speech: an English word is a noun where a determiner stands before it often enough.
    A Chinese one is where 的 or a measure word does, if it begins clauses that end in an opinion, has no function
    characters, and is not part of a longer one that stands there nearly as often.
    """
    in_reviews: Counter[str] = Counter()
    step = max(1, -(-len(reviews) // _LEARN_FROM))
    sample = reviews[::step]
    for review in sample:
        text = review.words[:max_characters]
        in_reviews.update({term for clause in clauses_of(text) for term in slots_of(clause)})
    candidates = {term for term, count in in_reviews.items() if count >= minimum and _may_be(term)}
    determined, total = _after_determiners(sample, candidates, max_characters)
    kept = {
        term
        for term in candidates
        if determined[term] >= (_HAN_NOUN_SHARE if is_chinese(term) else _NOUN_SHARE) * max(total[term], 1)
        and not (is_chinese(term) and _inside_another(term, candidates, in_reviews))
    }
    return frozenset(kept)


def own_names(
    reviews: Sequence[Review], terms: frozenset[str], max_characters: int, titles: Mapping[str, str]
) -> dict[str, frozenset[str]]:
    """Return product → terms that name the product itself: learned ones and parts that many of its reviews contain.

    A "great strap" praises a strap, not an aspect of it; of a guitar it does. Abstract aspects are none of these.
    What a known title contains names the product too.

    Args:
        reviews: the reviews.
        terms: built-in and learned aspects.
        max_characters: how much of a review is read.
        titles: product → title, as far as they are known.
    """
    parts = ENGLISH_PARTS | CHINESE_PARTS
    doubtful = (terms - seed_terms()) | parts
    sizes: Counter[str] = Counter()
    containing: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for review in reviews:
        sizes[review.product] += 1
        text = review.words[:max_characters].lower()
        words = set(_WORD.findall(text))
        containing[review.product].update(term for term in doubtful if _contains(text, words, term))
    named: dict[str, frozenset[str]] = {}
    for product, counts in containing.items():
        title = titles.get(product, "").lower()
        words = {singular for word in _WORD.findall(title) for singular in (word, word.removesuffix("s"))}
        often = [
            term
            for term, count in counts.items()
            if sizes[product] >= _NAMES_REVIEWS
            and count >= (_PART_SHARE if term in parts else _NAMES_SHARE) * sizes[product]
        ]
        named[product] = frozenset(often) | {term for term in doubtful if _contains(title, words, term)}
    return named


def _contains(text: str, words: Set[str], term: str) -> bool:
    return term in text if is_chinese(term) else set(term.split()) <= words


def _may_be(term: str) -> bool:
    if is_chinese(term):
        said = CHINESE_GOOD | CHINESE_BAD
        return (
            term not in CHINESE_NO_ASPECTS
            and not term.endswith(("来", "去", "上", "下"))
            and term not in said
            and _HAN_NOISE.search(term) is None
            and not any(term.startswith(word) or term.endswith(word) for word in (*CHINESE_DEGREES, *CHINESE_NEGATIONS))
            and not any(len(word) > 1 and word in term for word in said)
        )
    words = term.split()
    no_nouns = ENGLISH_GOOD | ENGLISH_BAD | ENGLISH_NEGATIONS | ENGLISH_DEGREES | ENGLISH_NO_ASPECTS
    return not any(word in no_nouns or word.isdigit() or len(word) < 3 for word in words)


def _inside_another(term: str, candidates: set[str], counts: Counter[str]) -> bool:
    return any(term != other and term in other and counts[other] >= 0.6 * counts[term] for other in candidates)


def _after_determiners(
    reviews: Sequence[Review], terms: set[str], max_characters: int
) -> tuple[Counter[str], Counter[str]]:
    """Count how often each term stands after a determiner, and how often it stands at all."""
    determined: Counter[str] = Counter()
    total: Counter[str] = Counter()
    chinese = {term for term in terms if is_chinese(term)}
    english = terms - chinese
    for review in reviews if terms else ():
        text = review.words[:max_characters].lower()
        words = _WORD.findall(text) if english else []
        for at in range(len(words)):
            for term in {words[at], " ".join(words[at : at + 2])} & english:
                total[term] += 1
                determined[term] += at > 0 and words[at - 1] in _DETERMINERS
        for term in chinese:
            at = text.find(term)
            while at >= 0:
                total[term] += 1
                determined[term] += at > 0 and text[at - 1] in _HAN_DETERMINERS
                at = text.find(term, at + 1)
    return determined, total
