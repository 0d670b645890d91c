"""What kind of product a title names: the head noun of the title, by place, word list and what the shop teaches."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from kgrec.extraction.rules.roles import BREAK
from kgrec.language.phrases import adjacent
from kgrec.language.tokens import Tokens
from kgrec.language.word_set import word_set
from kgrec.language.words import (
    CONTAINERS,
    MODIFIERS,
    NOT_PRODUCTS,
    PRODUCT_NOUNS,
    TITLE_BREAKS,
    WEAK_PRODUCT_NOUNS,
    built_in_compounds,
)

__all__ = ["ATTRIBUTE", "BUILT_IN_HEADS", "FREE", "TAKEN", "HeadNouns", "TypeMatch", "find_type", "learn_heads"]

FREE, ATTRIBUTE, TAKEN = 0, 1, 2
"""What the other rules made of a word: nothing, an attribute such as a colour, or part of a number or the brand."""

_PRIOR_WEIGHT = 5.0
_KEPT_SHARE = 0.4
_KNOWN, _WEAK, _CATEGORY = 0.6, 0.2, 0.8
_WEAK_ATTRIBUTE = 0.24
_LEARNED_AT_LEAST = 0.25
_PER_WORD_AFTER = 0.8
_AFTER_BREAK, _AFTER_OF, _LATER_PART = 0.25, 0.6, 0.7
_WORTH_STATING = 0.1
_COMPOUND = (0.6, 0.7, 0.85)
_BEFORE_MOTIF, _IN_PASSING = 0.4, 0.5
_PLAIN_GAPS = frozenset({"", " ", "-", "/", " & ", "'"})
_PART_MARKS = frozenset(",;:|([{!?")
_NO_HEADS = MODIFIERS | NOT_PRODUCTS
_NAMES_A_MOTIF = word_set("design print pattern image motif shape style shaped edition version colour color")


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadNouns:
    """The nouns that can name a product.

    Attributes:
        strength: noun in the singular → 0 … 1, how surely it names the product where it stands in a title.
        compounds: key of two or three words that name a product together → canonical name.
        endings: the last two words of each compound.
    """

    strength: Mapping[str, float]
    compounds: Mapping[str, str]
    endings: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Note the endings, which rule out most words at a glance."""
        endings = frozenset(" ".join(compound.split(" ")[-2:]) for compound in self.compounds)
        object.__setattr__(self, "endings", endings)


def _built_in() -> HeadNouns:
    compounds = built_in_compounds()
    strength = {phrase.rsplit(" ", 1)[-1]: _WEAK for phrase in compounds}
    strength |= dict.fromkeys(PRODUCT_NOUNS, _KNOWN) | dict.fromkeys(WEAK_PRODUCT_NOUNS, _WEAK)
    return HeadNouns(strength=strength, compounds=compounds)


BUILT_IN_HEADS = _built_in()
"""What is known before any catalogue was seen."""


class TypeMatch(NamedTuple):
    """Words ``first`` … ``head`` (both included) name the product; ``compound`` is None for a single word."""

    first: int
    head: int
    compound: str | None
    strength: float


def find_type(tokens: Tokens, kinds: bytearray, heads: HeadNouns, nouns: list[int]) -> TypeMatch | None:
    """Return the words that name the product, or None where the title does not say.

    Every known noun is weighed by how surely it names products, by the words between it and the end of its part of
    the title, and by the part: what follows ``with`` or a comma says less of the product than what stands before.

    Args:
        tokens: the words of the title, with their roles.
        kinds: FREE, ATTRIBUTE or TAKEN for each word.
        heads: the nouns to look for.
        nouns: the places at which one stands, in order.
    """
    if not nouns:
        return None
    keys = tokens.keys
    best: TypeMatch | None = None
    surest = 0.0
    for first, last, weight in _parts(tokens, kinds):
        if weight <= surest:
            continue
        after = last
        for at in nouns[bisect_left(nouns, first) : bisect_left(nouns, last)][::-1]:
            for between in range(after - 1, at, -1):
                if kinds[between] == FREE and keys[between] not in MODIFIERS:
                    weight *= _PER_WORD_AFTER
            after = at + 1
            if weight <= surest:
                break  # no noun so far from the end can be surer
            found = _weigh(tokens, kinds, heads, (first, last), at, weight)
            if found is not None and found.strength > surest:
                best, surest = found, found.strength
    return best if surest >= _WORTH_STATING else None


