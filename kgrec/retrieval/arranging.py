"""Boosts, diversity and caps at work: pools of scored candidates become places."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from kgrec.graph import Triples
from kgrec.retrieval.filters import Filter
from kgrec.retrieval.rules import Rules

__all__ = ["Arranger", "Codes", "Likeness", "Placed", "Table", "graph_likeness", "text_likeness"]

Likeness = Callable[[int, NDArray[np.int32]], NDArray[np.float64]]
"""How alike a product is to others: number, int32 (m,) → float64 (m,) in 0 … 1."""


class Codes(Protocol):
    """The texts of one field, numbered."""

    def codes_of(self, num: int) -> list[int]:
        """Return the numbers of a product's texts."""

    def products_with(self, code: int) -> NDArray[np.int32]:
        """Return the products that have a text, int32 (c,), rising."""


class Table(Protocol):
    """The products in columns."""

    def mask(self, where: Filter) -> NDArray[np.bool_]:
        """Return for which products an expression holds, bool (n,), read-only."""

    def text_column(self, name: str) -> Codes:
        """Return a text field."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A candidate that took a place.

    Attributes:
        at: its position in the pool that was given.
        score: after boosts.
        rules: which rules acted, in words.
    """

    at: int
    score: float
    rules: tuple[str, ...]


class Arranger:
    """Places candidates by the rules, pool after pool; what is placed counts in every later pool.

    Args:
        rules: as a shop wants them; ``pinned`` is not looked at.
        table: the products in columns.
        likeness: for diversity.

    Raises:
        SettingsError: a rule names an unknown field, or one that holds no text.
    """

    def __init__(self, rules: Rules, table: Table, likeness: Likeness) -> None:
        """Look up the columns of the rules."""
        self._diversity = float(rules.diversity)
        self._boosts = [
            (
                float(boost.factor),
                boost.reason or f"boost {boost.factor:g}: {boost.condition}",
                table.mask(boost.condition),
            )
            for boost in rules.active_boosts
        ]
        self._caps = [(f"cap {limit} a {name}", limit, table.text_column(name)) for name, limit in rules.caps.items()]
        self._counts: list[Counter[int]] = [Counter() for _ in self._caps]
        self._likeness = likeness
        self._placed: list[int] = []
        self._best = 0.0

    def closed(self) -> list[NDArray[np.int32]]:
        """Return the products of every value whose cap is reached."""
        return [
            column.products_with(code)
            for (_, limit, column), counts in zip(self._caps, self._counts, strict=True)
            for code, count in counts.items()
            if count >= limit
        ]

    def place(self, nums: NDArray[np.int32], scores: NDArray[np.float64], k: int) -> list[Placed]:
        """Give out at most k places.

        Args:
            nums: int32 (p,), product numbers, best first; none was placed before or is in :meth:`closed`.
            scores: float64 (p,), at least 0.
            k: at least 0.

        Returns:
            What was placed, in order. Without diversity that is the order of the boosted scores; ties keep the order
            of the pool.
        """
        boosted = scores.astype(np.float64).copy()
        for factor, _, mask in self._boosts:
            boosted[mask[nums]] *= factor
        order = np.argsort(-boosted, kind="stable")
        nums, boosted = nums[order], boosted[order]
        self._best = max(self._best, float(boosted.max(initial=0.0)))
        worth = boosted * ((1 - self._diversity) / self._best if self._best > 0 else 0.0)
        nearest = np.zeros(len(nums))
        if self._diversity:
            for num in self._placed:
                nearest = np.maximum(nearest, self._likeness(num, nums))
        free = np.ones(len(nums), np.bool_)
        capped_by = np.full(len(nums), -1, np.int16)
        found: list[Placed] = []
        while len(found) < k and free.any():
            at = int(np.argmax(np.where(free, worth - self._diversity * nearest, -np.inf)))
            num = int(nums[at])
            free[at] = False
            found.append(Placed(int(order[at]), float(boosted[at]), self._acted(num, at, free, capped_by)))
            self._placed.append(num)
            self._count(num, nums, free, capped_by)
            if self._diversity:
                nearest = np.maximum(nearest, self._likeness(num, nums))
        return found

    def _count(self, num: int, nums: NDArray[np.int32], free: NDArray[np.bool_], capped_by: NDArray[np.int16]) -> None:
        """Count a placed product for its values, and close those whose cap is reached."""
        for cap, ((_, limit, column), counts) in enumerate(zip(self._caps, self._counts, strict=True)):
            for code in column.codes_of(num):
                counts[code] += 1
                if counts[code] == limit:
                    out = free & np.isin(nums, column.products_with(code))
                    capped_by[out] = cap
                    free[out] = False

    def _acted(self, num: int, at: int, free: NDArray[np.bool_], capped_by: NDArray[np.int16]) -> tuple[str, ...]:
        """Say which rules brought a product to its place."""
        acted = [label for _, label, mask in self._boosts if mask[num]]
        passed = int(np.count_nonzero(free[:at]))
        if passed:
            acted.append(f"diversity {self._diversity:g}: ahead of {passed} with a higher score")
        for cap, (label, _, _) in enumerate(self._caps):
            left_out = int(np.count_nonzero(capped_by[:at] == cap))
            if left_out:
                acted.append(f"{label}: {left_out} with a higher score left out")
        return tuple(acted)


def text_likeness(vectors: NDArray[np.float32]) -> Likeness:
    """Return the likeness of descriptions: the cosine, at least 0, of unit rows float32 (n, d)."""

    def likeness(num: int, others: NDArray[np.int32]) -> NDArray[np.float64]:
        return np.asarray(np.clip(vectors[others] @ vectors[num], 0, 1), np.float64)

    return likeness


def graph_likeness(graph: Triples) -> Likeness:
    """Return the likeness of facts: values in common divided by all values of both; 0 where there are none."""

    def likeness(num: int, others: NDArray[np.int32]) -> NDArray[np.float64]:
        own = graph.values_of(num)
        starts, lengths = graph.indptr[others], graph.indptr[others + 1] - graph.indptr[others]
        owner = np.repeat(np.arange(len(others)), lengths)
        ends = np.cumsum(lengths)
        at = np.arange(len(owner)) + np.repeat(starts - ends + lengths, lengths)
        common = np.bincount(owner, np.isin(graph.value[at], own), minlength=len(others))
        either = lengths + len(own) - common
        return np.asarray(np.divide(common, either, out=np.zeros(len(others)), where=either > 0), np.float64)

    return likeness
