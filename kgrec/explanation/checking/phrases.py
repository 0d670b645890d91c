"""One table of all phrases that mean something in a sentence, in both languages, and the longest match in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import NamedTuple

from kgrec.explanation.checking.words import chinese, english
from kgrec.language.phrases import Meaning
from kgrec.language.tokens import Tokens, phrase_key
from kgrec.language.words import PRODUCT_NOUNS, built_in_compounds, built_in_meanings

__all__ = [
    "AGAINST",
    "BARE",
    "CASED",
    "COMPARING",
    "DENYING",
    "IDIOM",
    "LEADING",
    "NUMBER",
    "PLAIN",
    "POPULAR",
    "PRAISE",
    "RELATION",
    "SHARING",
    "SHOPPERS",
    "SUBJECT",
    "TEXT",
    "TOO",
    "VALUE",
    "Entry",
    "Match",
    "PhraseBook",
    "comparatives",
    "standing",
]

PLAIN, IDIOM, SHARING, TOO, SUBJECT, DENYING, PRAISE, VALUE = 1, 2, 4, 8, 16, 32, 64, 128
RELATION, NUMBER, COMPARING, SHOPPERS, POPULAR, LEADING, TEXT, BARE, AGAINST, CASED = (
    256,
    512,
    1024,
    2048,
    4096,
    8192,
    16384,
    32768,
    65536,
    131072,
)

_APART = re.compile(r"[!?;:\n。！？；：—–“”]|.{4}")
"""What may not stand between the words of one phrase."""
_COMPARATIVES = {
    ("price", -1): "cheaper|less expensive|costs less|cost less|lower price|lower priced|lower in price|less costly"
    "|more affordable|less dear|easier on the purse|更便宜|便宜|价格更低|更实惠|价格较低|省钱",
    ("price", 1): "pricier|dearer|more expensive|costs more|cost more|higher price|higher priced|costlier|more costly"
    "|更贵|价格更高|价格较高",
    ("amount", 1): "larger|bigger|roomier|holds more|更大|容量更大|更多",
    ("amount", -1): "smaller|tinier|holds less|more compact|更小|容量更小|更少",
    ("length", 1): "longer|taller|wider|broader|deeper|更长|更高|更宽",
    ("length", -1): "shorter|narrower|shallower|更短|更矮|更窄",
    ("mass", 1): "heavier|weighs more|更重",
    ("mass", -1): "lighter|weighs less|更轻",
    ("pack_size", 1): "more pieces|more per pack|more in a pack|件数更多",
    ("pack_size", -1): "fewer pieces|fewer per pack|件数更少",
    ("popularity", 1): "more popular|better known|更受欢迎|更热门",
    ("popularity", -1): "less popular|较冷门",
}
_UNMEASURED = (
    "better|worse|newer|older|stronger|weaker|softer|harder|faster|slower|brighter|darker|finer|nicer|safer|easier"
    "|thicker|thinner|warmer|cooler|higher|lower|greater|fewer|younger|sturdier|tougher|smoother|richer|fresher"
    "|更好|更新|更强|更软|更快|更亮|更安全|更耐用|更舒适|更好用"
)
"""Comparatives of what no shop measures."""
_BARE = {"贵": ("price", 1), "大": ("amount", 1), "小": ("amount", -1), "长": ("length", 1), "短": ("length", -1)}
_BARE |= {"高": ("length", 1), "矮": ("length", -1), "宽": ("length", 1), "窄": ("length", -1)}
_BARE |= {"重": ("mass", 1), "轻": ("mass", -1)}
_SHOPPERS = "shopper|customer|buyer|client|people|person|user|visitor|household|顾客|用户|客人|买家|消费者|位顾客|人"
_POPULAR = "popular|popularity|in demand|much wanted|热门|热门商品|本店热门商品|本店热门|受欢迎|很受欢迎|关注度"
_LEADING = (
    "most of all|counts most|count most|counts the most|mainly|mostly|chiefly|largely|above all|strongest"
    "|最支持|最支持它|影响最大|主要来自|主要"
)
_AGAINST = (
    "speaks against|speak against|counts against|argues against"
    "|不支持|并不支持|并不支持这次推荐|起了相反的作用|相反的作用"
)
_TEXT = "description|described|describe|text|wording|descriptions|描述|文字|文案|商品描述"


class Entry(NamedTuple):
    """What a phrase is: flags, and what it may mean as a value (relation, canonical value)."""

    flags: int
    meanings: tuple[tuple[str, str], ...] = ()
    relation: str = ""


class Match(NamedTuple):
    """Words ``first`` … ``last − 1`` are a known phrase."""

    first: int
    last: int
    entry: Entry


class PhraseBook:
    """Phrases by key, with the length of the longest by first word; books can lie over one another.

    Args:
        entries: key (see ``phrase_key``) → entry.
    """

    def __init__(self, entries: Mapping[str, Entry]) -> None:
        """Index by first word."""
        self.entries = dict(entries)
        self.longest: dict[str, int] = {}
        for key in self.entries:
            first, _, rest = key.partition(" ")
            size = 1 + (rest.count(" ") + 1 if rest else 0)
            if size > self.longest.get(first, 0):
                self.longest[first] = size


def reaches(tokens: Tokens, stops: Iterable[int] = ()) -> list[int]:
    """Return for each word one past the last word that a phrase beginning there can include."""
    size = len(tokens.words)
    reach, end = [size] * size, size
    barred = set(stops)
    gaps = tokens.gaps
    for at in range(size - 1, -1, -1):
        reach[at] = end
        if (gaps[at] not in ("", " ", "-") and _APART.search(gaps[at])) or at in barred:
            end = at
    return reach


def matches(keys: list[str], reach: list[int], books: tuple[PhraseBook, ...], free: list[bool]) -> Iterator[Match]:
    """Yield the longest match at each free word, left to right; entries of equal phrases are joined."""
    at, size = 0, len(keys)
    lengths = [book.longest for book in books]
    while at < size:
        if not free[at]:
            at += 1
            continue
        key = keys[at]
        most = 0
        for longest in lengths:
            if key in longest and longest[key] > most:
                most = longest[key]
        for length in range(min(most, reach[at] - at), 0, -1):
            phrase = key if length == 1 else " ".join(keys[at : at + length])
            found = [book.entries[phrase] for book in books if phrase in book.entries]
            if found and all(free[at : at + length]):
                yield Match(at, at + length, found[0] if len(found) == 1 else joined(found))
                at += length
                break
        else:
            at += 1


def joined(entries: Iterable[Entry]) -> Entry:
    """Return one entry with the flags and meanings of several."""
    flags, meanings, relation = 0, dict[tuple[str, str], None](), ""
    for entry in entries:
        flags |= entry.flags
        meanings |= dict.fromkeys(entry.meanings)
        relation = relation or entry.relation
    return Entry(flags, tuple(meanings), relation)


@cache
def comparatives() -> dict[str, tuple[str, int]]:
    """Return phrase key → (what is compared, +1 for more or −1 for less); (``""``, 0) where nobody measures it."""
    table = {phrase_key(text): meant for meant, texts in _COMPARATIVES.items() for text in texts.split("|")}
    table |= {phrase_key(text): ("", 0) for text in _UNMEASURED.split("|")}
    return table


def bare_comparative(key: str) -> tuple[str, int] | None:
    """Return what a single Chinese character compares after 比, if anything."""
    return _BARE.get(key)


@cache
def standing() -> PhraseBook:
    """Return the phrases that mean the same in every sentence."""
    table: dict[str, Entry] = {}

    def put(phrase: str, entry: Entry) -> None:
        if key := phrase_key(phrase):
            table[key] = joined([table[key], entry]) if key in table else entry

    for phrase, meanings in built_in_meanings().items():
        put(phrase, _valued(meanings))
    for noun in PRODUCT_NOUNS:
        put(noun, Entry(VALUE, (("product_type", noun),)))
    for phrase, name in built_in_compounds().items():
        put(phrase, Entry(VALUE, (("product_type", name),)))
    for relation, values in chinese.VALUES.items():
        for value, spellings in values.items():
            for spelling in spellings.split("|"):
                put(spelling, Entry(VALUE, ((relation, value),)))
    for flag, phrases in _lists():
        for phrase in phrases:
            key = phrase_key(phrase)
            if flag in (PLAIN, IDIOM) and key in table and table[key].flags & VALUE:
                # A word of everyday speech is no value, although a shop may sell what is called so.
                table[key] = Entry(table[key].flags & ~VALUE, table[key].meanings)
            put(phrase, Entry(flag))
    for words in (english.RELATION_WORDS, chinese.RELATION_WORDS):
        for relation, names in words.items():
            for name in names.split("|"):
                put(name, Entry(RELATION, (), relation))
    return PhraseBook(table)


def _valued(meanings: tuple[Meaning, ...]) -> Entry:
    return Entry(VALUE, tuple((meaning.relation, meaning.value) for meaning in meanings))


def _forms(verb: str) -> Iterator[str]:
    """Yield the regular forms of a verb; where two spellings are possible, both."""
    yield from (verb, f"{verb}s", f"{verb}es")
    root = verb[:-1] if verb.endswith("e") else verb
    yield from (f"{root}ed", f"{root}ing", f"{verb}ing")
    if verb.endswith("y"):
        yield from (f"{verb[:-1]}ies", f"{verb[:-1]}ied")
    elif verb[-1] not in "aeiouwx":
        yield from (f"{verb}{verb[-1]}ed", f"{verb}{verb[-1]}ing")


def _lists() -> Iterator[tuple[int, list[str]]]:
    yield PLAIN, [*english.PLAIN.split(), *chinese.PLAIN.split()]
    yield PLAIN, [*english.NOUNS.split(), *english.ADVERBS.split(), *english.IRREGULAR.split()]
    yield PLAIN, [form for verb in english.VERBS.split() for form in _forms(verb)]
    for flag, texts in (
        (IDIOM, (english.IDIOMS, chinese.IDIOMS)),
        (SHARING, (english.SHARING, chinese.SHARING)),
        (TOO, (english.TOO, chinese.TOO)),
        (SUBJECT, (english.SUBJECTS, chinese.SUBJECTS)),
        (DENYING, (english.DENYING, chinese.DENYING)),
        (PRAISE, (english.SUPERLATIVES, chinese.SUPERLATIVES)),
        (SHOPPERS, (_SHOPPERS,)),
        (POPULAR, (_POPULAR,)),
        (LEADING, (_LEADING,)),
        (TEXT, (_TEXT,)),
        (AGAINST, (_AGAINST,)),
    ):
        yield flag, [phrase.strip() for text in texts for phrase in text.split("|")]
    yield NUMBER, [*english.NUMBER_WORDS]
    yield COMPARING, [*comparatives()]
    yield BARE, [*_BARE]
