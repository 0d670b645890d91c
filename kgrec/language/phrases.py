"""Longest-match lookup of many phrases in one walk over the words of a text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from kgrec.language.tokens import Tokens

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
        """Index the phrases by their first word, the longer ones by their second too."""
        self.meanings = dict(meanings)
        longer: defaultdict[str, defaultdict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
        for phrase in self.meanings:
            first, *others = phrase.split(" ")
            if others:
                longer[first][others[0]].add(1 + len(others))
        self._longer = {
            first: {second: tuple(sorted(sizes, reverse=True)) for second, sizes in by_second.items()}
            for first, by_second in longer.items()
        }
        self.begins = self.meanings.keys() | self._longer.keys()

    def match(self, tokens: Tokens, places: Iterable[int]) -> list[PhraseMatch]:
        """Return the matches from left to right, the longest at each place; none overlap.

        Args:
            tokens: the words of a text.
            places: those whose key is in ``begins``, the keys with which a phrase can begin, in order.
        """
        found: list[PhraseMatch] = []
        keys, longer, meanings = tokens.keys, self._longer, self.meanings
        last, free = len(keys) - 1, 0
        for at in places:
            if at < free:
                continue
            key = keys[at]
            # The second word rules out nearly every longer phrase before one is put together.
            if key in longer and at < last and keys[at + 1] in longer[key]:
                match = next(self._longer_at(tokens, at), None)
            else:
                match = None
            if match is not None:
                found.append(match)
                free = match.last
            elif key in meanings:
                found.append(PhraseMatch(at, at + 1, meanings[key]))
        return found

    def match_all(self, tokens: Tokens) -> Iterator[PhraseMatch]:
        """Yield every match, from left to right, the longest first at each place; they may overlap."""
        begins, longer, meanings = self.begins, self._longer, self.meanings
        for at, key in enumerate(tokens.keys):
            if key in begins:
                if key in longer:
                    yield from self._longer_at(tokens, at)
                if key in meanings:
                    yield PhraseMatch(at, at + 1, meanings[key])

    def _longer_at(self, tokens: Tokens, at: int) -> Iterator[PhraseMatch]:
        """Yield the phrases of two and more words that begin at a word, the longest first."""
        keys, meanings = tokens.keys, self.meanings
        if at + 1 == len(keys):
            return
        for size in self._longer[keys[at]].get(keys[at + 1], ()):
            found = meanings.get(" ".join(keys[at : at + size]))
            if found is not None and at + size <= len(keys) and adjacent(tokens, at, at + size):
                yield PhraseMatch(at, at + size, found)


def adjacent(tokens: Tokens, first: int, last: int) -> bool:
    """Tell whether only a blank, a hyphen or an ampersand stands between words ``first`` … ``last − 1``."""
    return _GAPS.issuperset(tokens.gaps[first + 1 : last])
