"""What a character and its neighbours say of the attribute it may belong to."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from kgrec.language.tokens import fold

__all__ = ["Clues", "Dictionary", "Sentence", "WordList", "clues_of", "sentences_of"]

_PIECE = re.compile(r"[^。！!？?；;\n]+")
_TOKEN = re.compile(r"[a-z0-9]+(?:[.'-][a-z0-9]+)*|\S")
_MOST_CHARACTERS = 160
_LONGEST_WORD = 8


class Sentence(NamedTuple):
    """A piece of text, cut into places: a Latin word or number, or one other character.

    ``tokens``: folded. ``starts`` and ``ends``: spans in the whole text, in code points.
    """

    tokens: list[str]
    starts: list[int]
    ends: list[int]

    def place_of(self, start: int, end: int) -> tuple[int, int] | None:
        """Return the places that a span covers; None where it cuts a place or is not in this sentence."""
        try:
            return self.starts.index(start), self.ends.index(end) + 1
        except ValueError:
            return None


def sentences_of(text: str, *, max_characters: int) -> Iterator[Sentence]:
    """Yield the sentences of a text, cut at full stops and where they grow too long."""
    folded = fold(text[:max_characters])
    for piece in _PIECE.finditer(folded):
        tokens: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        for token in _TOKEN.finditer(folded, piece.start(), piece.end()):
            if tokens and token.end() - starts[0] > _MOST_CHARACTERS:
                yield Sentence(tokens, starts, ends)
                tokens, starts, ends = [], [], []
            tokens.append(token.group())
            starts.append(token.start())
            ends.append(token.end())
        if tokens:
            yield Sentence(tokens, starts, ends)


class Match(NamedTuple):
    """A known word at places ``first`` … ``last − 1``, of an attribute; ``kind`` says how it is known."""

    first: int
    last: int
    attribute: str
    kind: str


class WordList:
    """Words of attributes, found in sentences.

    Args:
        words: pairs of attribute and word.
        kind: what matches are called.
    """

    def __init__(self, words: Iterable[tuple[str, str]], kind: str) -> None:
        """Index the words by their tokens."""
        self._kind = kind
        table: defaultdict[tuple[str, ...], dict[str, None]] = defaultdict(dict)
        for attribute, word in words:
            key = tuple(_TOKEN.findall(fold(word)))
            if key:
                table[key][attribute] = None
        self._table = {key: tuple(attributes) for key, attributes in table.items()}
        self._firsts: defaultdict[str, set[int]] = defaultdict(set)
        for key in self._table:
            self._firsts[key[0]].add(len(key))

    def match(self, tokens: Sequence[str]) -> list[Match]:
        """Return all matches; one inside a longer one is called ``…-inner``."""
        spans = [
            (at, at + length)
            for at, token in enumerate(tokens)
            for length in self._firsts.get(token, ())
            if at + length <= len(tokens) and tuple(tokens[at : at + length]) in self._table
        ]
        found: list[Match] = []
        for first, last in spans:
            inner = any(a <= first and last <= b and (a, b) != (first, last) for a, b in spans)
            kind = f"{self._kind}-inner" if inner else self._kind
            attributes = self._table[tuple(tokens[first:last])]
            found.extend(Match(first, last, attribute, kind) for attribute in attributes)
        return found


class Dictionary:
    """The values of the training texts: how often a word is a value of an attribute, and how often it stands there.

    Args:
        values: token tuple → attribute → how often.
        seen: token tuple → in how many places of the training texts it stands.
    """

    def __init__(
        self, values: Mapping[tuple[str, ...], Mapping[str, int]], seen: Mapping[tuple[str, ...], int]
    ) -> None:
        """Hold the counts."""
        self.values = {key: dict(found) for key, found in values.items()}
        self.seen = dict(seen)
        self._longest = max((len(key) for key in self.values), default=0)

    @classmethod
    def of(cls, sentences: Sequence[Sentence], spans: Sequence[Sequence[tuple[str, int, int]]]) -> Dictionary:
        """Count the values of sentences, given as (attribute, first place, last place)."""
        values: defaultdict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
        for sentence, found in zip(sentences, spans, strict=True):
            for attribute, first, last in found:
                values[tuple(sentence.tokens[first:last])][attribute] += 1
        longest = max((len(key) for key in values), default=0)
        seen: Counter[tuple[str, ...]] = Counter()
        for sentence in sentences:
            seen.update(key for key in _windows(sentence.tokens, longest) if key in values)
        return cls(values, seen)

    def match(self, tokens: Sequence[str], own: Sequence[tuple[str, int, int]] | None = None) -> list[Match]:
        """Return the values that stand in a sentence.

        Args:
            tokens: of the sentence.
            own: where the sentence was counted, its own values: they are taken out first, so that a training
                sentence is read as one that was never seen.
        """
        mine: Counter[tuple[tuple[str, ...], str]] = Counter()
        here: Counter[tuple[str, ...]] = Counter()
        if own is not None:
            mine.update((tuple(tokens[first:last]), attribute) for attribute, first, last in own)
            here.update(key for key in _windows(tokens, self._longest) if key in self.values)
        found = []
        for first in range(len(tokens)):
            for last in range(first + 1, min(first + self._longest, len(tokens)) + 1):
                key = tuple(tokens[first:last])
                for attribute, count in self.values.get(key, {}).items():
                    others = count - mine[key, attribute]
                    if others > 0:
                        share = others / max(self.seen.get(key, 0) - here[key], others)
                        sure = "high" if share > 0.7 else "mid" if share > 0.35 else "low"
                        found.append(Match(first, last, attribute, f"value-{sure}{'' if others == 1 else '+'}"))
        return found


class Clues(NamedTuple):
    """Features of one place: plain ones by name, and tied ones as (attribute, begins or goes on, name)."""

    plain: list[str]
    tied: list[tuple[str, bool, str]]


def clues_of(tokens: Sequence[str], matches: Sequence[Match]) -> list[Clues]:
    """Return the clues of each place of a sentence.

    Args:
        tokens: of the sentence.
        matches: known words in it.
    """
    size = len(tokens)
    clues = [Clues(_window(tokens, at), []) for at in range(size)]
    for first, last, attribute, kind in _marked(matches):
        length = min(last - first, 4)
        for at in range(first, last):
            part = "B" if at == first else "I"
            clues[at].plain.append(f"{kind}:{part}:{attribute}")
            clues[at].tied.append((attribute, at == first, f"{kind}:{part}"))
            clues[at].tied.append((attribute, at == first, f"{kind}:{part}:{length}"))
        if first:
            clues[first - 1].plain.append(f"before:{kind}:{attribute}")
        if last < size:
            clues[last].plain.append(f"after:{kind}:{attribute}")
            # A word that ends here must not go on.
            clues[last].tied.append((attribute, False, f"{kind}:beyond"))
    return clues


def _marked(matches: Sequence[Match]) -> Iterator[Match]:
    """Yield matches; the kind of one that stands inside a longer match of its own attribute ends in ``<``."""
    longest: dict[str, list[tuple[int, int]]] = {}
    for first, last, attribute, _ in matches:
        longest.setdefault(attribute, []).append((first, last))
    for match in matches:
        inside = any(
            a <= match.first and match.last <= b and b - a > match.last - match.first
            for a, b in longest[match.attribute]
        )
        yield match._replace(kind=f"{match.kind}<") if inside else match


def _window(tokens: Sequence[str], at: int) -> list[str]:
    def token(offset: int) -> str:
        place = at + offset
        return tokens[place] if 0 <= place < len(tokens) else ("^" if place < 0 else "$")

    found = ["bias", f"type:{_type(token(0))}", f"types:{_type(token(-1))}{_type(token(0))}{_type(token(1))}"]
    found += [f"{offset}:{token(offset)}" for offset in (-2, -1, 0, 1, 2)]
    found += [f"{offset}::{token(offset)}{token(offset + 1)}" for offset in (-2, -1, 0, 1)]
    found += [f"{offset}:::{token(offset)}{token(offset + 1)}{token(offset + 2)}" for offset in (-2, -1, 0)]
    found += [f"near:{tokens[place]}" for place in range(max(0, at - 4), min(len(tokens), at + 5)) if place != at]
    return found


def _type(token: str) -> str:
    if token in "^$":
        return token
    if token.isascii():
        return "n" if token[0].isdigit() else "a" if token[0].isalpha() else "p"
    return "h" if token.isalnum() else "p"


def _windows(tokens: Sequence[str], longest: int) -> Iterator[tuple[str, ...]]:
    for first in range(len(tokens)):
        for last in range(first + 1, min(first + longest, len(tokens)) + 1):
            yield tuple(tokens[first:last])
