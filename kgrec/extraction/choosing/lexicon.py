"""What labelled products teach of one attribute: its values, and how to get from the words of a text to them."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

import numpy as np

from kgrec.extraction.choosing.mentions import SLOT
from kgrec.extraction.choosing.texts import ProductText, spelling_of
from kgrec.extraction.choosing.transforms import SCALES, WORDINGS, Counting, Scaling, Slice, Transform

__all__ = ["Lexicon", "Rewriting"]

_SLOT = re.compile(r"\d+(?:\.\d+)?", re.ASCII)
_LEAST_GAIN = 0.004
_OF_FACTOR = [list(of_one) for _, of_one in groupby(SCALES, key=lambda scaling: scaling.factor)]
_FACTORS = np.array([float(of_one[0].factor) for of_one in _OF_FACTOR])


class Rewriting(NamedTuple):
    """Words of this pattern are written down as that: ``#-gb`` as ``# Gigabytes``."""

    template: str
    hits: int
    precision: float

    def fill(self, numbers: tuple[str, ...]) -> str:
        """Return the value, with the numbers in the places of the slots."""
        rest = iter(numbers)
        return re.sub(SLOT, lambda _: next(rest), self.template)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """How the values of one attribute are read.

    Attributes:
        values: value → how many products state it.
        transforms: those that explain values, the most useful first.
        shapes: name of a transform of words → the shapes of the words it is applied to.
        rewritings: pattern → what it is written down as.
        share: of the products, how many state the attribute at all.
    """

    values: Mapping[str, int]
    transforms: tuple[Transform, ...]
    shapes: Mapping[str, frozenset[str]]
    rewritings: Mapping[str, tuple[Rewriting, ...]]
    share: float

    @property
    def counts(self) -> bool:
        """Whether all values are numbers, which transforms lead to: then they are computed and not chosen."""
        return bool(self.transforms) and all(_SLOT.fullmatch(value) for value in self.values)

    @classmethod
    def learn(cls, texts: Sequence[ProductText], stated: Sequence[tuple[str, ...]]) -> Lexicon:
        """Learn from products and the values stated of each."""
        values = Counter(value for of_one in stated for value in of_one)
        explained: defaultdict[str, set[int]] = defaultdict(set)
        shapes: defaultdict[str, Counter[str]] = defaultdict(Counter)
        known: dict[str, Transform] = {}
        for num, (text, of_one) in enumerate(zip(texts, stated, strict=True)):
            for transform, shape in _hits(text, of_one):
                known[transform.name] = transform
                explained[transform.name].add(num)
                shapes[transform.name][shape] += 1
        told = sum(1 for of_one in stated if of_one)
        chosen = _cover(explained, max(2.0, _LEAST_GAIN * told))
        return cls(
            values=dict(sorted(values.items(), key=lambda pair: (-pair[1], pair[0]))),
            transforms=tuple(known[name] for name in chosen),
            shapes={name: frozenset(shapes[name]) for name in chosen},
            rewritings=_learn_rewritings(texts, stated),
            share=told / max(1, len(stated)),
        )


def _hits(text: ProductText, stated: tuple[str, ...]) -> Iterator[tuple[Transform, str]]:
    """Yield the transforms that lead from a mention to a stated value, and the shape of the mention."""
    counting = Counting()
    for value in stated:
        for at in text.spellings.get(spelling_of(value), ()):
            mention = text.mentions[at]
            yield from ((wording, mention.shape) for wording in WORDINGS if wording(mention.text) == value)
        if not _SLOT.fullmatch(value):
            continue
        yield from ((scaling, "9") for scaling in _scalings(text, value))
        yield from _slices(text, value)
        for spelling, places in text.spellings.items():
            if counting(spelling) == value:
                yield counting, text.mentions[places[0]].shape


def _slices(text: ProductText, value: str) -> Iterator[tuple[Transform, str]]:
    """Yield the cuts that lead from a long number of the text to a shorter one."""
    if len(value) < 3 or not value.isdigit():
        return
    for at in text.amounts[0]:
        digits = text.mentions[at].text
        if len(digits) >= 8 and digits.isdigit() and value in digits and len(value) < len(digits):
            yield Slice(digits.index(value), digits.index(value) + len(value)), "9"


def _scalings(text: ProductText, value: str) -> Iterator[Scaling]:
    """Yield the changes of unit that lead from a number of the text to a value; floats find, exact numbers check."""
    places, amounts = text.amounts
    decimals = len(value.partition(".")[2])
    near = np.abs(amounts[:, None] * _FACTORS[None, :] - float(value)) <= 0.5001 * 10.0**-decimals + 1e-9 * float(value)
    for place, which in np.argwhere(near):
        words = text.mentions[places[place]].text
        yield from (scaling for scaling in _OF_FACTOR[which] if scaling(words) == value)


def _cover(explained: Mapping[str, set[int]], least: float) -> list[str]:
    """Choose transforms one by one, the one that explains most of what is left, until one explains too little."""
    left: set[int] = set().union(*explained.values()) if explained else set()
    chosen: list[str] = []
    while left:
        name = min(explained, key=lambda name: (-len(explained[name] & left), len(name), name))
        if len(explained[name] & left) < least:
            break
        chosen.append(name)
        left -= explained[name]
    return chosen


def _learn_rewritings(
    texts: Sequence[ProductText], stated: Sequence[tuple[str, ...]]
) -> dict[str, tuple[Rewriting, ...]]:
    hits: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for text, of_one in zip(texts, stated, strict=True):
        for value in of_one:
            template, numbers = _SLOT.sub(SLOT, value), tuple(_SLOT.findall(value))
            for pattern, places in text.patterns.items():
                if SLOT not in pattern:
                    hits[pattern][value] += 1
                elif numbers and any(have == numbers for have, _ in places):
                    hits[pattern][template] += 1
    hopeful = {pattern for pattern, templates in hits.items() if max(templates.values()) >= 2}
    totals = Counter(pattern for text in texts for pattern in text.patterns.keys() & hopeful)
    learned: dict[str, tuple[Rewriting, ...]] = {}
    for pattern in sorted(hopeful):
        least, sure = (2, 0.1) if SLOT in pattern else (3, 0.5)
        found = tuple(
            Rewriting(template, count, count / totals[pattern])
            for template, count in sorted(hits[pattern].items(), key=lambda pair: (-pair[1], pair[0]))[:3]
            if count >= least and count >= sure * totals[pattern]
        )
        if found:
            learned[pattern] = found
    return learned
