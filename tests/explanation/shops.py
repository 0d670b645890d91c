"""A small shop with known facts and histories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from kgrec.data import Catalogue, Explanation, Fact, Facts, Histories, Product
from kgrec.explanation import Audience, ExplanationSettings, TemplateExplainer
from kgrec.graph import Graph

SOURCES = (
    *("behaviour", "sequence", "text", "graph:colour", "graph:product_type", "graph:brand", "graph:occasion"),
    *("graph:religion", "graph:scent"),
)


class Shop(NamedTuple):
    explainer: TemplateExplainer
    catalogue: Catalogue
    graph: Graph
    audience: Audience

    def explain(
        self, product: int, history: Sequence[int], cells: Mapping[tuple[int, str], float], **options: str
    ) -> Explanation:
        """Explain the sum of the given cells (history item, source)."""
        amounts = amounts_of(history, cells, SOURCES)
        score = float(amounts.sum())
        return self.explainer.explain(product, score, np.array(history, np.int32), amounts, SOURCES, **options)


def shop_of(
    titles: Sequence[str],
    facts: Sequence[tuple[int, str, str]],
    histories: Sequence[Sequence[int]],
    *,
    vectors: np.ndarray | None = None,
    settings: ExplanationSettings | None = None,
) -> Shop:
    """Build an explainer; facts are (product number, relation, value), found in the title where they stand there."""
    catalogue = Catalogue(Product(id=f"id{num}", title=title) for num, title in enumerate(titles))
    rows = []
    for num, relation, value in facts:
        at = titles[num].lower().find(value)
        place = {"start": at, "end": at + len(value), "surface": titles[num][at : at + len(value)]} if at >= 0 else {}
        rows.append(Fact(product=f"id{num}", relation=relation, value=value, field="title", **place))
    graph = Graph.from_facts(catalogue.ids, Facts.of(rows))
    audience = Audience.of(Histories.of(histories), len(titles))
    explainer = TemplateExplainer(
        catalogue, graph, audience, vectors=vectors, settings=settings or ExplanationSettings(hub_share=1.0)
    )
    return Shop(explainer, catalogue, graph, audience)


def amounts_of(history: Sequence[int], cells: Mapping[tuple[int, str], float], sources: Sequence[str]) -> np.ndarray:
    """Return float64 (history, sources) with the given cells, by history item."""
    amounts = np.zeros((len(history), len(sources)))
    for (item, source), amount in cells.items():
        amounts[list(history).index(item), sources.index(source)] = amount
    return amounts


TITLES = (
    "PINK CHERRY LIGHTS",
    "PINK HEART STRING LIGHTS FOR CHRISTMAS",
    "WHITE HANGING HEART T-LIGHT HOLDER",
    "Nail Lacquer by OPI",
    "Nail Polish Pink Rose",
    "Nail Polish Base",
    "Nail Polish Top",
    "Oddity",
)
FACTS = (
    *((num, "colour", "pink") for num in (0, 1, 4)),
    *((num, "product_type", "string light") for num in (0, 1)),
    *((num, "occasion", "christmas") for num in (0, 1)),
    *((num, "brand", "OPI") for num in (3, 4, 5, 6)),
    *((num, "product_type", "nail polish") for num in (3, 4, 5, 6)),
)
HISTORIES = (*([0, 1] for _ in range(37)), *([3, 4] for _ in range(2)), [2, 5], *([2] for _ in range(1500)))
