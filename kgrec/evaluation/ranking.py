"""Full ranking: every product is scored for every query, in chunks, and the best k are kept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kgrec.data import Histories, Targets
from kgrec.errors import DataError, SettingsError
from kgrec.evaluation.splits import Split
from kgrec.protocols import Progress, Scorer, silent

__all__ = ["Ranking", "rank"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ranking:
    """The best k products of each of q queries, and which of them were wanted.

    Attributes:
        items: int32 (q, k), best first; −1 where fewer than k products could be ranked.
        scores: float32 (q, k), falling; −inf where ``items`` is −1.
        hits: bool (q, k), whether the product is a target of the query.
        wanted: int64 (q,), number of targets of each query, at least 1.
        n_products: number of products that were scored.
    """

    items: NDArray[np.int32]
    scores: NDArray[np.float32]
    hits: NDArray[np.bool_]
    wanted: NDArray[np.int64]
    n_products: int

    @classmethod
    def of(
        cls,
        items: NDArray[np.integer],
        targets: Targets,
        *,
        n_products: int,
        scores: NDArray[np.float32] | None = None,
    ) -> Ranking:
        """Judge lists that came from anywhere, for example from a running shop.

        Args:
            items: int (q, k), product numbers best first, none twice in a row, −1 for an empty slot.
            targets: of the same q queries.
            n_products: number of products of the shop.
            scores: float32 (q, k), where there are any.

        Raises:
            DataError: the shapes disagree, a query has no target, or a target lies beyond ``n_products``.
        """
        lists = np.ascontiguousarray(items, dtype=np.int32)
        if lists.ndim != 2 or len(lists) != len(targets):
            raise DataError(f"items must be (queries, k) for {len(targets)} queries; got the shape {lists.shape}")
        if len(targets.items) and int(targets.items.max()) >= n_products:
            raise DataError(
                f"a target is product {int(targets.items.max())}, but only {n_products} products are ranked"
            )
        owner = np.repeat(np.arange(len(targets), dtype=np.int64), np.diff(targets.indptr))
        pairs = np.unique(owner * n_products + targets.items)
        wanted = np.bincount(pairs // max(n_products, 1), minlength=len(targets)).astype(np.int64)
        if np.any(wanted == 0):
            raise DataError(f"query {int(np.argmin(wanted))} has no target; leave such queries out")
        shown = np.arange(len(targets), dtype=np.int64)[:, None] * n_products + lists
        if scores is None:
            falling = -np.arange(lists.shape[1], dtype=np.float32)
            scores = np.where(lists >= 0, falling, np.float32(-np.inf)).astype(np.float32)
        hits = np.isin(shown, pairs) & (lists >= 0)
        return cls(items=lists, scores=scores, hits=hits, wanted=wanted, n_products=n_products)

    def __len__(self) -> int:
        """Return the number of queries."""
        return len(self.items)

    @property
    def k(self) -> int:
        """Length of a list."""
        return int(self.items.shape[1])


def rank(
    scorer: Scorer,
    split: Split,
    *,
    k: int = 20,
    exclude_seen: bool = True,
    chunk: int = 512,
    only: NDArray[np.integer] | None = None,
    progress: Progress = silent,
) -> Ranking:
    """Rank all products for every query of a split: no sampled negatives (Krichene and Rendle, KDD 2020).

    Memory is bounded by ``chunk · n`` scores. Equal scores are ordered by the lower product number. A score of −inf
    is never shown.

    Args:
        scorer: scores every product for a batch of histories.
        split: its queries are asked, its targets judge.
        k: length of a list, at least 1; where fewer products can be shown the list ends earlier.
        exclude_seen: leave the products of a query out of its list.
        chunk: queries scored at once, at least 1.
        only: int (p,), rank these products alone; None ranks all.
        progress: is told ``("rank", queries done, queries in all)`` after each chunk.

    Raises:
        SettingsError: ``k`` or ``chunk`` is below 1.
        DataError: the scorer returns NaN or an array of the wrong shape or type, or a number lies beyond its products.
    """
    from kgrec.evaluation.selection import select_top

    if k < 1 or chunk < 1:
        raise SettingsError(f"k and chunk must be at least 1; got k={k}, chunk={chunk}")
    name = type(scorer).__name__
    total = len(split)
    items = np.full((total, k), -1, np.int32)
    best = np.full((total, k), -np.inf, np.float32)
    allowed: NDArray[np.bool_] | None = None
    for start in range(0, total, chunk):
        stop = min(start + chunk, total)
        queries = split.queries.select(np.arange(start, stop))
        scores = _checked(scorer.score(queries), queries, name, width=None if allowed is None else len(allowed))
        if allowed is None:
            allowed = _allowed(scores.shape[1], only)
        if len(queries.items) and int(queries.items.max()) >= len(allowed):
            raise DataError(
                f"a query names product {int(queries.items.max())}, but {name} scores {len(allowed)} products"
            )
        indptr = queries.indptr if exclude_seen else np.zeros(len(queries) + 1, np.int64)
        row = select_top(scores, indptr, queries.items, allowed, items[start:stop], best[start:stop])
        if row >= 0:
            raise DataError(
                f"{name} gave NaN as a score for query {start + row} of the split; "
                "a scorer must return numbers, with -inf for products that must not be shown"
            )
        progress("rank", stop, total)
    n_products = len(allowed) if allowed is not None else 0
    return Ranking.of(items, split.targets, n_products=n_products, scores=best)


def _checked(scores: NDArray[np.float32], queries: Histories, name: str, *, width: int | None) -> NDArray[np.float32]:
    """Check shape and type of what a scorer returned, and lay it out row by row."""
    array = np.asarray(scores)
    if array.ndim != 2 or len(array) != len(queries) or (width is not None and array.shape[1] != width):
        expected = f"({len(queries)}, {'n' if width is None else width})"
        raise DataError(f"{name} returned scores of shape {array.shape}; expected {expected}")
    if not np.issubdtype(array.dtype, np.floating):
        raise DataError(f"{name} returned {array.dtype} scores; expected float32")
    return np.require(array, np.float32, ["C", "W"])  # one type for the compiled loop: rows in order, writable


def _allowed(n: int, only: NDArray[np.integer] | None) -> NDArray[np.bool_]:
    """Turn ``only`` into a mask, bool (n,)."""
    if only is None:
        return np.ones(n, np.bool_)
    numbers = np.asarray(only)
    if len(numbers) and not (int(numbers.min()) >= 0 and int(numbers.max()) < n):
        raise DataError(f"only= must hold product numbers 0 … {n - 1}; got {int(numbers.min())} … {int(numbers.max())}")
    mask = np.zeros(n, np.bool_)
    mask[numbers] = True
    return mask
