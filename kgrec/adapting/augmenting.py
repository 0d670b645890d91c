"""Products said in other ways: attributes left out, synonyms, parts of the words."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from kgrec.adapting.settings import AdaptSettings
from kgrec.data import Catalogue, Fact, Facts
from kgrec.embedding import product_document

__all__ = ["Texts", "synonyms_of"]

_LEAST_KEPT = 0.6
"""Share of the words that a crop keeps at least."""
_SHORTEST, _LONGEST = 2, 4
"""Words of a query that is a part of a title."""


def synonyms_of(facts: Facts, more: Mapping[str, Sequence[str]] | None = None) -> dict[str, tuple[str, ...]]:
    """Return the other ways in which values were stated, by the value in lower case.

    They come from what the shop has agreed to call its values (the merges that travel with the facts), from what
    sources stated, and from ``more``.
    """
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for _, old, new, *_ in facts.conventions.get("merges", ()):
        found[str(new).casefold()][str(old)] = None
    stated, values = (facts.table[name].to_pylist() for name in ("stated", "value"))
    for other, value in set(zip(stated, values, strict=True)):
        if other and other.casefold() != value.casefold():
            found[value.casefold()][other] = None
    for value, others in (more or {}).items():
        found[value.casefold()] |= dict.fromkeys(others)
    return {value: tuple(sorted(others)) for value, others in found.items() if others}


class Texts:
    """Writes products for the training.

    Args:
        catalogue: the products.
        facts: of any of them.
        settings: how often what is changed.
        synonyms: value in lower case → other ways of saying it.
    """

    def __init__(
        self, catalogue: Catalogue, facts: Facts, settings: AdaptSettings, synonyms: Mapping[str, Sequence[str]]
    ) -> None:
        """Sort the facts by product."""
        self._catalogue, self._settings, self._synonyms = catalogue, settings, synonyms
        self._facts: dict[str, list[Fact]] = defaultdict(list)
        for fact in facts:
            self._facts[fact.product].append(fact)

    def document(self, num: int, rng: np.random.Generator) -> str:
        """Write a product with some of its attributes left out, values said in other ways, or cut."""
        product, chance = self._catalogue[num], self._settings
        dropped = rng.random(3) < chance.drop
        facts = [fact for fact in self._facts.get(product.id, ()) if rng.random() >= chance.drop]
        text = product_document(
            replace(
                product,
                brand=None if dropped[0] else product.brand,
                categories=() if dropped[1] else product.categories,
                description="" if dropped[2] else product.description,
            ),
            facts,
        )
        for fact in facts:
            text = self.said(text, fact.value, rng)
        return self._cropped(text, rng)

    def said(self, text: str, value: str, rng: np.random.Generator) -> str:
        """Say a value of a text in another way, now and then, where another one is known."""
        others = self._synonyms.get(value.casefold())
        if not others or rng.random() >= self._settings.synonym:
            return text
        other = others[int(rng.integers(len(others)))]
        return re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", lambda _: other, text, count=1, flags=re.IGNORECASE)

    def title_part(self, num: int, rng: np.random.Generator) -> str:
        """Return two to four words of a title that stand beside each other; empty where it has no more than two."""
        words = self._catalogue[num].title.split()
        count = min(int(rng.integers(_SHORTEST, _LONGEST + 1)), len(words) - 1)
        if count < _SHORTEST:
            return ""
        start = int(rng.integers(len(words) - count + 1))
        return " ".join(words[start : start + count])

    def title_words(self, num: int) -> frozenset[str]:
        """Return the words of a title in lower case."""
        return frozenset(self._catalogue[num].title.casefold().split())

    def _cropped(self, text: str, rng: np.random.Generator) -> str:
        words = text.split()
        if rng.random() >= self._settings.crop or len(words) < 4:
            return text
        count = max(int(np.ceil(len(words) * rng.uniform(_LEAST_KEPT, 1.0))), 1)
        start = int(rng.integers(len(words) - count + 1))
        return " ".join(words[start : start + count])
