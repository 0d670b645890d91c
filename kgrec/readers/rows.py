"""What every format hands on: one row at a time, with its place in the file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from kgrec.data import SetAside, count_reasons
from kgrec.errors import DataError

__all__ = ["Row", "RowFault", "RowSource", "nothing_usable", "printable", "quoted", "set_aside", "text_fault"]

_EXCERPT = 200


class RowFault(Exception):  # noqa: N818 - a verdict about one row; it never leaves the readers
    """A row cannot be used; the message is the reason, its part before the first colon is countable."""


class Row(NamedTuple):
    """One row of a file or table.

    Attributes:
        line: 1-based line where the row starts; the row number for tables.
        values: column name → value as the format gives it.
        text: the raw text of the row, empty for tables.
        fault: why the format could not read the row; empty where it could.
    """

    line: int
    values: Mapping[str, Any]
    text: str = ""
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowSource:
    """Rows of one file or table, to be read once.

    Attributes:
        name: what ``SetAside.file`` says.
        columns: the column names, or None where each row names its own (JSON lines).
        rows: the rows, in order.
        total: number of rows where it is known.
    """

    name: str
    columns: tuple[str, ...] | None
    rows: Iterator[Row]
    total: int | None = None


def printable(text: str) -> str:
    """Return at most 200 characters of ``text`` that any terminal and file can take."""
    cut = text[:_EXCERPT].rstrip("\r\n").replace("\0", "�")
    return cut.encode("utf-8", "replace").decode("utf-8")


def quoted(value: object) -> str:
    """Return ``value`` as a short literal for a reason or a message."""
    literal = repr(value[:80]) if isinstance(value, str | bytes) else repr(value)
    return literal if len(literal) <= 60 else f"{literal[:57]}..."


def set_aside(name: str, row: Row, reason: str) -> SetAside:
    """Return the note that a row was not used."""
    text = row.text or ", ".join(f"{key}={quoted(value)}" for key, value in list(row.values.items())[:8])
    return SetAside(file=name, line=row.line, reason=reason, excerpt=printable(text))


def text_fault(value: object) -> str:
    """Return why a (nested) value holds text that cannot be kept, or an empty string."""
    if isinstance(value, str):
        if "\0" in value:
            return f"NUL character: in {quoted(value)}"
        if not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value):
            return f"lone surrogate: in {quoted(value)}"
        return ""
    if isinstance(value, Mapping):
        return text_fault(list(value)) or text_fault(list(value.values()))
    if isinstance(value, list | tuple):
        return next((fault for fault in map(text_fault, value) if fault), "")
    return ""


def nothing_usable(
    name: str, rows: int, aside: Iterable[SetAside], failure: type[DataError], advice: str = ""
) -> DataError:
    """Return the error for a source of which no row can be used, with the reasons counted."""
    if rows == 0:
        return failure(f"{name} has no rows; expected at least one: check that it is the right file")
    kept = list(aside)
    reasons = ", ".join(f"{count:,} × {reason}" for reason, count in list(count_reasons(kept).items())[:5])
    first = f" (first: {kept[0]})" if kept else ""
    todo = advice or "correct the rows, or name the columns with columns={...}"
    return failure(f"none of the {rows:,} rows of {name} can be used: {reasons}{first}; {todo}")
