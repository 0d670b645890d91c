"""English sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from kgrec.explanation import english_wordings as wordings
from kgrec.explanation.claims import Basis, Claims, Lead
from kgrec.explanation.plurals import plural
from kgrec.explanation.titles import clean
from kgrec.explanation.variants import Choose

__all__ = ["English", "listed"]

VALUE_LENGTH = 48
_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_AGAINST_PRODUCT = "By its score, this one does not follow from the other."
_PROPER_WORDS = (
    "advent american british buddha chinese christmas danish diwali easter edwardian english french german halloween "
    "indian irish italian jack japanese london moroccan new nordic paris russian scandinavian scottish spanish swedish "
    "thanksgiving union valentine's victorian welsh year"
)
_PROPER = frozenset(_PROPER_WORDS.split())
_PHRASES = {"mother's day": "Mother's Day", "father's day": "Father's Day", "valentine's day": "Valentine's Day"}
_COLOURS = {"multicolour": "multicoloured"}
_WEARERS = {"baby": "babies", "child": "children", "teen": "teenagers", "adult": "adults", "senior": "older people"}
_UNPLURAL = frozenset(
    ("camping", "travel", "christmas", "easter", "halloween", "back to school", "diwali", "thanksgiving", "new year")
)
_DIRECTIONS = {"height": "high", "width": "wide", "depth": "deep", "length": "long"}
_LOOKS = {"pattern": "pattern", "theme": "theme", "style": "look", "finish": "finish"}
_LABELS = {"age": "age range", "spf": "SPF", "also_bought": "“also bought” entry", "also_viewed": "“also viewed” entry"}


class English:
    """Texts in English; implements :class:`kgrec.explanation.claims.Grammar`."""

    def reason(self, claims: Claims) -> str:
        """Say what speaks for the product, as :meth:`Grammar.reason`."""
        anchors = _named(claims)
        if claims.topics == ("text",):
            where = " in your history" if claims.basis == "history" else ""
            return claims.choose("resembles", wordings.RESEMBLES).format(anchors) + where + "."
        opener = claims.choose("opener", wordings.OPENERS[claims.basis]).format(anchors)
        return _stopped(f"{opener}: {_body(claims)}")

    def further(self, claims: Claims) -> str:
        """Say what speaks for it beside, as :meth:`Grammar.further`."""
        return _stopped(f"{claims.choose('further', wordings.FURTHER).format(_named(claims))}: {_body(claims)}")

    def whole(self, leader: str, *, single: bool, basis: Basis, choose: Choose) -> str:
        """Say where it came from, as :meth:`Grammar.whole`."""
        if basis == "product" and not leader:
            return "A suggestion from the shop."
        kind = "product" if basis == "product" else "level" if not leader else "single" if single else "led"
        return choose(kind, wordings.WHOLE[kind]).format(leader)

    def against(self, *, basis: Basis) -> str:
        """Say that nothing speaks for it, as :meth:`Grammar.against`."""
        return "On balance, your history does not speak for this one." if basis == "history" else _AGAINST_PRODUCT

    def popular(self, shoppers: int, *, above: bool, choose: Choose) -> str:
        """Say that it is popular, as :meth:`Grammar.popular`."""
        if not shoppers:
            return choose("general", wordings.GENERAL)
        text = choose("counted", wordings.COUNTED).format(shoppers)
        return f"{choose('demand', wordings.DEMAND)}: {text}." if above else f"{text[0].upper()}{text[1:]}."

    def rarity(self, relation: str, value: str, count: int) -> str:
        """Say how many products have a value, as :meth:`Grammar.rarity`."""
        if relation == "product_type":
            return f"{count:,} products here are {plural(_value(relation, value))}."
        return f"{count:,} products here share the {_label(relation)} {_value(relation, value)}."

    def weight(self, name: str, percent: int) -> str:
        """Say how much a history item makes up, as :meth:`Grammar.weight`."""
        return f"“{name}” makes up {percent} % of its score."

    def opposed(self, name: str) -> str:
        """Say that a history item speaks against it, as :meth:`Grammar.opposed`."""
        return f"“{name}” speaks against it, but counts for less."

    def relation_label(self, relation: str) -> str:
        """Name a relation, as :meth:`Grammar.relation_label`."""
        return _label(relation)

    def fact_badge(self, relation: str, value: str) -> str:
        """Name a shared value, as :meth:`Grammar.fact_badge`."""
        return f"Same {_label(relation)}: {_value(relation, value)}"

    def shoppers_badge(self, name: str, shoppers: int) -> str:
        """Say that shoppers have both, as :meth:`Grammar.shoppers_badge`."""
        return f"With “{name}”: {shoppers:,} shoppers"

    def text_badge(self, name: str) -> str:
        """Say that descriptions are alike, as :meth:`Grammar.text_badge`."""
        return f"Described like “{name}”"

    def badge(self, lead: Lead, name: str, *, basis: Basis) -> str:
        """Say where it came from, as :meth:`Grammar.badge`."""
        if lead == "whole" and (name or basis == "history"):
            return f"Goes with “{name}”" if name else "From your history"
        return {"against": "Not a close match", "popular": "Popular here"}.get(lead, "From the shop")


def predicate(facts: Mapping[str, Sequence[str]]) -> str:
    """Return what several products are and have, for a subject in the plural: ``are cake stands in pink``.

    Args:
        facts: relation → values, not empty.
    """
    are, have = _are(facts), list(_have(facts))
    clauses = [f"are {listed(are)}"] if are else []
    clauses += [f"have {listed(have)}"] if have else []
    return (", and " if len(are) > 1 else " and ").join(clauses)


def _are(facts: Mapping[str, Sequence[str]]) -> list[str]:
    adjuncts = []
    kind = facts.get("product_type", ())
    if colours := _shown(facts.get("colour", ())):
        bare = [_COLOURS.get(value, value) for value in colours]
        adjuncts.append(f"in {listed(colours)}" if kind else listed(bare))
    if materials := _shown(facts.get("material", ())):
        adjuncts.append(f"made of {listed(materials)}")
    if users := [*_users(facts)]:
        adjuncts.append(f"for {listed(users)}")
    if packs := [value for value in facts.get("pack_size", ()) if _is_count(value)]:
        adjuncts.append(f"sold as a set of {listed(packs)}")
    adjuncts += [
        f"{value} {word}"
        for name, word in _DIRECTIONS.items()
        for value in _shown(facts.get(name, ()))
        if value[0].isdigit()
    ]
    if levels := [_last_level(value) for value in facts.get("category", ())]:
        adjuncts.append(
            f"in the category {listed(levels)}" if len(levels) == 1 else f"in the categories {listed(levels)}"
        )
    if not kind:
        return adjuncts
    noun = listed([plural(value) for value in _shown(kind)])
    return [" ".join([noun, *adjuncts[:1]]), *adjuncts[1:]] if adjuncts else [noun]


def _have(facts: Mapping[str, Sequence[str]]) -> Iterator[str]:
    done = {"product_type", "colour", "material", "occasion", "gender", "category", "brand"}
    for relation, values in facts.items():
        if relation in done:
            continue
        rest = [value for value in values if not _said_as_are(relation, value)]
        if not rest:
            continue
        shown = listed(_shown(rest))
        if relation in _LOOKS:
            ending = "" if shown.endswith(" print") else f" {_LOOKS[relation]}"
            yield f"{_article(shown)} {shown}{ending}"
        else:
            label = _LABELS.get(relation) or clean(relation.replace("_", " "), VALUE_LENGTH)
            yield f"the same {label} ({shown})"
    if brands := facts.get("brand", ()):
        yield f"the same brand, {listed([clean(value, VALUE_LENGTH) for value in brands])}"


def _said_as_are(relation: str, value: str) -> bool:
    return (
        (relation == "pack_size" and _is_count(value))
        or (relation == "age" and value in _WEARERS)
        or (relation in _DIRECTIONS and _shown([value])[0][0].isdigit())
    )


def _users(facts: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for value in facts.get("occasion", ()):
        if value in _PHRASES or value in _UNPLURAL or not value.isascii():
            yield _shown([value])[0]
        else:
            yield plural(_shown([value])[0])
    yield from _shown(facts.get("gender", ()))
    yield from (_WEARERS[value] for value in facts.get("age", ()) if value in _WEARERS)


def _is_count(value: str) -> bool:
    return value.isascii() and value.isdigit() and int(value[:9]) > 1


def _shown(values: Sequence[str]) -> list[str]:
    """Return values as they are written in the middle of a sentence."""
    return [
        _PHRASES.get(value) or " ".join(map(_cased, clean(value, VALUE_LENGTH).split(" "))) or "?" for value in values
    ]


def _cased(word: str) -> str:
    return word.capitalize() if word in _PROPER else word


def _last_level(value: str) -> str:
    parts = [part.strip() for part in value.replace(" › ", " > ").split(" > ")]
    return clean(parts[-1] or value, VALUE_LENGTH) or "?"


def _article(text: str) -> str:
    low = text.lower()
    vowel = low[:1] in tuple("aeio8") or (low[:1] == "u" and not low.startswith(("uni", "use", "usb", "uk", "ut")))
    return "an" if vowel and not low.startswith(("one", "eu")) else "a"


def _number(count: int) -> str:
    return _NUMBERS[count] if count < len(_NUMBERS) else f"{count:,}"


def listed(words: Sequence[str]) -> str:
    """Return ``a``, ``a and b``, ``a, b and c``."""
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else words[0]


@lru_cache(maxsize=4_096)
def _said(facts: tuple[tuple[str, ...], ...]) -> str:
    """Return the predicate of (relation, value …) rows: brands and categories come again and again."""
    return predicate({name: values for name, *values in facts})


def _named(claims: Claims) -> str:
    names = [f"“{name}”" for name in claims.anchors]
    return listed([*names, f"{claims.others:,} more"] if claims.others else names)


def _body(claims: Claims) -> str:
    subject = "both" if claims.together == 2 else f"all {_number(claims.together)}"
    clauses = []
    for topic in claims.topics:
        if topic == "facts":
            clauses.append(f"{subject} {_said(tuple((name, *values) for name, values in claims.facts.items()))}")
        elif topic == "shoppers":
            clauses.append(claims.choose("together", wordings.TOGETHER).format(f"{claims.shoppers:,}"))
        else:
            clauses.append("their descriptions are alike")
    return ", ".join(clauses[:-1]) + (", and " if len(clauses) > 1 else "") + clauses[-1]


def _label(relation: str) -> str:
    if relation == "product_type":
        return "kind"
    return _LABELS.get(relation) or clean(relation.replace("_", " "), VALUE_LENGTH)


def _value(relation: str, value: str) -> str:
    """Return a value as it stands after its label."""
    if relation == "category":
        return _last_level(value)
    return clean(value, VALUE_LENGTH) or "?" if relation == "brand" else _shown([value])[0]


def _stopped(text: str) -> str:
    return text if text.endswith(".") else f"{text}."
