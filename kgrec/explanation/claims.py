"""What a sentence is going to claim, before it is in any language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

__all__ = ["Basis", "Claims", "Grammar", "Topic"]

Basis = Literal["history", "product"]
"""Whether the items an explanation rests on are a shopper's history or one product that was asked about."""

Topic = Literal["facts", "shoppers", "text"]


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
        variant: chooses among wordings of one meaning.
    """

    anchors: tuple[str, ...]
    others: int
    topics: tuple[Topic, ...]
    facts: dict[str, list[str]]
    shoppers: int
    basis: Basis
    variant: int

    @property
    def together(self) -> int:
        """Number of products spoken of: the anchors and the recommended one."""
        return len(self.anchors) + self.others + 1


class Grammar(Protocol):
    """One language. Every method returns a whole sentence, unescaped."""

    def reason(self, claims: Claims) -> str:
        """Say what speaks for the product."""
        ...

    def whole(self, leader: str, *, single: bool, basis: Basis, variant: int) -> str:
        """Say that nothing more can be said than where it came from; ``leader`` counts most, ``single``: alone."""
        ...

    def against(self, *, basis: Basis) -> str:
        """Say that nothing speaks for the product."""
        ...

    def popular(self, shoppers: int, *, above: bool, variant: int) -> str:
        """Say that it is popular; ``above``: more than the average product. 0 shoppers: too few to be told."""
        ...
