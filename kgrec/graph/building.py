"""Facts → the two-way arrays of the graph, without a Python loop over facts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kgrec.data import NO_EDGE, Facts
from kgrec.errors import DataError
from kgrec.graph.triples import starts_of

__all__ = ["Parts", "index_facts"]


class Parts(NamedTuple):
    """The arrays of a graph; see :class:`kgrec.graph.Triples` for shapes and order."""

    relations: tuple[str, ...]
    values: pa.Array
    value_relation: NDArray[np.int16]
    indptr: NDArray[np.int64]
    value: NDArray[np.int32]
    confidence: NDArray[np.float32]
    value_indptr: NDArray[np.int64]
    product: NDArray[np.int32]
    fact_indptr: NDArray[np.int64]
    fact_row: NDArray[np.int32]
    aside_indptr: NDArray[np.int64]
    aside_row: NDArray[np.int32]
    unknown_products: int
    unusable_facts: int


def index_facts(product_ids: Sequence[str], facts: Facts) -> Parts:
    """Sort facts into triples, both ways.

    Args:
        product_ids: (n,) unique ids, in order of num.
        facts: any order; duplicates of a triple are merged, the highest confidence is kept. Overruled and rejected
            facts make no triples; ``aside_row`` lists them product by product.

    Raises:
        DataError: an id is given twice or is no valid text, or there are more than 32,767 relations.
    """
    table = facts.table
    if len(table) > np.iinfo(np.int32).max:
        raise DataError(f"a graph holds at most 2,147,483,647 facts; got {len(table):,}: build it in parts")
    product = pc.index_in(table["product"], value_set=_ids(product_ids)).combine_chunks()
    product = product.fill_null(-1).to_numpy(zero_copy_only=False)
    relation, relation_names, relation_stated = _codes(table["relation"])
    text, texts, text_stated = _codes(table["value"])
    strength = table["confidence"].combine_chunks().to_numpy(zero_copy_only=False)
    usable = relation_stated & text_stated & (strength >= 0) & (strength <= 1)  # NaN compares false
    known = product >= 0
    holds = _holds(table["standing"])
    rows = np.flatnonzero(usable & known & holds)
    aside = np.flatnonzero(usable & known & ~holds)
    aside = aside[np.argsort(product[aside], kind="stable")]

    pairs, node = np.unique(relation[rows] * max(len(texts), 1) + text[rows], return_inverse=True)
    used, value_relation = np.unique(pairs // max(len(texts), 1), return_inverse=True)
    if len(used) > np.iinfo(np.int16).max:
        raise DataError(f"a graph holds at most 32,767 relations; got {len(used):,}: are values used as relations?")

    key = product[rows].astype(np.int64) * max(len(pairs), 1) + node
    order = np.argsort(key, kind="stable")
    key = key[order]
    first = np.flatnonzero(np.diff(key, prepend=-1))
    owner, value = np.divmod(key[first], max(len(pairs), 1))
    confidence = strength[rows][order]
    by_value = np.argsort(value, kind="stable")
    return Parts(
        relations=tuple(relation_names.take(pa.array(used)).to_pylist()),
        values=texts.take(pa.array(pairs % max(len(texts), 1))),
        value_relation=value_relation.astype(np.int16),
        indptr=starts_of(owner, len(product_ids)),
        value=value.astype(np.int32),
        confidence=(np.maximum.reduceat(confidence, first) if len(first) else confidence).astype(np.float32),
        value_indptr=starts_of(value, len(pairs)),
        product=owner[by_value].astype(np.int32),
        fact_indptr=np.append(first, len(rows)).astype(np.int64),
        fact_row=rows[order].astype(np.int32),
        aside_indptr=starts_of(product[aside], len(product_ids)),
        aside_row=aside.astype(np.int32),
        unknown_products=int(np.count_nonzero(usable & ~known)),
        unusable_facts=int(np.count_nonzero(~usable)),
    )


def _ids(product_ids: Sequence[str]) -> pa.Array:
    try:
        ids = pa.array(product_ids, pa.string())
    except (pa.ArrowException, UnicodeError, TypeError) as error:
        raise DataError(f"product ids must be text that UTF-8 can hold: {error}") from error
    if len(set(product_ids)) != len(product_ids):
        seen: set[str] = set()
        twice = next(i for i in product_ids if i in seen or seen.add(i))  # type: ignore[func-returns-value]
        raise DataError(f"two products have the id {twice!r}; ids must be unique")
    return ids


def _holds(column: pa.ChunkedArray) -> NDArray[np.bool_]:
    """Return which rows may be triples: bool (f,), false where a fact was overruled or rejected."""
    whole = column.combine_chunks()
    aside = pc.is_in(whole.dictionary, value_set=pa.array(NO_EDGE)).to_numpy(zero_copy_only=False)
    found: NDArray[np.bool_] = ~np.append(aside, False)[whole.indices.fill_null(-1).to_numpy(zero_copy_only=False)]
    return found


def _codes(column: pa.ChunkedArray) -> tuple[NDArray[np.int64], pa.Array, NDArray[np.bool_]]:
    """Return each row's rank among the sorted texts (−1 where null), those texts, and whether a text is stated."""
    whole = column.combine_chunks()
    texts = pc.drop_null(pc.unique(whole.dictionary))
    texts = texts.take(pc.sort_indices(texts))  # byte order of UTF-8 is code point order, as Python sorts
    rank = pc.index_in(whole.dictionary, value_set=texts).fill_null(-1).to_numpy(zero_copy_only=False)
    codes = np.append(rank, -1)[whole.indices.fill_null(-1).to_numpy(zero_copy_only=False)].astype(np.int64)
    blank = len(texts) > 0 and texts[0].as_py() == ""
    return codes, texts, codes >= (1 if blank else 0)
