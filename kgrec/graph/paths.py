"""Paths between two products: product – value – product, and on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kgrec.errors import SettingsError

if TYPE_CHECKING:
    from kgrec.graph.graph import Graph

__all__ = ["Path", "find_paths"]


@dataclass(frozen=True, slots=True)
class Path:
    """A way through the graph: ``products[0] – values[0] – products[1] – …``.

    Attributes:
        products: product numbers, one more than values.
        values: value numbers; neighbours in the path have the value in common.
    """

    products: tuple[int, ...]
    values: tuple[int, ...]

    @property
    def hops(self) -> int:
        """Number of edges: 2 for each value."""
        return 2 * len(self.values)


def find_paths(graph: Graph, a: int, b: int, *, max_hops: int, limit: int) -> tuple[Path, ...]:
    """Return the most specific simple paths from ``a`` to ``b``.

    Short paths come first; among paths of one length, those whose values are carried by the fewest products in sum,
    ties by number. Pairs of values are tried in that order, so the search stops as soon as ``limit`` is reached.

    Raises:
        SettingsError: ``max_hops`` is not 2 or 4, or ``limit`` is below 1.
        IndexError: a number is out of range.
    """
    if max_hops not in (2, 4):
        raise SettingsError(f"max_hops must be 2 (a shared value) or 4 (through a third product); got {max_hops}")
    if limit < 1:
        raise SettingsError(f"limit must be at least 1; got {limit}")
    counts = graph.value_counts()
    shared = graph.shared(a, b)
    if a == b:
        return ()
    near = shared[np.lexsort((shared, counts[shared]))][:limit]
    paths = [Path((a, b), (int(value),)) for value in near]
    if max_hops == 2:
        return tuple(paths)
    ends = (graph.values_of(a), graph.values_of(b))
    first, second = (grid.ravel() for grid in np.meshgrid(*ends, indexing="ij"))
    for at in np.lexsort((second, first, counts[first] + counts[second])):
        if len(paths) >= limit:
            break
        one, two = int(first[at]), int(second[at])
        if one == two:
            continue
        between = np.intersect1d(graph.products_with(one), graph.products_with(two), assume_unique=True)
        between = between[(between != a) & (between != b)][: limit - len(paths)]
        paths.extend(Path((a, int(middle), b), (one, two)) for middle in between)
    return tuple(paths)
