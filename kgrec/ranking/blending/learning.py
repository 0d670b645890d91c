"""Learning a blend on validation, and whether it is better than retrieval there."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kgrec.data import Pool, Targets
from kgrec.errors import MissingExtraError, SettingsError
from kgrec.protocols import Progress, Shelf, silent
from kgrec.ranking.blending.blend import Blend, BlendReport, Kind
from kgrec.ranking.blending.features import Features, features_of
from kgrec.ranking.blending.settings import BlendSettings
from kgrec.ranking.blending.trees import Trees
from kgrec.ranking.judging import paired_p, pool_ndcg

__all__ = ["learn_blend"]

_LEAST_LISTS = 20
"""Below so many lists with a wanted product nothing is learned."""

Given = Mapping[str, Sequence[NDArray[np.float32]]]


class _Lessons(NamedTuple):
    """What is learned from: arguments of :func:`learn_blend`, and the columns made of them."""

    pools: Sequence[Pool]
    targets: Targets
    shelf: Shelf
    given: Given
    features: Features

    def table(self, at: int) -> NDArray[np.float32]:
        """Return the rows of one pool."""
        return self.features.table(
            self.pools[at], self.shelf, {name: scores[at] for name, scores in self.given.items()}
        )

    def right(self, at: int) -> NDArray[np.bool_]:
        """Return which candidates of one pool are wanted, bool (c,)."""
        return np.isin(self.pools[at].candidates, self.targets.row(at))

    def ndcg(self, scores: Sequence[NDArray[Any]], users: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return NDCG of some users by their scores."""
        chosen = users.tolist()
        return pool_ndcg(scores, [self.pools[at] for at in chosen], self.targets.select(users))


class _Rows(NamedTuple):
    """Rows of several lists, one after the other, and how many each list has."""

    table: NDArray[np.float32]
    wanted: NDArray[np.bool_]
    lengths: list[int]


def learn_blend(
    pools: Sequence[Pool],
    targets: Targets,
    shelf: Shelf,
    given: Given,
    settings: BlendSettings | None = None,
    *,
    progress: Progress = silent,
) -> Blend:
    """Learn to order candidates on validation; retrieval's order is kept unless that is surely better.

    Every user is judged by a blend that was learned from others. Scores of retrieval and of re-rankers may only raise a
    candidate. Trees are boosted by XE-NDCG (Bruch, 2021) or, pointwise, by log-loss.

    Args:
        pools: of validation users, by a retrieval that did not see what they want.
        targets: for each pool the products that should come first.
        shelf: the products.
        given: re-ranker → its scores for each pool; re-rankers must not have seen what is wanted either.
        settings: of the learning.
        progress: is told of folds.

    Raises:
        SettingsError: the arguments differ in length.
        MissingExtraError: ``kind="listwise"`` without LightGBM.
    """
    settings = settings or BlendSettings()
    sizes: dict[str, int] = {"targets": len(targets)} | {name: len(scores) for name, scores in given.items()}
    for name, size in sizes.items():
        if size != len(pools):
            raise SettingsError(f"{name} has {size} entries for {len(pools)} pools; give one a pool")
    kind = _kind(settings)
    lessons = _Lessons(pools, targets, shelf, given, features_of(pools, tuple(given)))
    everyone = np.arange(len(pools))
    before = lessons.ndcg([pool.retrieval for pool in pools], everyone)
    teaching = np.array([bool(lessons.right(at)[: settings.depth].any()) for at in range(len(pools))], bool)
    fold_of = np.random.default_rng(settings.seed).integers(0, settings.folds, len(pools))
    steps = settings.folds + 1
    raw = [(pool.retrieval / lessons.features.scale).astype(np.float64) for pool in pools]
    after, trees = before, None
    if min(np.sum(teaching & (fold_of != fold)) for fold in range(settings.folds)) >= _LEAST_LISTS:
        crossed = list(raw)
        for fold in range(settings.folds):
            progress("learning the blend", fold, steps)
            trees = _learned(kind, lessons, np.flatnonzero(teaching & (fold_of != fold)), settings)
            for at in np.flatnonzero(fold_of == fold).tolist():
                crossed[at] = trees.predict(lessons.table(at))
        after = lessons.ndcg(crossed, everyone)
        if after.mean() > before.mean() and paired_p(after, before) <= settings.p_value:
            progress("learning the blend", settings.folds, steps)
            raw, trees = crossed, _learned(kind, lessons, np.flatnonzero(teaching), settings)
        else:
            trees = None
    progress("learning the blend", steps, steps)
    slope, intercept = _calibrated(raw, lessons)
    report = BlendReport(
        users=len(pools),
        retrieval=float(before.mean()) if len(pools) else 0.0,
        blend=float(after.mean()) if len(pools) else 0.0,
        p_value=paired_p(after, before),
        kind=kind,
        kept=trees is not None,
    )
    return Blend(features=lessons.features, scorer=trees, slope=slope, intercept=intercept, report=report)


