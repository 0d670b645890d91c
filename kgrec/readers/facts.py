"""Facts in a file of their own, so that what was paid for is extracted once and built with often."""

from __future__ import annotations

import os

import pyarrow as pa

from kgrec.data import Facts
from kgrec.errors import FactsError
from kgrec.graph.exports.files import replaced

__all__ = ["read_facts", "write_facts"]

_DEFAULTS = {"field": "", "start": -1, "end": -1, "surface": "", "confidence": 1.0, "extractor": "declared"}
"""Columns that another program may leave out; those that later versions added are filled by ``Facts``."""


def write_facts(facts: Facts, path: str | os.PathLike[str]) -> None:
    """Write facts as Parquet, one row a fact, with the columns of ``FACT_SCHEMA``; ``set_aside`` is not written.

    Raises:
        OSError: the file cannot be written; a file that was there stays as it was.
    """
    import pyarrow.parquet as pq

    with replaced(path) as beside:
        pq.write_table(facts.table, beside, compression="zstd")


def read_facts(path: str | os.PathLike[str]) -> Facts:
    """Read facts that ``write_facts`` wrote, or another program with the same columns.

    Raises:
        FactsError: the file is no Parquet, lacks ``product``, ``relation`` or ``value``, or a column has a wrong type.
        OSError: the file cannot be read.
    """
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except FileNotFoundError as error:
        raise FactsError(f"there is no file {path}; kgrec extract or kgrec.write_facts makes one") from error
    except pa.ArrowInvalid as error:
        raise FactsError(f"{path} is no Parquet file ({error}); write facts with kgrec.write_facts") from error
    lacking = [name for name in ("product", "relation", "value") if name not in table.column_names]
    if lacking:
        raise FactsError(f"{path} lacks the column {', '.join(lacking)}; it has {', '.join(table.column_names)}")
    for name, value in _DEFAULTS.items():
        if name not in table.column_names:
            table = table.append_column(name, pa.repeat(value, len(table)))
    try:
        return Facts(table)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise FactsError(f"a column of {path} has another type than kgrec.data.FACT_SCHEMA: {error}") from error
