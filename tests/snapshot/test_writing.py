from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from kgrec.data import Fact, Facts
from kgrec.errors import SnapshotError
from kgrec.graph import Graph
from kgrec.snapshot import read_snapshot, write_snapshot
from kgrec.snapshot.manifest import previous_of

from .conftest import parts

Write = Callable[..., Path]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
ARRAYS = hnp.arrays(hnp.scalar_dtypes() | hnp.unicode_string_dtypes(), hnp.array_shapes(min_dims=0, min_side=0))


class Killed(BaseException):
    """Stands for a kill: nothing of the writer runs any more, not even its cleaning up."""


def leftovers(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir() if entry.name != "shop")


@given(ARRAYS, JSON, st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), JSON, max_size=3))
@settings(deadline=None, max_examples=100)
def test_what_goes_in_comes_out(
    tmp_path_factory: pytest.TempPathFactory, array: np.ndarray[Any, Any], document: object, meta: dict[str, object]
) -> None:
    path = tmp_path_factory.mktemp("any") / "shop"
    write_snapshot(path, arrays={"a": array}, documents={"d": document}, meta=meta)
    for mmap in (True, False):
        snapshot = read_snapshot(path, mmap=mmap)
        read = snapshot.array("a")
        assert (read.dtype, read.shape, read.tobytes()) == (array.dtype, array.shape, array.tobytes())
        assert snapshot.document("d") == document
        assert dict(snapshot.meta) == meta


def test_meta_keys_become_text(tmp_path: Path) -> None:
    write_snapshot(tmp_path / "shop", meta={9: (1, 2), 10: None})  # type: ignore[dict-item]
    assert read_snapshot(tmp_path / "shop").meta == {"9": [1, 2], "10": None}


def test_a_graph_comes_back(tmp_path: Path) -> None:
    facts = [Fact(product=p, relation="colour", value=v, field="title") for p in "abc" for v in ("red", p)]
    graph = Graph.from_facts("abc", Facts.of(facts))
    write_snapshot(tmp_path / "shop", arrays=graph.to_arrays(), tables=graph.to_tables())
    saved = read_snapshot(tmp_path / "shop")
    arrays = {name: saved.array(name) for name in saved.arrays}
    again = Graph.from_arrays("abc", arrays, {name: saved.table(name) for name in saved.tables})
    assert again == graph
    assert [again.sources(n, 3) for n in range(3)] == [graph.sources(n, 3) for n in range(3)]
    write_snapshot(tmp_path / "shop", arrays=again.to_arrays(), tables=again.to_tables())  # over its own mapped files
    assert read_snapshot(tmp_path / "shop") == saved


def test_replaces_and_leaves_nothing_behind(write: Write, tmp_path: Path) -> None:
    write(1)
    write_snapshot(tmp_path / "shop", documents={"other": 1})
    assert read_snapshot(tmp_path / "shop").documents == ("other",)
    assert read_snapshot(tmp_path / "shop").arrays == ()
    assert leftovers(tmp_path) == []


def test_makes_parents_and_fills_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    for path in (tmp_path / "shop", tmp_path / "a" / "b"):
        write_snapshot(path, **parts())
        assert read_snapshot(path).meta == {"products": 1}


def test_a_link_to_a_snapshot_stays_a_link(write: Write, tmp_path: Path) -> None:
    write(1)
    (tmp_path / "current").symlink_to("shop")
    write_snapshot(tmp_path / "current", **parts(2))
    assert (tmp_path / "current").is_symlink()
    assert read_snapshot(tmp_path / "shop").meta == {"products": 2}


