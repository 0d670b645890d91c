"""What a planner found out about an index, and what it takes to build the same one again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kgrec.errors import DataError

__all__ = ["IndexPlan", "IndexReport"]


@dataclass(frozen=True, kw_only=True)
class IndexReport:
    """What an index is, why it was chosen and what it was measured to find. All of it is JSON.

    Attributes:
        kind: ``"flat"``, ``"sq8"`` or ``"ivf"``.
        why: the reason, in a sentence.
        recall: share of the true neighbours found, 0 … 1; 1 by construction where every vector is compared.
        recall_asked: what the settings asked for.
        recall_at: k of the measurement.
        queries: how many questions were asked; 0 where nothing had to be measured.
        nprobe: lists looked into for up to ``recall_at`` answers, in proportion more for more; 0 without lists.
        lists: how many there are; 0 without lists.
        bytes: what the index takes in memory beside the vectors.
        build_seconds: measurement included.
    """

    kind: str
    why: str
    recall: float = 1.0
    recall_asked: float = 1.0
    recall_at: int = 1
    queries: int = 0
    nprobe: int = 0
    lists: int = 0
    bytes: int = 0
    build_seconds: float = 0.0


def _nothing() -> NDArray[np.float32]:
    return np.zeros((0, 0), np.float32)


@dataclass(frozen=True, kw_only=True, eq=False)
class IndexPlan:
    """A report, and the few arrays from which the vectors make the same index again.

    Codes are not kept: they follow from the vectors, and plain arrays can be checked where a serialised index cannot.

    Attributes:
        report: what was chosen and measured.
        centres: float32 (lists, d), finite; (0, 0) without lists.
        list_of: int32 (n,), the list of each vector, below ``lists``; empty without lists.
        ranges: float32 (2 · d,), finite, of the 8-bit codes as FAISS trained them; empty for flat.

    Raises:
        DataError: the arrays do not belong together.
    """

    report: IndexReport
    centres: NDArray[np.float32] = field(default_factory=_nothing)
    list_of: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    ranges: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))

    def __post_init__(self) -> None:
        """Check that the arrays belong together: the search below does not."""
        lists, kind = len(self.centres), self.report.kind
        valid = (
            kind in ("flat", "sq8", "ivf")
            and (self.centres.ndim, self.list_of.ndim, self.ranges.ndim) == (2, 1, 1)
            and self.centres.dtype == self.ranges.dtype == np.dtype(np.float32)
            and self.list_of.dtype == np.dtype(np.int32)
            and (lists > 0) == (kind == "ivf")
            and lists == self.report.lists
            and 0 <= self.report.nprobe <= lists
            and (self.report.nprobe > 0) == (kind == "ivf")
            and self.report.recall_at >= 1
            and (len(self.ranges) > 0) == (kind != "flat")
            and (kind != "ivf" or len(self.ranges) == 2 * self.centres.shape[1])
            and (len(self.list_of) == 0 or (self.list_of.min() >= 0 and self.list_of.max() < lists))
            and bool(np.all(np.isfinite(self.centres)) and np.all(np.isfinite(self.ranges)))
        )
        if not valid:
            raise DataError(f"the arrays of this index plan ({kind}) do not belong together: build the index again")

    def fits(self, n: int, dimension: int) -> bool:
        """Tell whether vectors (n, dimension) may be those of the plan, or those and more after them."""
        return self.report.kind == "flat" or (len(self.ranges) == 2 * dimension and len(self.list_of) <= n)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays by name; none for flat."""
        if self.report.kind == "flat":
            return {}
        return {"centres": self.centres, "list-of": self.list_of, "ranges": self.ranges}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], report: Mapping[str, Any]) -> IndexPlan:
        """Return what :meth:`to_arrays` and the fields of the report were taken from.

        Raises:
            DataError: the arrays do not belong together.
            KeyError, TypeError: an array is missing, or the report is of something else.
        """
        told = IndexReport(**report)
        for entry in fields(told):
            kinds: dict[str, tuple[type, ...]] = {"str": (str,), "int": (int,), "float": (int, float)}
            if not isinstance(getattr(told, entry.name), kinds[str(entry.type)]):
                raise TypeError(f"{entry.name} of the index report must be {entry.type}")
        if told.kind == "flat":
            return cls(report=told)
        return cls(report=told, centres=arrays["centres"], list_of=arrays["list-of"], ranges=arrays["ranges"])
