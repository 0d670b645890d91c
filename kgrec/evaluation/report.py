"""evaluate(): one model, one split, every metric with its interval."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kgrec.errors import DataError, SettingsError
from kgrec.evaluation import metrics as measure
from kgrec.evaluation.intervals import Interval, PairedTest, bootstrap_all, paired_test
from kgrec.evaluation.ranking import Ranking, rank
from kgrec.evaluation.splits import Split
from kgrec.protocols import Progress, Scorer, silent

__all__ = ["Report", "evaluate"]

_PER_USER: dict[str, Callable[[Ranking, int], NDArray[np.float64]]] = {
    "recall": measure.recall,
    "ndcg": measure.ndcg,
    "mrr": measure.mrr,
    "hit_rate": measure.hit_rate,
    "precision": measure.precision,
    "map": measure.average_precision,
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Report:
    """What a model reached on a split.

    Attributes:
        metrics: ``"recall@10"`` → mean over users (or the figure of all lists together, for coverage and gini).
        intervals: the same keys → interval over users; coverage and gini, which belong to no user, have none.
        per_user: the same keys → float64 (n_users,), for ``paired_test``; NaN where a user has no value.
        n_users: number of queries.
        n_products: number of products ranked against each other.
        seconds: time for scoring and ranking.
    """

    metrics: dict[str, float]
    intervals: dict[str, Interval]
    per_user: dict[str, NDArray[np.float64]]
    n_users: int
    n_products: int
    seconds: float

    def __getitem__(self, key: str) -> float:
        """Return one metric, for example ``report["ndcg@10"]``."""
        return self.metrics[key]

    def against(self, other: Report, key: str, *, seed: int = 0) -> PairedTest:
        """Test the difference to another model on the same split.

        Raises:
            KeyError: a report lacks the metric.
            DataError: the reports have different users.
        """
        return paired_test(self.per_user[key], other.per_user[key], seed=seed)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values: the metrics by key, ``interval`` (key → [low, high]), ``n_users`` and ``n_products``.

        A figure that is not defined (diversity of lists of one product) is None.
        """
        return {
            **{key: _plain(value) for key, value in self.metrics.items()},
            "interval": {key: [_plain(i.low), _plain(i.high)] for key, i in self.intervals.items()},
            "n_users": self.n_users,
            "n_products": self.n_products,
        }

    def to_json(self) -> str:
        """Return ``to_dict`` as JSON text."""
        return json.dumps(self.to_dict(), indent=2)

    def __str__(self) -> str:
        """Return one line a metric."""
        return "\n".join(f"{key:<16}{self.intervals.get(key, f'{value:.4f}')}" for key, value in self.metrics.items())


def evaluate(
    scorer: Scorer,
    split: Split,
    *,
    ks: Sequence[int] = (5, 10, 20),
    exclude_seen: bool = True,
    only: NDArray[np.integer] | None = None,
    vectors: NDArray[np.floating] | None = None,
    chunk: int = 512,
    samples: int = 1000,
    level: float = 0.95,
    seed: int = 0,
    progress: Progress = silent,
) -> Report:
    """Rank all products for every query and measure the lists.

    Keys are ``recall``, ``ndcg``, ``mrr``, ``hit_rate``, ``precision``, ``map``, ``novelty`` (bits), ``popularity``
    (mean percentile), ``arp`` (mean number of train users), ``coverage``, ``gini`` and, where vectors are given,
    ``diversity``, each followed by ``@k``.

    Args:
        scorer: the model.
        split: where it is asked; popularity comes from ``split.train``.
        ks: list lengths, each at least 1.
        exclude_seen: leave the products of a query out of its list.
        only: int (p,), rank these products alone; None ranks all.
        vectors: float (n, d), one a product, for intra-list diversity.
        chunk: queries scored at once.
        samples: bootstrap resamples; 0 leaves the intervals out, for a search over settings.
        level: confidence of the intervals.
        seed: for the bootstrap.
        progress: is told about the ranking.

    Raises:
        SettingsError: ``ks`` is empty or holds a number below 1, or a bootstrap setting is out of range.
        DataError: the split has no queries, or the scorer's answers cannot be used (see ``rank``).
    """
    if not ks or min(ks) < 1:
        raise SettingsError(f"ks must hold list lengths of at least 1; got {tuple(ks)}")
    if len(split) == 0:
        raise DataError("the split has no queries, so there is nothing to evaluate")
    begin = perf_counter()
    ranking = rank(scorer, split, k=max(ks), exclude_seen=exclude_seen, chunk=chunk, only=only, progress=progress)
    seconds = perf_counter() - begin
    counts = measure.popularity(split.train, ranking.n_products)
    per_user = _per_user(ranking, ks, counts, int(np.sum(split.train.lengths() > 0)), vectors)
    whole = {f"coverage@{k}": measure.coverage(ranking, k) for k in ks}
    whole |= {f"gini@{k}": measure.gini(ranking, k) for k in ks}
    means = {
        key: float(np.nanmean(values)) if not np.isnan(values).all() else math.nan for key, values in per_user.items()
    }
    return Report(
        metrics={**means, **whole},
        intervals=bootstrap_all(per_user, samples=samples, level=level, seed=seed) if samples else {},
        per_user=per_user,
        n_users=len(split),
        n_products=ranking.n_products,
        seconds=seconds,
    )


def _per_user(
    ranking: Ranking,
    ks: Sequence[int],
    counts: NDArray[np.int64],
    users: int,
    vectors: NDArray[np.floating] | None,
) -> dict[str, NDArray[np.float64]]:
    columns = {f"{name}@{k}": metric(ranking, k) for name, metric in _PER_USER.items() for k in ks}
    columns |= {f"novelty@{k}": measure.novelty(ranking, k, counts, users) for k in ks}
    columns |= {f"popularity@{k}": measure.popularity_percentile(ranking, k, counts) for k in ks}
    columns |= {f"arp@{k}": measure.average_popularity(ranking, k, counts) for k in ks}
    if vectors is not None:
        columns |= {f"diversity@{k}": measure.intra_list_diversity(ranking, k, vectors) for k in ks}
    return columns


def _plain(value: float) -> float | None:
    return None if math.isnan(value) else value
