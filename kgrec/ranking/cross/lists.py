"""Training lists: pools in tokens with what was wanted of them, in one file that needs no shop."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Self
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from kgrec.errors import DataError
from kgrec.protocols import Progress, Shelf, silent
from kgrec.ranking.cross.writing import PairWriter, Tokens, WrittenPool

if TYPE_CHECKING:
    from kgrec.data import Pool, Targets

__all__ = ["TokenLists", "standardised"]

_STAGE = "write the pools"


def standardised(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a pool's scores with mean 0 and deviation 1, float32 (c,); zeros where all are equal."""
    exact = scores.astype(np.float64)
    if len(exact) == 0 or np.ptp(exact) <= 1e-12 * max(float(np.abs(exact).max()), 1e-300):
        return np.zeros(len(exact), np.float32)
    found: NDArray[np.float32] = ((exact - exact.mean()) / exact.std()).astype(np.float32)
    return found


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TokenLists:
    """``q`` pools in tokens; pool ``r`` owns entries ``indptr[r]:indptr[r + 1]`` of all that is kept a candidate.

    Attributes:
        query_indptr: int64 (q + 1,), of ``query_tokens``.
        query_tokens: int32, what the pairs of each pool begin with.
        product_indptr: int64 (p + 1,), of ``product_tokens``, for each product that any pool proposes.
        product_tokens: int32.
        indptr: int64 (q + 1,).
        candidate: int32 (c,), rows of the products.
        prior: float32 (c,), retrieval's scores, standardised in each pool.
        wanted: bool (c,), whether the candidate was wanted.
        soft: float32 (c,), a teacher's scores, NaN where there are none.
        targets: int32 (q,), how many products were wanted, proposed or not.
    """

    query_indptr: NDArray[np.int64]
    query_tokens: NDArray[np.int32]
    product_indptr: NDArray[np.int64]
    product_tokens: NDArray[np.int32]
    indptr: NDArray[np.int64]
    candidate: NDArray[np.int32]
    prior: NDArray[np.float32]
    wanted: NDArray[np.bool_]
    soft: NDArray[np.float32]
    targets: NDArray[np.int32]

    @classmethod
    def of(
        cls,
        pools: Sequence[Pool],
        targets: Targets | None,
        shelf: Shelf,
        writer: PairWriter,
        *,
        soft: Sequence[NDArray[np.float32] | None] | None = None,
        progress: Progress = silent,
    ) -> Self:
        """Write pools in tokens.

        Args:
            pools: q of them.
            targets: what was wanted in each; None where that is not known.
            shelf: that the pools' products stand on.
            writer: cuts texts into tokens.
            soft: a teacher's score of each candidate of each pool, float32 (c,); None where it gave none.
            progress: told how many pools are written.

        Raises:
            DataError: pools, targets and soft labels differ in length.
            RerankError: a product of a pool does not stand on the shelf.
        """
        given = {"targets": targets, "soft": soft}
        for name, of in given.items():
            if of is not None and len(of) != len(pools):
                raise DataError(f"{name} must have one entry a pool; got {len(of)} for {len(pools)} pools")
        rows: dict[int, int] = {}
        products: list[Tokens] = []
        queries: list[Tokens] = []
        candidate: list[int] = []
        wanted: list[NDArray[np.bool_]] = []
        labels: list[NDArray[np.float32]] = []
        for at, pool in enumerate(pools):
            written = writer.write(pool, shelf)
            queries.append(written.query)
            for num, tokens in zip(pool.candidates.tolist(), written.candidates, strict=True):
                if num not in rows:
                    rows[num] = len(products)
                    products.append(tokens)
                candidate.append(rows[num])
            nothing = np.zeros(len(pool), bool)
            wanted.append(nothing if targets is None else np.isin(pool.candidates, targets.row(at)))
            labels.append(_labels(pool, None if soft is None else soft[at]))
            progress(_STAGE, at + 1, len(pools))
        lengths = np.array([len(pool) for pool in pools], np.int64)
        counts = np.zeros(len(pools), np.int64) if targets is None else np.diff(targets.indptr)
        return cls(
            query_indptr=_starts([len(tokens) for tokens in queries]),
            query_tokens=_flat(queries),
            product_indptr=_starts([len(tokens) for tokens in products]),
            product_tokens=_flat(products),
            indptr=_starts(lengths.tolist()),
            candidate=np.array(candidate, np.int32),
            prior=_joined([standardised(pool.retrieval) for pool in pools], np.float32),
            wanted=_joined(wanted, np.bool_),
            soft=_joined(labels, np.float32),
            targets=counts.astype(np.int32),
        )

    def __len__(self) -> int:
        """Return the number of pools."""
        return len(self.targets)

    def written(self, row: int) -> WrittenPool:
        """Return one pool in tokens."""
        start, end = self.query_indptr[row : row + 2]
        products = self.candidate[self.indptr[row] : self.indptr[row + 1]].tolist()
        return WrittenPool(tuple(self.query_tokens[start:end].tolist()), tuple(self._product(num) for num in products))

    def entries(self, row: int) -> slice:
        """Return where a pool's candidates are."""
        return slice(int(self.indptr[row]), int(self.indptr[row + 1]))

    def select(self, rows: NDArray[np.integer], *, most: int | None = None) -> Self:
        """Return some pools (int (r,)) in that order, with at most ``most`` candidates of each."""
        taken = [np.arange(self.indptr[row], self.indptr[row + 1])[:most] for row in rows.tolist()]
        at = np.concatenate(taken) if taken else np.zeros(0, np.int64)
        used, candidate = np.unique(self.candidate[at], return_inverse=True)
        queries = [self.query_tokens[self.query_indptr[row] : self.query_indptr[row + 1]].tolist() for row in rows]
        products = [self._product(int(num)) for num in used]
        return type(self)(
            query_indptr=_starts([len(tokens) for tokens in queries]),
            query_tokens=_flat(queries),
            product_indptr=_starts([len(tokens) for tokens in products]),
            product_tokens=_flat(products),
            indptr=_starts([len(own) for own in taken]),
            candidate=candidate.astype(np.int32),
            prior=self.prior[at],
            wanted=self.wanted[at],
            soft=self.soft[at],
            targets=self.targets[rows],
        )

    def without(self, others: TokenLists) -> Self:
        """Return the pools that are not among some others, told by what their pairs begin with and by candidates.

        Two shoppers with the same history and the same first candidates are one here.
        """
        known: dict[Tokens, set[tuple[Tokens, ...]]] = {}
        for pool in others:
            known.setdefault(pool.query, set()).add(pool.candidates)
        kept = [
            row
            for row, pool in enumerate(self)
            if not any(pool.candidates[: len(other)] == other for other in known.get(pool.query, ()))
        ]
        return self if len(kept) == len(self) else self.select(np.array(kept, np.int64))

    def teaching(self) -> NDArray[np.int64]:
        """Return the pools that teach something: one candidate was wanted and one not, or two have soft labels."""
        starts = self.indptr[:-1]
        found, counted, labelled = (
            np.diff(np.concatenate([[0], np.cumsum(of)])[self.indptr])
            for of in (self.wanted, np.ones(len(self.candidate), np.int64), np.isfinite(self.soft))
        )
        teaches = ((found > 0) & (found < counted)) | (labelled > 1)
        return np.flatnonzero(teaches[: len(starts)])

    def with_wanted(self) -> NDArray[np.int64]:
        """Return the pools that propose something that was wanted."""
        return np.flatnonzero(np.diff(np.concatenate([[0], np.cumsum(self.wanted)])[self.indptr]) > 0)

    def fingerprint(self) -> str:
        """Return a short hash of everything in it."""
        digest = hashlib.sha256()
        for array in self._arrays().values():
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()[:16]

    def save(self, file: Path) -> None:
        """Write everything to one npz file, without pickle."""
        np.savez_compressed(file, **self._arrays())  # type: ignore[arg-type]

    @classmethod
    def load(cls, file: Path) -> Self:
        """Read what :meth:`save` wrote.

        Raises:
            DataError: the file cannot be read, or holds something else.
        """
        names = [entry.name for entry in fields(cls)]
        try:
            with np.load(file, allow_pickle=False) as found:
                return cls(**{name: found[name] for name in names})
        except (OSError, ValueError, KeyError, BadZipFile) as error:
            raise DataError(f"{file} holds no training lists ({error}); write it with TokenLists.save") from error

    def _arrays(self) -> dict[str, NDArray[np.generic]]:
        return {entry.name: getattr(self, entry.name) for entry in fields(self)}

    def _product(self, row: int) -> Tokens:
        start, end = self.product_indptr[row : row + 2]
        return tuple(self.product_tokens[start:end].tolist())

    def __iter__(self) -> Iterator[WrittenPool]:
        """Yield the pools in tokens."""
        return (self.written(row) for row in range(len(self)))


def _labels(pool: Pool, given: NDArray[np.float32] | None) -> NDArray[np.float32]:
    if given is None:
        return np.full(len(pool), np.nan, np.float32)
    if len(given) != len(pool):
        raise DataError(f"a teacher's scores must have one entry a candidate; got {len(given)} for {len(pool)}")
    return np.asarray(given, np.float32)


def _starts(lengths: Sequence[int]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def _flat(rows: Sequence[Sequence[int]]) -> NDArray[np.int32]:
    return np.array([token for row in rows for token in row], np.int32)


def _joined(parts: Sequence[NDArray[np.generic]], dtype: type[np.generic]) -> NDArray:  # type: ignore[type-arg]
    return np.concatenate(parts).astype(dtype) if parts else np.zeros(0, dtype)
