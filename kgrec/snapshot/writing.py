"""Arrays, tables, tensors and documents → a folder that is there completely or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from glob import escape
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kgrec.errors import SnapshotError
from kgrec.snapshot.manifest import (
    MANIFEST,
    FileEntry,
    Manifest,
    check_name,
    digest_of,
    library_version,
    previous_of,
    read_manifest,
)

__all__ = ["write_snapshot"]

_ABANDONED_SECONDS = 86_400  # a partial folder this old was left by a killed writer

_Write = Callable[[IO[bytes]], object]


def write_snapshot(
    path: str | os.PathLike[str],
    *,
    arrays: Mapping[str, NDArray[Any]] | None = None,
    tables: Mapping[str, pa.Table] | None = None,
    tensors: Mapping[str, Mapping[str, NDArray[Any]]] | None = None,
    documents: Mapping[str, Any] | None = None,
    folders: Mapping[str, Callable[[Path], object]] | None = None,
    meta: Mapping[str, Any] | None = None,
    created: datetime | None = None,
) -> None:
    """Write a snapshot; a snapshot that is already there is replaced once the new one is complete.

    Everything is written into a folder beside ``path``, flushed to the disk and renamed. Names become file names.

    Args:
        path: the folder to make; missing parents are made.
        arrays: name → array of any shape and dtype but objects; npy.
        tables: name → Arrow table; Parquet, compressed by zstd.
        tensors: name → group of named arrays; safetensors.
        documents: name → what JSON can hold; JSON.
        folders: name → what writes a folder of its own, given its path; one checksum covers all its files.
        meta: JSON that stands in the manifest itself.
        created: noted in the manifest; now, if left out.

    Raises:
        SnapshotError: a name or a part cannot be written, ``path`` is something else than a snapshot, or the disk
            refuses. What was at ``path`` is still there then.
    """
    writes = {
        **{check_name(n) + ".npy": _array_writer(n, array) for n, array in (arrays or {}).items()},
        **{check_name(n) + ".parquet": _table_writer(n, table) for n, table in (tables or {}).items()},
        **{check_name(n) + ".safetensors": _tensor_writer(n, group) for n, group in (tensors or {}).items()},
        **{check_name(n) + ".json": _document_writer(n, content) for n, content in (documents or {}).items()},
    }
    inside = {check_name(name): write for name, write in (folders or {}).items()}
    _check_distinct([*writes, *inside])
    noted = json.loads(_json_bytes("meta", dict(meta or {})))
    target = Path(path).resolve()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _restore(target)
        _check_replaceable(target)
        with _partial_folder(target) as folder:
            files = {name: _write(folder / name, write) for name, write in sorted(writes.items())}
            digests = {}
            for name, write_into in sorted(inside.items()):
                write_into(folder / name)
                digests[name] = digest_of(folder / name)
            manifest = Manifest(
                files=files,
                meta=noted,
                kgrec_version=library_version(),
                folders=digests,
                created=(created or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="seconds"),
            )
            rendered = manifest.render()
            _write(folder / MANIFEST, lambda file: file.write(rendered))
            _flush_folder(folder)
            _move_into_place(folder, target)
    except (OSError, pa.ArrowException) as error:
        raise SnapshotError(f"the snapshot {target} could not be written: {error}") from error


def _array_writer(name: str, array: NDArray[Any]) -> _Write:
    if not isinstance(array, np.ndarray) or array.dtype.hasobject:
        kind = f"dtype {array.dtype}" if isinstance(array, np.ndarray) else type(array).__name__
        raise SnapshotError(f"array {name!r} must be a numpy array without Python objects; got {kind}")
    return lambda file: np.save(file, array, allow_pickle=False)


def _table_writer(name: str, table: pa.Table) -> _Write:
    import pyarrow.parquet as pq

    if not isinstance(table, pa.Table):
        raise SnapshotError(f"table {name!r} must be a pyarrow Table; got {type(table).__name__}")

    return lambda file: pq.write_table(table, file, compression="zstd")


def _tensor_writer(name: str, group: Mapping[str, NDArray[Any]]) -> _Write:
    from safetensors import SafetensorError
    from safetensors.numpy import save

    def write(file: IO[bytes]) -> None:
        try:
            file.write(save({key: np.asarray(array, order="C") for key, array in group.items()}))
        except (SafetensorError, KeyError, TypeError, ValueError) as error:
            raise SnapshotError(f"tensors {name!r} cannot be written: {error}") from error

    return write


def _document_writer(name: str, content: Any) -> _Write:
    encoded = _json_bytes(f"document {name!r}", content)
    return lambda file: file.write(encoded)


def _json_bytes(what: str, content: Any) -> bytes:
    try:
        return (json.dumps(content, ensure_ascii=False, allow_nan=False) + "\n").encode("utf-8")
    except (TypeError, ValueError, RecursionError) as error:
        raise SnapshotError(f"{what} must be JSON (no NaN): {error}") from error


def _check_distinct(names: Sequence[str]) -> None:
    seen = {MANIFEST: MANIFEST}
    for name in names:
        if (other := seen.setdefault(name.lower(), name)) is not name:
            raise SnapshotError(f"{name!r} and {other!r} would be one file on some disks; rename one")


def _write(file: Path, write: _Write) -> FileEntry:
    with file.open("xb") as opened:
        write(opened)
        opened.flush()
        os.fsync(opened.fileno())
    with file.open("rb") as opened:
        return FileEntry(hashlib.file_digest(opened, "sha256").hexdigest(), file.stat().st_size)


def _check_replaceable(target: Path) -> None:
    """Refuse to replace anything but a snapshot or an empty folder: it would be lost."""
    if not target.exists():
        return
    if not target.is_dir():
        raise SnapshotError(f"{target} is a file; a snapshot is a folder: give another path")
    present = {entry.name for entry in target.iterdir()}
    if not present:
        return
    try:
        found = read_manifest(target)
        known = {MANIFEST, *found.files, *found.folders}
    except SnapshotError as error:
        raise SnapshotError(f"{target} is not empty and holds no intact snapshot, so it stays: {error}") from error
    if others := sorted(present - known):
        raise SnapshotError(f"{target} also holds {others[0]!r}, which would be lost: move it away")


@contextmanager
def _partial_folder(target: Path) -> Iterator[Path]:
    """Give a new folder beside the target; nothing of it is left unless it was moved into place."""
    prefix = f".{target.name}.partial-"
    for left in target.parent.glob(f"{escape(prefix)}*"):
        with suppress(FileNotFoundError):  # its writer may be finishing now
            if time.time() - left.stat().st_mtime > _ABANDONED_SECONDS:
                shutil.rmtree(left, ignore_errors=True)
    folder = target.with_name(prefix + secrets.token_hex(6))
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _move_into_place(folder: Path, target: Path) -> None:
    previous = previous_of(target)
    if not target.exists():
        folder.rename(target)
    else:
        target.rename(previous)
        try:
            folder.rename(target)
        except BaseException:
            previous.rename(target)
            raise
    try:
        _flush_folder(target.parent)
    finally:
        shutil.rmtree(previous, ignore_errors=True)


def _restore(target: Path) -> None:
    """Undo what a writer left that was killed between its two renames, or before it removed the old folder."""
    previous = previous_of(target)
    if not previous.is_dir():
        return
    read_manifest(previous)  # raises where the folder is not ours
    if target.exists():
        shutil.rmtree(previous)
    else:
        previous.rename(target)


def _flush_folder(folder: Path) -> None:
    with suppress(OSError):  # not every file system flushes folders
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
