"""CSV and TSV with a header row, quoted fields over several lines, and recovery after a quote left open."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from kgrec.errors import DataError
from kgrec.readers.columns import unique_names
from kgrec.readers.rows import Row, RowSource
from kgrec.readers.text_lines import MAX_ROW, Line, read_lines

__all__ = ["read_delimited"]


def read_delimited(path: Path, delimiter: str, failure: type[DataError]) -> RowSource:
    """Return the rows of a CSV or TSV file; blank lines are skipped.

    A quote that is never closed would swallow the rows after it: such a row is set aside alone and
    reading goes on with the line after it.

    Args:
        path: the file, plain or ``.gz``.
        delimiter: what stands between cells; for ``","`` a header without any comma may use ``;`` or tab instead.
        failure: the error to raise.

    Returns:
        Rows whose ``values`` map the header's names to the cells, as strings.

    Raises:
        DataError: ``failure``, where the file is missing, damaged, empty or its header cannot be read.
    """
    # The limit belongs to the process; it is only ever raised, so that readers in other threads keep theirs.
    csv.field_size_limit(max(csv.field_size_limit(), MAX_ROW))
    lines = read_lines(path, failure)
    first = next((line for line in lines if line[2] or not line[1].isspace()), None)
    if first is None:
        raise failure(f"{str(path)!r} is empty; expected a header row and data: check that it is the right file")
    if delimiter == "," and "," not in first[1]:
        delimiter = next((other for other in ";\t" if other in first[1]), ",")
    feed = _LineFeed(lines, first)
    reader = csv.reader(feed, delimiter=delimiter)
    _, header, _, fault = _record(feed, reader) or (0, [], "", "no row")
    if fault:
        raise failure(f"the header of {str(path)!r} cannot be read ({fault}); expected one row of column names")
    names = unique_names(header)
    return RowSource(name=str(path), columns=names, rows=_rows(feed, reader, delimiter, names))


class _LineFeed:
    """Gives the csv reader one physical line at a time and remembers which ones a record took."""

    def __init__(self, lines: Iterator[Line], first: Line) -> None:
        self._lines = lines
        self._waiting: deque[Line] = deque([first])
        self._length = 0
        self.taken: list[Line] = []
        self.unclosed = False

    def start(self) -> None:
        """Begin a new record."""
        self.taken = []
        self._length = 0
        self.unclosed = False

    def next_line(self) -> Line | None:
        """Return the next physical line, None at the end."""
        return self._waiting.popleft() if self._waiting else next(self._lines, None)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self.next_line() if self._length <= MAX_ROW else None
        if line is None:
            # Asked for more inside a record: its quote is open at the end of the file or of what a row may hold.
            self.unclosed = bool(self.taken)
            raise StopIteration
        self.taken.append(line)
        self._length += len(line[1])
        return line[1]

    def give_back(self, lines: list[Line]) -> None:
        """Put lines back, to be read again."""
        self._waiting.extendleft(reversed(lines))


def _rows(feed: _LineFeed, reader: Iterator[list[str]], delimiter: str, names: tuple[str, ...]) -> Iterator[Row]:
    width = len(names)
    while line := feed.next_line():
        number, text, fault = line
        if fault or '"' in text:
            feed.give_back([line])
            record = _record(feed, reader)
            if record is None:
                return
            number, cells, text, fault = record
        else:
            # Without quotes a record is a line; splitting it is faster than the csv reader and lets a lone \r pass.
            plain = text.rstrip("\r\n")
            cells = plain.split(delimiter) if plain else []
        if fault:
            yield Row(number, {}, text, fault)
        elif len(cells) == width:
            yield Row(number, dict(zip(names, cells)), text)  # noqa: B905 - checked above, and strict is slow
        elif cells and not text.isspace():
            word = "many" if len(cells) > width else "few"
            yield Row(number, {}, text, f"too {word} cells: {len(cells)}, the header has {width}")


def _record(feed: _LineFeed, reader: Iterator[list[str]]) -> tuple[int, list[str], str, str] | None:
    """Return line number, cells, raw text and fault of the next record, None at the end."""
    feed.start()
    fault = ""
    cells: list[str] = []
    try:
        cells = next(reader)
    except StopIteration:
        return None
    except csv.Error as error:
        fault = f"unreadable row: {error}"
    taken = feed.taken
    if feed.unclosed or (len(taken) > 1 and sum(text.count('"') for _, text, _ in taken) % 2):
        feed.give_back(taken[1:])
        del taken[1:]
        fault = "quote never closed: the row was set aside and reading went on with the next line"
    fault = next((broken for _, _, broken in taken if broken), fault)
    return taken[0][0], cells, "".join(text for _, text, _ in taken), fault
