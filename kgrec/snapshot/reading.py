"""Folder → arrays, tables, tensors and documents, after every checksum was compared."""

from __future__ import annotations

import hashlib
import json
import stat
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kgrec.errors import SnapshotDamagedError, SnapshotError
from kgrec.snapshot.manifest import MANIFEST, FileEntry, Manifest, digest_of, previous_of, read_manifest

__all__ = ["Snapshot", "read_snapshot"]

_Part = TypeVar("_Part")
_Identity = tuple[int, int, int]  # device, inode, time of change: another file of the same name differs
_TRIES = 3


@dataclass(frozen=True, eq=False, repr=False)
class Snapshot:
    """A checked folder, whose parts are read when they are asked for; made by :func:`read_snapshot`.

    Two snapshots are equal where their files and ``meta`` are, whenever and by whichever version they were written.
    """

    path: Path
    manifest: Manifest
    mmap: bool
    checked: Mapping[str, _Identity]

    @property
    def meta(self) -> Mapping[str, Any]:
        """What the writer noted."""
        return self.manifest.meta

    @property
    def arrays(self) -> tuple[str, ...]:
        """Names of the arrays."""
        return self._names(".npy")

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the tables."""
        return self._names(".parquet")

    @property
    def tensors(self) -> tuple[str, ...]:
        """Names of the groups of tensors."""
        return self._names(".safetensors")

    @property
    def documents(self) -> tuple[str, ...]:
        """Names of the documents."""
        return self._names(".json")

    def array(self, name: str) -> NDArray[Any]:
        """Return an array, read-only; memory-mapped where the snapshot was opened so.

        Raises:
            SnapshotError: there is none of this name.
            SnapshotDamagedError: the file cannot be read.
        """
        mode: Literal["r"] | None = "r" if self.mmap else None
        array = self._read(name, ".npy", lambda file: np.asarray(np.load(file, mmap_mode=mode, allow_pickle=False)))
        array.flags.writeable = False
        return array

    def table(self, name: str) -> pa.Table:
        """Return a table.

        Raises:
            SnapshotError: there is none of this name.
            SnapshotDamagedError: the file cannot be read.
        """
        import pyarrow.parquet as pq

        def read(file: Path) -> pa.Table:
            with pq.ParquetFile(file) as opened:
                return opened.read()

        return self._read(name, ".parquet", read)

    def tensor_group(self, name: str) -> dict[str, NDArray[Any]]:
        """Return the tensors of one safetensors file, as arrays.

        Raises:
            SnapshotError: there is none of this name.
            SnapshotDamagedError: the file cannot be read.
        """
        from safetensors.numpy import load

        return self._read(name, ".safetensors", lambda file: dict(load(file.read_bytes())))

    def document(self, name: str) -> Any:
        """Return a JSON document as Python values.

        Raises:
            SnapshotError: there is none of this name.
            SnapshotDamagedError: the file cannot be read.
        """
        return self._read(name, ".json", lambda file: json.loads(file.read_text("utf-8")))

    def folder(self, name: str) -> Path | None:
        """Return the path of a folder inside, or None where there is none of this name."""
        return self.path / name if name in self.manifest.folders else None

    def __eq__(self, other: object) -> bool:
        """Tell whether both have the same files and ``meta``."""
        if not isinstance(other, Snapshot):
            return NotImplemented
        mine, theirs = self.manifest, other.manifest
        return all(dict(getattr(mine, part)) == dict(getattr(theirs, part)) for part in ("files", "folders", "meta"))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        """Return a short description."""
        return f"<Snapshot {str(self.path)!r}: {len(self.manifest.files)} files>"

    def _names(self, suffix: str) -> tuple[str, ...]:
        return tuple(sorted(f.removesuffix(suffix) for f in self.manifest.files if f.endswith(suffix)))

    def _read(self, name: str, suffix: str, read: Callable[[Path], _Part]) -> _Part:
        if name + suffix not in self.manifest.files:
            has = ", ".join(self._names(suffix)) or "none"
            raise SnapshotError(f"{self.path} has no {name + suffix!r}; of that kind it has {has}")
        file = self.path / (name + suffix)
        try:
            part = read(file)
            replaced = _identity(file) != self.checked[file.name]
        except MemoryError:
            raise
        except Exception as error:  # whatever a parser raises on a file that is not what it should be
            raise SnapshotDamagedError(f"{file} cannot be read: {error}") from error
        if replaced:
            raise SnapshotDamagedError(f"{file} was replaced after it was checked; open the snapshot again")
        return part


def read_snapshot(path: str | PathLike[str], *, mmap: bool = True, verify: bool = True) -> Snapshot:
    """Open a snapshot.

    Where a writer was killed between moving the old folder away and the new one into place, the old one is read.

    Args:
        path: the folder.
        mmap: map arrays into memory instead of reading them; quick to open, and shared between processes.
        verify: compare the SHA-256 of every file before anything is parsed. Without it only names and sizes are
            compared; for folders that were verified before.

    Raises:
        SnapshotVersionError: a newer library wrote it.
        SnapshotDamagedError: a file is missing, damaged or too many; the message names it.
        SnapshotError: the folder is missing, or no snapshot.
    """
    target = Path(path).resolve()
    for _ in range(_TRIES - 1):
        before = _whereabouts(target)
        try:
            return _checked(before[0], mmap=mmap, verify=verify)
        except SnapshotError:
            if _whereabouts(target) == before:
                raise  # else the folder was replaced meanwhile, which is no damage: look at the new one
    return _checked(_whereabouts(target)[0], mmap=mmap, verify=verify)


def _whereabouts(target: Path) -> tuple[Path, _Identity | None]:
    """Return the folder to read, and which one it is."""
    for folder in (target, previous_of(target)):
        with suppress(OSError):
            return folder, _identity(folder)
    return target, None


def _checked(folder: Path, *, mmap: bool, verify: bool) -> Snapshot:
    try:
        manifest = read_manifest(folder)
        present = {entry.name for entry in folder.iterdir()} - {MANIFEST}
        if extra := sorted(present - set(manifest.files) - set(manifest.folders)):
            raise SnapshotDamagedError(f"{folder / extra[0]} is no part of the snapshot; remove it")
        identities = {}
        for name, entry in sorted(manifest.files.items()):
            _check_file(folder / name, entry, verify=verify)
            identities[name] = _identity(folder / name)
        for name, digest in sorted(manifest.folders.items()):
            _check_folder(folder / name, digest, verify=verify)
    except OSError as error:
        raise SnapshotError(f"{folder} cannot be read: {error}") from error
    return Snapshot(folder, manifest, mmap, identities)


def _check_file(file: Path, entry: FileEntry, *, verify: bool) -> None:
    if not file.exists() or not stat.S_ISREG(file.lstat().st_mode):
        raise SnapshotDamagedError(f"{file} is missing; restore the folder from a copy, or build and save again")
    size = file.stat().st_size
    if size != entry.size:
        raise SnapshotDamagedError(f"{file} is damaged: it has {size:,} bytes instead of {entry.size:,}")
    if not verify:
        return
    with file.open("rb") as opened:
        if hashlib.file_digest(opened, "sha256").hexdigest() != entry.sha256:
            raise SnapshotDamagedError(f"{file} is damaged: its checksum differs from the manifest's")


def _check_folder(folder: Path, digest: str, *, verify: bool) -> None:
    if not folder.is_dir():
        raise SnapshotDamagedError(f"{folder} is missing; restore it from a copy, or build and save again")
    if verify and digest_of(folder) != digest:
        raise SnapshotDamagedError(f"{folder} is damaged: a file in it was changed, is missing or too many")


def _identity(file: Path) -> _Identity:
    found = file.stat()
    return found.st_dev, found.st_ino, found.st_mtime_ns
