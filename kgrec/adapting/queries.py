"""Short queries made of facts, such as "red ceramic mug", and the products that answer them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kgrec.data import Facts, Targets
from kgrec.graph import Graph

__all__ = ["HeldValues", "Query", "SpokenValues", "as_targets", "held_queries"]

_LONGEST = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Query:
    """A query.

    Attributes:
        text: what is asked.
        values: value numbers that it names, rising.
        answers: int32 (a,), rising: the products that carry all of them.
    """

    text: str
    values: tuple[int, ...]
    answers: NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeldValues:
    """Values that no query of the training names.

    Attributes:
        validation: bool (v,), those that validation's queries are about.
        report: bool (v,), those that the report's are about; no value is both.
    """

    validation: NDArray[np.bool_]
    report: NDArray[np.bool_]

    @classmethod
    def drawn(cls, count: int, share: float, seed: int) -> HeldValues:
        """Draw a share of ``count`` values, half for each."""
        order = np.random.default_rng([seed, 11]).permutation(count)
        half = round(share * count / 2)
        masks = np.zeros((2, count), np.bool_)
        masks[0, order[:half]] = True
        masks[1, order[half : 2 * half]] = True
        return cls(validation=masks[0], report=masks[1])

    @property
    def any(self) -> NDArray[np.bool_]:
        """Return bool (v,): held for either."""
        return self.validation | self.report


class SpokenValues:
    """The values of each product in the order in which its title says them; declared ones stand before.

    Args:
        graph: of the shop.
        facts: where the values were read.
    """

    def __init__(self, graph: Graph, facts: Facts) -> None:
        """Find the places."""
        self.graph = graph
        place: dict[tuple[str, str, str], int] = {}
        columns = [facts.table[name].to_pylist() for name in ("product", "relation", "value", "field", "start")]
        for product, relation, value, field, start in zip(*columns, strict=True):
            if field == "title":
                place[product, relation, value] = start
        self._place = place

    def of(self, num: int) -> list[int]:
        """Return the value numbers of a product."""
        product = self.graph.product_ids[num]
        values: list[int] = self.graph.values_of(num).tolist()
        return sorted(values, key=lambda value: (self._place.get((product, *self.graph.label(value)), -1), value))

    def text(self, values: list[int]) -> str:
        """Write values as a query."""
        return " ".join(self.graph.label(value)[1] for value in values)

    def answers(self, values: list[int]) -> NDArray[np.int32]:
        """Return the products that carry all of some values, int32 (a,), rising."""
        found = self.graph.products_with(values[0])
        for value in values[1:]:
            found = np.intersect1d(found, self.graph.products_with(value), assume_unique=True)
        return found.astype(np.int32)

    def drawn(self, num: int, allowed: NDArray[np.bool_], rng: np.random.Generator) -> list[int]:
        """Draw one to three values of a product among those allowed, bool (v,), in spoken order; maybe none."""
        known = [value for value in self.of(num) if allowed[value]]
        count = min(int(rng.integers(1, _LONGEST + 1)), len(known))
        kept = set(rng.choice(len(known), size=count, replace=False).tolist()) if count else set()
        return [value for at, value in enumerate(known) if at in kept]


def held_queries(
    spoken: SpokenValues, about: NDArray[np.bool_], never: NDArray[np.bool_], *, count: int, max_answers: int, seed: int
) -> tuple[Query, ...]:
    """Make different queries, each of which names a value of ``about`` and none of ``never``.

    Args:
        spoken: values of the products.
        about: bool (v,).
        never: bool (v,).
        count: at most so many.
        max_answers: queries that more products answer are left out.
        seed: of what is drawn.
    """
    graph, rng = spoken.graph, np.random.default_rng([seed, 12])
    values = np.flatnonzero(about & (np.diff(graph.value_indptr) > 0))
    found: dict[tuple[int, ...], Query] = {}
    for value in _rounds(values, 4 * count, rng):
        product = int(rng.choice(graph.products_with(value)))
        others = spoken.drawn(product, ~never & ~about, rng)[: _LONGEST - 1]
        named = [other for other in spoken.of(product) if other == value or other in others]
        key = tuple(sorted(named))
        answers = spoken.answers(named)
        if key not in found and len(answers) <= max_answers:
            found[key] = Query(text=spoken.text(named), values=key, answers=answers)
        if len(found) == count:
            break
    return tuple(found.values())


def _rounds(values: NDArray[np.int64], tries: int, rng: np.random.Generator) -> Iterator[int]:
    """Yield every value once in a random order, and again, until there were enough tries."""
    done = 0
    while len(values) and done < tries:
        yield from rng.permutation(values).tolist()
        done += len(values)


def as_targets(queries: tuple[Query, ...]) -> Targets:
    """Return the answers as targets."""
    lengths = [len(query.answers) for query in queries]
    items = np.concatenate([query.answers for query in queries]) if queries else np.zeros(0, np.int32)
    return Targets(indptr=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64), items=items.astype(np.int32))
