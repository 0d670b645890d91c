"""Triples in compressed arrays, and what can be read from them directly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kgrec.data import Facts
from kgrec.errors import DataError, UnknownProductError

__all__ = ["ARRAYS", "ASIDE", "SOURCES", "Triples", "starts_of"]

ARRAYS: Mapping[str, type[np.generic]] = {
    "value_relation": np.int16,
    "indptr": np.int64,
    "value": np.int32,
    "confidence": np.float32,
    "value_indptr": np.int64,
    "product": np.int32,
}
SOURCES: Mapping[str, type[np.generic]] = {"fact_indptr": np.int64, "fact_row": np.int32}
ASIDE: Mapping[str, type[np.generic]] = {"aside_indptr": np.int64, "aside_row": np.int32}


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Triples:
    """Typed triples of ``n`` products and ``v`` value nodes as two-way CSR arrays.

    A value node belongs to one relation: ``("colour", "rose")`` and ``("theme", "rose")`` are two nodes. Relations are
    sorted by name, value nodes by (relation, value), so equal facts give equal graphs. All arrays are read-only.

    Attributes:
        product_ids: (n,) the shop's ids, in the order of the catalogue's numbers.
        relations: (r,) names, sorted.
        values: Arrow array of text (v,), sorted within a relation.
        value_relation: int16 (v,), 0 … r−1, never decreases.
        indptr: int64 (n + 1,): product ``i`` owns triples ``indptr[i]:indptr[i + 1]``.
        value: int32 (t,), value numbers, rising within a product.
        confidence: float32 (t,), 0 … 1, beside ``value``.
        value_indptr: int64 (v + 1,): value ``j`` is carried by ``product[value_indptr[j]:value_indptr[j + 1]]``.
        product: int32 (t,), product numbers, rising within a value.
        facts: where the triples come from, or None.
        fact_indptr: int64 (t + 1,): triple ``k`` was stated by rows ``fact_row[fact_indptr[k]:fact_indptr[k + 1]]``.
        fact_row: int32 (f,), rows of ``facts``, rising within a triple.
        aside_indptr: int64 (n + 1,): of product ``i`` rows ``aside_row[aside_indptr[i]:aside_indptr[i + 1]]`` were
            overruled or rejected; None where none was.
        aside_row: int32 (a,), rising within a product.
        unknown_products: number of facts left out because their product is not in ``product_ids``.
        unusable_facts: number of facts left out for a missing relation or value, or a confidence outside 0 … 1.

    Raises:
        DataError: the arrays do not fit together.
    """

    product_ids: tuple[str, ...]
    relations: tuple[str, ...]
    values: pa.Array
    value_relation: NDArray[np.int16]
    indptr: NDArray[np.int64]
    value: NDArray[np.int32]
    confidence: NDArray[np.float32]
    value_indptr: NDArray[np.int64]
    product: NDArray[np.int32]
    facts: Facts | None = None
    fact_indptr: NDArray[np.int64] | None = None
    fact_row: NDArray[np.int32] | None = None
    aside_indptr: NDArray[np.int64] | None = None
    aside_row: NDArray[np.int32] | None = None
    unknown_products: int = 0
    unusable_facts: int = 0

    @classmethod
    def of_checked(cls, parts: Mapping[str, Any]) -> Self:
        """Make a graph of fields that were derived from a checked one: passes over every array are left out.

        Args:
            parts: field → value, with the dtypes above.
        """
        made = cls.__new__(cls)
        for field in fields(cls):
            value = parts.get(field.name, field.default)
            if isinstance(value, np.ndarray):
                value.flags.writeable = False
            object.__setattr__(made, field.name, value)
        return made

    def __post_init__(self) -> None:
        """Check that the arrays fit together, and lock them."""
        for name, dtype in self._kept_arrays().items():
            array = getattr(self, name)
            if not isinstance(array, np.ndarray) or array.dtype != dtype or array.ndim != 1:
                raise DataError(f"graph array {name!r} must be {np.dtype(dtype)} with one dimension; got {array!r:.80}")
            locked = array.view(np.ndarray)
            locked.flags.writeable = False
            object.__setattr__(self, name, locked)
        size, products, values = len(self.value), len(self.product_ids), len(self.values)
        if not (len(self.confidence) == len(self.product) == size and len(self.value_relation) == values):
            raise DataError(
                "graph arrays value, confidence and product, and values and value_relation, differ in length"
            )
        _check_runs("indptr", self.indptr, products, size)
        _check_runs("value_indptr", self.value_indptr, values, size)
        _check_range("value", self.value, values)
        _check_range("product", self.product, products)
        _check_range("value_relation", self.value_relation, len(self.relations))
        if self.facts is not None and self.fact_indptr is not None and self.fact_row is not None:
            _check_runs("fact_indptr", self.fact_indptr, size, len(self.fact_row))
            _check_range("fact_row", self.fact_row, len(self.facts))
        if self.facts is not None and self.aside_indptr is not None and self.aside_row is not None:
            _check_runs("aside_indptr", self.aside_indptr, products, len(self.aside_row))
            _check_range("aside_row", self.aside_row, len(self.facts))

    def _kept_arrays(self) -> dict[str, type[np.generic]]:
        """Return the names and types of the arrays that this graph has."""
        sources = SOURCES if self.facts is not None else {}
        return {**ARRAYS, **sources, **(ASIDE if sources and self.aside_row is not None else {})}

    def __len__(self) -> int:
        """Return the number of triples."""
        return len(self.value)

    def __eq__(self, other: object) -> bool:
        """Tell whether both have the same products, relations, values, triples and confidences (sources apart)."""
        if not isinstance(other, Triples):
            return NotImplemented
        return (
            self.product_ids == other.product_ids
            and self.relations == other.relations
            and bool(self.values.equals(other.values))
            and all(np.array_equal(getattr(self, name), getattr(other, name)) for name in ARRAYS)
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        """Return a short description."""
        return (
            f"<Graph: {len(self):,} triples, {len(self.product_ids):,} products, {len(self.values):,} values, "
            f"{len(self.relations)} relations>"
        )

    @cached_property
    def _num(self) -> dict[str, int]:
        return {product_id: num for num, product_id in enumerate(self.product_ids)}

    @cached_property
    def _relation_start(self) -> NDArray[np.int64]:
        return starts_of(self.value_relation, len(self.relations))

    def num(self, product_id: str) -> int:
        """Return the number of a product.

        Raises:
            UnknownProductError: the id is not in the graph.
        """
        try:
            return self._num[product_id]
        except (KeyError, TypeError):
            raise UnknownProductError(product_id) from None

    def values_of(self, num: int) -> NDArray[np.int32]:
        """Return the values of a product, int32 (d,), rising.

        Raises:
            IndexError: ``num`` is not in 0 … n−1.
        """
        if num < 0:
            raise IndexError(f"product numbers run from 0 to {len(self.product_ids) - 1}; got {num}")
        return self.value[self.indptr[num] : self.indptr[num + 1]]

    def neighbours(self, num: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Return one hop of a product: its values, int32 (d,), rising, and the confidence of each, float32 (d,).

        Raises:
            IndexError: ``num`` is not in 0 … n−1.
        """
        values = self.values_of(num)
        return values, self.confidence[self.indptr[num] : self.indptr[num + 1]]

    def products_with(self, value_num: int) -> NDArray[np.int32]:
        """Return the products that carry a value, int32 (c,), rising.

        Raises:
            IndexError: ``value_num`` is not in 0 … v−1.
        """
        if value_num < 0:
            raise IndexError(f"value numbers run from 0 to {len(self.values) - 1}; got {value_num}")
        return self.product[self.value_indptr[value_num] : self.value_indptr[value_num + 1]]

    def label(self, value_num: int) -> tuple[str, str]:
        """Return (relation, value) of a value node.

        Raises:
            IndexError: ``value_num`` is not in 0 … v−1.
        """
        if value_num < 0:
            raise IndexError(f"value numbers run from 0 to {len(self.values) - 1}; got {value_num}")
        return self.relations[self.value_relation[value_num]], self.values[int(value_num)].as_py()

    def values_in(self, relation: str) -> range:
        """Return the value numbers of a relation, which are consecutive; empty where the relation is unknown."""
        if relation not in self.relations:
            return range(0)
        at = self.relations.index(relation)
        return range(int(self._relation_start[at]), int(self._relation_start[at + 1]))

    def find(self, relation: str, value: str) -> int | None:
        """Return the number of a value node, or None where there is none."""
        numbers = self.values_in(relation)
        low, high = numbers.start, numbers.stop
        while low < high:
            middle = (low + high) // 2
            if self.values[middle].as_py() < value:
                low = middle + 1
            else:
                high = middle
        return low if low in numbers and self.values[low].as_py() == value else None

    def shared(self, a: int, b: int) -> NDArray[np.int32]:
        """Return the values that two products have in common, int32 (s,), rising.

        Raises:
            IndexError: a number is not in 0 … n−1.
        """
        return np.intersect1d(self.values_of(a), self.values_of(b), assume_unique=True)

    def confidence_of(self, num: int, value_num: int) -> float:
        """Return how sure a triple is, 0 … 1; 0 where the product does not have the value.

        Raises:
            IndexError: ``num`` is not in 0 … n−1.
        """
        at = self._triple(num, value_num)
        return 0.0 if at is None else float(self.confidence[at])

    def _triple(self, num: int, value_num: int) -> int | None:
        row = self.values_of(num)
        at = int(np.searchsorted(row, value_num))
        return int(self.indptr[num]) + at if at < len(row) and row[at] == value_num else None

    def value_counts(self) -> NDArray[np.int64]:
        """Return how many products carry each value, int64 (v,)."""
        return np.diff(self.value_indptr)

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays and of the texts of values; ids (which are the catalogue's) and sources apart."""
        return int(sum(getattr(self, name).nbytes for name in ARRAYS) + self.values.nbytes)

    @property
    def nbytes_per_triple(self) -> float:
        """``nbytes`` divided by the number of triples; 0 for an empty graph."""
        return self.nbytes / len(self) if len(self) else 0.0


def starts_of(owner: NDArray[np.integer], count: int) -> NDArray[np.int64]:
    """Return where the run of each of ``count`` owners starts, int64 (count + 1,).

    Args:
        owner: int (t,), 0 … count−1: the owner of each entry.
        count: number of owners.
    """
    return np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=count))]).astype(np.int64)


def _check_runs(name: str, indptr: NDArray[np.int64], count: int, size: int) -> None:
    if len(indptr) != count + 1 or indptr[0] != 0 or indptr[-1] != size or bool(np.any(np.diff(indptr) < 0)):
        raise DataError(f"graph array {name!r} must have {count + 1} entries that rise from 0 to {size}")


def _check_range(name: str, array: NDArray[Any], count: int) -> None:
    if len(array) and not (int(array.min()) >= 0 and int(array.max()) < count):
        raise DataError(f"graph array {name!r} must hold numbers from 0 to {count - 1}")