def _kind(settings: BlendSettings) -> Kind:
    there = importlib.util.find_spec("lightgbm") is not None
    if settings.kind == "listwise" and not there:
        raise MissingExtraError("lightgbm", extra="boost", purpose="a listwise blend")
    if settings.kind == "auto":
        return "listwise" if there else "pointwise"
    return settings.kind


def _rows(lessons: _Lessons, chosen: NDArray[np.int64], depth: int) -> _Rows:
    tables = [lessons.table(at)[:depth] for at in chosen.tolist()]
    labels = [lessons.right(at)[:depth] for at in chosen.tolist()]
    return _Rows(np.concatenate(tables), np.concatenate(labels), [len(label) for label in labels])


def _learned(kind: Kind, lessons: _Lessons, chosen: NDArray[np.int64], settings: BlendSettings) -> Trees:
    if len(chosen) > settings.lists:
        chosen = np.sort(np.random.default_rng(settings.seed).choice(chosen, settings.lists, replace=False))
    rows = _rows(lessons, chosen, settings.depth)
    least = min(settings.least, max(len(rows.table) // 50, 1))
    fit = _listwise if kind == "listwise" else _pointwise
    return fit(rows, lessons.features.rising, settings, least)


def _listwise(rows: _Rows, rising: NDArray[np.bool_], settings: BlendSettings, least: int) -> Trees:
    import lightgbm

    data = lightgbm.Dataset(rows.table, rows.wanted.astype(np.int32), group=rows.lengths)
    parameters = {
        "objective": "rank_xendcg",
        "learning_rate": settings.learning_rate,
        "num_leaves": settings.leaves,
        "min_data_in_leaf": least,
        "monotone_constraints": rising.astype(int).tolist(),
        "seed": settings.seed,
        "deterministic": True,
        "force_row_wise": True,
        "verbose": -1,
    }
    return Trees.of_lightgbm(lightgbm.train(parameters, data, settings.rounds))


def _pointwise(rows: _Rows, rising: NDArray[np.bool_], settings: BlendSettings, least: int) -> Trees:
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = HistGradientBoostingClassifier(
        max_iter=settings.rounds,
        max_leaf_nodes=settings.leaves,
        min_samples_leaf=least,
        learning_rate=settings.learning_rate,
        monotonic_cst=rising.astype(int),
        early_stopping=False,
        random_state=settings.seed,
    )
    model.fit(rows.table, rows.wanted)
    return Trees.of_sklearn(model)


def _calibrated(raw: Sequence[NDArray[np.float64]], lessons: _Lessons) -> tuple[float, float]:
    """Return slope (> 0) and intercept of Platt's logistic curve over scores of users that were not learned from."""
    from sklearn.linear_model import LogisticRegression

    scores = np.concatenate([np.zeros(0), *raw])
    right = np.concatenate([np.zeros(0, bool), *(lessons.right(at) for at in range(len(raw)))])
    if len(np.unique(right)) < 2 or np.ptp(scores) == 0:
        return 1.0, 0.0
    model = LogisticRegression(C=1e6).fit(scores[:, None], right)
    return max(float(model.coef_[0, 0]), 1e-3), float(model.intercept_[0])
