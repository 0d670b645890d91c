"""Evidence → a badge, a sentence and a paragraph that claim nothing else."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from kgrec.data import Evidence, Phrase
from kgrec.errors import SettingsError
from kgrec.explanation.chinese import Chinese
from kgrec.explanation.claims import Basis, Claims, Grammar, Topic
from kgrec.explanation.english import English
from kgrec.explanation.settings import ExplanationSettings
from kgrec.explanation.titles import clean
from kgrec.explanation.variants import Choose

__all__ = ["LANGUAGES", "Leader", "Texts", "grammar_of", "popular_texts", "reason_texts"]

LANGUAGES: Mapping[str, Grammar] = {"en": English(), "zh": Chinese()}
_NAMED = 2
"""Anchors that are named; the others are counted."""
_FOLLOWERS = 0.25
"""A history item joins a statement's anchors from this part of the strongest one's amount on."""
_BADGE_LENGTH = 28
_FURTHER = 2
"""History items beside the anchors that a paragraph speaks of."""

_Key = tuple[str, str, str]


class Leader(NamedTuple):
    """What the history adds, item by item.

    Attributes:
        item: id of the item that adds most; empty where none or several do, or where it is not to be named.
        single: whether it is alone.
        percent: of the score, 0 where that is not worth saying.
        opposed: id of the item that speaks most against the product; empty where none does by much.
    """

    item: str = ""
    single: bool = False
    percent: int = 0
    opposed: str = ""


class Texts(NamedTuple):
    """The three lengths, and what they say in no language."""

    badge: str
    sentence: str
    paragraph: str
    phrases: tuple[Phrase, ...]


class _Told(NamedTuple):
    """Claims, with the evidence and the ids that they were made from."""

    claims: Claims
    picked: list[Evidence]
    anchors: list[str]


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


def reason_texts(
    evidence: Sequence[Evidence],
    *,
    name: Callable[[str], str],
    leader: Leader,
    score: float,
    choose: Choose,
    language: str,
    basis: Basis,
    settings: ExplanationSettings,
) -> Texts:
    """Return the texts for a product that a history speaks for.

    The first statement of the evidence that is worth saying leads; the history items that it holds for are its
    anchors. Others are added where they hold for every anchor, so that each claim is true of each product named. The
    paragraph goes on with history items beside the anchors, how rare the leading value is, and how much the first
    history item makes up.

    Args:
        evidence: what may be said, first things first.
        name: id of a product → its readable name.
        leader: what the history adds, item by item.
        score: the product's score; where it is not positive the texts say that nothing speaks for it.
        choose: chooses among wordings of one meaning.
        language: ``"en"`` or ``"zh"``.
        basis: whether the anchors are a history or one product.
        settings: limits.

    Raises:
        SettingsError: the language is unknown.
    """
    grammar = grammar_of(language)
    if not score > 0:
        text = grammar.against(basis=basis)
        return _finished(grammar.badge("against", "", basis=basis), [text], [Phrase(key="against")], settings)
    statements = _sayable_statements(evidence, settings)
    rest: list[tuple[str, Phrase]] = []
    if statements:
        told = _told(statements, name, choose, basis, settings)
        sentence, phrases = grammar.reason(told.claims), _phrases(told)
        badge = _badge(grammar, told)
        rest += _rarity(grammar, told)
        rest += _further(grammar, statements, told, name, settings)
    else:
        most = name(leader.item) if leader.item else ""
        sentence = grammar.whole(most, single=leader.single, basis=basis, choose=choose)
        badge = grammar.badge("whole", clean(most, _BADGE_LENGTH), basis=basis)
        phrases = [Phrase(key="whole", arguments={"basis": basis, "history_item": leader.item})]
    rest += _weights(grammar, leader, name)
    return _finished(
        badge, [sentence, *(text for text, _ in rest)], [*phrases, *(phrase for _, phrase in rest)], settings
    )


def popular_texts(shoppers: int, *, above: bool, choose: Choose, language: str, settings: ExplanationSettings) -> Texts:
    """Return the texts for a product that only its popularity speaks for.

    Args:
        shoppers: how many touched it; 0 where they are too few to be told.
        above: whether these are more than the average product has.
        choose: chooses among wordings of one meaning.
        language: ``"en"`` or ``"zh"``.
        settings: limits.

    Raises:
        SettingsError: the language is unknown.
    """
    grammar = grammar_of(language)
    popular = bool(shoppers) and above
    badge = grammar.badge("popular" if popular else "general", "", basis="history")
    phrase = Phrase(key="popular", arguments={"shoppers": shoppers, "above_average": above}) if shoppers else None
    return _finished(
        badge,
        [grammar.popular(shoppers, above=above, choose=choose)],
        [phrase or Phrase(key="general")],
        settings,
    )


def _finished(badge: str, sentences: Sequence[str], phrases: Sequence[Phrase], settings: ExplanationSettings) -> Texts:
    chinese = sentences[0].endswith("。")
    paragraph = ("" if chinese else " ").join(sentences)
    short, sentence, long = map(html.escape if settings.escape else str, (badge, sentences[0], paragraph))
    return Texts(short, sentence, long, tuple(phrases))


def _told(
    statements: Sequence[Sequence[Evidence]],
    name: Callable[[str], str],
    choose: Choose,
    basis: Basis,
    settings: ExplanationSettings,
) -> _Told:
    """Choose what is said with the first of some statements."""
    top = statements[0][0].amount
    anchors = list(dict.fromkeys(e.history_item for e in statements[0] if e.amount >= _FOLLOWERS * top))
    picked = list(_holding(statements, anchors, settings))
    facts: dict[str, list[str]] = {}
    for entry in picked:
        if entry.kind == "fact":
            facts.setdefault(entry.relation, []).append(entry.value)
    named = list(dict.fromkeys(map(name, anchors)))[:_NAMED]
    claims = Claims(
        anchors=tuple(named),
        others=len(anchors) - len(named),
        topics=tuple(dict.fromkeys(_topic(entry) for entry in picked)),
        facts=facts,
        shoppers=next((entry.count for entry in picked if _topic(entry) == "shoppers"), 0),
        basis=basis,
        choose=choose,
    )
    return _Told(claims, picked, anchors)


def _rarity(grammar: Grammar, told: _Told) -> Iterator[tuple[str, Phrase]]:
    """Say how many products have the first fact that is told."""
    entry = next((entry for entry in told.picked if entry.kind == "fact"), None)
    if entry is not None and entry.count > told.claims.together:
        arguments = {"relation": entry.relation, "value": entry.value, "products": entry.count}
        text = grammar.rarity(entry.relation, entry.value, entry.count)
        yield text, Phrase(key="value.products", arguments=arguments)


def _further(
    grammar: Grammar,
    statements: Sequence[Sequence[Evidence]],
    told: _Told,
    name: Callable[[str], str],
    settings: ExplanationSettings,
) -> Iterator[tuple[str, Phrase]]:
    """Say one thing that each of the next history items has in common with the product."""
    spoken, names = set(told.anchors), set(told.claims.anchors)
    for group in statements:
        entry = next((entry for entry in group if entry.history_item not in spoken), None)
        if entry is None or entry.share < settings.smallest_share:
            continue
        beside = name(entry.history_item)
        if beside in names:
            continue  # two products of one name would read as one
        spoken.add(entry.history_item)
        names.add(beside)
        topic = _topic(entry)
        claims = Claims(
            anchors=(beside,),
            others=0,
            topics=(topic,),
            facts={entry.relation: [entry.value]} if topic == "facts" else {},
            shoppers=entry.count if topic == "shoppers" else 0,
            basis=told.claims.basis,
            choose=told.claims.choose,
        )
        yield (
            grammar.further(claims),
            Phrase(key="further", arguments={"statements": [_stated(entry, [entry.history_item])]}),
        )
        if len(spoken) - len(told.anchors) == _FURTHER:
            return


def _weights(grammar: Grammar, leader: Leader, name: Callable[[str], str]) -> Iterator[tuple[str, Phrase]]:
    """Say how much the first history item makes up, and which one speaks against the product."""
    if leader.item and leader.percent:
        arguments = {"history_item": leader.item, "percent": leader.percent}
        yield grammar.weight(name(leader.item), leader.percent), Phrase(key="weight", arguments=arguments)
    if leader.opposed:
        yield grammar.opposed(name(leader.opposed)), Phrase(key="opposed", arguments={"history_item": leader.opposed})


def _phrases(told: _Told) -> list[Phrase]:
    found = []
    for entry in told.picked:
        arguments = _stated(entry, list(told.anchors))
        found.append(Phrase(key=str(arguments.pop("key")), arguments=arguments))
    return found


def _stated(entry: Evidence, items: list[str]) -> dict[str, object]:
    """Return what an entry states of some history items, as JSON."""
    topic = _topic(entry)
    stated: dict[str, object] = {"key": f"shared.{topic}", "history_items": items}
    if topic == "facts":
        stated |= {"relation": entry.relation, "value": entry.value}
    elif topic == "shoppers":
        stated["shoppers"] = entry.count
    return stated


def _badge(grammar: Grammar, told: _Told) -> str:
    first = told.picked[0]
    if first.kind == "fact":
        return grammar.fact_badge(first.relation, first.value)
    name = clean(told.claims.anchors[0], _BADGE_LENGTH)
    return grammar.text_badge(name) if first.kind == "text" else grammar.shoppers_badge(name, first.count)


def _sayable_statements(evidence: Sequence[Evidence], settings: ExplanationSettings) -> list[list[Evidence]]:
    statements: dict[_Key, list[Evidence]] = {}
    for entry in evidence:
        statements.setdefault(_key(entry), []).append(entry)
    return [group for group in statements.values() if _sayable(group, settings)]


def _holding(
    sayable: Sequence[Sequence[Evidence]], anchors: Sequence[str], settings: ExplanationSettings
) -> Iterator[Evidence]:
    """Yield one entry of each statement that holds for all anchors and says something new, at most max_evidence."""
    said: list[frozenset[str]] = []
    wanted = set(anchors)
    for group in sayable:
        if len(said) == settings.max_evidence:
            return
        entry = group[0]
        here = group if len(group) == 1 else [e for e in group if e.history_item in wanted]
        if len(here) < len(wanted) or {e.history_item for e in here} != wanted:
            continue
        words = _words(entry.value)
        if words and any(other and (words <= other or other <= words) for other in said):
            continue
        if not said or _sayable(here, settings):  # the first one chose the anchors
            said.append(words)
            yield entry


@lru_cache(maxsize=16_384)
def _words(value: str) -> frozenset[str]:
    return frozenset(value.casefold().replace(">", " ").split())


def _key(entry: Evidence) -> _Key:
    """Return what an entry states: behaviour and sequence state the same, that shoppers touched both."""
    if entry.kind == "fact":
        return "facts", entry.relation, entry.value
    return _topic(entry), entry.history_item, ""


def _topic(entry: Evidence) -> Topic:
    return "facts" if entry.kind == "fact" else "text" if entry.kind == "text" else "shoppers"


def _sayable(group: Sequence[Evidence], settings: ExplanationSettings) -> bool:
    first = group[0]
    if first.kind in ("behaviour", "sequence") and first.count < settings.min_shoppers:
        return False
    least = settings.smallest_share
    return first.share >= least or (len(group) > 1 and sum([entry.share for entry in group]) >= least)
