"""Parquet files and any table with ``__arrow_c_stream__``, as Arrow record batches or as rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from kgrec.errors import DataError
from kgrec.readers.columns import unique_names
from kgrec.readers.rows import Row, RowSource, quoted, text_fault

__all__ = ["TableSource", "plain_array", "read_parquet", "read_stream", "rows_of"]

_PANDAS_INDEX = re.compile(r"__index_level_\d+__")


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSource:
    """A table to be read once, in batches.

    Attributes:
        name: what ``SetAside.file`` says.
        columns: column names, each once.
        batches: from (wanted columns, rows a batch) to record batches whose columns are the wanted ones, in order.
        total: number of rows where it is known.
    """

    name: str
    columns: tuple[str, ...]
    batches: Callable[[Sequence[str], int], Iterator[pa.RecordBatch]]
    total: int | None


def read_parquet(path: Path, failure: type[DataError]) -> TableSource:
    """Open a Parquet file.

    Args:
        path: the file.
        failure: the error to raise.

    Raises:
        DataError: ``failure``, where the file is missing or is no Parquet.
    """
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        raise failure(f"{str(path)!r} {what}; expected a Parquet file: check the path")
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise failure(f"{str(path)!r} is not a readable Parquet file ({error}); write it again") from error
    given = file.schema_arrow.names
    names = unique_names(given)
    repeated = len(set(given)) < len(given)

    def batches(wanted: Sequence[str], size: int) -> Iterator[pa.RecordBatch]:
        chosen = None if repeated else [given[names.index(name)] for name in wanted]
        for batch in file.iter_batches(batch_size=size, columns=chosen, use_threads=False):
            got = names if repeated else tuple(names[given.index(name)] for name in batch.schema.names)
            yield _select(batch, got, wanted)

    return TableSource(
        name=str(path),
        columns=names,
        batches=lambda wanted, size: _guarded(batches(wanted, size), str(path), failure),
        total=file.metadata.num_rows,
    )


def read_stream(source: Any, failure: type[DataError]) -> TableSource:
    """Open any object with ``__arrow_c_stream__`` or ``__arrow_c_array__`` (pandas, polars, duckdb, pyarrow, …).

    Args:
        source: the table.
        failure: the error to raise.

    Raises:
        DataError: ``failure``, where the object cannot export itself as Arrow (a column of mixed types, for example).
    """
    kind = type(source)
    name = f"<{kind.__module__.split('.')[0]}.{kind.__qualname__}>"
    try:
        if hasattr(source, "__arrow_c_stream__"):
            reader = pa.RecordBatchReader.from_stream(source)
        else:
            reader = pa.Table.from_batches([pa.record_batch(source)]).to_reader()
    except (pa.ArrowException, ValueError, TypeError) as error:
        raise failure(
            f"{name} cannot be turned into an Arrow table ({error}); expected columns of one type each: "
            "convert the column it names, to strings for example"
        ) from error
    names = unique_names(reader.schema.names)
    total = len(source) if hasattr(source, "__len__") else None
    return TableSource(
        name=name,
        columns=names,
        batches=lambda wanted, size: _guarded(
            (_select(part, names, wanted) for batch in reader for part in _parts(batch, size)), name, failure
        ),
        total=total,
    )


def rows_of(table: TableSource) -> RowSource:
    """Return the rows of a table, numbered from 1; bytes are read as UTF-8, a pandas index without a name is left out.

    Args:
        table: where the rows come from.
    """
    names = tuple(name for name in table.columns if not _PANDAS_INDEX.fullmatch(name))
    return RowSource(name=table.name, columns=names, rows=_numbered(table.batches(names, 1024)), total=table.total)


def plain_array(array: pa.Array) -> pa.Array:
    """Return the array without dictionary, view, extension or chunk layout."""
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if isinstance(array, pa.ExtensionArray):
        array = array.storage
    kind = array.type
    if pa.types.is_dictionary(kind):
        return plain_array(array.dictionary_decode())
    if pa.types.is_string_view(kind):
        return array.cast(pa.large_string())
    if pa.types.is_binary_view(kind):
        return array.cast(pa.large_binary())
    return array


def _guarded(batches: Iterator[pa.RecordBatch], name: str, failure: type[DataError]) -> Iterator[pa.RecordBatch]:
    try:
        yield from batches
    except (pa.ArrowException, OSError) as error:
        raise failure(f"{name} broke off while it was read ({error}); write or copy it again") from error


def _parts(batch: pa.RecordBatch, size: int) -> Iterator[pa.RecordBatch]:
    return (batch.slice(start, size) for start in range(0, batch.num_rows, size))


def _select(batch: pa.RecordBatch, names: tuple[str, ...], wanted: Sequence[str]) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([batch.column(names.index(name)) for name in wanted], names=list(wanted))


def _numbered(batches: Iterator[pa.RecordBatch]) -> Iterator[Row]:
    line = 0
    for batch in batches:
        columns = {name: _cells(batch.column(name)) for name in batch.schema.names}
        for cells in zip(*columns.values(), strict=True):
            line += 1
            values = dict(zip(columns, cells, strict=True))
            broken = next((name for name, value in values.items() if isinstance(value, _Broken)), None)
            if broken is not None:
                yield Row(line, {}, fault=values[broken].reason)
            else:
                yield Row(line, values, fault=text_fault(tuple(values.values())))


@dataclass(frozen=True, slots=True)
class _Broken:
    """Stands for a cell that cannot be turned into a value."""

    reason: str


def _cells(array: pa.Array) -> list[Any]:
    kind = array.type
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        array = array.cast(pa.timestamp("us", kind.tz), safe=False)
    try:
        cells = array.to_pylist()
    except (ValueError, OverflowError, pa.ArrowException):
        cells = [_cell(array, at) for at in range(len(array))]
    return [_text(cell) if isinstance(cell, bytes) else cell for cell in cells]


def _cell(array: pa.Array, at: int) -> Any:
    try:
        return array[at].as_py()
    except UnicodeDecodeError as error:
        return _Broken(f"invalid UTF-8: {quoted(error.object[error.start : error.start + 4])}")
    except (ValueError, OverflowError, pa.ArrowException) as error:
        return _Broken(f"unreadable cell: {error}")


def _text(cell: bytes) -> Any:
    try:
        return cell.decode("utf-8")
    except UnicodeDecodeError as error:
        return _Broken(f"invalid UTF-8: {quoted(cell[error.start : error.start + 4])}")
