"""English sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from kgrec.explanation.claims import Basis, Claims
from kgrec.explanation.plurals import plural
from kgrec.explanation.titles import clean

__all__ = ["English", "listed"]

VALUE_LENGTH = 48
_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_OPENERS = {
    "history": (
        "Because of {} in your history",
        "Going by {} in your history",
        "Your history includes {}",
        "Suggested by {} in your history",
        "It goes back to {} in your history",
    ),
    "product": ("Related to {}", "Together with {}", "Beside {}"),
}
_TOGETHER = (
    "{} shoppers have both in their history",
    "both are in the history of {} shoppers",
    "{} shoppers came to both",
)
_RESEMBLES = (
    "Its description resembles that of {}",
    "Its description is close to that of {}",
    "It is described much like {}",
)
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
    """Sentences in English; implements :class:`kgrec.explanation.claims.Grammar`."""

    def reason(self, claims: Claims) -> str:
        """Say what speaks for the product, as :meth:`Grammar.reason`."""
        names = [f"“{name}”" for name in claims.anchors]
        anchors = listed([*names, f"{claims.others:,} more"] if claims.others else names)
        if claims.topics == ("text",):
            where = " in your history" if claims.basis == "history" else ""
            return _choose(_RESEMBLES, claims.variant).format(anchors) + where + "."
        subject = "both" if claims.together == 2 else f"all {_number(claims.together)}"
        together = _choose(_TOGETHER, claims.variant // 2)
        said = {
            "facts": f"{subject} {predicate(claims.facts)}" if claims.facts else "",
            "shoppers": together.format(f"{claims.shoppers:,}"),
            "text": "their descriptions are alike",
        }
        clauses = [said[topic] for topic in claims.topics]
        body = ", ".join(clauses[:-1]) + (", and " if len(clauses) > 1 else "") + clauses[-1]
        return _stopped(f"{_choose(_OPENERS[claims.basis], claims.variant).format(anchors)}: {body}")

    def whole(self, leader: str, *, single: bool, basis: Basis, variant: int) -> str:
        """Say where it came from, as :meth:`Grammar.whole`."""
        if basis == "product":
            return f"Suggested beside “{leader}”." if leader else "A suggestion from the shop."
        if not leader:
            return "Chosen from your history as a whole."
        if single:
            return _choose(
                ("Chosen from “{}” in your history.", "It comes from “{}” in your history."), variant
            ).format(leader)
        return _choose(
            (
                "Chosen from your history as a whole, most of all from “{}”.",
                "It comes from your whole history, in which “{}” counts most here.",
            ),
            variant,
        ).format(leader)

    def against(self, *, basis: Basis) -> str:
        """Say that nothing speaks for it, as :meth:`Grammar.against`."""
        return "On balance, your history does not speak for this one." if basis == "history" else _AGAINST_PRODUCT

    def popular(self, shoppers: int, *, above: bool, variant: int) -> str:
        """Say that it is popular, as :meth:`Grammar.popular`."""
        if not shoppers:
            return "A general suggestion from the shop; it does not rest on your history."
        counted = _choose(("{:,} shoppers have it in their history", "it is in the history of {:,} shoppers"), variant)
        text = counted.format(shoppers)
        return f"Popular here: {text}." if above else f"{text[0].upper()}{text[1:]}."


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


def _choose(wordings: Sequence[str], variant: int) -> str:
    return wordings[variant % len(wordings)]


def _stopped(text: str) -> str:
    return text if text.endswith(".") else f"{text}."
