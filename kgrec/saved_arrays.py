"""A learned model as two files of a folder, plain arrays and JSON: no pickle, nothing that could run."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from kgrec.errors import SnapshotDamagedError, SnapshotError, SnapshotVersionError

__all__ = ["read_arrays", "write_arrays"]

T = TypeVar("T")
Arrays = Mapping[str, NDArray[Any]]


def write_arrays(path: str | os.PathLike[str], name: str, about: Mapping[str, Any], arrays: Arrays) -> None:
    """Write ``name.json`` and ``name.npz``; what is there under these names is replaced.

    Args:
        path: a folder; it is made where there is none.
        name: of both files.
        about: plain values of JSON, with the number of the ``format``.
        arrays: of any shape and plain dtype.

    Raises:
        SnapshotError: the folder cannot be written.
    """
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / f"{name}.npz").open("wb") as file:
            np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
        (folder / f"{name}.json").write_text(json.dumps(about, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise SnapshotError(f"{str(folder)!r} cannot be written ({error}); expected a folder to write to") from error


def read_arrays(
    path: str | os.PathLike[str], name: str, latest: int, what: str, make: Callable[[Mapping[str, Any], Arrays], T]
) -> T:
    """Return what ``make`` makes of the files that :func:`write_arrays` wrote.

    Args:
        path: of the folder.
        name: of both files.
        latest: the newest format that can be read.
        what: is expected there, for messages, for example ``"sentiment model"``.
        make: is given the values and the arrays; whatever it raises means that the files hold something else.

    Raises:
        SnapshotDamagedError: a file is missing, or holds something else.
        SnapshotVersionError: a newer version wrote it.
    """
    folder = Path(path)
    try:
        about: dict[str, Any] = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        if about["format"] > latest:
            raise SnapshotVersionError(
                f"{str(folder)!r} has format {about['format']}; this version reads up to {latest}: update kgrec"
            )
        with np.load(BytesIO((folder / f"{name}.npz").read_bytes()), allow_pickle=False) as file:
            return make(about, dict(file))
    except SnapshotVersionError:
        raise
    except Exception as error:
        raise SnapshotDamagedError(
            f"{str(folder)!r} holds no {what} ({type(error).__name__}: {error}); "
            f"expected {name}.json and {name}.npz as save() writes them: train and save again"
        ) from error
