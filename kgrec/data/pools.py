"""What a re-ranker is asked: a history and the candidates that retrieval proposes for it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kgrec.errors import DataError

__all__ = ["Pool"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pool:
    """One query and its candidates, by product number.

    Attributes:
        history: int32 (m,), what the shopper touched, oldest first; may be empty.
        times: float64 (m,), seconds on any one clock, NaN where unknown.
        candidates: int32 (c,), all different, retrieval's best first.
        retrieval: float32 (c,), retrieval's scores of the candidates.
        sources: (s,) names of the parts of those scores; empty where they are not given apart.
        parts: float32 (c, s), what each source adds to a score; None without ``sources``.

    Raises:
        DataError: shapes disagree, or a score of retrieval is not finite.
    """

    history: NDArray[np.int32]
    times: NDArray[np.float64]
    candidates: NDArray[np.int32]
    retrieval: NDArray[np.float32]
    sources: tuple[str, ...] = ()
    parts: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        """Check shapes."""
        if len(self.history) != len(self.times):
            raise DataError(f"history and times must have one length; got {len(self.history)} and {len(self.times)}")
        if len(self.candidates) != len(self.retrieval):
            raise DataError(
                f"candidates and retrieval must have one length; got {len(self.candidates)} and {len(self.retrieval)}"
            )
        shape = None if self.parts is None else self.parts.shape
        expected = (len(self.candidates), len(self.sources)) if self.sources else None
        if shape != expected:
            raise DataError(f"parts must have the shape (candidates, sources), here {expected}; got {shape}")
        if not np.isfinite(self.retrieval).all():
            raise DataError("the scores of retrieval must be finite; leave out the products that may not be shown")

    def __len__(self) -> int:
        """Return the number of candidates."""
        return len(self.candidates)
