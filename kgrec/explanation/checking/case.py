"""What a text is checked against: a product, what it is compared with, and what is known of shoppers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice

from kgrec.explanation.checking.known import Known, stem
from kgrec.explanation.checking.phrases import PhraseBook

__all__ = ["Case"]

_MOST_BOOKS = 12
"""Anchors whose own values are known as phrases; words of the others are looked up one by one."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Case:
    """What a text is checked against.

    Attributes:
        product: the product that the text speaks of.
        anchors: products that the shopper touched or asked about, by id, those of the evidence first.
        owned: whether the history has the product itself.
        rests: whether the score rests on them; None where nobody says.
        told: whether anybody said what the anchors are; otherwise nothing that a text says of them can be checked.
        pair: anchor → number of shoppers who touched both; 0 where it is not known or not to be told.
        touched: number of shoppers who touched the product; None where it is not known or not to be told.
        popular: whether it is more popular than others; None where it is not known.
        crowd: id → number of shoppers, for comparisons.
        shares: anchor → parts of the score (0 … 1) that may be named; ``""`` for parts of the whole.
        strongest: the anchor that adds most; empty where none or several do.
        against: anchors that take more from the score than they add.
        carriers: value → numbers of the shop's products that have it.
        alike: anchors whose descriptions resemble that of the product.
        brands: brands of the shop, as phrases.
        title_of_another: tells whether words (keys) are the whole title of another product of the shop.
        find: returns the products with a title (its keys).
    """

    product: Known
    anchors: Mapping[str, Known] = field(default_factory=dict)
    told: bool = False
    owned: bool = False
    rests: bool | None = None
    pair: Callable[[str], int] = lambda _: 0
    touched: int | None = None
    popular: bool | None = None
    crowd: Callable[[str], int | None] = lambda _: None
    shares: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    strongest: str = ""
    against: frozenset[str] = frozenset()
    carriers: Mapping[str, frozenset[int]] = field(default_factory=dict)
    alike: frozenset[str] = frozenset()
    brands: PhraseBook | None = None
    find: Callable[[tuple[str, ...]], Iterable[Known]] = lambda _: ()

    @cached_property
    def books(self) -> tuple[PhraseBook, ...]:
        """The phrases that mean something here, those of the products included."""
        own = (self.product.book, *(anchor.book for anchor in islice(self.anchors.values(), _MOST_BOOKS)))
        return own if self.brands is None else (*own, self.brands)

    @cached_property
    def stems(self) -> frozenset[str]:
        """Stems of all words that any of the products' texts has."""
        found = set(self.product.stems)
        for anchor in self.anchors.values():
            found |= anchor.stems
        return frozenset(found)

    @cached_property
    def written(self) -> tuple[str, ...]:
        """What names the products, as it is written."""
        return (self.product.raw, *(anchor.raw for anchor in self.anchors.values()))

    def knows(self, key: str) -> bool:
        """Tell whether any of the products' texts has a word."""
        return stem(key) in self.stems
