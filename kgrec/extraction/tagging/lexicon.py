"""Values that training products have, and how far each can be believed where it is met again."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from kgrec.extraction.tagging.words import cut_words

__all__ = ["HIT_FEATURES", "Lexicon"]

HIT_FEATURES = 7
Group = tuple[str, str]
_PRIOR = 0.3
_START = 3


class Lexicon:
    """Counts of values by category and attribute.

    For each value it is known how often it was the answer, and how often it merely stood in the text of a product whose
    answer was another one or none. A training product's own labels are left out of what the lexicon says about it, so
    that a tagger which learns from these features does not learn to trust them blindly.

    Args:
        right: (category, attribute) → value → products with it as answer.
        seen: (category, attribute) → value → products whose attribute is known and whose text contains it.
    """

    def __init__(self, right: Mapping[Group, Mapping[str, int]], seen: Mapping[Group, Mapping[str, int]]) -> None:
        """Sum the counts over categories, attributes and spellings."""
        self.right = {group: dict(counts) for group, counts in right.items()}
        self.seen = {group: dict(counts) for group, counts in seen.items()}
        self._named: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._named_seen: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._folded: defaultdict[Group, Counter[str]] = defaultdict(Counter)
        self._in_category: defaultdict[str, Counter[str]] = defaultdict(Counter)
        attributes: defaultdict[str, set[str]] = defaultdict(set)
        for (category, attribute), counts in self.right.items():
            for value, count in counts.items():
                self._named[attribute][value] += count
                self._folded[category, attribute][value.casefold()] += count
                self._in_category[category][value] += count
                attributes[value.casefold()].add(attribute)
        for (_, attribute), counts in self.seen.items():
            self._named_seen[attribute].update(counts)
        self._anywhere: Counter[str] = Counter()
        for counts in self._named.values():
            self._anywhere.update(counts)
        self._attributes = {key: tuple(sorted(names)) for key, names in attributes.items()}
        self.starting: defaultdict[str, list[str]] = defaultdict(list)
        for value in sorted({value for counts in self.right.values() for value in counts}):
            self.starting[value[:_START]].append(value)
        self._remembered: dict[tuple[str, str], tuple[tuple[str, tuple[float, ...]], ...]] = {}

    @classmethod
    def learned_from(cls, rows: Iterable[tuple[str, Mapping[str, Sequence[str]], Sequence[str]]]) -> Lexicon:
        """Count over rows of (category, attribute → values, texts)."""
        kept = list(rows)
        right: defaultdict[Group, Counter[str]] = defaultdict(Counter)
        for category, values, _ in kept:
            for attribute, given in values.items():
                right[category, attribute].update(set(given))
        seen: defaultdict[Group, Counter[str]] = defaultdict(Counter)
        known = cls(right, {})
        for category, values, texts in kept:
            met = {value for text in texts for value in known.values_in(text)}
            for attribute in values:
                seen[category, attribute].update(met)
        return cls(right, seen)

    def values_at(self, text: str, at: int) -> Iterator[str]:
        """Yield the known values of three letters and more, of any attribute, that the text has at a place."""
        for value in self.starting.get(text[at : at + _START], ()):
            if text.startswith(value, at):
                yield value

    def known_without(self, value: str, own: Mapping[str, Sequence[str]] | None) -> bool:
        """Tell whether a value, as it stands, is known from other products too."""
        mine = sum(value in values for values in own.values()) if own else 0
        return self._anywhere[value] > mine

    def values_in(self, text: str) -> set[str]:
        """Return the known values, of any attribute, that begin at a word of the text; short ones if they are words."""
        words = cut_words(text)
        found: set[str] = set()
        for start, end in zip(words.starts, words.ends, strict=True):
            found.update(self.values_at(text, start))
            if end - start < _START and text[start:end] in self.starting:
                found.add(text[start:end])
        return found

    def known_among(self, texts: Iterable[str]) -> list[int]:
        """Return the places of those texts that are, in any case, a value of any attribute."""
        known = self._attributes
        return [place for place, text in enumerate(map(str.casefold, texts)) if text in known]

    def hits(
        self, text: str, category: str, own: Mapping[str, Sequence[str]] | None = None
    ) -> tuple[tuple[str, tuple[float, ...]], ...]:
        """Return (attribute, features) for each attribute that the text may be a value of.

        Args:
            text: the words, as they stand.
            category: the product's category.
            own: attribute → values of the product itself, where it is one that the lexicon was learned from.
        """
        if own is None:
            key = text, category
            found = self._remembered.get(key)
            if found is None:
                if len(self._remembered) > 200_000:
                    self._remembered.clear()
                # threads may ask at once: what another one clears must not be looked up again
                found = self._remembered[key] = self._hits(text, category, {})
            return found
        return self._hits(text, category, own)

    def _hits(
        self, text: str, category: str, own: Mapping[str, Sequence[str]]
    ) -> tuple[tuple[str, tuple[float, ...]], ...]:
        folded = text.casefold()
        mine = {attribute: text in values for attribute, values in own.items()}
        inside = self._in_category[category][text] - sum(mine.values())
        found = []
        for attribute in self._attributes.get(folded, ()):
            group = category, attribute
            own_right, own_seen = int(mine.get(attribute, False)), int(attribute in mine)
            right = self.right.get(group, {}).get(text, 0) - own_right
            seen = max(self.seen.get(group, {}).get(text, 0) - own_seen, right)
            named = self._named[attribute][text] - own_right
            named_seen = max(self._named_seen[attribute][text] - own_seen, named)
            own_folded = sum(value.casefold() == folded for value in set(own.get(attribute, ())))
            alike = self._folded[group][folded] - own_folded
            if right > 0 or named > 0 or alike > 0:
                found.append(
                    (
                        attribute,
                        (
                            float(np.log1p(right)),
                            (right + _PRIOR) / (seen + 1),
                            float(np.log1p(seen)),
                            float(np.log1p(named)),
                            (named + _PRIOR) / (named_seen + 1),
                            float(np.log1p(max(alike, 0))),
                            float(np.log1p(max(inside - right, 0))),
                        ),
                    )
                )
        return tuple(found)

    def as_json(self) -> dict[str, Any]:
        """Return the counts as lists that JSON can hold."""
        return {
            "groups": [
                {
                    "category": category,
                    "attribute": attribute,
                    "right": dict(sorted(self.right[category, attribute].items())),
                    "seen": dict(sorted(self.seen.get((category, attribute), {}).items())),
                }
                for category, attribute in sorted(self.right)
            ]
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Lexicon:
        """Return the lexicon that :meth:`as_json` wrote."""
        groups = {(row["category"], row["attribute"]): row for row in content["groups"]}
        return cls(
            {group: row["right"] for group, row in groups.items()},
            {group: row["seen"] for group, row in groups.items()},
        )