def _weigh(
    tokens: Tokens, kinds: bytearray, heads: HeadNouns, part: tuple[int, int], at: int, weight: float
) -> TypeMatch | None:
    """Return how surely a known noun names the product; None where it is part of something else."""
    keys, kind, (first, last) = tokens.keys, kinds[at], part
    own = heads.strength[keys[at]]
    if kind == TAKEN or not own or (kind == ATTRIBUTE and own <= _WEAK_ATTRIBUTE):
        return None
    start, compound = _compound(tokens, kinds, heads, first, at) if at > first else (at, None)
    if compound is not None:
        own = max(own, _COMPOUND[at - start])
    strength = own * weight
    after = at + 1
    while after < last and kinds[after] == TAKEN:
        after += 1
    if after < last and keys[after] in _NAMES_A_MOTIF:
        strength *= _BEFORE_MOTIF
    if compound is None and ((kind == ATTRIBUTE and weight < 1.0) or _packs(tokens, kinds, at)):
        strength *= _IN_PASSING
    return TypeMatch(start, at, compound, strength)


def _packs(tokens: Tokens, kinds: bytearray, at: int) -> bool:
    """Tell whether a noun is only what an amount comes in (a 340 g jar) or is counted inside it (20 lights)."""
    if at == 0:
        return False
    return (kinds[at - 1] == TAKEN and tokens.keys[at] in CONTAINERS) or (at > 1 and tokens.keys[at - 1].isdigit())


def _parts(tokens: Tokens, kinds: bytearray) -> list[tuple[int, int, float]]:
    """Cut a title at punctuation and at words such as ``with``; return first word, end and weight of each part."""
    if not tokens.any_role & BREAK and _PLAIN_GAPS.issuperset(tokens.gaps[1:]):
        return [(0, len(tokens.keys), 1.0)]
    parts: list[tuple[int, int, float]] = []
    first, weight, named = 0, 1.0, False
    roles, gaps = tokens.roles, tokens.gaps
    for at in range(1, len(roles)):
        gap = gaps[at]
        if gap in _PLAIN_GAPS and not roles[at] & BREAK:
            continue
        broken = roles[at] & BREAK and kinds[at] == FREE
        if broken or (gap not in _PLAIN_GAPS and _marks_a_part(gap)):
            if at > first:
                parts.append((first, at, weight))
                named = named or weight == 1.0
            first = at
            if broken:
                weight = _AFTER_OF if tokens.keys[at] == "of" else _AFTER_BREAK
            else:
                weight = _LATER_PART if named else 1.0
    parts.append((first, len(tokens.keys), weight))
    return parts


def _marks_a_part(gap: str) -> bool:
    return not _PART_MARKS.isdisjoint(gap) or " - " in gap or ". " in gap


def _compound(tokens: Tokens, kinds: bytearray, heads: HeadNouns, floor: int, head: int) -> tuple[int, str | None]:
    if f"{tokens.keys[head - 1]} {tokens.keys[head]}" not in heads.endings:
        return head, None
    for first in range(max(floor, head - 2), head):
        name = heads.compounds.get(" ".join(tokens.keys[first : head + 1]))
        if name is not None and adjacent(tokens, first, head + 1) and TAKEN not in kinds[first:head]:
            return first, name
    return head, None


