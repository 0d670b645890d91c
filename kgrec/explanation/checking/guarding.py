"""What a sentence must not be made of: markup, links, hidden characters, commands, another language, nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from kgrec.explanation.checking.names import Mention
from kgrec.explanation.checking.words import chinese, english
from kgrec.language.tokens import Tokens

__all__ = ["MOST_CHARACTERS", "Flaw", "flaws", "language_of"]

MOST_CHARACTERS = 2_000
Flaw = tuple[int, int, str]
"""Start, end, reason."""

_MARKUP = re.compile(
    r"</?[A-Za-z!][^<>]{0,500}>?|&(?:#x?[0-9A-Fa-f]{1,6}|[A-Za-z]{2,8});|```|\*\*|__\w|^\s*#{1,6}\s|\[[^\]\n]{0,200}\]\([^)\n]{0,500}\)"
    r"|^\s*[-*]\s|\{\{|\}\}|\{%|\$\{|\\[nrtux]|[{}<>|\\^`~]",
    re.MULTILINE,
)
_LINK = re.compile(
    r"(?:https?|ftp|javascript|data|mailto):|www\.|\b[\w.+-]+@[\w-]+\.\w+|\b[\w-]{2,}\.(?:com|net|org|io|cn|ru|info|biz|shop|co|uk|de|xyz|top)\b",
    re.IGNORECASE | re.ASCII,
)
_SCHEME = re.compile(r"(?:https?|ftp|javascript|data|mailto):|www\.")
_ROLES = re.compile(
    r"\b(?:system|assistant|user|instruction|prompt|developer) ?:|\b(?:system prompt|api key)\b", re.IGNORECASE
)
_CHINESE = re.compile("[\u3400-\u9fff]")
_SENTENCE = re.compile(r"(?:^|[.!?:;。！？：；…—–]\s*|\n)[\"“'(]?")
_COMMANDS = frozenset(english.IMPERATIVES.split())
_CHINESE_COMMANDS = re.compile("|".join(phrase.strip() for phrase in chinese.IMPERATIVES.split("|")))
_SOFT = frozenset(["please", "just", "now", "simply", "kindly", "also", "then", "so", "and"])
_HARMLESS = re.compile("[A-Za-z0-9 ,.'’“”\u3400-\u9fff，。：；、！？（）]*")
"""Texts of these characters alone have no markup and nothing hidden."""
_HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\uffff\ud800-\udfff\ue000-\uf8ff"
    "\U000e0000-\U0010ffff]"
)


def language_of(tokens: Tokens, taken: frozenset[int], known: Callable[[str], bool]) -> str:
    """Return ``"zh"`` where a text reads as Chinese, else ``"en"``.

    Names, numbers and words of the products' own texts, which may be in any language, do not count.
    """
    there = [
        (word, key) for at, (word, key) in enumerate(zip(tokens.words, tokens.keys, strict=True)) if at not in taken
    ]
    chinese_words = sum(_CHINESE.match(word) is not None for word, _ in there)
    others = sum(_CHINESE.match(word) is None and not word[0].isdigit() and not known(key) for word, key in there)
    return "zh" if chinese_words > others or (chinese_words and not others) else "en"


def flaws(
    text: str, tokens: Tokens, names: list[Mention], language: str, asked: str | None, written: Sequence[str]
) -> Iterator[Flaw]:
    """Yield what a text must not contain, with its place.

    Signs such as ``~`` or ``&amp;`` are let pass where the shop's own texts (``written``, in lower case) have them
    between the same characters; tags and addresses never are.
    """
    if not text.strip():
        yield 0, len(text), "the text is empty"
        return
    if len(text) > MOST_CHARACTERS:
        yield 0, len(text), f"the text has {len(text):,} characters, more than {MOST_CHARACTERS:,}"
    if asked is not None and language != asked:
        yield 0, len(text), f"the text is not in the language asked for, {asked!r}"
    inside = [(tokens.starts[name.first], tokens.ends[name.last - 1]) for name in names if name.ids]
    plain = _HARMLESS.fullmatch(text) is not None
    for found in () if plain else _MARKUP.finditer(text):
        around = text[max(0, found.start() - 1) : found.end() + 1].lower()
        if "<" in found[0] or not any(around in own or around.strip(' “”…".,;:!?') in own for own in written):
            yield found.start(), found.end(), "markup does not belong in a sentence"
    for pattern, reason in ((_LINK, "links and addresses do not belong here"), (_ROLES, "this speaks to a machine")):
        for found in pattern.finditer(text):
            bare = found[0].lower()
            own = pattern is _LINK and not _SCHEME.match(bare) and any(bare in names for names in written)
            if not own and (pattern is _LINK or not _within(found.start(), inside)):
                yield found.start(), found.end(), reason
    for found in () if plain else _HIDDEN.finditer(text):
        yield found.start(), found.end(), "hidden characters do not belong in a sentence"
    yield from _commands(text, tokens, inside)


def _commands(text: str, tokens: Tokens, inside: list[tuple[int, int]]) -> Iterator[Flaw]:
    """Yield verbs that command, at the beginning of a sentence."""
    begins = {found.end() for found in _SENTENCE.finditer(text)}
    soft = False
    for at, word in enumerate(tokens.words):
        start = tokens.starts[at]
        begin = start in begins or soft
        if begin and word in _COMMANDS and not _within(start, inside):
            yield start, tokens.ends[at], "a sentence must not command"
        soft = begin and word in _SOFT
    for found in _CHINESE_COMMANDS.finditer(text):
        if not _within(found.start(), inside):
            yield found.start(), found.end(), "a sentence must not command"


def _within(at: int, spans: list[tuple[int, int]]) -> bool:
    return any(start <= at < end for start, end in spans)
