"""Evidence → one sentence that claims nothing else."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from kgrec.data import Evidence
from kgrec.errors import SettingsError
from kgrec.explanation.chinese import Chinese
from kgrec.explanation.claims import Basis, Claims, Grammar, Topic
from kgrec.explanation.english import English
from kgrec.explanation.settings import ExplanationSettings

__all__ = ["LANGUAGES", "Leader", "grammar_of", "popular_sentence", "reason_sentence", "variant_of"]

LANGUAGES: Mapping[str, Grammar] = {"en": English(), "zh": Chinese()}
_NAMED = 2
"""Anchors that are named; the others are counted."""
_FOLLOWERS = 0.25
"""A history item joins a statement's anchors from this part of the strongest one's amount on."""

_Key = tuple[str, str, str]


class Leader(NamedTuple):
    """Readable name of the history item that adds most (empty where none or several do), and whether it is alone."""

    name: str
    single: bool


def grammar_of(language: str) -> Grammar:
    """Return the grammar of a language.

    Raises:
        SettingsError: the language is not one of ``LANGUAGES``.
    """
    try:
        return LANGUAGES[language]
    except (KeyError, TypeError):
        raise SettingsError(
            f"explanations are written in {' and '.join(map(repr, LANGUAGES))}; got {language!r}: choose one of these"
        ) from None


def variant_of(number: int) -> int:
    """Return which wording product ``number`` takes; neighbours in number differ."""
    return number * 7 + number // 5


def reason_sentence(
    evidence: Sequence[Evidence],
    *,
    name: Callable[[str], str],
    leader: Callable[[], Leader],
    score: float,
    variant: int,
    language: str,
    basis: Basis,
    settings: ExplanationSettings,
) -> str:
    """Return the sentence for a product that a history speaks for.

    The first statement of the evidence that is worth saying leads; the history items that it holds for are its
    anchors. Others are added where they hold for every anchor, so that each claim is true of each product named.

    Args:
        evidence: what may be said, first things first.
        name: id of a product → its readable name.
        leader: returns the history item that adds most; asked only where no evidence is worth saying.
        score: the product's score; where it is not positive the sentence says that nothing speaks for it.
        variant: from :func:`variant_of`.
        language: ``"en"`` or ``"zh"``.
        basis: whether the anchors are a history or one product.
        settings: limits.

    Raises:
        SettingsError: the language is unknown.
    """
    grammar = grammar_of(language)
    if not score > 0:
        return _finished(grammar.against(basis=basis), settings)
    claims = _chosen(evidence, name, variant, basis, settings)
    if claims is None:
        most = leader()
        text = grammar.whole(most.name, single=most.single, basis=basis, variant=variant)
    else:
        text = grammar.reason(claims)
    return _finished(text, settings)


def popular_sentence(shoppers: int, *, above: bool, variant: int, language: str, settings: ExplanationSettings) -> str:
    """Return the sentence for a product that only its popularity speaks for.

    Args:
        shoppers: how many touched it; 0 where they are too few to be told.
        above: whether these are more than the average product has.
        variant: from :func:`variant_of`.
        language: ``"en"`` or ``"zh"``.
        settings: limits.

    Raises:
        SettingsError: the language is unknown.
    """
    return _finished(grammar_of(language).popular(shoppers, above=above, variant=variant), settings)


def _finished(text: str, settings: ExplanationSettings) -> str:
    return html.escape(text) if settings.escape else text


def _chosen(
    evidence: Sequence[Evidence],
    name: Callable[[str], str],
    variant: int,
    basis: Basis,
    settings: ExplanationSettings,
) -> Claims | None:
    statements: dict[_Key, list[Evidence]] = {}
    for entry in evidence:
        statements.setdefault(_key(entry), []).append(entry)
    sayable = [group for group in statements.values() if _sayable(group, settings)]
    if not sayable:
        return None
    top = sayable[0][0].amount
    anchors = list(dict.fromkeys(e.history_item for e in sayable[0] if e.amount >= _FOLLOWERS * top))
    picked = list(_holding(sayable, anchors, settings))
    facts: dict[str, list[str]] = {}
    for entry in picked:
        if entry.kind == "fact":
            facts.setdefault(entry.relation, []).append(entry.value)
    named = list(dict.fromkeys(map(name, anchors)))[:_NAMED]
    return Claims(
        anchors=tuple(named),
        others=len(anchors) - len(named),
        topics=tuple(dict.fromkeys(_topic(entry) for entry in picked)),
        facts=facts,
        shoppers=next((entry.count for entry in picked if _topic(entry) == "shoppers"), 0),
        basis=basis,
        variant=variant,
    )


def _holding(
    sayable: Sequence[Sequence[Evidence]], anchors: Sequence[str], settings: ExplanationSettings
) -> Iterator[Evidence]:
    """Yield one entry of each statement that holds for all anchors and says something new, at most max_evidence."""
    said: list[set[str]] = []
    for group in sayable:
        if len(said) == settings.max_evidence:
            return
        entry = group[0]
        here = [e for e in group if e.history_item in anchors]
        words = set(entry.value.casefold().replace(">", " ").split())
        repeated = bool(words) and any(other and (words <= other or other <= words) for other in said)
        if repeated or {e.history_item for e in here} != set(anchors):
            continue
        if not said or _sayable(here, settings):  # the first one chose the anchors
            said.append(words)
            yield entry


def _key(entry: Evidence) -> _Key:
    """Return what an entry states: behaviour and sequence state the same, that shoppers touched both."""
    if entry.kind == "fact":
        return "facts", entry.relation, entry.value
    return _topic(entry), entry.history_item, ""


def _topic(entry: Evidence) -> Topic:
    return "facts" if entry.kind == "fact" else "text" if entry.kind == "text" else "shoppers"


def _sayable(group: Sequence[Evidence], settings: ExplanationSettings) -> bool:
    told = _topic(group[0]) != "shoppers" or group[0].count >= settings.min_shoppers
    return told and sum(entry.share for entry in group) >= settings.smallest_share
