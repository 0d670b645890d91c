"""What the page of the demo shows, as values that the demo fills in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kgrec.data import Fact, Product, Recommendations
from kgrec.errors import SettingsError
from kgrec.graph import Graph

__all__ = ["CustomerSection", "DemoContent", "ExampleFact", "QualityRow"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleFact:
    """One fact and the product whose text it was read from."""

    fact: Fact
    product: Product


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerSection:
    """One customer and the answer.

    Attributes:
        user: the customer's id.
        history: products, newest last; empty for a visitor nobody knows.
        recommendations: the answer, with explanations.
    """

    user: str
    history: tuple[Product, ...]
    recommendations: Recommendations


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityRow:
    """What one model reached.

    Attributes:
        name: of the model.
        metrics: ``"recall@10"`` → figure; NaN or missing where there is none.
        intervals: the same keys → (low, high) of the 95 % interval, missing where there is none.
        p_value: two-sided, of the paired test of this model against the first row; None for the first row itself.
    """

    name: str
    metrics: Mapping[str, float]
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    p_value: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoContent:
    """Everything on the page.

    Attributes:
        title: heading of the page.
        introduction: a sentence under the heading; empty for none.
        kept: what was read and used → number (``"purchases"``, ``"products"``, ``"customers"``).
        set_aside: reason → number of rows.
        graph: the product knowledge graph.
        example: a fact and its product; None for none.
        customers: answers, in the order shown.
        quality: the library's own model first, then those it is compared with.
        metric_keys: columns of the quality table, for example ``("recall@10", "ndcg@10")``.
        quality_note: how it was measured, in a sentence.
        picture_svg: as :func:`kgrec.serving.picture.neighbourhood_svg` returns it: put into the page as it is. Empty
            for none.
        picture_caption: what the picture shows.
        settings: name → chosen value.
        relation_weights: relation → weight.
        seconds: stage → seconds, in order.
        attribution: where the data come from, and their licence.
        attribution_url: where that is on the web, http or https; empty for none. Nothing is loaded from there.

    Raises:
        SettingsError: ``attribution_url`` is no address on the web.
    """

    title: str
    introduction: str = ""
    kept: Mapping[str, int]
    set_aside: Mapping[str, int]
    graph: Graph
    example: ExampleFact | None = None
    customers: Sequence[CustomerSection]
    quality: Sequence[QualityRow] = ()
    metric_keys: Sequence[str] = ()
    quality_note: str = ""
    picture_svg: str = ""
    picture_caption: str = ""
    settings: Mapping[str, object] = field(default_factory=dict)
    relation_weights: Mapping[str, float] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    attribution: str = ""
    attribution_url: str = ""

    def __post_init__(self) -> None:
        """Refuse an address that a browser would run instead of open."""
        if self.attribution_url and not self.attribution_url.startswith(("https://", "http://")):
            raise SettingsError(
                f"attribution_url must begin with https:// or http://; got {self.attribution_url!r:.80}"
            )
