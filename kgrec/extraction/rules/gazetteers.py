"""Words the shop teaches by its declared values: what one product declares, another may only say in its title."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kgrec.data import Product
from kgrec.extraction.declared import RELATION_SPELLINGS, declared_values
from kgrec.language.phrases import Meaning
from kgrec.language.tokens import fold, phrase_key, tokenise
from kgrec.language.word_set import word_set
from kgrec.language.words import MODIFIERS, PRODUCT_NOUNS, built_in_meanings

__all__ = ["Gazetteer", "attribute_words", "category_nouns", "learn_gazetteer"]

_LONGEST_ENGLISH, _LONGEST_CHINESE = 4, 10
_TRUTHS = word_set("yes no true false y n")
_CONFIDENCE, _BRAND_CONFIDENCE = 0.65, 0.75
_DISTINCT_SHARE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Gazetteer:
    """What a catalogue's declared values teach.

    Attributes:
        meanings: phrase key → meanings, under the rules' own names for their relations.
        relation_names: relation of the rules → the name under which this shop declares it.
    """

    meanings: Mapping[str, tuple[Meaning, ...]]
    relation_names: Mapping[str, str]


def learn_gazetteer(catalogue: Iterable[Product], *, minimum_support: int) -> Gazetteer:
    """Learn the values of declared attributes that repeat, and the brands.

    An attribute teaches where its values repeat as those of a choice do: at most half of its statements are distinct.
    A value is learned where enough products declare it; numbers, yes and no and everyday words are left out.
    """
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for product in catalogue:
        for relation, _, _, value in set(declared_values(product)):
            if relation != "category":
                counts[relation][value] += 1
    names = _names(counts)
    rule_relation = {name: relation for relation, name in names.items()}
    learned: defaultdict[str, list[Meaning]] = defaultdict(list)
    for relation, values in sorted(counts.items()):
        if relation != "brand" and len(values) > _DISTINCT_SHARE * values.total():
            continue
        confidence = _BRAND_CONFIDENCE if relation == "brand" else _CONFIDENCE
        for value, count in sorted(values.items(), key=lambda pair: (-pair[1], pair[0])):
            key = phrase_key(value)
            meant = rule_relation.get(relation, relation)
            known = any(meaning.relation == meant for meaning in learned[key])
            if count >= minimum_support and not known and _teaches(relation, key):
                learned[key].append(Meaning(meant, value, confidence))
    return Gazetteer(
        meanings={key: tuple(meanings) for key, meanings in learned.items() if meanings},
        relation_names=names,
    )


def category_nouns(catalogue: Iterable[Product]) -> frozenset[str]:
    """Return the last word of each part of the most special category names: nouns for the shop's products."""
    nouns: set[str] = set()
    for path in {path for product in catalogue for path in product.categories}:
        for part in path[-1].replace("/", "&").replace(",", "&").split("&") if path else ():
            words = tokenise(fold(part)).keys
            if words and words[-1].isascii() and words[-1].isalpha() and len(words[-1]) > 2:
                nouns.add(words[-1])
    people = {key for key, meanings in built_in_meanings().items() if any(m.relation == "gender" for m in meanings)}
    return frozenset(nouns - MODIFIERS - people)


def attribute_words(catalogue: Iterable[Product]) -> frozenset[str]:
    """Return the single words declared as values, but for those of attributes that name the kind of product."""
    words: set[str] = set()
    for product in catalogue:
        for name, values in product.attributes.items():
            if any(kind in name.casefold() for kind in ("type", "kind", "category", "product")):
                continue
            for value in values:
                keys = tokenise(fold(value)).keys
                if len(keys) == 1:
                    words.add(keys[0])
    return frozenset(words - category_nouns(catalogue))


def _teaches(relation: str, key: str) -> bool:
    words = key.split(" ")
    if not key or key in _TRUTHS or not any(char.isalpha() for char in key):
        return False
    if not key.isascii():
        return 2 <= len(words) <= _LONGEST_CHINESE
    if len(words) == 1:
        ordinary = key in MODIFIERS or (relation == "brand" and (key in PRODUCT_NOUNS or key in built_in_meanings()))
        return len(key) > 2 and not ordinary
    return len(words) <= _LONGEST_ENGLISH


def _names(counts: Mapping[str, Counter[str]]) -> dict[str, str]:
    """Return how this shop names the rules' relations, where it declares them under another name."""
    names: dict[str, str] = {}
    for relation, spellings in RELATION_SPELLINGS.items():
        used = sorted((-counts[name].total(), name) for name in spellings if name in counts)
        if used and relation not in counts:
            names[relation] = used[0][1]
    return names
