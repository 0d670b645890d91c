"""The manifest: which files a snapshot has, with their checksums, and its own."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import MappingProxyType
from typing import Any

from kgrec.errors import SnapshotDamagedError, SnapshotError, SnapshotVersionError

__all__ = [
    "FORMAT_VERSION",
    "MANIFEST",
    "FileEntry",
    "Manifest",
    "check_name",
    "digest_of",
    "library_version",
    "previous_of",
    "read_manifest",
]

FORMAT = "kgrec-snapshot"
FORMAT_VERSION = 1
MANIFEST = "manifest.json"

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}")
_FILE = re.compile(_NAME.pattern + r"\.(npy|parquet|safetensors|json)")
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class FileEntry:
    """What the manifest says of one file: SHA-256 in hexadecimal, and its size in bytes."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a snapshot says of itself.

    Attributes:
        files: file name → checksum and size.
        meta: whatever the writer noted: JSON, with text as keys and no NaN.
        kgrec_version: the library that wrote it.
        created: when, ISO 8601 in UTC; empty where it was left out.
        folders: name of a folder inside → checksum over all its files.
    """

    files: Mapping[str, FileEntry]
    meta: Mapping[str, Any]
    kgrec_version: str
    created: str = ""
    folders: Mapping[str, str] = field(default_factory=dict)

    def render(self) -> bytes:
        """Return the one way to write this manifest, so that any changed byte shows."""
        content: dict[str, Any] = {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "kgrec_version": self.kgrec_version,
            "files": {n: {"bytes": entry.size, "sha256": entry.sha256} for n, entry in self.files.items()},
            "meta": dict(self.meta),
        }
        if self.folders:
            content["folders"] = dict(self.folders)
        if self.created:
            content["created"] = self.created
        content["sha256"] = hashlib.sha256(_dumped(content)).hexdigest()
        return _dumped(content)


def read_manifest(folder: Path) -> Manifest:
    """Read and check the manifest of a folder.

    Raises:
        SnapshotVersionError: a newer library wrote it.
        SnapshotDamagedError: it does not match its own checksum.
        SnapshotError: the folder is missing, or no snapshot.
    """
    try:
        raw = (folder / MANIFEST).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        what = "has no manifest.json" if folder.is_dir() else "is no folder" if folder.exists() else "does not exist"
        raise SnapshotError(f"{folder} is no snapshot: it {what}; give a folder that save() wrote") from None
    damaged = SnapshotDamagedError(f"{folder / MANIFEST} is damaged; restore it from a copy, or build and save again")
    try:
        content = json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError):
        raise damaged from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise SnapshotError(f'{folder} is no snapshot: its manifest.json does not say "format": "{FORMAT}"')
    found = content.get("format_version")
    if isinstance(found, int) and found > FORMAT_VERSION:
        raise SnapshotVersionError(
            f"{folder} has format version {found}, and this kgrec {library_version()} reads up to {FORMAT_VERSION}; "
            f"it was written by kgrec {content.get('kgrec_version')}: upgrade kgrec"
        )
    try:
        manifest = _parsed(content)
        intact = manifest.render() == raw
    except (KeyError, TypeError, AttributeError, ValueError):
        raise damaged from None
    if not intact:
        raise damaged
    for name in manifest.files:
        if not _FILE.fullmatch(name):
            raise SnapshotDamagedError(f"{folder / MANIFEST} lists {name!r}, which is no name of a snapshot's file")
    return manifest


def check_name(name: object) -> str:
    """Return the name of an array, table or document if it can name a file.

    Raises:
        SnapshotError: it cannot.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise SnapshotError(
            f"{name!r} cannot name a part of a snapshot; use letters, digits, dots, hyphens and underscores"
        )
    return name


def previous_of(folder: Path) -> Path:
    """Return where the snapshot that is being replaced stands for a moment."""
    return folder.with_name(f".{folder.name}.previous")


def library_version() -> str:
    """Return the version of the installed library, or ``"unknown"`` where it is used without installation."""
    try:
        return version("kgrec")
    except PackageNotFoundError:
        return "unknown"


def _parsed(content: dict[str, Any]) -> Manifest:
    files = {}
    for name, entry in content["files"].items():
        if not isinstance(entry["bytes"], int) or not _DIGEST.fullmatch(entry["sha256"]):
            raise TypeError(name)
        files[name] = FileEntry(entry["sha256"], entry["bytes"])
    return Manifest(
        files=MappingProxyType(files),
        meta=MappingProxyType(content["meta"]),
        kgrec_version=content["kgrec_version"],
        created=content.get("created", ""),
        folders=MappingProxyType(_folders(content.get("folders", {}))),
    )


def _folders(given: dict[str, Any]) -> dict[str, str]:
    for name, digest in given.items():
        if not _NAME.fullmatch(name) or not _DIGEST.fullmatch(digest):
            raise TypeError(name)
    return given


def digest_of(folder: Path) -> str:
    """Return one SHA-256 over the names and contents of all files below a folder.

    Raises:
        OSError: a file cannot be read.
    """
    total = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if not path.is_dir()):
        with file.open("rb") as opened:
            own = hashlib.file_digest(opened, "sha256").hexdigest()
        total.update(f"{file.relative_to(folder).as_posix()}\x00{own}\n".encode())
    return total.hexdigest()


def _dumped(content: dict[str, Any]) -> bytes:
    text = json.dumps(content, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode("utf-8")
