"""Facts by rule: word lists, a unit table and what the catalogue itself teaches. English and Chinese, no model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kgrec.data import Fact, Product
from kgrec.data.facts import fact_from_text
from kgrec.errors import SettingsError
from kgrec.extraction.rules.gazetteers import attribute_words, category_nouns, learn_gazetteer
from kgrec.extraction.rules.product_types import BUILT_IN_HEADS, HeadNouns, learn_heads
from kgrec.extraction.rules.reading import TextReader
from kgrec.extraction.rules.statements import Statement
from kgrec.language.phrases import Meaning

__all__ = ["RuleExtractor", "RuleSettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSettings:
    """Settings of the rules.

    Attributes:
        max_characters: how much of a field is read, so that a page pasted as a title costs no more than a paragraph.
        descriptions: whether descriptions are read beside titles.
        description_confidence: factor on the confidence of what a description says, 0 … 1.
        minimum_confidence: facts below it are not stated, 0 … 1.
        minimum_support: a noun, compound or declared value is learned where this many products have it, at least 2.
        learn_from: at most this many products, spread evenly, are learned from.

    Raises:
        SettingsError: a setting has an impossible value.
    """

    max_characters: int = 20_000
    descriptions: bool = True
    description_confidence: float = 0.7
    minimum_confidence: float = 0.3
    minimum_support: int = 3
    learn_from: int = 200_000

    def __post_init__(self) -> None:
        """Check the ranges."""
        for name, least in (("max_characters", 1), ("minimum_support", 2), ("learn_from", 1)):
            if getattr(self, name) < least:
                raise SettingsError(f"{name} must be at least {least}; got {getattr(self, name)!r}")
        for name in ("description_confidence", "minimum_confidence"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise SettingsError(f"{name} must be between 0 and 1; got {getattr(self, name)!r}")


class RuleExtractor:
    """Reads facts from titles and descriptions by rule; an ``Extractor``.

    Relations: product_type, colour, material, pattern, theme, style, finish, occasion, gender, age, pack_size, count,
    size (and length, height, width, depth, diameter), volume, weight, power and other measures, model; and what the
    shop declares, where the extractor was ``learned_from`` it.

    Args:
        settings: see ``RuleSettings``.
        heads: the nouns that name products.
        meanings: phrase key → meanings of this shop, which come before the built-in ones.
        relation_names: relation of the rules → the name under which this shop declares the same.
    """

    name = "rules"

    def __init__(
        self,
        *,
        settings: RuleSettings | None = None,
        heads: HeadNouns = BUILT_IN_HEADS,
        meanings: Mapping[str, tuple[Meaning, ...]] | None = None,
        relation_names: Mapping[str, str] | None = None,
    ) -> None:
        """Build the tables once."""
        self.settings = settings or RuleSettings()
        self._relation_names = dict(relation_names or {})
        self._reader = TextReader(heads, meanings or {})

    @classmethod
    def learned_from(cls, catalogue: Sequence[Product], *, settings: RuleSettings | None = None) -> RuleExtractor:
        """Return an extractor that also knows what this catalogue teaches.

        It learns which nouns end titles and so name products, which words stand before them as part of the name, and
        the values of declared attributes and brands, to be found in the titles of other products. Deterministic.
        """
        settings = settings or RuleSettings()
        step = max(1, -(-len(catalogue) // settings.learn_from))
        sample = [catalogue[num] for num in range(0, len(catalogue), step)]
        gazetteer = learn_gazetteer(sample, minimum_support=settings.minimum_support)
        reader = TextReader(BUILT_IN_HEADS, gazetteer.meanings)
        heads = learn_heads(
            (reader.words_of_title(product.title[: settings.max_characters], product.brand) for product in sample),
            category_nouns(sample),
            minimum_support=settings.minimum_support,
        )
        heads = HeadNouns(strength=_without(heads.strength, attribute_words(sample)), compounds=heads.compounds)
        return cls(settings=settings, heads=heads, meanings=gazetteer.meanings, relation_names=gazetteer.relation_names)

    def extract(self, products: Iterable[Product]) -> Iterator[Fact]:
        """Yield the facts of each product, products in the order given, a product's facts by field and place.

        Each value is stated once a product and relation, where it is most certain.
        """
        for product in products:
            for row in self._rows(product):
                yield fact_from_text(*row[:9])

    def rows(self, products: Iterable[Product]) -> Iterator[tuple[Any, ...]]:
        """Yield the same facts as tuples of the columns of ``FACT_SCHEMA``, for who wants columns: a tenth quicker."""
        for product in products:
            yield from self._rows(product)

    def _rows(self, product: Product) -> list[tuple[Any, ...]]:
        best: dict[tuple[str, str], tuple[str, str, int, int, float]] = {}
        least = self.settings.minimum_confidence
        for field, text, factor, statements in self._readings(product):
            for relation, value, start, end, sure in statements:
                key, confidence = (relation, value), sure * factor
                if confidence >= least and (key not in best or best[key][4] < confidence):
                    best[key] = field, text, start, end, confidence
        product_id, names = product.id, self._relation_names
        return [
            (
                product_id,
                names.get(relation, relation),
                value,
                field,
                start,
                end,
                text[start:end],
                confidence,
                "rules",
                "",
                "",
            )
            for (relation, value), (field, text, start, end, confidence) in best.items()
        ]

    def _readings(self, product: Product) -> list[tuple[str, str, float, list[Statement]]]:
        limit, reader, readings = self.settings.max_characters, self._reader, []
        if product.title:
            readings.append(("title", product.title, 1.0, reader.title(product.title[:limit], product.brand)))
        if product.description and self.settings.descriptions:
            statements = reader.description(product.description[:limit], product.brand)
            readings.append(("description", product.description, self.settings.description_confidence, statements))
        return readings


def _without(strength: Mapping[str, float], words: frozenset[str]) -> dict[str, float]:
    """Leave out learned nouns that are values of declared attributes: what a shop calls a colour names no product."""
    return {noun: sure for noun, sure in strength.items() if noun not in words or noun in BUILT_IN_HEADS.strength}
