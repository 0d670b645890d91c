"""Parquet: a table of triples, written and read."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from kgrec.data import Facts
from kgrec.errors import DataError
from kgrec.graph.exports.files import batches, replaced

if TYPE_CHECKING:
    from kgrec.graph.triples import Triples

__all__ = ["read_triple_table", "write_parquet"]

_SCHEMA = pa.schema(
    [("product", pa.string()), ("relation", pa.string()), ("value", pa.string()), ("confidence", pa.float32())]
)
_TEXTS = ("product", "relation", "value")


def write_parquet(graph: Triples, path: str | os.PathLike[str]) -> None:
    """Write a table of triples: ``product``, ``relation``, ``value`` (text) and ``confidence`` (float32).

    Raises:
        OSError: the file cannot be written; a file that was there stays as it was.
    """
    import pyarrow.parquet as pq

    ids = pa.array(graph.product_ids, pa.string())
    relations = pa.array(graph.relations, pa.string())
    with replaced(path) as beside, pq.ParquetWriter(beside, _SCHEMA, compression="zstd") as writer:
        for products, values, confidences in batches(graph):
            columns = [
                ids.take(pa.array(products)),
                relations.take(pa.array(graph.value_relation[values])),
                graph.values.take(pa.array(values)),
                pa.array(confidences),
            ]
            writer.write_table(pa.table(columns, schema=_SCHEMA))


def read_triple_table(
    path: str | os.PathLike[str], product_ids: Sequence[str] | None = None
) -> tuple[Sequence[str], Facts]:
    """Read a Parquet table with the text columns ``product``, ``relation`` and ``value``, and maybe ``confidence``.

    Args:
        path: the file; other columns are ignored.
        product_ids: in order of product number; None takes them from the table, in order of first appearance.

    Returns:
        The product ids, and one fact a row with confidence 1 where there is no such column.

    Raises:
        DataError: the file is missing or is no Parquet, or a column is missing or of another type.
    """
    import pyarrow.parquet as pq

    if not Path(path).is_file():
        raise DataError(f"no file {str(path)!r}; expected a Parquet table of triples: check the path")
    try:
        file = pq.ParquetFile(path)
        names = file.schema_arrow.names
        if missing := [name for name in _TEXTS if name not in names]:
            raise DataError(
                f"{str(path)!r} has no column {', '.join(map(repr, missing))}; columns seen: "
                f"{', '.join(map(repr, names[:30])) or 'none'}: write a row for each triple"
            )
        table = file.read([name for name in (*_TEXTS, "confidence") if name in names])
        facts = _facts(table)
    except (pa.ArrowException, OSError) as error:
        raise DataError(
            f"{str(path)!r} cannot be read as a table of triples ({error}); expected Parquet with product, relation "
            "and value as text, and confidence as a number: write it again"
        ) from error
    if product_ids is None:
        product_ids = [found for found in facts.table["product"].unique().to_pylist() if found]
    return product_ids, facts


def _facts(table: pa.Table) -> Facts:
    """Fill in what a table of triples does not say."""
    count = len(table)
    columns: dict[str, Any] = {name: table[name].cast(pa.string()) for name in _TEXTS}
    for name in ("relation", "value"):
        columns[name] = columns[name].dictionary_encode()
    nowhere = pa.array(np.full(count, -1, np.int32))
    sure = table["confidence"].cast(pa.float32()) if "confidence" in table.column_names else None
    columns |= {
        "field": columns["relation"],
        "start": nowhere,
        "end": nowhere,
        "surface": columns["value"].cast(pa.string()),
        "confidence": pa.array(np.ones(count, np.float32)) if sure is None else sure.fill_null(float("nan")),
        "extractor": pa.DictionaryArray.from_arrays(pa.array(np.zeros(count, np.int32)), pa.array(["declared"])),
    }
    return Facts(pa.table(columns))
