"""One colour a source, the same in the picture and on the page, for light and for dark backgrounds."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from kgrec.graph import Graph

__all__ = ["HUES", "Hues"]

HUES: Mapping[str, tuple[str, str]] = {
    "behaviour": ("#2b5c8f", "#7db1ea"),
    "sequence": ("#5a88c0", "#5079ad"),
    "text": ("#77685a", "#bcae9f"),
    "popularity": ("#85807a", "#96918b"),
    "r0": ("#0c7a6b", "#4cc2ae"),
    "r1": ("#c2440e", "#f18f62"),
    "r2": ("#96368a", "#e18fd0"),
    "r3": ("#8a6100", "#dbab4a"),
    "r4": ("#5a49b8", "#a99cf2"),
    "r5": ("#3d7a24", "#8ecb6c"),
    "r6": ("#b02a30", "#f28b86"),
    "r7": ("#00738c", "#5ec1d8"),
    "r8": ("#a84370", "#f29dbd"),
    "r9": ("#697300", "#c2cc58"),
    "rest": ("#676f76", "#a4adb5"),
}
"""Name → (on white, on near black); shapes have at least 3 : 1 against the background. Text is never coloured."""
_RANKED = sum(name.startswith("r") and name[1:].isdigit() for name in HUES)


class Hues:
    """Gives each source of a score the name of its colour in ``HUES``.

    The relations with the most triples get a colour each; the smallest ones of a graph with more than ten relations
    share the last.

    Args:
        graph: whose relations are coloured.
    """

    def __init__(self, graph: Graph) -> None:
        """Rank the relations by their triples, ties by name."""
        size = len(graph.relations)
        triples = np.bincount(graph.value_relation, weights=graph.value_counts(), minlength=size)
        ranked = np.argsort(-triples, kind="stable").tolist()
        self._rank = {graph.relations[at]: rank for rank, at in enumerate(ranked)}

    def relation(self, relation: str) -> str:
        """Return the name of a relation's colour."""
        rank = self._rank.get(relation, _RANKED)
        return f"r{rank}" if rank < _RANKED else "rest"

    def source(self, source: str) -> str:
        """Return the name of the colour of a source as :class:`kgrec.data.Contribution` writes it."""
        if source.startswith("graph:"):
            return self.relation(source.removeprefix("graph:"))
        return source if source in HUES else "rest"
