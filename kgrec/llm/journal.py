"""Replies that were paid for, kept in a file that survives being killed at any moment."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import threading
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from kgrec.data import Completion, Message, TokenLogprob, Usage
from kgrec.errors import JournalError

__all__ = ["Journal", "reply_key"]

_HEADER = {"journal": "kgrec replies", "version": 1}
_CHUNK = 1 << 20


def reply_key(messages: Sequence[Message], schema: Mapping[str, Any] | None, model: str, step: str) -> str:
    """Return what a reply is kept under, 32 hexadecimal digits.

    The messages hold the product's text, the category's schema, the instructions and the demonstrations; the model's
    name stands for the model and its parameters. So whatever could change the reply changes the key.
    """
    content = [[(message.role, message.content) for message in messages], schema, model, step]
    encoded = json.dumps(content, sort_keys=True, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return hashlib.sha256(encoded).hexdigest()[:32]


class Journal:
    """Replies by key, in a file of JSON lines that only grows. One process writes it at a time.

    A reply is in the file, in one write of the operating system, before ``append`` returns. A process that is killed
    leaves at most one torn line at the end, which the next one removes. In memory are eight-byte keys and offsets
    (about 150 bytes a reply), not replies. Safe to use from several threads.

    Args:
        path: of the file; it is made where there is none.

    Raises:
        JournalError: another process has it open, it is no journal, or a line before the last cannot be read; the
            message names file and line.
    """

    def __init__(self, path: str | Path) -> None:
        """Open, lock and index the file."""
        self.path = Path(path)
        self._lock = threading.Lock()
        self._offsets: dict[int, int] = {}
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise JournalError(f"{self.path}: the journal cannot be opened: {error}") from error
        self._given_free = weakref.finalize(self, os.close, self._file)
        try:
            self._take()
            self._size = self._index()
        except BaseException:
            self._given_free()
            raise

    def __len__(self) -> int:
        """Return the number of replies."""
        return len(self._offsets)

    def __enter__(self) -> Journal:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self.close()

    def close(self) -> None:
        """Bring everything to the disk and give the file free; nothing can be read or kept afterwards."""
        with self._lock:
            if self._file >= 0:
                with contextlib.suppress(OSError):  # a pipe or a full disk; what could be written is written
                    os.fsync(self._file)
                self._file = -1
                self._given_free()

    def get(self, key: str) -> Completion | None:
        """Return the reply kept under a key, or None.

        Raises:
            JournalError: the file was closed, or changed by something else.
        """
        with self._lock:
            offset = self._offsets.get(_short(key))
            if offset is None:
                return None
            line = self._line_at(offset)
        entry = _entry(line)
        if entry is None:
            raise JournalError(f"{self.path}: byte {offset:,} holds no reply any more; was the file changed meanwhile?")
        return _completion(entry) if entry["key"] == key else None

    def append(self, key: str, completion: Completion, *, product: str = "", step: str = "") -> None:
        """Keep a reply. ``product`` and ``step`` are for people who read the file.

        Raises:
            JournalError: it cannot be written, or the file was closed.
        """
        usage = [completion.usage.input_tokens, completion.usage.output_tokens]
        entry: dict[str, Any] = {"key": key, "product": product, "step": step, "text": completion.text, "usage": usage}
        entry |= {"finish": completion.finish, "model": completion.model}
        if completion.logprobs is not None:
            entry["logprobs"] = [_token(token) for token in completion.logprobs]
        # ASCII only, so that lone surrogates of a reply survive and no byte of a character can be torn off.
        line = json.dumps(entry).encode("ascii") + b"\n"
        with self._lock:
            if self._file < 0:
                raise JournalError(f"{self.path}: the journal is closed")
            self._write(line)
            self._offsets[_short(key)] = self._size
            self._size += len(line)

    def forget(self, key: str) -> None:
        """Note that a reply was of no use, so that it is asked for again.

        Raises:
            JournalError: it cannot be written, or the file was closed.
        """
        line = json.dumps({"key": key, "text": "", "void": True}).encode("ascii") + b"\n"
        with self._lock:
            if self._file < 0:
                raise JournalError(f"{self.path}: the journal is closed")
            self._write(line)
            self._size += len(line)
            self._offsets.pop(_short(key), None)

    def _take(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise JournalError(
                f"{self.path}: another process or extractor writes this journal; wait for it, or give another file"
            ) from error

    def _write(self, line: bytes) -> None:
        written = 0
        try:
            while written < len(line):
                written += os.write(self._file, line[written:])
        except OSError as error:
            with contextlib.suppress(OSError):  # then the torn line is removed when the file is next opened
                os.ftruncate(self._file, self._size)
            raise JournalError(f"{self.path}: the reply cannot be written: {error}") from error

    def _index(self) -> int:
        """Find all replies, remove a torn last line, and return the size of the file."""
        size = number = 0
        with os.fdopen(os.dup(self._file), "rb", buffering=_CHUNK) as lines:
            lines.seek(0)
            for number, line in enumerate(lines, 1):
                if not line.endswith(b"\n"):
                    self._check_is_journal(number, line)
                    os.ftruncate(self._file, size)
                    number -= 1
                    break
                if number == 1:
                    self._check_header(line)
                else:
                    self._note(line, number, size)
                size += len(line)
        if number == 0:
            header = json.dumps(_HEADER).encode() + b"\n"
            self._size = 0
            self._write(header)
            size = len(header)
        return size

    def _check_is_journal(self, number: int, line: bytes) -> None:
        """A torn line is removed; but a first line that is no beginning of a header is somebody's own file."""
        header = json.dumps(_HEADER).encode()
        if number == 1 and not header.startswith(line.rstrip(b"\0")):
            raise JournalError(f"{self.path}:1: this file is no journal of replies; give the name of another or none")

    def _check_header(self, line: bytes) -> None:
        try:
            header = json.loads(line)
        except ValueError:
            header = None
        if not isinstance(header, dict) or header.get("journal") != _HEADER["journal"]:
            raise JournalError(f"{self.path}:1: this file is no journal of replies; give the name of another or none")
        if header.get("version") != _HEADER["version"]:
            raise JournalError(f"{self.path}:1: version {header.get('version')!r} of the journal is not known here")

    def _note(self, line: bytes, number: int, offset: int) -> None:
        entry = _entry(line)
        if entry is None:
            raise JournalError(
                f"{self.path}:{number}: this line holds no reply, and it is not the last; the file was damaged. "
                "Remove the line to go on; its reply is asked for again"
            )
        if entry.get("void"):
            self._offsets.pop(_short(entry["key"]), None)
        else:
            self._offsets[_short(entry["key"])] = offset

    def _line_at(self, offset: int) -> bytes:
        if self._file < 0:
            raise JournalError(f"{self.path}: the journal is closed")
        line = b""
        while not line.endswith(b"\n"):
            piece = os.pread(self._file, 8_192, offset + len(line))
            if not piece:
                break
            end = piece.find(b"\n")
            line += piece if end < 0 else piece[: end + 1]
        return line


def _short(key: str) -> int:
    return int(key[:16], 16)


def _entry(line: bytes) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
        int(entry["key"], 16)
        return entry if isinstance(entry["text"], str) and len(entry["key"]) == 32 else None
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def _token(token: TokenLogprob) -> list[Any]:
    """Return word, logarithm and, where there are any, the likely words in its place."""
    entry: list[Any] = [token.token, round(token.logprob, 5)]
    return [*entry, [[word, round(number, 5)] for word, number in token.top]] if token.top else entry


def _logprob(word: str, number: float, top: Sequence[Sequence[Any]] = ()) -> TokenLogprob:
    return TokenLogprob(token=word, logprob=number, top=tuple((str(other), float(value)) for other, value in top))


def _completion(entry: Mapping[str, Any]) -> Completion:
    tokens = entry.get("logprobs")
    usage = entry.get("usage") or [0, 0]
    return Completion(
        text=entry["text"],
        usage=Usage(input_tokens=usage[0], output_tokens=usage[1]),
        logprobs=None if tokens is None else tuple(_logprob(*token) for token in tokens),
        model=entry.get("model", ""),
        finish=entry.get("finish", "stop"),
    )
