"""Values that are paths, as a tree: what stands above a value and what below."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from kgrec.errors import DataError

if TYPE_CHECKING:
    from kgrec.graph.triples import Triples

__all__ = ["Hierarchy", "hierarchy_of"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Hierarchy:
    """The values of a relation whose texts are paths, ``"Beauty > Make-up > Nails"``.

    Attributes:
        graph: whose values they are.
        relation: the relation's name.
        first: number of the relation's first value; its values are consecutive.
        parent: int32 (h,), for value ``first + i`` the number of the nearest value above it, −1 at the top.
    """

    graph: Triples
    relation: str
    first: int
    parent: NDArray[np.int32]

    @property
    def roots(self) -> NDArray[np.int32]:
        """Values with none above them, int32, rising."""
        return self._below(-1)

    def children(self, value_num: int) -> NDArray[np.int32]:
        """Return the values directly below one, int32 (c,), rising.

        Raises:
            DataError: the value is not of this relation.
        """
        self._place(value_num)
        return self._below(value_num)

    def ancestors(self, value_num: int) -> tuple[int, ...]:
        """Return the values above one, the nearest first.

        Raises:
            DataError: the value is not of this relation.
        """
        found = []
        while (value_num := int(self.parent[self._place(value_num)])) >= 0:
            found.append(value_num)
        return tuple(found)

    def descendants(self, value_num: int) -> NDArray[np.int32]:
        """Return the values anywhere below one, int32 (d,), rising.

        Raises:
            DataError: the value is not of this relation.
        """
        inside = np.zeros(len(self.parent), bool)
        inside[self._place(value_num)] = True
        place = np.where(self.parent >= 0, self.parent - self.first, 0)
        while True:
            more = ~inside & (self.parent >= 0) & inside[place]
            if not more.any():
                break
            inside |= more
        inside[value_num - self.first] = False
        return (np.flatnonzero(inside) + self.first).astype(np.int32)

    def products_under(self, value_num: int) -> NDArray[np.int32]:
        """Return the products that carry a value or one below it, int32 (m,), rising.

        Raises:
            DataError: the value is not of this relation.
        """
        values = [value_num, *self.descendants(value_num).tolist()]
        return np.unique(np.concatenate([self.graph.products_with(value) for value in values]))

    def _below(self, value_num: int) -> NDArray[np.int32]:
        return (np.flatnonzero(self.parent == value_num) + self.first).astype(np.int32)

    def _place(self, value_num: int) -> int:
        if not 0 <= value_num - self.first < len(self.parent):
            raise DataError(f"value {value_num} is not one of {self.relation!r}; ask with a number that find() gave")
        return value_num - self.first


def hierarchy_of(graph: Triples, relation: str, separator: str) -> Hierarchy:
    """Read the values of a relation as paths; a level that is no value itself is passed over.

    Args:
        graph: the graph.
        relation: its name; an unknown one gives an empty hierarchy.
        separator: what stands between levels.
    """
    numbers = graph.values_in(relation)
    texts = graph.values.slice(numbers.start, len(numbers)).to_pylist()
    number_of = dict(zip(texts, numbers, strict=True))
    parent = np.full(len(texts), -1, np.int32)
    for place, text in enumerate(texts):
        above = text
        while separator in above:
            above = above.rpartition(separator)[0]
            if (number := number_of.get(above)) is not None:
                parent[place] = number
                break
    parent.flags.writeable = False
    return Hierarchy(graph=graph, relation=relation, first=numbers.start, parent=parent)
