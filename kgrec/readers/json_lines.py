"""JSON lines: one object a line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from kgrec.errors import DataError
from kgrec.readers.rows import Row, RowSource, text_fault
from kgrec.readers.text_lines import Line, read_lines

__all__ = ["read_json_lines"]


def read_json_lines(path: Path, failure: type[DataError]) -> RowSource:
    """Return the rows of a JSON-lines file; blank lines are skipped.

    Args:
        path: the file, plain or ``.gz``.
        failure: the error to raise.

    Returns:
        Rows whose ``values`` are the JSON object; a line that is no object has a fault.

    Raises:
        DataError: ``failure``, while the rows are read, where the file is missing or damaged.
    """
    rows = (_row(line) for line in read_lines(path, failure))
    return RowSource(name=str(path), columns=None, rows=_without_blank(rows))


def _without_blank(rows: Iterator[Row]) -> Iterator[Row]:
    return (row for row in rows if row.fault or not row.text.isspace())


def _row(line: Line) -> Row:
    number, text, fault = line
    if fault or text.isspace():
        return Row(number, {}, text, fault)
    try:
        values = json.loads(text)
        # Only an escape can bring in what the decoding of the line has not already refused.
        fault = text_fault(values) if "\\u" in text else ""
    except RecursionError:
        return Row(number, {}, text, "not JSON: nested too deeply")
    except ValueError as error:
        detail = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        return Row(number, {}, text, f"not JSON: {detail}")
    if not isinstance(values, dict):
        return Row(number, {}, text, f"not a JSON object: {type(values).__name__}")
    return Row(number, values, text, fault)