def test_refuses_to_replace_anything_else(write: Write, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").touch()
    with pytest.raises(SnapshotError, match="is not empty"):
        write_snapshot(tmp_path / "photos", **parts())
    with pytest.raises(SnapshotError, match="is a file"):
        write_snapshot(tmp_path / "photos" / "cat.jpg", **parts())
    (write(1) / "notes.txt").touch()
    with pytest.raises(SnapshotError, match=r"notes\.txt"):
        write(2)
    assert (tmp_path / "shop" / "notes.txt").exists()
    assert (tmp_path / "photos" / "cat.jpg").exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"arrays": {"a": np.array([object()])}},
        {"arrays": {"a": np.zeros(2, [("x", object)])}},
        {"arrays": {"a": [1, 2]}},
        {"arrays": {"../a": np.zeros(2)}},
        {"arrays": {"a/b": np.zeros(2)}},
        {"arrays": {".a": np.zeros(2)}},
        {"arrays": {"": np.zeros(2)}},
        {"arrays": {1: np.zeros(2)}},
        {"arrays": {"a": np.zeros(2), "A": np.zeros(2)}},
        {"tensors": {"t": {"x": np.array(["text"])}}},
        {"tables": {"t": 1}},
        {"tables": {"t": pa.table({"x": pa.array([(1, 2, 3)], pa.month_day_nano_interval())})}},
        {"documents": {"manifest": {}}},
        {"documents": {"Manifest": {}}},
        {"documents": {"d": float("nan")}},
        {"documents": {"d": {1, 2}}},
        {"documents": {"d": "\ud800"}},
        {"meta": {"d": float("inf")}},
        {"meta": {"d": object()}},
    ],
)
def test_parts_that_cannot_be_written(write: Write, tmp_path: Path, wrong: dict[str, Any]) -> None:
    write(1)
    with pytest.raises(SnapshotError):
        write_snapshot(tmp_path / "shop", **wrong)
    assert read_snapshot(tmp_path / "shop").meta == {"products": 1}
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
@pytest.mark.parametrize("step", range(12))
def test_a_failing_write_changes_nothing(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool, error: BaseException, step: int
) -> None:
    if there:
        write(1)
    interrupt(monkeypatch, error, step=step, once=True)
    wanted: tuple[int | None, ...] = (2,)
    try:
        write(2)
    except SnapshotError:
        assert isinstance(error, OSError)
        wanted = (1,) if there else (None,)
    except KeyboardInterrupt:
        wanted = (1, 2) if there else (None, 2)
    found = read_snapshot(tmp_path / "shop").meta["products"] if (tmp_path / "shop").exists() else None
    assert found in wanted
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("step", range(12))
def test_killed_at_any_moment(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    write(1)
    with monkeypatch.context() as patched:
        interrupt(patched, Killed(), step=step, once=False)
        try:
            write(2)
        except Killed:
            pass
        else:
            assert step >= 9
    assert read_snapshot(tmp_path / "shop").meta["products"] in (1, 2)
    for left in tmp_path.glob(".shop.partial-*"):
        os.utime(left, (0, 0))
    write(3)
    assert read_snapshot(tmp_path / "shop").meta["products"] == 3
    assert leftovers(tmp_path) == []


def test_a_folder_that_only_looks_left_over_is_kept(write: Write, tmp_path: Path) -> None:
    folder = write(1)
    previous_of(folder).mkdir()
    (previous_of(folder) / "diary.txt").touch()
    with pytest.raises(SnapshotError, match="previous"):
        write(2)
    assert (previous_of(folder) / "diary.txt").exists()


def interrupt(patch: pytest.MonkeyPatch, error: BaseException, *, step: int, once: bool) -> list[str]:
    """Raise ``error`` in the given call among those that touch the disk, and in every later one unless ``once``."""
    calls: list[str] = []

    def wrap(name: str, plain: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            calls.append(name)
            if len(calls) == step + 1 or (len(calls) > step and not once):
                raise error
            return plain(*args, **kwargs)

        return call

    patch.setattr(os, "fsync", wrap("fsync", os.fsync))
    patch.setattr(Path, "rename", wrap("rename", Path.rename))
    if not once:
        patch.setattr(shutil, "rmtree", wrap("rmtree", shutil.rmtree))
    return calls
