"""What a shopper is answered with, and what it rests on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, overload

__all__ = [
    "Contribution",
    "Evidence",
    "EvidenceKind",
    "Explanation",
    "Recommendation",
    "Recommendations",
    "Span",
]

EvidenceKind = Literal["fact", "behaviour", "sequence", "text", "popularity"]


@dataclass(frozen=True, slots=True)
class Span:
    """Where a fact stands: ``surface == text[start:end]`` of ``field`` of ``product``; −1 for declared facts."""

    product: str
    field: str
    start: int
    end: int
    surface: str


@dataclass(frozen=True, slots=True)
class Contribution:
    """One cell of a score's exact sum: what one history item adds through one source.

    ``source`` is ``"behaviour"`` (touched by the same shoppers), ``"sequence"`` (what comes next),
    ``"alike"`` (a new product hears what speaks for products like it), ``"text"`` (similar description),
    ``"graph:<relation>"`` (shared facts of that relation),
    or ``"popularity"`` with an empty ``history_item``.
    """

    history_item: str
    source: str
    amount: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A statement that is true and that the score rests on.

    Attributes:
        kind: what sort of statement it is.
        history_item: id of the product the shopper touched; empty for popularity.
        amount: what it adds to the score.
        share: ``amount`` divided by the score.
        relation, value: the shared fact (kind ``"fact"``), else empty.
        count: products that have the value (``"fact"``), shoppers who touched both (``"behaviour"``, ``"sequence"``)
            or shoppers who touched the product (``"popularity"``); 0 for ``"text"`` and where the
            shoppers are too few to be told.
        spans: where the fact stands in the two products' texts (kind ``"fact"``).
    """

    kind: EvidenceKind
    history_item: str
    amount: float
    share: float
    relation: str = ""
    value: str = ""
    count: int = 0
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why a product was recommended: numbers first, then evidence, then a sentence made from that evidence.

    ``contributions`` sum to ``score``. ``evidence`` is ordered by what should be said first.
    """

    product: str
    score: float
    text: str
    language: str
    contributions: tuple[Contribution, ...]
    evidence: tuple[Evidence, ...]


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
    """

    items: tuple[Recommendation, ...]
    notes: tuple[str, ...] = ()
    degraded: bool = False

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
