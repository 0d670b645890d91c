"""Numeric values gathered into ranges that hold about as many products each."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kgrec.data import Facts
from kgrec.errors import SettingsError
from kgrec.graph.quantities import Quantities, factor_of, quantities_of

if TYPE_CHECKING:
    from kgrec.graph.triples import Triples

__all__ = ["Range", "RangeSettings", "range_facts", "ranges_of"]


@dataclass(frozen=True, kw_only=True)
class RangeSettings:
    """How numbers are gathered.

    Attributes:
        bins: how many ranges at most for each kind of quantity of a relation, 2 or more.
        min_products: a kind of quantity that fewer products have gets no ranges.
        relations: whose values are gathered; None for every relation that has quantities.

    Raises:
        SettingsError: a value is out of range.
    """

    bins: int = 5
    min_products: int = 20
    relations: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        """Check the values."""
        if self.bins < 2 or self.min_products < 1:
            raise SettingsError(
                f"bins must be at least 2 and min_products at least 1; got {self.bins} and {self.min_products}"
            )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Range:
    """The values of a relation from ``low`` up to ``high``.

    Attributes:
        label: in words, ``"10–20 cm"``, ``"under 10 cm"`` or ``"20 cm and over"``.
        low: included; −inf in the first range.
        high: not included; inf in the last one.
        unit: of both, as the relation's values mostly write it; ``""`` for plain numbers.
        values: int32 (m,), the value numbers in it, rising.
    """

    label: str
    low: float
    high: float
    unit: str
    values: NDArray[np.int32]


def ranges_of(graph: Triples, relation: str, settings: RangeSettings) -> tuple[Range, ...]:
    """Return the ranges of a relation, kind of quantity by kind, from low to high.

    Edges are quantiles over products, rounded as coarsely as the distance between them allows, so that a range reads
    ``10–20 cm`` and not ``9.87–20.3 cm``. Every range holds a value; a kind whose values do not differ enough to part
    them gets no ranges.
    """
    quantities = quantities_of(graph, relation)
    counts = np.diff(graph.value_indptr)
    return tuple(
        found
        for kind in range(len(quantities.units))
        for found in _kind_ranges(quantities, kind, counts[quantities.value], settings)
    )


def range_facts(graph: Triples, settings: RangeSettings | None = None) -> Facts:
    """Return facts that say in which range a product's numbers lie, to be added to the graph's own.

    A value ``15 cm`` of the relation ``height`` gives ``height_range: 10–20 cm`` with the confidence of the triple,
    ``extractor="ranges"`` and the value as ``surface``. Add them before a build to let the model see that sizes
    are near each other::

        ranges = kgrec.graph.range_facts(kgrec.Graph.from_facts(catalogue.ids, facts))
        kgrec.build(catalogue, events, facts + ranges)

    Args:
        graph: the graph.
        settings: how numbers are gathered.
    """
    settings = settings or RangeSettings()
    parts = [
        part
        for relation in (graph.relations if settings.relations is None else settings.relations)
        for found in ranges_of(graph, relation, settings)
        for part in (_facts_in(graph, relation, found, value) for value in found.values.tolist())
    ]
    return Facts(pa.concat_tables(parts)) if parts else Facts.of([])


def _facts_in(graph: Triples, relation: str, found: Range, value: int) -> pa.Table:
    products = graph.products_with(value)
    size = len(products)

    def always(text: str) -> Any:
        return pa.DictionaryArray.from_arrays(pa.array(np.zeros(size, np.int32)), pa.array([text]))

    nowhere = pa.array(np.full(size, -1, np.int32))
    sure = np.array([graph.confidence_of(num, value) for num in products.tolist()], np.float32)
    columns = {
        "product": pa.array([graph.product_ids[num] for num in products.tolist()], pa.string()),
        "relation": always(f"{relation}_range"),
        "value": always(found.label),
        "field": always(relation),
        "start": nowhere,
        "end": nowhere,
        "surface": always(graph.label(value)[1]).cast(pa.string()),
        "confidence": pa.array(sure),
        "extractor": always("ranges"),
    }
    return pa.table(columns)


def _kind_ranges(quantities: Quantities, kind: int, counts: NDArray[np.int64], settings: RangeSettings) -> list[Range]:
    mine = quantities.kind == kind
    values, weights = quantities.value[mine], counts[mine]
    if weights.sum() < settings.min_products:
        return []
    unit = quantities.written[kind]
    _, factor, offset = factor_of(unit)
    converted = (quantities.amount[mine] - offset) / factor
    amounts = np.array([float(f"{amount:.12g}") for amount in converted.tolist()])  # 0.15 m is 15 cm to the last digit
    edges = _edges(amounts, weights, settings.bins)
    place = np.searchsorted(edges, amounts, side="right")
    used = np.unique(place)
    if len(used) < 2:
        return []
    # An edge stays where it parts two ranges that hold something.
    bounds = [-math.inf, *(float(edges[at - 1]) for at in used[1:].tolist()), math.inf]
    return [
        Range(label=_label(low, high, unit), low=low, high=high, unit=unit, values=values[place == at])
        for at, low, high in zip(used.tolist(), bounds[:-1], bounds[1:], strict=True)
    ]


def _edges(amounts: NDArray[np.float64], weights: NDArray[np.int64], bins: int) -> NDArray[np.float64]:
    """Return at most ``bins − 1`` rounded quantiles, float64, rising; who stands on an edge is above it."""
    order = np.argsort(amounts, kind="stable")
    ranked, reached = amounts[order], np.cumsum(weights[order])
    picks = np.searchsorted(reached, reached[-1] * np.arange(1, bins) / bins, side="right")
    points = np.unique(ranked[picks])
    points = points[points > ranked[0]].tolist()
    marks = [float(ranked[0]), *points, float(ranked[-1])]
    edges = []
    for below, point, above in zip(marks[:-2], points, marks[2:], strict=True):
        # Rounded down by less than the way to the point below, an edge stays above that one.
        digits = -math.floor(math.log10(min(point - below, above - point) if above > point else point - below))
        edges.append(round(math.floor(round(point * 10.0**digits, 6)) / 10.0**digits, digits))
    return np.unique(np.array(edges, np.float64))


def _label(low: float, high: float, unit: str) -> str:
    tail = unit if unit in ('"', "'", "%") else f" {unit}" if unit else ""
    if low == -math.inf:
        return f"under {high:.10g}{tail}"
    if high == math.inf:
        return f"{low:.10g}{tail} and over"
    return f"{low:.10g}–{high:.10g}{tail}"
