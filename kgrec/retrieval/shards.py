"""Weights solved shard by shard, kept on disk so that a fit that was stopped goes on where it was.

A fit solves columns: what speaks for a product. Serving reads rows: what a product speaks for. Between the two every
weight moves, so the rows are written when all columns are there, into memory or into mapped files.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numba as nb
import numpy as np
from numpy.typing import NDArray

from kgrec.errors import DataError
from kgrec.protocols import Progress, silent
from kgrec.retrieval.inputs import ModelInputs
from kgrec.retrieval.settings import LinearSettings
from kgrec.retrieval.solver import SOLVER_VERSION, WeightSolver

__all__ = ["Rows", "Shard", "ShardFolder", "fingerprint", "rows_of", "solve_by_shards"]

SHARD = 16_384
"""Products solved between two saves: seconds of work, and 50 to 200 MB."""
BLOCK = 32_000_000
"""Weights that are turned round in memory at once: 1.3 GB at seven sources."""
_PLAN, _DONE = "fit.json", "rows.json"
_ROWS = ("indptr", "columns", "weights", "parts")


class Shard(NamedTuple):
    """The columns of some products, one after the other.

    ``products`` int32 (b,), rising; ``lengths`` int32 (b,): how many speak for each; ``speakers`` int32 (c,): who,
    rising within a column; ``parts`` float32 (c, sources): with what weight through each source.
    """

    products: NDArray[np.int32]
    lengths: NDArray[np.int32]
    speakers: NDArray[np.int32]
    parts: NDArray[np.float32]

    @classmethod
    def of(cls, products: NDArray[np.int32], support: NDArray[np.int32], parts: NDArray[np.float32]) -> Shard:
        """Leave out the empty places of what :meth:`WeightSolver.solve` returns."""
        used = support >= 0
        return cls(products, used.sum(axis=1, dtype=np.int32), support[used], parts[used])


class Rows(NamedTuple):
    """Weights by the product that speaks; see :class:`kgrec.retrieval.LinearModel`."""

    indptr: NDArray[np.int64]
    columns: NDArray[np.int32]
    weights: NDArray[np.float64]
    parts: NDArray[np.float32]


def solve_by_shards(solver: WeightSolver, folder: ShardFolder, progress: Progress = silent) -> Rows:
    """Solve for all products, a shard at a time; shards that the folder has are not solved again.

    Returns:
        Rows in mapped files of the folder. The shards are removed when these are complete.
    """
    n = solver.inputs.n
    cut = [np.arange(start, min(start + SHARD, n), dtype=np.int32) for start in range(0, n, SHARD)]
    for number, products in enumerate(cut):
        progress("fitting the item–item model", int(products[0]), n)
        if folder.get(number, products) is None:
            folder.put(number, Shard.of(products, *solver.solve(products)))
    progress("fitting the item–item model", n, n)

    def shards() -> Iterator[Shard]:
        for number, products in enumerate(cut):
            shard = folder.get(number, products)
            if shard is None:
                raise DataError(f"{folder.path}: shard {number} went missing while the fit ran; fit again to solve it")
            yield shard

    folder.finish(rows_of(n, shards, len(solver.names), room=folder.room, block=BLOCK), solver.factors)
    return folder.rows()[0]


def rows_of(
    n: int,
    shards: Callable[[], Iterator[Shard]],
    sources: int,
    *,
    room: Callable[[str, tuple[int, ...], Any], NDArray[Any]] = lambda _, shape, dtype: np.empty(shape, dtype),
    block: int | None = None,
) -> Rows:
    """Turn columns into rows: one pass over the shards to count, then one for each block of rows to fill.

    Args:
        n: number of products.
        shards: gives the shards from the first to the last, as often as it is called.
        sources: how many parts a weight has.
        room: makes the arrays, by name, shape and dtype.
        block: weights that are gathered in memory and then written one after the other: mapped files that are written
            here and there are written over and over. None fills the arrays in one pass.
    """
    counts = np.zeros(n, np.int64)
    for shard in shards():
        counts += np.bincount(shard.speakers, minlength=n)
    indptr = room("indptr", (n + 1,), np.int64)
    indptr[0] = 0
    np.cumsum(counts, out=indptr[1:])
    total = int(indptr[-1])
    whole = (room("columns", (total,), np.int32), room("weights", (total,), np.float64))
    rows = Rows(indptr, *whole, room("parts", (total, sources), np.float32))
    first = 0
    while first < n:
        last = n if block is None else int(np.searchsorted(indptr, indptr[first] + block, side="right")) - 1
        last = max(last, first + 1)
        begin, end = int(indptr[first]), int(indptr[last])
        targets: list[NDArray[Any]] = [rows.columns, rows.weights, rows.parts]
        if block is not None:
            targets = [np.empty((end - begin, *array.shape[1:]), array.dtype) for array in targets]
        following = indptr[first:last] - begin
        for shard in shards():
            _turn(*shard, first, last, following, *targets)
        if block is not None:
            rows.columns[begin:end], rows.weights[begin:end], rows.parts[begin:end] = targets
        first = last
    return rows


@dataclass(frozen=True)
class ShardFolder:
    """A folder with the finished shards of one fit, then its rows.

    Attributes:
        path: stays as long as the model that maps its rows.
    """

    path: Path

    @classmethod
    def open(cls, path: str | os.PathLike[str], fit: str) -> ShardFolder:
        """Open a folder for a fit (of this :func:`fingerprint`), or go on with what is in it.

        Raises:
            DataError: the folder holds something else, another fit, or one of another version of the library: weights
                of two versions are never mixed.
        """
        folder = Path(path)
        plan = folder / _PLAN
        if folder.exists() and not folder.is_dir():
            raise DataError(f"{folder} is a file; shards need a folder: give another path")
        if plan.exists():
            found = json.loads(plan.read_text("utf-8"))
            if (version := found.get("solver")) != SOLVER_VERSION:
                raise DataError(
                    f"{folder} holds a fit by version {version or 'before 2'} of the solver, and this library has "
                    f"version {SOLVER_VERSION}; give another folder, or remove this one to fit anew"
                )
            if found.get("fit") != fit:
                raise DataError(
                    f"{folder} holds a fit of other products, events or settings; give another folder, or remove this "
                    "one to fit anew"
                )
        elif folder.exists() and any(entry.suffix != ".partial" for entry in folder.iterdir()):
            raise DataError(f"{folder} is not empty and holds no fit; give an empty or a new folder")
        else:
            folder.mkdir(parents=True, exist_ok=True)
            _put_json(plan, {"fit": fit, "solver": SOLVER_VERSION})
        return cls(folder)

    def get(self, number: int, products: NDArray[np.int32]) -> Shard | None:
        """Read a finished shard; None where there is none or it is damaged: then it is solved again."""
        try:
            with self._file(number).open("rb") as file, np.load(file, allow_pickle=False) as opened:
                shard = Shard(*(opened[name] for name in Shard._fields))
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return None
        return shard if np.array_equal(shard.products, products) else None

    def put(self, number: int, shard: Shard) -> None:
        """Write a shard; it is there whole or not at all."""
        _put(self._file(number), lambda file: np.savez(file, **shard._asdict()))

    def room(self, name: str, shape: tuple[int, ...], dtype: Any) -> NDArray[Any]:
        """Make a mapped array for the rows."""
        if 0 in shape:  # nothing can be mapped
            np.save(self._row_file(name), np.zeros(shape, dtype))
            return np.zeros(shape, dtype)
        made: NDArray[Any] = np.lib.format.open_memmap(self._row_file(name), "w+", dtype, shape)
        return made

    def finish(self, rows: Rows, factors: tuple[float, float]) -> None:
        """Note that the rows are complete, and remove the shards."""
        for array in rows:
            if isinstance(array, np.memmap):
                array.flush()
        _put_json(self.path / _DONE, {"factors": list(factors)})
        for shard in self.path.glob("shard-*.npz"):
            shard.unlink()

    def rows(self) -> tuple[Rows, tuple[float, float]]:
        """Return the complete rows, mapped, and the factors of the heads.

        Raises:
            FileNotFoundError: the fit is not complete.
        """
        first, second = json.loads((self.path / _DONE).read_text("utf-8"))["factors"]
        arrays = []
        for name in _ROWS:
            file = self._row_file(name)
            mapped = np.asarray(np.load(file, mmap_mode="r", allow_pickle=False))
            mapped.flags.writeable = False
            arrays.append(mapped)
        return Rows(*arrays), (float(first), float(second))

    @property
    def finished(self) -> bool:
        """Whether the rows are complete."""
        return (self.path / _DONE).exists()

    def _file(self, number: int) -> Path:
        return self.path / f"shard-{number:05d}.npz"

    def _row_file(self, name: str) -> Path:
        return self.path / f"rows-{name}.npy"


def fingerprint(inputs: ModelInputs, settings: LinearSettings, seed: int) -> str:
    """Return a digest of everything that a fit depends on, the solver's version included."""
    digest = hashlib.sha256(repr((SOLVER_VERSION, inputs.n, settings, seed)).encode())
    histories, knowledge = inputs.histories, inputs.knowledge
    digest.update(repr((histories.ordered, knowledge.relations, sorted(knowledge.extracted))).encode())
    arrays: tuple[NDArray[Any], ...] = (
        histories.indptr, histories.items, histories.weights, histories.times, knowledge.indptr, knowledge.value,
        knowledge.relation, knowledge.rarity, inputs.vectors, inputs.neighbours,
    )  # fmt: skip
    for array in arrays:
        digest.update(repr((array.dtype.str, array.shape)).encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _put_json(file: Path, content: dict[str, Any]) -> None:
    _put(file, lambda opened: opened.write((json.dumps(content) + "\n").encode()))


def _put(file: Path, write: Callable[[Any], object]) -> None:
    partial = file.with_name(file.name + ".partial")
    with partial.open("wb") as opened:
        write(opened)
        opened.flush()
        os.fsync(opened.fileno())
    partial.replace(file)


@nb.njit(cache=True, nogil=True)
def _turn(
    products: NDArray[np.int32],
    lengths: NDArray[np.int32],
    speakers: NDArray[np.int32],
    parts: NDArray[np.float32],
    first: int,
    last: int,
    following: NDArray[np.int64],
    columns: NDArray[np.int32],
    weights: NDArray[np.float64],
    row_parts: NDArray[np.float32],
) -> None:
    """Put the weights of the speakers ``first`` … ``last`` − 1 behind those that they have already."""
    at = -1
    for row in range(len(products)):
        for _ in range(lengths[row]):
            at += 1
            speaker = speakers[at] - first
            if speaker < 0 or speaker >= last - first:
                continue
            place = following[speaker]
            following[speaker] = place + 1
            columns[place] = products[row]
            total = 0.0
            for source in range(parts.shape[1]):
                row_parts[place, source] = parts[at, source]
                total += parts[at, source]
            weights[place] = total