def learn_heads(
    titles: Iterable[tuple[Tokens, bytearray]], category_nouns: Iterable[str], *, minimum_support: int
) -> HeadNouns:
    """Learn from a catalogue which nouns and compounds name its products.

    A noun is learned where it ends the first part of enough titles, after enough different words, and rarely
    stands elsewhere. A compound is learned where the same word stands before a head in enough titles and does not
    stand before many other heads too, as ``vintage`` would.

    Args:
        titles: words and their kinds (see ``find_type``), one pair a product.
        category_nouns: last words of the shop's own category names.
        minimum_support: a noun or compound must be seen in this many titles.
    """
    titles = list(titles)
    ends: Counter[str] = Counter()
    anywhere: Counter[str] = Counter()
    before: defaultdict[str, set[str]] = defaultdict(set)
    for tokens, kinds in titles:
        anywhere.update(set(tokens.keys))
        at = _end_of_first_part(tokens, kinds)
        if at is not None:
            ends[tokens.keys[at]] += 1
            before[tokens.keys[at]].add(tokens.keys[at - 1] if at else "")
    prior = dict(BUILT_IN_HEADS.strength) | dict.fromkeys(set(category_nouns) - _NO_HEADS, _CATEGORY)
    strength = {
        noun: max((ends[noun] + _PRIOR_WEIGHT * known) / (anywhere[noun] + _PRIOR_WEIGHT), known * _KEPT_SHARE)
        for noun, known in prior.items()
    }
    for noun, count in ends.items():
        if noun not in prior and count >= minimum_support and len(before[noun]) >= minimum_support:
            share = count / (anywhere[noun] + _PRIOR_WEIGHT)
            if share >= _LEARNED_AT_LEAST:
                strength[noun] = share
    heads = HeadNouns(strength=strength, compounds=BUILT_IN_HEADS.compounds)
    return HeadNouns(strength=strength, compounds=_learn_compounds(titles, heads, minimum_support))


def _end_of_first_part(tokens: Tokens, kinds: bytearray) -> int | None:
    first, last, _ = _parts(tokens, kinds)[0]
    motif = False
    for at in range(last - 1, first - 1, -1):
        key = tokens.keys[at]
        plain = kinds[at] == FREE or (kinds[at] == ATTRIBUTE and key in PRODUCT_NOUNS)
        if plain and key not in _NO_HEADS and not motif and len(key) > 2 and key.isalpha():
            return at
        motif = key in _NAMES_A_MOTIF
    return None


def _learn_compounds(
    titles: list[tuple[Tokens, bytearray]], heads: HeadNouns, minimum_support: int
) -> Mapping[str, str]:
    names: defaultdict[str, Counter[str]] = defaultdict(Counter)
    contexts: defaultdict[str, set[str]] = defaultdict(set)
    heads_after: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for tokens, kinds in titles:
        nouns = [at for at, key in enumerate(tokens.keys) if key in heads.strength]
        found = find_type(tokens, kinds, heads, nouns)
        if found is None:
            continue
        for first in (found.head - 1, found.head - 2):
            if first < 0 or not adjacent(tokens, first, found.head + 1) or not _can_modify(tokens, kinds, first):
                break
            key = " ".join(tokens.keys[first : found.head + 1])
            written = tokens.folded[tokens.starts[first] : tokens.starts[found.head]]
            names[key][" ".join(written.split()) + (" " if written[-1:] == " " else "") + tokens.keys[found.head]] += 1
            contexts[key].add(tokens.keys[first - 1] if first else "")
            heads_after[tokens.keys[first]][tokens.keys[found.head]] += 1
    compounds = dict(heads.compounds)
    for key, spellings in sorted(names.items()):
        count = spellings.total()
        modifier, *_, head = key.split(" ")
        after = heads_after[modifier]
        wanders = len(after) >= 8 and after[head] < 0.2 * after.total()
        if key not in compounds and count >= minimum_support and len(contexts[key]) >= 2 and not wanders:
            compounds[key] = min(spellings, key=lambda name: (-spellings[name], name))
    return compounds


def _can_modify(tokens: Tokens, kinds: bytearray, at: int) -> bool:
    key = tokens.keys[at]
    return kinds[at] == FREE and key not in MODIFIERS and key not in TITLE_BREAKS and len(key) > 1 and key.isalpha()
