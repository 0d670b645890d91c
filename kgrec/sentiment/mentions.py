"""What a clause says of what: an aspect, an opinion, and whether it is good or bad."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from typing import NamedTuple

from kgrec.sentiment.clauses import Clause, is_chinese
from kgrec.sentiment.word_set import word_set
from kgrec.sentiment.words import (
    CHINESE_ALIASES,
    CHINESE_BAD,
    CHINESE_DEGREES,
    CHINESE_GOOD,
    CHINESE_IMPLIED,
    CHINESE_NEGATIONS,
    CHINESE_TURNED,
    ENGLISH_ALIASES,
    ENGLISH_BAD,
    ENGLISH_DEGREES,
    ENGLISH_GOOD,
    ENGLISH_IMPLIED,
    ENGLISH_LINKS,
    ENGLISH_LOSES,
    ENGLISH_MODIFIERS,
    ENGLISH_NEGATIONS,
    ENGLISH_TURNED,
    ENGLISH_VERBS,
)

__all__ = ["Mention", "mentions_of", "slots_of"]

_WORD = re.compile(r"[a-z0-9]+(?:['’-][a-z0-9]+)*")
_DETERMINERS = frozenset({"the", "its", "this", "these", "their", "how", "that", "his", "my", "overall"})
_LONGEST_TERM = 3
_GAP = 4


def _either(words: Set[str]) -> str:
    return "|".join(map(re.escape, sorted(words, key=lambda word: (-len(word), word))))


_FILLER = f"(?:{_either(frozenset(CHINESE_DEGREES))})"
_NEGATION = f"(?:{_either(frozenset(CHINESE_NEGATIONS))})"
_HAN_OPINION = f"(?:{_either(CHINESE_GOOD | CHINESE_BAD)})"
_SAID_AFTER = re.compile(f"{_FILLER}{{0,3}}(?P<no>{_NEGATION})?{_FILLER}{{0,2}}(?P<opinion>{_HAN_OPINION})")
_SAID_BEFORE = re.compile(f"(?P<no>{_NEGATION})?{_FILLER}{{0,2}}(?P<opinion>{_HAN_OPINION})的$")
_HAN_IMPLIED = re.compile(f"(?:(?P<no>{_NEGATION}){_FILLER}{{0,2}})?(?P<opinion>{_either(CHINESE_IMPLIED.keys())})")
_HAN_SLOT = re.compile(
    f"^(?P<term>[\u4e00-\u9fff]{{2,5}}?){_FILLER}{{0,3}}(?:{_NEGATION})?{_FILLER}{{0,2}}{_HAN_OPINION}"
)
_IMPLIED_LENGTHS = {
    word: sorted({len(phrase.split()) for phrase in ENGLISH_IMPLIED if phrase.split()[0] == word}, reverse=True)
    for word in {phrase.split()[0] for phrase in ENGLISH_IMPLIED}
}


class Mention(NamedTuple):
    """An aspect and what is said of it: +1 good, −1 bad; ``opinion`` is the word that says so."""

    aspect: str
    opinion: str
    side: int


def mentions_of(clause: Clause, terms: Set[str]) -> list[Mention]:
    """Return what a clause says of known aspects, each aspect once.

    Args:
        clause: the clause.
        terms: the aspects that are looked for, lower case.
    """
    lowered = clause.text.replace("’", "'").lower()
    found = [*_english(lowered, terms)]
    if is_chinese(lowered):
        found += _chinese(lowered, terms)
    once: dict[str, Mention] = {}
    for mention in found:
        once.setdefault(mention.aspect, mention)
    return list(once.values())


def slots_of(clause: Clause) -> Iterator[str]:
    """Yield the words that stand where aspects stand, known or not: ``the X is good``, ``good X``, ``X很好``."""
    lowered = clause.text.replace("’", "'").lower()
    words = _WORD.findall(lowered)
    for at, word in enumerate(words):
        if word in ENGLISH_LINKS and _opinion_after(words, at + 1) is not None:
            for length in (1, 2):
                if at - length - 1 >= 0 and words[at - length - 1] in _DETERMINERS:
                    yield " ".join(words[at - length : at])
        if _is_adjective(words, at):
            for length in (1, 2):
                term = words[at + 1 : at + 1 + length]
                after = words[at + 1 + length : at + 2 + length]
                # What follows the noun must end it: a function word or the end of the clause.
                if len(term) == length and (not after or after[0] in _ENDS_A_NOUN):
                    yield " ".join(term)
    match = _HAN_SLOT.match(lowered)
    if match is not None:
        yield match["term"]


_ENDS_A_NOUN = word_set(
    "and or for from with on of in is are was were that which to at as this it than by i you we they but so when if "
    "all very too here there has have had can will even without after overall also just not makes make i'm it's"
)


def _english(lowered: str, terms: Set[str]) -> Iterator[Mention]:
    words = _WORD.findall(lowered)
    used: set[str] = set()
    for first in range(len(words)):
        for length in range(min(_LONGEST_TERM, len(words) - first), 0, -1):
            term = " ".join(words[first : first + length])
            if term in terms:
                said = _said_of(words, first, first + length)
                if said is not None:
                    opinion, side = said
                    aspect = ENGLISH_ALIASES.get(term, term)
                    side = ENGLISH_TURNED.get((opinion, aspect), side)
                    used.update(opinion.split())
                    yield Mention(aspect, opinion, side)
                break
    for first, phrase in _implied(words):
        aspect, side = ENGLISH_IMPLIED[phrase]
        if used.isdisjoint(phrase.split()):
            turned = _negated(words[max(0, first - 4) : first])
            yield Mention(aspect, f"not {phrase}" if turned else phrase, -side if turned else side)


def _implied(words: list[str]) -> Iterator[tuple[int, str]]:
    for first, word in enumerate(words):
        for length in _IMPLIED_LENGTHS.get(word, ()):
            phrase = " ".join(words[first : first + length])
            if phrase in ENGLISH_IMPLIED:
                yield first, phrase
                break


def _said_of(words: list[str], first: int, last: int) -> tuple[str, int] | None:
    """Return what is said of the words ``first`` … ``last − 1``, by ``good X``, ``X is good`` or ``love the X``."""
    ends = last == len(words) or words[last] in _ENDS_A_NOUN or words[first] in ENGLISH_MODIFIERS
    if first and ends and _is_adjective(words, first - 1):
        return _judged(words, first - 1)
    if last < len(words) and words[last] in ENGLISH_LINKS:
        at = _opinion_after(words, last + 1)
        if at is not None:
            return _judged(words, at, turned=words[last].endswith("n't"))
    at = first - 1
    while at >= 0 and first - at <= 3 and (words[at] in _DETERMINERS or words[at] in ENGLISH_DEGREES):
        at -= 1
    if ends and 0 <= at < first - 1 and words[at] in ENGLISH_VERBS and (words[at] != "like" or _says_i_like(words, at)):
        return _judged(words, at)
    return None


def _judged(words: list[str], at: int, *, turned: bool = False) -> tuple[str, int]:
    """Return the opinion at a place and its side, negations before it considered."""
    side = 1 if words[at] in ENGLISH_GOOD else -1
    turned |= _negated(words[max(0, at - 4) : at])
    return (f"not {words[at]}", -side) if turned else (words[at], side)


def _says_i_like(words: list[str], at: int) -> bool:
    return any(word in ("i", "we", "you'll", "i'd") for word in words[max(0, at - 3) : at])


def _opinion_after(words: list[str], at: int) -> int | None:
    """Return the place of the opinion that follows, over degrees and negations."""
    for place in range(at, min(at + _GAP, len(words))):
        word = words[place]
        if (word in ENGLISH_GOOD or word in ENGLISH_BAD) and word not in ENGLISH_VERBS:
            if word in ENGLISH_DEGREES and place + 1 < len(words) and _opinion_after(words, place + 1) == place + 1:
                continue
            return place
        if word not in ENGLISH_DEGREES and word not in ENGLISH_NEGATIONS:
            return None
    return None


def _is_adjective(words: list[str], at: int) -> bool:
    word = words[at]
    if word in ENGLISH_VERBS or word in ENGLISH_LOSES or not (word in ENGLISH_GOOD or word in ENGLISH_BAD):
        return False
    following = words[at + 1] if at + 1 < len(words) else ""
    return not (word in ENGLISH_DEGREES and (following in ENGLISH_GOOD or following in ENGLISH_BAD))


def _negated(before: list[str]) -> bool:
    if "only" in before and "not" in before:
        return False
    return any(word in ENGLISH_NEGATIONS or word.endswith("n't") or word == "too" for word in before[-4:])


def _chinese(lowered: str, terms: Set[str]) -> Iterator[Mention]:
    used: list[tuple[int, int]] = []
    first = 0
    while first < len(lowered):
        term = next((lowered[first : first + n] for n in range(6, 1, -1) if lowered[first : first + n] in terms), "")
        if not term:
            first += 1
            continue
        last = first + len(term)
        match = _SAID_AFTER.match(lowered, last) or _SAID_BEFORE.search(lowered[:first])
        if match is not None:
            aspect, opinion = CHINESE_ALIASES.get(term, term), match["opinion"]
            used.append(match.span("opinion"))
            side = CHINESE_TURNED.get((opinion, aspect), 1 if opinion in CHINESE_GOOD else -1)
            yield Mention(aspect, (match["no"] or "") + opinion, -side if match["no"] else side)
        first = last
    for match in _HAN_IMPLIED.finditer(lowered):
        start, end = match.span("opinion")
        if all(end <= a or b <= start for a, b in used):
            aspect, side = CHINESE_IMPLIED[match["opinion"]]
            yield Mention(aspect, (match["no"] or "") + match["opinion"], -side if match["no"] else side)
