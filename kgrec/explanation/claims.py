"""What a text is going to claim, before it is in any language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from kgrec.explanation.variants import Choose

__all__ = ["Basis", "Claims", "Grammar", "Lead", "Topic"]

Basis = Literal["history", "product"]
"""Whether the items an explanation rests on are a shopper's history or one product that was asked about."""

Topic = Literal["facts", "shoppers", "text"]

Lead = Literal["whole", "against", "popular", "general"]
"""What a badge says where no statement leads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """Claims that hold between the recommended product and each anchor, ready to be worded.

    Attributes:
        anchors: readable names of the anchors that are named, the strongest first.
        others: number of further anchors that are not named.
        topics: what is said, in that order.
        facts: relation → shared values.
        shoppers: number of shoppers with both (one anchor only), 0 where that is not said.
        basis: what the anchors are.
        choose: chooses among wordings of one meaning.
    """

    anchors: tuple[str, ...]
    others: int
    topics: tuple[Topic, ...]
    facts: dict[str, list[str]]
    shoppers: int
    basis: Basis
    choose: Choose

    @property
    def together(self) -> int:
        """Number of products spoken of: the anchors and the recommended one."""
        return len(self.anchors) + self.others + 1


class Grammar(Protocol):
    """One language. Every method but those for badges returns a whole sentence; all unescaped."""

    def reason(self, claims: Claims) -> str:
        """Say what speaks for the product."""
        ...

    def further(self, claims: Claims) -> str:
        """Say what speaks for the product beside; the claims have one anchor."""
        ...

    def whole(self, leader: str, *, single: bool, basis: Basis, choose: Choose) -> str:
        """Say that nothing more can be said than where it came from; ``leader`` counts most, ``single``: alone."""
        ...

    def against(self, *, basis: Basis) -> str:
        """Say that nothing speaks for the product."""
        ...

    def popular(self, shoppers: int, *, above: bool, choose: Choose) -> str:
        """Say that it is popular; ``above``: more than the average product. 0 shoppers: too few to be told."""
        ...

    def rarity(self, relation: str, value: str, count: int) -> str:
        """Say how many products of the shop have a value."""
        ...

    def weight(self, name: str, percent: int) -> str:
        """Say how much of the score one history item makes up."""
        ...

    def opposed(self, name: str) -> str:
        """Say that a history item speaks against the product."""
        ...

    def relation_label(self, relation: str) -> str:
        """Return what a relation is called, in the middle of a sentence."""
        ...

    def fact_badge(self, relation: str, value: str) -> str:
        """Name a shared value in a few words."""
        ...

    def shoppers_badge(self, name: str, shoppers: int) -> str:
        """Say in a few words that so many shoppers have both."""
        ...

    def text_badge(self, name: str) -> str:
        """Say in a few words that descriptions resemble each other."""
        ...

    def badge(self, lead: Lead, name: str, *, basis: Basis) -> str:
        """Say in a few words where it came from; ``name`` is what counts most, or empty."""
        ...
