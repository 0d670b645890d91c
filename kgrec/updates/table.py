"""Filters and caps over a catalogue of which a few products have changed."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from kgrec.data import Catalogue
from kgrec.errors import SettingsError
from kgrec.graph import Triples
from kgrec.retrieval import Filter, ProductTable
from kgrec.retrieval.columns import TextColumn
from kgrec.retrieval.filters import AllOf, AnyOf, Condition, Negation

__all__ = ["PatchedTable", "cut_out"]


class PatchedTable:
    """The columns of the base, and a small table of the products that have changed since.

    Args:
        base: table of the first n₀ products as they were.
        catalogue: the n products as they are.
        graph: their facts.
        nums: int64 (c,), rising: which products the base no longer tells the truth of, every new one among them.
    """

    def __init__(self, base: ProductTable, catalogue: Catalogue, graph: Triples, nums: NDArray[np.int64]) -> None:
        """Hold the parts; the small table is made when it is first asked."""
        self._base = base
        self._catalogue = catalogue
        self._graph = graph
        self._nums = nums
        self._based = base.size

    @cached_property
    def _small(self) -> ProductTable:
        products = Catalogue(self._catalogue[num] for num in self._nums.tolist())
        return ProductTable(products, cut_out(self._graph, self._nums))

    def mask(self, where: Filter) -> NDArray[np.bool_]:
        """Return for which products an expression holds, bool (n,).

        Raises:
            SettingsError: a field is unknown, or a value does not fit it.
        """
        if isinstance(where, Negation):
            return ~self.mask(where.part)
        if isinstance(where, AllOf | AnyOf):
            every = isinstance(where, AllOf)
            mask = np.full(len(self._catalogue), every)
            for part in where.parts:
                mask = mask & self.mask(part) if every else mask | self.mask(part)
            return mask
        mask = np.zeros(len(self._catalogue), np.bool_)
        asked: Filter = where
        old, refused = _answered(self._base, asked)
        new, _ = _answered(self._small, asked)
        # A field that only new products have is no unknown one, nor one that only old ones have.
        known = isinstance(where, Condition) and where.name in self._base.fields
        if refused is not None and (new is None or (known and not new.any())):
            raise refused
        if old is not None:
            mask[: self._based] = old
        mask[self._nums] = False if new is None else new
        return mask

    def text_column(self, name: str) -> PatchedColumn:
        """Return a text field.

        Raises:
            SettingsError: the field is unknown or holds no text.
        """
        columns: list[TextColumn | None] = []
        errors = []
        for table in (self._base, self._small):
            try:
                columns.append(table.text_column(name))
            except SettingsError as error:
                columns.append(None)
                errors.append(error)
        if len(errors) == 2:
            raise errors[0]
        return PatchedColumn(columns[0], columns[1], self._nums)


class PatchedColumn:
    """Texts of a field, numbered over both tables: the base's numbers first.

    Args:
        old: of the base, None where it lacks the field.
        new: of the changed products, None where they lack it.
        nums: int64 (c,), rising, the changed products.
    """

    def __init__(self, old: TextColumn | None, new: TextColumn | None, nums: NDArray[np.int64]) -> None:
        """Join the dictionaries."""
        self._old = old
        self._new = new
        self._nums = nums
        known = {} if old is None else old.code_of
        self._joint = [] if new is None else [known.get(key, len(known) + code) for key, code in new.code_of.items()]
        self._in_new = {code: at for at, code in enumerate(self._joint)}

    def codes_of(self, num: int) -> list[int]:
        """Return the numbers of a product's texts."""
        at = int(np.searchsorted(self._nums, num))
        if at < len(self._nums) and self._nums[at] == num:
            return [] if self._new is None else [self._joint[code] for code in self._new.codes_of(at)]
        return [] if self._old is None else self._old.codes_of(num)

    def products_with(self, code: int) -> NDArray[np.int32]:
        """Return the products that have a text, int32 (c,), rising."""
        found = np.zeros(0, np.int32)
        if self._old is not None and code < len(self._old.code_of):
            found = self._old.products_with(code)
            found = found[~np.isin(found, self._nums)]
        if self._new is not None and code in self._in_new:
            more = self._nums[self._new.products_with(self._in_new[code])]
            found = np.union1d(found, more)
        return found.astype(np.int32)


def cut_out(graph: Triples, nums: NDArray[np.int64]) -> Triples:
    """Return the triples of some products (int64 (c,)), numbered in this order, without their sources."""
    rows = [graph.neighbours(num) for num in nums.tolist()]
    value = np.concatenate([row[0] for row in rows]) if rows else np.zeros(0, np.int32)
    confidence = np.concatenate([row[1] for row in rows]) if rows else np.zeros(0, np.float32)
    owner = np.repeat(np.arange(len(rows)), [len(row[0]) for row in rows])
    used, local = np.unique(value, return_inverse=True)
    by_value = np.argsort(local, kind="stable")
    return Triples(
        product_ids=tuple(graph.product_ids[num] for num in nums.tolist()),
        relations=graph.relations,
        values=graph.values.take(used),
        value_relation=graph.value_relation[used],
        indptr=np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=len(rows)))]).astype(np.int64),
        value=local.astype(np.int32),
        confidence=confidence.astype(np.float32),
        value_indptr=np.concatenate([[0], np.cumsum(np.bincount(local, minlength=len(used)))]).astype(np.int64),
        product=owner[by_value].astype(np.int32),
    )


def _answered(table: ProductTable, where: Filter) -> tuple[NDArray[np.bool_] | None, SettingsError | None]:
    try:
        return table.mask(where), None
    except SettingsError as error:
        return None, error
