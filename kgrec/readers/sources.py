"""From whatever the caller gave to a table or to rows, by suffix or by what the object can do."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any

from kgrec.errors import DataError
from kgrec.readers.delimited import read_delimited
from kgrec.readers.json_lines import read_json_lines
from kgrec.readers.rows import RowSource
from kgrec.readers.tables import TableSource, read_parquet, read_stream

__all__ = ["Source", "open_source"]

Source = str | PathLike[str] | Any
"""A path, or any object with ``__arrow_c_stream__``."""

_JSON_LINES = (".jsonl", ".ndjson", ".jsonlines", ".json-lines")
_DELIMITERS = {".csv": ",", ".tsv": "\t", ".tab": "\t"}
_EXPECTED = ".jsonl, .ndjson, .csv or .tsv (each also with .gz), or .parquet"


def open_source(source: Source, failure: type[DataError], *, also: str = "") -> RowSource | TableSource:
    """Open a file or table.

    Args:
        source: a path that ends in .jsonl, .ndjson, .csv, .tsv (each also .gz) or .parquet, or any table with
            ``__arrow_c_stream__``.
        failure: the error to raise.
        also: what the caller reads besides, for the message.

    Returns:
        A TableSource for Parquet and tables, a RowSource for text.

    Raises:
        DataError: ``failure``, where the source is of no such kind, or is missing, empty or damaged. Text files may
            raise it while their rows are read.
    """
    if hasattr(source, "__arrow_c_stream__") or hasattr(source, "__arrow_c_array__"):
        return read_stream(source, failure)
    if not isinstance(source, str | PathLike):
        raise failure(
            f"got {type(source).__name__}; expected a path, or a table with __arrow_c_stream__ "
            "(pandas, polars, duckdb, pyarrow): write rows to a file or put them in a table"
        )
    path = Path(source)
    suffixes = [suffix.lower() for suffix in path.suffixes]
    packed = suffixes[-1:] == [".gz"]
    suffix = "".join(suffixes[-2:-1] if packed else suffixes[-1:])
    if suffix in _JSON_LINES:
        return read_json_lines(path, failure)
    if suffix in _DELIMITERS:
        return read_delimited(path, _DELIMITERS[suffix], failure)
    if suffix == ".parquet" and not packed:
        return read_parquet(path, failure)
    hint = (
        "; JSON is read one object a line: rename to .jsonl if it is, to .jsonld if it is JSON-LD"
        if suffix == ".json"
        else ""
    )
    given = f"ends in {''.join(path.suffixes[-2 if packed else -1 :])!r}" if suffixes else "has no suffix"
    raise failure(f"{str(path)!r} {given}; expected {_EXPECTED}{also}: rename or convert it{hint}")
