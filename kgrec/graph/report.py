"""The quality report of a graph: what it covers, what is disputed, and what a person should look at first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kgrec.errors import DataError, SettingsError
from kgrec.graph.coverage import CategoryCoverage, RelationCoverage, category_coverage, relation_coverage
from kgrec.graph.duplicates import AlikeProducts, AlikeValues, alike_products, alike_values
from kgrec.graph.review import Conflict, Suspect, conflicts_of, standings_of, suspects_of

if TYPE_CHECKING:
    from kgrec.graph.graph import Graph

__all__ = ["GraphReport", "Hub", "Reliability", "ReliabilityBin", "ReportSettings", "reliability_of", "report"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSettings:
    """What the report looks for.

    Attributes:
        category: the relation whose values are categories.
        hub_share: a value that at least this share of the products has says nothing, 0 … 1.
        value_likeness: values as alike in letters may be one, 0 … 1.
        product_likeness: products that share so much of their values may be one, 0 … 1.
        least_shared: and share at least so many.
        most: at most so many entries in each list.
        bins: of the histogram of confidence.

    Raises:
        SettingsError: a setting has an impossible value.
    """

    category: str = "category"
    hub_share: float = 0.2
    value_likeness: float = 0.9
    product_likeness: float = 0.95
    least_shared: int = 4
    most: int = 25
    bins: int = 10

    def __post_init__(self) -> None:
        """Check the ranges."""
        for name in ("hub_share", "value_likeness", "product_likeness"):
            if not 0 <= getattr(self, name) <= 1:
                raise SettingsError(f"{name} must be from 0 to 1; got {getattr(self, name)!r}")
        for name in ("least_shared", "most", "bins"):
            if getattr(self, name) < 1:
                raise SettingsError(f"{name} must be at least 1; got {getattr(self, name)!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """A value that so large a share (0 … 1) of the products has that it tells none from another."""

    relation: str
    value: str
    share: float


class ReliabilityBin(NamedTuple):
    """Facts of about one confidence: its mean, the share that proved right, both 0 … 1, and how many there are."""

    confidence: float
    right: float
    facts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """Whether a confidence of .8 is right four times in five.

    Attributes:
        bins: from low to high confidence; empty ones are left out.
        error: expected calibration error: the mean distance of confidence and share, weighted by facts, 0 … 1
            (Naeini et al., 2015).
    """

    bins: tuple[ReliabilityBin, ...]
    error: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphReport:
    """What :func:`report` found; :meth:`to_dict` for JSON, :meth:`text` for a terminal.

    Attributes:
        products: number of products.
        values: number of value nodes.
        triples: number of triples.
        isolated: products without any triple.
        relations: coverage, singletons and confidence, relation by relation.
        categories: coverage by category.
        confidence: number of triples in equal steps of confidence from 0 to 1.
        standings: facts that a person accepted or rejected, and those that were overruled.
        disputed: relation → number of products in which sources disagreed.
        conflicts: examples.
        hubs: values that say nothing.
        alike_values: pairs that may be one value.
        alike_products: pairs that may be one product.
        suspects: what a person should look at first.
        reliability: of the confidences, where facts were judged.
    """

    products: int
    values: int
    triples: int
    isolated: int
    relations: tuple[RelationCoverage, ...]
    categories: tuple[CategoryCoverage, ...]
    confidence: tuple[int, ...]
    standings: dict[str, int]
    disputed: dict[str, int]
    conflicts: tuple[Conflict, ...]
    hubs: tuple[Hub, ...]
    alike_values: tuple[AlikeValues, ...]
    alike_products: tuple[AlikeProducts, ...]
    suspects: tuple[Suspect, ...]
    reliability: Reliability | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return plain values that JSON can hold, under the names of the attributes."""
        found = asdict(self)
        if self.reliability is not None:
            found["reliability"]["bins"] = [step._asdict() for step in self.reliability.bins]
        return found

    def text(self, *, most: int = 10) -> str:
        """Return the report for a terminal.

        Args:
            most: at most so many entries in each list.
        """
        from kgrec.graph.report_text import written

        return written(self, most)


def report(
    graph: Graph,
    *,
    reliability: Reliability | None = None,
    settings: ReportSettings | None = None,
) -> GraphReport:
    """Look a graph over.

    Conflicts and suspects need the facts behind the triples (``keep_sources``); without them these lists are empty.

    Args:
        graph: the graph.
        reliability: of its confidences, from :func:`reliability_of`.
        settings: what to look for.
    """
    settings = settings or ReportSettings()
    most, products, counts = settings.most, len(graph.product_ids), graph.value_counts()
    disputed, conflicts = conflicts_of(graph, most=most)
    hubs: list[int] = np.flatnonzero(counts >= settings.hub_share * max(products, 1)).tolist()
    hubs.sort(key=lambda number: (-int(counts[number]), number))
    return GraphReport(
        products=products,
        values=len(graph.values),
        triples=len(graph),
        isolated=int(np.count_nonzero(np.diff(graph.indptr) == 0)),
        relations=relation_coverage(graph, examples=5),
        categories=category_coverage(graph, settings.category, most=most),
        confidence=tuple(np.histogram(graph.confidence, bins=settings.bins, range=(0.0, 1.0))[0].tolist()),
        standings=standings_of(graph),
        disputed=disputed,
        conflicts=conflicts,
        hubs=tuple(
            Hub(relation=name, value=value, share=round(int(counts[number]) / products, 6))
            for number in hubs[:most]
            for name, value in [graph.label(number)]
        ),
        alike_values=alike_values(graph, likeness=settings.value_likeness, most=most),
        alike_products=alike_products(
            graph, likeness=settings.product_likeness, least=settings.least_shared, most=most
        ),
        suspects=suspects_of(graph, most=most),
        reliability=reliability,
    )


def reliability_of(
    confidence: Sequence[float] | NDArray[np.floating], right: Sequence[bool] | NDArray[np.bool_], *, bins: int = 10
) -> Reliability:
    """Compare confidences with what proved right.

    Args:
        confidence: float (f,), 0 … 1, of facts that somebody judged.
        right: bool (f,), whether each is right.
        bins: steps of equal width.

    Raises:
        DataError: the two differ in length, there are none, or a confidence is outside 0 … 1.
    """
    sure, truth = np.asarray(confidence, np.float64), np.asarray(right, np.float64)
    if sure.shape != truth.shape or sure.ndim != 1 or not len(sure) or not ((sure >= 0) & (sure <= 1)).all():
        raise DataError(
            f"reliability takes as many confidences from 0 to 1 as judgements; got {sure.shape} and {truth.shape}"
        )
    place = np.minimum((sure * bins).astype(int), bins - 1)
    sizes = np.bincount(place, minlength=bins)
    sums, rights = (np.bincount(place, weights=column, minlength=bins) for column in (sure, truth))
    used = np.flatnonzero(sizes).tolist()
    steps = tuple(
        ReliabilityBin(round(float(sums[at] / sizes[at]), 6), round(float(rights[at] / sizes[at]), 6), int(sizes[at]))
        for at in used
    )
    error = sum(step.facts * abs(step.confidence - step.right) for step in steps) / len(sure)
    return Reliability(bins=steps, error=round(float(error), 6))
