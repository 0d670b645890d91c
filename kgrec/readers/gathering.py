"""Rows with an id each → things by id, with what could not be used and where the rest stands."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping
from typing import Generic, NamedTuple, TypeVar

from kgrec.data import SetAside
from kgrec.errors import DataError
from kgrec.protocols import Progress
from kgrec.readers.columns import Layout
from kgrec.readers.rows import Row, RowFault, RowSource, nothing_usable, quoted, set_aside

__all__ = ["Gathered", "gather"]

T = TypeVar("T")
_TOLD_EVERY = 1_024


class Gathered(NamedTuple, Generic[T]):
    """What a source held: things by id in its order, the line of each, and the rows that are none."""

    found: dict[str, T]
    lines: array[int]
    aside: list[SetAside]


def gather(
    rows: RowSource,
    layout: Layout,
    identify: Callable[[Row, Mapping[str, str]], str],
    make: Callable[[str, Row, Mapping[str, str]], T],
    *,
    stage: str,
    failure: type[DataError],
    progress: Progress,
) -> Gathered[T]:
    """Make a thing of each row; of several with one id the first stays.

    Args:
        rows: of one file or table.
        layout: says which column holds which field.
        identify: row and field → column, to the id.
        make: the same with the id, to the thing. Both raise ``RowFault`` for a row that cannot be used.
        stage: what ``progress`` is told.
        failure: the kind of error.
        progress: is told the rows read.

    Raises:
        DataError: of the kind ``failure``: a column is missing, or no row can be used.
    """
    if rows.columns is not None:
        layout.check(rows.name, rows.columns)
    found: dict[str, T] = {}
    lines = array("q")
    aside: list[SetAside] = []
    done = 0
    for done, row in enumerate(rows.rows, 1):
        try:
            if row.fault:
                raise RowFault(row.fault)
            column = layout.of(row.values)
            own_id = identify(row, column)
            if own_id in found:
                raise RowFault(f"duplicate id: {quoted(own_id)}")
            found[own_id] = make(own_id, row, column)
            lines.append(row.line)
        except RowFault as fault:
            aside.append(set_aside(rows.name, row, str(fault)))
        if done % _TOLD_EVERY == 0:
            progress(stage, done, rows.total)
    progress(stage, done, done)
    if rows.columns is None and layout.any_seen:
        layout.check(rows.name)
    if not found:
        raise nothing_usable(rows.name, done, aside, failure)
    return Gathered(found, lines, aside)
