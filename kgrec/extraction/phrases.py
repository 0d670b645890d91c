"""Longest-match lookup of many phrases in one walk over the words of a text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from kgrec.extraction.tokens import Tokens

__all__ = ["Meaning", "PhraseMatch", "PhraseTable", "adjacent"]

_GAPS = frozenset({"", " ", "-", "  ", "&", " & ", " '", "' "})


class Meaning(NamedTuple):
    """What a phrase says of a product."""

    relation: str
    value: str
    confidence: float


class PhraseMatch(NamedTuple):
    """Words ``first`` … ``last − 1`` are a known phrase; without meanings it only keeps shorter ones away."""

    first: int
    last: int
    meanings: tuple[Meaning, ...]


class PhraseTable:
    """Phrases and their meanings.

    Args:
        meanings: phrase key (see ``phrase_key``) → meanings; none for a phrase that means nothing by its parts,
            such as ``"olive oil"``, which is no colour.
    """

    def __init__(self, meanings: Mapping[str, tuple[Meaning, ...]]) -> None:
        """Index the phrases by their first word."""
        self.meanings = dict(meanings)
        lengths: defaultdict[str, set[int]] = defaultdict(set)
        for phrase in self.meanings:
            words = phrase.split(" ")
            lengths[words[0]].add(len(words))
        self._lengths = {first: tuple(sorted(found, reverse=True)) for first, found in lengths.items()}

    def match(self, tokens: Tokens) -> list[PhraseMatch]:
        """Return the matches from left to right, the longest at each place; none overlap."""
        found: list[PhraseMatch] = []
        keys, lengths, meanings = tokens.keys, self._lengths, self.meanings
        at, count = 0, len(keys)
        while at < count:
            step = 1
            for length in lengths.get(keys[at], ()):
                if length == 1:
                    found.append(PhraseMatch(at, at + 1, meanings[keys[at]]))
                    break
                phrase = " ".join(keys[at : at + length])
                if phrase in meanings and at + length <= count and adjacent(tokens, at, at + length):
                    found.append(PhraseMatch(at, at + length, meanings[phrase]))
                    step = length
                    break
            at += step
        return found

    def match_all(self, tokens: Tokens) -> Iterator[PhraseMatch]:
        """Yield every match, from left to right, the longest first at each place; they may overlap."""
        keys, lengths, meanings = tokens.keys, self._lengths, self.meanings
        for at, key in enumerate(keys):
            for length in lengths.get(key, ()):
                phrase = key if length == 1 else " ".join(keys[at : at + length])
                if phrase in meanings and at + length <= len(keys) and adjacent(tokens, at, at + length):
                    yield PhraseMatch(at, at + length, meanings[phrase])


def adjacent(tokens: Tokens, first: int, last: int) -> bool:
    """Tell whether only a blank, a hyphen or an ampersand stands between words ``first`` … ``last − 1``."""
    return all(gap in _GAPS for gap in tokens.gaps[first + 1 : last])
