"""How often words that stand in a text were its value: the precedents of a candidate."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kgrec.extraction.choosing.texts import ProductText, spelling_of
from kgrec.extraction.labelled import LabelledProduct

__all__ = ["Precedents"]


@dataclass(frozen=True, slots=True)
class Precedents:
    """Attribute → spelling → in how many labelled texts it was a value, and in how many it stands.

    A spelling is what :func:`~kgrec.extraction.choosing.texts.spelling_of` leaves of a value.
    """

    counts: Mapping[str, Mapping[str, tuple[int, int]]]

    @classmethod
    def of(cls, texts: Sequence[ProductText], labelled: Sequence[LabelledProduct]) -> Precedents:
        """Count in labelled products and their texts."""
        values: defaultdict[str, set[str]] = defaultdict(set)
        spelt = [
            {attribute: {spelling_of(value) for value in stated} for attribute, stated in row.values.items()}
            for row in labelled
        ]
        for of_one in spelt:
            for attribute, spellings in of_one.items():
                values[attribute] |= spellings
        right: defaultdict[str, Counter[str]] = defaultdict(Counter)
        seen: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for text, of_one in zip(texts, spelt, strict=True):
            for attribute, spellings in of_one.items():
                standing = values[attribute] & text.spellings.keys()
                seen[attribute].update(standing)
                right[attribute].update(standing & spellings)
        return cls(
            {
                attribute: {spelling: (right[attribute][spelling], count) for spelling, count in sorted(counts.items())}
                for attribute, counts in seen.items()
            }
        )

    def features(self, place: str, attribute: str, value: str) -> tuple[str, ...]:
        """Return the names of what the precedents of a value say.

        Args:
            place: where they were counted, part of the names.
            attribute: that the value is a candidate for.
            value: the candidate.
        """
        right, seen = self.counts.get(attribute, {}).get(spelling_of(value), (0, 0))
        if not seen:
            return (f"{place} no precedent",)
        share = round(10 * right / seen)
        return (f"{place} precedent {share}", f"{place} precedent {share} of {min(seen.bit_length(), 4)}")
