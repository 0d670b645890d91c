from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kgrec.errors import SnapshotDamagedError, SnapshotError, SnapshotVersionError
from kgrec.snapshot import read_snapshot, write_snapshot

from .conftest import WHEN, parts

Write = Callable[..., Path]


def rewrite(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the manifest as another writer could: with a checksum that is right."""
    content = json.loads((folder / "manifest.json").read_text("utf-8"))
    del content["sha256"]
    change(content)

    def dumped() -> bytes:
        return (json.dumps(content, sort_keys=True, indent=1, ensure_ascii=False) + "\n").encode()

    content["sha256"] = hashlib.sha256(dumped()).hexdigest()
    (folder / "manifest.json").write_bytes(dumped())


def test_contents(write: Write) -> None:
    snapshot = read_snapshot(write(3))
    wanted = parts(3)
    assert snapshot.arrays == ("empty", "numbers")
    assert snapshot.tables == ("words",)
    assert snapshot.tensors == ("weights",)
    assert snapshot.documents == ("settings",)
    assert snapshot.meta == wanted["meta"]
    assert snapshot.manifest.created == WHEN.isoformat()
    np.testing.assert_array_equal(snapshot.array("numbers"), wanted["arrays"]["numbers"])
    assert snapshot.array("empty").shape == (0, 3)
    assert snapshot.table("words").equals(wanted["tables"]["words"])
    np.testing.assert_array_equal(snapshot.tensor_group("weights")["w"], wanted["tensors"]["weights"]["w"])
    assert snapshot.document("settings") == wanted["documents"]["settings"]
    assert repr(snapshot).endswith("5 files>")


@pytest.mark.parametrize("mmap", [True, False])
def test_arrays_are_read_only(write: Write, mmap: bool) -> None:
    array = read_snapshot(write(), mmap=mmap).array("numbers")
    assert type(array) is np.ndarray
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 1


def test_a_part_that_is_not_there(write: Write) -> None:
    snapshot = read_snapshot(write())
    for read in (snapshot.array, snapshot.table, snapshot.tensor_group, snapshot.document):
        with pytest.raises(SnapshotError, match=r"has no 'nothing\..*of that kind it has \w+"):
            read("nothing")


@pytest.mark.parametrize("flip", [0x01, 0x20])
def test_any_flipped_byte_is_refused(write: Write, flip: int) -> None:
    folder = write()
    for file in sorted(folder.iterdir()):
        whole = file.read_bytes()
        for at in range(len(whole)):
            file.write_bytes(whole[:at] + bytes([whole[at] ^ flip]) + whole[at + 1 :])
            with pytest.raises(SnapshotError, match=file.name if file.suffix != ".json" else None):
                read_snapshot(folder)
        file.write_bytes(whole)
    read_snapshot(folder)


def test_truncated_missing_and_extra_files_are_named(write: Write) -> None:
    folder = write()
    for file in sorted(folder.iterdir()):
        whole = file.read_bytes()
        for size in (0, 1, len(whole) // 2, len(whole) - 1):
            file.write_bytes(whole[:size])
            for verify in (True, False):
                with pytest.raises(SnapshotDamagedError, match=file.name):
                    read_snapshot(folder, verify=verify)
        file.unlink()
        with pytest.raises(SnapshotError, match=file.name):
            read_snapshot(folder)
        file.write_bytes(whole)
    (folder / "more.npy").touch()
    with pytest.raises(SnapshotDamagedError, match=r"more\.npy"):
        read_snapshot(folder)


def test_nothing_is_parsed_before_it_was_checked(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write()
    monkeypatch.setattr(np, "load", lambda *_, **__: pytest.fail("parsed"))
    read_snapshot(folder)


@pytest.mark.parametrize("verify", [True, False])
def test_links_and_folders_are_no_files(write: Write, tmp_path: Path, verify: bool) -> None:
    folder = write()
    file = folder / "numbers.npy"
    file.rename(tmp_path / "numbers.npy")
    file.symlink_to(tmp_path / "numbers.npy")
    with pytest.raises(SnapshotDamagedError, match=r"numbers\.npy"):
        read_snapshot(folder, verify=verify)
    file.unlink()
    file.mkdir()
    with pytest.raises(SnapshotDamagedError, match=r"numbers\.npy"):
        read_snapshot(folder, verify=verify)


def test_damage_found_late_is_still_named(write: Write) -> None:
    folder = write()
    for file in folder.iterdir():
        if file.name != "manifest.json":
            file.write_bytes(b"\x80" * file.stat().st_size)
    snapshot = read_snapshot(folder, verify=False)
    for read, name in (
        (snapshot.array, "numbers"),
        (snapshot.table, "words"),
        (snapshot.tensor_group, "weights"),
        (snapshot.document, "settings"),
    ):
        with pytest.raises(SnapshotDamagedError, match=name):
            read(name)


def test_newer_format(write: Write) -> None:
    folder = write()
    rewrite(folder, lambda content: content.update(format_version=7, kgrec_version="9.9", files="elsewhere"))
    with pytest.raises(SnapshotVersionError, match=r"version 7.*up to 1.*kgrec 9\.9"):
        read_snapshot(folder)


@pytest.mark.parametrize(
    "name", ["../secret.npy", "/etc/x.npy", "a/b.npy", "x.pkl", "manifest.json.exe", "", ".", "a\x00.npy"]
)
def test_names_that_lead_elsewhere(write: Write, tmp_path: Path, name: str) -> None:
    (tmp_path / "x.npy").touch()
    folder = write()
    empty = {"sha256": hashlib.sha256(b"").hexdigest(), "bytes": 0}
    rewrite(folder, lambda content: content["files"].update({name: empty}))
    with pytest.raises(SnapshotDamagedError, match="no name of a snapshot's file"):
        read_snapshot(folder)


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content.update(files=[]),
        lambda content: content.update(meta=[]),
        lambda content: content.update(files={"a.npy": {"sha256": "00", "bytes": 0}}),
        lambda content: content.update(files={"a.npy": {"sha256": "0" * 64, "bytes": "0"}}),
        lambda content: content.update(format_version="1"),
        lambda content: content.update(format_version=0),
        lambda content: content.update(more=1),
        lambda content: content.pop("kgrec_version"),
    ],
)
def test_manifests_that_make_no_sense(write: Write, change: Callable[[dict[str, Any]], object]) -> None:
    folder = write()
    rewrite(folder, change)
    with pytest.raises(SnapshotDamagedError, match=r"manifest\.json"):
        read_snapshot(folder)


def test_what_is_no_snapshot(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="does not exist"):
        read_snapshot(tmp_path / "nowhere")
    with pytest.raises(SnapshotError, match=r"no manifest\.json"):
        read_snapshot(tmp_path)
    (tmp_path / "manifest.json").write_text('{"format": "other"}')
    with pytest.raises(SnapshotError, match="kgrec-snapshot"):
        read_snapshot(tmp_path)
    with pytest.raises(SnapshotError, match="is no folder"):
        read_snapshot(tmp_path / "manifest.json")
    (tmp_path / "manifest.json").write_text("[" * 100_000)
    with pytest.raises(SnapshotDamagedError):
        read_snapshot(tmp_path)


def test_equal_whenever_it_was_written(write: Write, tmp_path: Path) -> None:
    write_snapshot(tmp_path / "later", **parts(1))
    assert read_snapshot(tmp_path / "later") == read_snapshot(write(1))
    assert read_snapshot(tmp_path / "later") != read_snapshot(write(2))
    assert read_snapshot(tmp_path / "later") != "later"


def test_a_snapshot_replaced_after_it_was_opened(write: Write) -> None:
    before = read_snapshot(write(1))
    mapped = before.array("numbers")
    write(2)
    with pytest.raises(SnapshotDamagedError, match="open the snapshot again"):
        before.array("numbers")
    assert mapped.tolist() == [1, 2, 3, 4, 5]


def test_a_snapshot_replaced_while_it_is_opened(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    from kgrec.snapshot import reading

    folder = write(1)
    plain, calls = reading.read_manifest, []

    def slow(path: Path) -> object:
        manifest = plain(path)
        if not calls:
            calls.append(path)
            write(2)
        return manifest

    monkeypatch.setattr(reading, "read_manifest", slow)
    assert read_snapshot(folder).meta == {"products": 2}
