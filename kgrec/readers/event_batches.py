"""Event rows of any source, as batches of columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import pyarrow as pa

from kgrec.readers.columns import Layout
from kgrec.readers.fields import id_of
from kgrec.readers.rows import Row, RowFault, RowSource
from kgrec.readers.tables import TableSource
from kgrec.readers.vectors import Faults, array_of

__all__ = ["EventBatch", "event_batches"]

_TABLE_ROWS = 1_048_576
_TEXT_ROWS = 32_768


@dataclass(frozen=True, slots=True, kw_only=True)
class EventBatch:
    """Consecutive rows.

    Attributes:
        size: number of rows ``e``.
        columns: field → array (e,); a field without a column is absent.
        faults: positions that the format could not read.
        row: from a position to its row, for the note that it was set aside.
    """

    size: int
    columns: Mapping[str, pa.Array]
    faults: Faults
    row: Callable[[int], Row]


def event_batches(source: RowSource | TableSource, layout: Layout, default_type: str) -> Iterator[EventBatch]:
    """Yield the rows of a source in batches.

    Args:
        source: an opened file or table.
        layout: finds the columns of the fields.
        default_type: the type of a JSON row that has no key for it.
    """
    if isinstance(source, TableSource):
        return _table_batches(source, layout)
    if source.columns is not None:
        return _delimited_batches(source, layout.of(source.columns))
    return _keyed_batches(source, layout, default_type)


def _table_batches(source: TableSource, layout: Layout) -> Iterator[EventBatch]:
    field_of = {column: field for field, column in layout.of(source.columns).items()}
    start = 1
    for batch in source.batches(tuple(field_of), _TABLE_ROWS):
        columns = {field: batch.column(column) for column, field in field_of.items()}
        yield EventBatch(size=batch.num_rows, columns=columns, faults=Faults(), row=_table_row(batch, start))
        start += batch.num_rows


def _table_row(batch: pa.RecordBatch, start: int) -> Callable[[int], Row]:
    def row(at: int) -> Row:
        values: dict[str, Any] = {}
        for name in batch.schema.names:
            try:
                values[name] = batch.column(name)[at].as_py()
            except (ValueError, OverflowError, pa.ArrowException):
                values[name] = "unreadable"
        return Row(start + at, values)

    return row


def _delimited_batches(source: RowSource, column_of: Mapping[str, str]) -> Iterator[EventBatch]:
    while rows := list(islice(source.rows, _TEXT_ROWS)):
        columns = {
            field: pa.array([row.values.get(column) for row in rows], pa.string())
            for field, column in column_of.items()
        }
        yield EventBatch(size=len(rows), columns=columns, faults=_format_faults(rows), row=rows.__getitem__)


def _keyed_batches(source: RowSource, layout: Layout, default_type: str) -> Iterator[EventBatch]:
    while rows := list(islice(source.rows, _TEXT_ROWS)):
        faults = _format_faults(rows)
        cells: dict[str, list[Any]] = {field: [] for field in ("user", "item", "type", "time", "value")}
        for row in rows:
            column_of = layout.of(row.values)
            for field, column in cells.items():
                missing = default_type if field == "type" else None
                column.append(row.values[column_of[field]] if field in column_of else missing)
        columns = {
            field: array_of(column) if field in ("time", "value") else _id_array(column, field, faults)
            for field, column in cells.items()
        }
        yield EventBatch(size=len(rows), columns=columns, faults=faults, row=rows.__getitem__)


def _id_array(cells: Sequence[Any], field: str, faults: Faults) -> pa.Array:
    """Return cells as one array; where kinds are mixed, each is made a string as an id is."""
    try:
        return pa.array(cells)
    except (pa.ArrowException, OverflowError, TypeError, ValueError):
        pass
    texts: list[str | None] = []
    for at, cell in enumerate(cells):
        try:
            texts.append(id_of(cell, field))
        except RowFault as fault:
            faults.reasons.setdefault(at, str(fault))
            texts.append(None)
    return pa.array(texts, pa.string())


def _format_faults(rows: Sequence[Row]) -> Faults:
    faults = Faults()
    faults.reasons.update((at, row.fault) for at, row in enumerate(rows) if row.fault)
    return faults
