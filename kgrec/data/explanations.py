"""Why a product was recommended: numbers, statements that can be checked, and words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

__all__ = [
    "Contribution",
    "Counterfactual",
    "Edge",
    "Evidence",
    "EvidenceKind",
    "Explanation",
    "GraphPath",
    "Phrase",
    "Reranked",
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


class Contribution(NamedTuple):
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

    @property
    def source(self) -> str:
        """The source of the contribution that it is a part of."""
        return f"graph:{self.relation}" if self.kind == "fact" else self.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterfactual:
    """What a score would be without one piece of what it rests on, everything else being as it is.

    Attributes:
        history_item: id of the product the shopper touched.
        source: ``""`` where the whole event is left out: it counts 0, and the others count what they counted, their
            places in the history included. Else what is left out is the part of this source (see
            :class:`Contribution`) in what the history item says for this product; for ``"graph:<relation>"`` these are
            the edges of that relation between the two.
        lowers: what the score loses by it; negative where it gains.
        score: what is left.
        stays: whether the product would still be among the first k; None where that was not asked.
    """

    history_item: str
    source: str
    lowers: float
    score: float
    stays: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """An edge of the graph: ``subject –relation→ value``.

    Attributes:
        kind: ``"fact"``: a product has a value. ``"part_of"``: a value stands below another one, as
            ``Beauty > Nails`` below ``Beauty``.
        subject: a product's id, or the lower value.
        relation: its name.
        value: what the product has, or the upper value.
        span: where the fact stands in the product's text; None for declared facts and between values.
    """

    kind: Literal["fact", "part_of"]
    subject: str
    relation: str
    value: str
    span: Span | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphPath:
    """A way through the graph from what the shopper touched to the product.

    Attributes:
        history_item: where it begins.
        product: where it ends.
        edges: in the order of the way; each keeps its own direction, so that a shared value is
            ``history_item –brand→ OPI`` and then ``product –brand→ OPI``.
        count: products that have the value in the middle, or one below it.
    """

    history_item: str
    product: str
    edges: tuple[Edge, ...]
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """What a text says, in no language: for shops that word it themselves.

    Attributes:
        key: what is said; ``docs/explanations.md`` lists all keys.
        arguments: ids, numbers and values that it is said of; JSON.
    """

    key: str
    arguments: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reranked:
    """What a re-ranker changed, found by leaving out one history item after the other.

    No exact shares: the items act together, so that the changes do not add up to the score.

    Attributes:
        stage: name of the re-ranker.
        retrieval_rank: place by retrieval, counted from 1, among the candidates the re-ranker was given.
        rank: place by the re-ranker.
        score: the re-ranker's own.
        changes: history item → what its score loses when the re-ranker is asked without that item, the largest
            first; negative where the item speaks against the product.
        ranks: history item → the place that the product would have without it.
        left_out: history items that were not tried, because there are too many.
    """

    stage: str
    retrieval_rank: int
    rank: int
    score: float
    changes: Mapping[str, float]
    ranks: Mapping[str, int]
    left_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why a product was recommended: numbers first, then evidence, then texts made from that evidence.

    ``contributions`` sum to ``score``. ``evidence`` is ordered by what should be said first.

    Attributes:
        product: its id.
        score: the model's own.
        text: one sentence.
        language: of the texts.
        contributions: every part of the score.
        evidence: what of these can be stated.
        badge: a few words for a label.
        paragraph: some sentences, the first of which is ``text``.
        phrases: what the paragraph says, in no language.
        withheld: statements that hold and are not made, because the shop counts them as sensitive.
        paths: ways through the graph from the history to the product; only in a detailed explanation.
        counterfactuals: what the score would be without a history item or one of its sources; only in a detailed one.
        reranked: what a re-ranker made of it; None without one.
    """

    product: str
    score: float
    text: str
    language: str
    contributions: tuple[Contribution, ...]
    evidence: tuple[Evidence, ...]
    badge: str = ""
    paragraph: str = ""
    phrases: tuple[Phrase, ...] = ()
    withheld: int = 0
    paths: tuple[GraphPath, ...] = ()
    counterfactuals: tuple[Counterfactual, ...] = ()
    reranked: Reranked | None = None

    def without(self, history_item: str, source: str = "") -> Counterfactual | None:
        """Return what the score would be without a history item, or without one of its sources; None if not known.

        For a piece of evidence: ``why.without(entry.history_item, entry.source)``.
        """
        wanted = (history_item, source)
        return next((found for found in self.counterfactuals if (found.history_item, found.source) == wanted), None)
