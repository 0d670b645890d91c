"""What a shopper is answered with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import overload

from kgrec.data.explanations import Explanation

__all__ = ["Recommendation", "Recommendations"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """One recommended product.

    ``source`` names where the candidate came from: ``"item-item"``, ``"text"``, ``"graph"`` or ``"popularity"``.
    ``explanation`` is None only where it was asked to be left out.
    ``rules`` tells which business rules brought the product to its place, in the order they acted. Boosts change
    ``score`` and leave ``explanation.score``, the model's own, as it was.
    """

    item: str
    title: str
    score: float
    source: str
    explanation: Explanation | None = None
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendations(Sequence[Recommendation]):
    """Recommended products, best first, with what should be known about the answer.

    Attributes:
        items: the recommendations.
        notes: what went differently than asked, in plain words (unknown ids, a stage that was left out).
        degraded: True where a stage failed and the one before it answered.
        stage: the last stage that took part: ``"retrieval"``, or a re-ranker's name.
    """

    items: tuple[Recommendation, ...]
    notes: tuple[str, ...] = ()
    degraded: bool = False
    stage: str = "retrieval"

    @overload
    def __getitem__(self, index: int) -> Recommendation: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Recommendation, ...]: ...
    def __getitem__(self, index: int | slice) -> Recommendation | tuple[Recommendation, ...]:
        """Return one recommendation by rank (0 is the best)."""
        return self.items[index]

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.items)

    def __iter__(self) -> Iterator[Recommendation]:
        """Iterate, best first."""
        return iter(self.items)
