"""Physical lines of a text file, plain or gzip, with a bounded size and checked encoding."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path

from kgrec.errors import DataError
from kgrec.readers.rows import quoted

__all__ = ["MAX_ROW", "Line", "opened", "read_lines"]

MAX_ROW = 16 * 2**20
"""Longest row that is looked at, in bytes; a longer one is set aside without being kept in memory."""

Line = tuple[int, str, str]
"""Number from 1, text with its line end, and why it cannot be used (or an empty string)."""

_BUFFER = 2**18
_BOM = b"\xef\xbb\xbf"


def read_lines(path: Path, failure: type[DataError]) -> Iterator[Line]:
    r"""Yield the lines of a UTF-8 file; only ``\n`` ends a line, so numbers are those an editor shows.

    Args:
        path: the file; a name that ends in ``.gz`` is unpacked on the way.
        failure: the error to raise.

    Raises:
        DataError: ``failure``, where the file cannot be opened, is damaged, or is UTF-16.
    """
    with opened(path, failure) as stream:
        yield from _numbered(stream, path, failure)


@contextmanager
def opened(path: Path, failure: type[DataError]) -> Iterator[BufferedReader]:
    """Give the bytes of a file; a name that ends in ``.gz`` is unpacked on the way.

    Args:
        path: the file.
        failure: the error to raise.

    Raises:
        DataError: ``failure``, where the file cannot be opened or read, or is damaged.
    """
    try:
        with _open(path) as stream:
            yield stream
    except FileNotFoundError:
        raise failure(
            f"no file {str(path)!r} (looked in {str(path.parent.absolute())!r}); expected a readable file: "
            "check the path"
        ) from None
    except IsADirectoryError:
        raise failure(f"{str(path)!r} is a folder; expected a file: name the file inside it") from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise failure(
            f"{str(path)!r} is not a whole gzip file ({error}); expected gzip as the name says: "
            "copy the file again, or rename it if it is not packed"
        ) from error
    except OSError as error:
        raise failure(f"{str(path)!r} cannot be read ({error.strerror or error}); expected a readable file") from error


def _open(path: Path) -> BufferedReader:
    packed = path.suffix.lower() == ".gz"
    return BufferedReader(gzip.open(path, "rb") if packed else path.open("rb", 0), _BUFFER)


def _numbered(stream: BufferedReader, path: Path, failure: type[DataError]) -> Iterator[Line]:
    number = 0
    while raw := stream.readline(MAX_ROW + 1):
        number += 1
        if number == 1:
            if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
                raise failure(f"{str(path)!r} is UTF-16; expected UTF-8: save it as UTF-8 (CSV UTF-8 in Excel)")
            raw = raw.removeprefix(_BOM)
        if len(raw) > MAX_ROW:
            length = len(raw) + _skip_line(stream, raw)
            yield number, raw[:800].decode("utf-8", "replace"), f"row too long: {length:,} bytes, at most {MAX_ROW:,}"
            continue
        fault = ""
        try:
            text = raw.decode()
        except UnicodeDecodeError as error:
            at = error.start
            text = raw.decode("utf-8", "replace")
            fault = f"invalid UTF-8: {quoted(raw[at : at + 4])} at byte {at + 1} of the line"
        if not fault and "\0" in text:
            fault = "NUL character: in the line"
        yield number, text, fault


def _skip_line(stream: BufferedReader, raw: bytes) -> int:
    """Read on to the end of a line of which ``raw`` is the beginning; return how many bytes that was."""
    skipped = 0
    while not raw.endswith(b"\n") and (raw := stream.readline(MAX_ROW)):
        skipped += len(raw)
    return skipped
