"""Of whom each part of a sentence speaks: the product, what the shopper touched, or both."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum

from kgrec.explanation.checking.names import Mention
from kgrec.explanation.checking.phrases import DENYING, PLAIN, SHARING, SUBJECT, TOO, VALUE, Match
from kgrec.explanation.checking.words import chinese, english
from kgrec.language.tokens import Tokens

__all__ = ["Clause", "Holder", "clauses"]

_BREAKS = re.compile(r"[,;:.!?—–()…\n，。；：！？（）]")
_CLOSING = re.compile('[”」』》»"]')
_SENTENCE_BREAKS = re.compile(r"[.!?\n。！？]")
_JOINING = frozenset(["and", "but", "so", "while", "whereas", "because", "since", "as", "which", "yet", "or"])
_OPENERS = frozenset(english.CLAUSE_OPENERS.replace("|", " ").split())
_VERBS = frozenset(english.HISTORY_VERBS.split())
_ENDS = frozenset(english.NOUN_ENDS.split())
_YOU = frozenset(["you", "you've", "you'd"])
_ADVERBS = frozenset(
    [
        "have",
        "had",
        "recently",
        "just",
        "once",
        "already",
        "also",
        "previously",
        "lately",
        "earlier",
        "last",
        "both",
        "either",
        "ever",
        "first",
        "'ve",
    ]
)
_PARTICLES = frozenset(["at", "for", "with", "up", "out", "on"])
_PLACES = frozenset(
    [
        "history",
        "histories",
        "purchase",
        "purchases",
        "order",
        "orders",
        "basket",
        "cart",
        "list",
        "wishlist",
        "taste",
        "tastes",
        "interest",
        "interests",
        "record",
        "records",
        "activity",
        "browsing",
        "shopping",
        "behaviour",
        "behavior",
        "views",
        "view",
        "visit",
        "visits",
        "visited",
        "past",
        "buys",
        "likes",
        "saved",
        "items",
        "products",
        "favourites",
        "favorites",
        "favourite",
        "session",
        "sessions",
        "shelf",
        "eye",
        "eyes",
        "choice",
        "choices",
        "pick",
        "picks",
    ]
)
_HELD = frozenset(
    [
        "of",
        "includes",
        "include",
        "included",
        "contains",
        "contain",
        "has",
        "had",
        "holds",
        "shows",
        "show",
        "features",
        "feature",
        "lists",
        "with",
        "was",
    ]
)
_BEFORE_PLACE = frozenset(
    [
        "recent",
        "previous",
        "past",
        "last",
        "earlier",
        "own",
        "latest",
        "first",
        "other",
        "shopping",
        "browsing",
        "order",
        "purchase",
    ]
)
_BACK_STOPS = frozenset(
    [
        "with",
        "from",
        "to",
        "than",
        "like",
        "as",
        "by",
        "beside",
        "and",
        "or",
        "is",
        "are",
        "was",
        "goes",
        "go",
        "match",
        "matches",
        "resembles",
        "shares",
        "share",
        "because",
        "since",
        "both",
        "suits",
        "on",
        "for",
        "at",
        "in",
        "it",
        "this",
        "we",
        "so",
        "but",
        "of",
        "join",
        "joins",
        "fit",
        "fits",
        "near",
    ]
)
_AND = frozenset(["and", "和", "与", "跟"])
_STARTS = frozenset(["you", "we", "there", "they", "our", "you'd", "you'll"])
_DETERMINERS = frozenset(["a", "an", "the", "that", "those", "your"])
_FOUNDED = {("because", "of"), ("going", "by"), ("based", "on"), ("thanks", "to"), ("owing", "to"), ("due", "to")}
_FOUNDED |= {("inspired", "by"), ("suggested", "by"), ("back", "to"), ("stems", "from"), ("follows", "from")}
_FOUNDED |= {("builds", "on"), ("prompted", "by"), ("from", "your")}
_NOT_FOUNDED = frozenset(["its", "this", "the", "same", "their", "it", "shared"])
_LIKENESS = frozenset(["like", "similar", "alike", "just", "as", "same", "with"])
_VERB_ZH = "|".join(phrase.strip() for phrase in chinese.HISTORY_VERBS.split("|"))
_END_ZH = r"(?=[，。；：！？、（）,]|(?:和|与|跟|同)(?:这|它|本|此)|的?(?:记录|历史)|都|也|均|一样|相同|相似|相近|$)"
_HISTORY_ZH = re.compile(
    rf"(?<!如果)(?<!若)(?<!要是)(?:您|你|曾|之前|刚|最近)[^，。；：！？“]{{0,6}}?(?:{_VERB_ZH})(?:过|了|的)?(?P<one>[^，。；：！？]*?){_END_ZH}"
    rf"|(?:记录|历史)(?:中|里)?(?:的|有|包括|出现了|包含)(?P<two>[^，。；：！？]*?){_END_ZH}"
    rf"|(?:您|你)的(?!记录|历史|购|浏|收|口味|喜好|偏好|兴趣|全部|足迹|选择|关注|订单)(?P<three>[^，。；：！？]*?){_END_ZH}"
)


class Holder(Enum):
    """Of whom words speak."""

    PRODUCT = "the product"
    SHARED = "the product and what it is compared with"
    HISTORY = "a product of the history"


@dataclass(slots=True)
class Clause:
    """Words ``first`` … ``last − 1``, of a sentence that is numbered.

    ``nouns`` are the parts that describe history items, ``denied`` those that are denied.
    """

    first: int
    last: int
    sentence: int
    flags: int = 0
    holder: Holder = Holder.PRODUCT
    nouns: list[tuple[int, int]] = field(default_factory=list)
    denied: list[tuple[int, int, int]] = field(default_factory=list)

    def holder_at(self, at: int) -> Holder:
        """Return of whom a word speaks."""
        return Holder.HISTORY if self.noun_at(at) is not None else self.holder

    def noun_at(self, at: int) -> tuple[int, int] | None:
        """Return the description of a history item that a word is part of."""
        return next((noun for noun in self.nouns if noun[0] <= at < noun[1]), None)

    def denial_at(self, at: int) -> tuple[int, int, int] | None:
        """Return the denial (first word, end, the word that denies) that a word is part of."""
        return next((denial for denial in self.denied if denial[0] <= at < denial[1]), None)


def clauses(
    tokens: Tokens, found: Sequence[Match], names: Sequence[Mention], general: Sequence[int] = ()
) -> list[Clause]:
    """Cut a text into clauses and tell of whom each speaks.

    Args:
        tokens: the words.
        found: phrases in them.
        names: products named in them.
        general: words of numbers that count products of the whole shop: their clauses speak of the product alone.
    """
    size = len(tokens.words)
    flags = [0] * size
    for match in found:
        flags[match.first : match.last] = [match.entry.flags] * (match.last - match.first)
    named = [False] * size
    for name in names:
        named[name.first : name.last] = [True] * (name.last - name.first)
    inner = {at for match in found for at in range(match.first + 1, match.last)}
    inner |= {at for name in names for at in range(name.first + 1, name.last)}
    cut = list(_cut(tokens, inner, {name.last for name in names if name.quoted}))
    spoken_zh = list(_chinese_nouns(tokens)) if not tokens.folded.isascii() else []
    before: Clause | None = None
    claimed = liked = False
    for clause in cut:
        for at in range(clause.first, clause.last):
            clause.flags |= flags[at]
        clause.nouns = [*_english_nouns(tokens, clause, flags, names, named)]
        clause.nouns += [noun for noun in spoken_zh if clause.first <= noun[0] < clause.last]
        clause.denied = list(_denials(tokens, clause, found, named))
        inside = [name for name in names if clause.first <= name.first < clause.last]
        opening = range(clause.first, min(clause.first + 3, clause.last))
        likened = any(tokens.words[at] in _LIKENESS and not named[at] for at in opening)
        clause.holder = _holder(tokens, clause, inside, before, names, claimed=claimed)
        if any(clause.first <= at < clause.last for at in general):
            clause.holder, clause.flags = Holder.PRODUCT, clause.flags & ~SHARING
        if likened and before is not None and before.sentence == clause.sentence and before.holder is Holder.PRODUCT:
            before.holder = Holder.SHARED if any(not name.itself for name in inside) else before.holder
        if liked and before is not None and before.sentence == clause.sentence and clause.holder is Holder.PRODUCT:
            clause.holder = Holder.SHARED
        liked = likened and any(not name.itself for name in inside) and not clause.flags & VALUE
        claimed = claimed or (clause.holder is Holder.PRODUCT and bool(clause.flags & VALUE))
        before = clause
    return cut


def _cut(tokens: Tokens, inner: set[int], quoted: set[int]) -> Iterator[Clause]:
    words, gaps = tokens.words, tokens.gaps
    first, sentence = 0, 0
    for at in range(1, len(words)):
        # What stands before a closing quotation mark belongs to the name: “Cleanser 6 fl oz.”
        gap = _CLOSING.split(gaps[at], maxsplit=1)[-1] if at in quoted else gaps[at]
        if at in inner or (gap == "." and words[at].isdigit()):
            continue  # inside of a name, a phrase or a number
        ends = _SENTENCE_BREAKS.search(gap) is not None
        joins = words[at - 1] in _JOINING and words[at] in _OPENERS and at - 1 > first
        if ends or joins or _BREAKS.search(gap):
            yield Clause(first, at, sentence)
            first = at
            sentence += ends
    if words:
        yield Clause(first, len(words), sentence)


def _holder(
    tokens: Tokens,
    clause: Clause,
    inside: list[Mention],
    before: Clause | None,
    names: Sequence[Mention],
    *,
    claimed: bool,
) -> Holder:
    words = tokens.words
    first = clause.first
    opens = first + 1 if words[first] in _JOINING and first + 1 < clause.last else first
    if words[first] in ("which", "that", "who") and _ends_in_anchor(before, names):
        return Holder.HISTORY  # "“A”, which is pink"
    if clause.flags & SHARING or (clause.flags & TOO and not claimed):
        return Holder.SHARED
    if clause.flags & SUBJECT or any(name.itself for name in inside):
        return Holder.SHARED if any(_is_joined(words, clause, name) for name in inside) else Holder.PRODUCT
    if clause.nouns and clause.nouns[0][0] <= opens + 4:
        return Holder.PRODUCT
    if words[opens] in ("a", "an", "the", "we", "our"):
        return Holder.PRODUCT
    if inside and inside[0].first <= opens + 1:
        return Holder.HISTORY if inside[0].last < clause.last else Holder.PRODUCT
    if before is None:
        return Holder.PRODUCT
    if before.holder is Holder.PRODUCT and before.nouns and before.nouns[-1][1] >= before.last:
        if (
            before.sentence == clause.sentence
            and not re.search("[:;：；—–]", tokens.gaps[first])
            and words[opens] not in _STARTS
        ):
            clause.nouns.append((first, clause.last))  # a list of what the shopper touched goes on
        return Holder.PRODUCT
    return before.holder if before.sentence == clause.sentence else Holder.PRODUCT


def _ends_in_anchor(clause: Clause | None, names: Sequence[Mention]) -> bool:
    return clause is not None and any(name.last == clause.last and not name.itself for name in names)


def _is_joined(words: Sequence[str], clause: Clause, name: Mention) -> bool:
    """Tell whether a product is named beside the recommended one: "this and “A” are"."""
    if name.itself:
        return False
    before = words[name.first - 1] if name.first - 1 > clause.first else ""
    after = words[name.last] if name.last + 1 < clause.last else ""
    return (before in _AND and name.last < clause.last) or after in _AND


def _english_nouns(
    tokens: Tokens, clause: Clause, flags: Sequence[int], names: Sequence[Mention], named: Sequence[bool]
) -> Iterator[tuple[int, int]]:
    """Yield what describes a history item: after "you bought", "your", "because of", or before "you bought"."""
    words, last = tokens.words, clause.last
    at = clause.first
    while at < last:
        word = words[at]
        begin = end = at
        if named[at]:
            at += 1
            continue
        if word in _YOU:
            after = _skip(words, at + 1, last, _ADVERBS)
            supposed = at > clause.first and words[at - 1] in ("if", "when", "should")
            if after < last and words[after] in _VERBS and not supposed:
                begin = _skip(words, after + 1, last, _PARTICLES)
                end = _noun_end(words, begin, last, names)
                if all(flags[place] & PLAIN for place in range(begin, end)):
                    begin, end = _noun_begin(words, at, clause.first, named), at
        elif word == "your" and words[at + 1 : at + 2] not in (["next"], ["new"]):
            begin = _skip(words, at + 1, last, _BEFORE_PLACE)
            if begin < last and words[begin] in _PLACES:
                begin = _skip(words, begin, last, _PLACES)
                held = begin < last and words[begin] in _HELD
                begin = begin + 1 if held else begin
                end = _noun_end(words, begin, last, names) if held else begin
            else:
                begin = at + 1
                end = _noun_end(words, begin, last, names)
        elif at + 1 < last and (word, words[at + 1]) in _FOUNDED:
            begin = at + 2
            end = _noun_end(words, begin, last, names)
            if begin < last and (
                (words[begin] in _NOT_FOUNDED and words[begin] != "the") or words[begin] in ("your", "you")
            ):
                end = begin
        if end > begin and not any(flags[place] & SHARING for place in range(begin, end)):
            yield begin, end
        at = max(at + 1, end if end > at else at + 1)


def _skip(words: Sequence[str], at: int, last: int, those: frozenset[str]) -> int:
    while at < last and words[at] in those:
        at += 1
    return at


def _noun_end(words: Sequence[str], begin: int, last: int, names: Sequence[Mention]) -> int:
    at = begin
    while at < last:
        name = next((name for name in names if name.first <= at < name.last), None)
        if name is not None:
            return max(at, name.last) if name.quoted or at == begin else name.last
        if at > begin and words[at] in _ENDS:
            return at
        if (
            words[at] in ("in", "from", "on", "to", "with")
            and at + 1 < last
            and words[at + 1] in ("your", "the", "this", "it")
        ):
            return at
        at += 1
    return last


def _noun_begin(words: Sequence[str], you: int, first: int, named: Sequence[bool]) -> int:
    at = you
    while at > first and words[at - 1] in ("that", "which"):
        at -= 1
    while at > first and words[at - 1] not in _BACK_STOPS and not named[at - 1]:
        at -= 1
        if words[at] in _DETERMINERS:
            break
    return at


def _chinese_nouns(tokens: Tokens) -> Iterator[tuple[int, int]]:
    for found in _HISTORY_ZH.finditer(tokens.folded):
        name = "one" if found["one"] is not None else "two" if found["two"] is not None else "three"
        start, end = found.span(name)
        if end > start:
            yield bisect_left(tokens.starts, start), bisect_left(tokens.starts, end)


def _denials(
    tokens: Tokens, clause: Clause, found: Sequence[Match], named: Sequence[bool]
) -> Iterator[tuple[int, int, int]]:
    """Yield what is denied: words after "not", "without", "不含" to the end of the clause, the word before "-free"."""
    words = tokens.words
    inner = {at for match in found if match.last - match.first > 1 for at in range(match.first, match.last)}
    for match in found:
        if not (clause.first <= match.first < clause.last) or named[match.first] or not match.entry.flags & DENYING:
            continue
        begin = match.last
        if words[match.first] == "no" and begin < clause.last and words[begin].isdigit():
            continue
        end = next((at for at in range(begin, clause.last) if words[at] in ("but", "though", "yet", "但")), clause.last)
        if words[match.first] == "non":
            end = min(begin + 1, end)
        yield begin, end, match.first
    for at in range(clause.first, clause.last):
        if words[at] == "free" and not named[at] and at not in inner:
            if tokens.gaps[at] in (" ", "-", "") and at > clause.first and words[at - 1] not in _BACK_STOPS:
                yield at - 1, at, at
            if at + 1 < clause.last and words[at + 1] in ("of", "from"):
                yield at + 2, clause.last, at
