"""Learning of stages: what each re-ranker adds, for whichever of them answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from kgrec.data import Pool, Targets
from kgrec.protocols import Progress, Shelf, silent
from kgrec.ranking.blending import Blend, BlendSettings, learn_blend
from kgrec.ranking.running import checked
from kgrec.ranking.stages import RankingStages, Stage, StagesSettings, part_of

__all__ = ["learn_stages"]

Names = tuple[str, ...]
Scores = list[NDArray[np.float32]]


def learn_stages(
    stages: Sequence[Stage],
    pools: Sequence[Pool],
    targets: Targets,
    shelf: Shelf,
    *,
    blend: BlendSettings | None = None,
    settings: StagesSettings | None = None,
    progress: Progress = silent,
) -> RankingStages:
    """Learn a blend for every set of re-rankers that may answer a request.

    A stage's blend is learned on the candidates that the stages before it, of the same set, put first. A stage with
    ``lists`` is learned on so many of the pools.

    Args:
        stages: in the order they will be asked.
        pools: of validation users, by a retrieval that did not see what they want; nor did the re-rankers.
        targets: for each pool the products that should come first.
        shelf: the products.
        blend: settings of each blend.
        settings: of the stages.
        progress: is told of each blend.

    Raises:
        RerankError: a re-ranker gives no usable scores.
        SettingsError: ``pools`` and ``targets`` differ in length.
    """
    blends: dict[Names, Blend] = {}
    for size in range(1, len(stages) + 1):
        for chosen in combinations(stages, size):
            blends[tuple(stage.reranker.name for stage in chosen)] = _learned(
                chosen, blends, pools, targets, shelf, blend, progress
            )
    return RankingStages(stages, blends, settings)


def _learned(
    chosen: Sequence[Stage],
    blends: Mapping[Names, Blend],
    pools: Sequence[Pool],
    targets: Targets,
    shelf: Shelf,
    blend: BlendSettings | None,
    progress: Progress,
) -> Blend:
    """Learn the blend of some stages, given those of the stages before."""
    sizes = [stage.lists for stage in chosen if stage.lists is not None]
    if sizes and min(sizes) < len(pools):
        seed = 0 if blend is None else blend.seed
        taken = np.sort(np.random.default_rng(seed).choice(len(pools), min(sizes), replace=False))
        pools, targets = [pools[at] for at in taken.tolist()], targets.select(taken)
    given: dict[str, Scores] = {}
    for stage in chosen:
        if given:
            before = blends[tuple(given)]
            orders = [
                np.argsort(-before.score(pool, shelf, {name: one[at] for name, one in given.items()}), kind="stable")
                for at, pool in enumerate(pools)
            ]
        else:
            orders = [np.arange(len(pool)) for pool in pools]
        kept = [order[: stage.depth] for order in orders]
        pools = [part_of(pool, places) for pool, places in zip(pools, kept, strict=True)]
        given = {
            name: [one[places] for one, places in zip(scores, kept, strict=True)] for name, scores in given.items()
        }
        given[stage.reranker.name] = checked(stage.reranker.score(pools, shelf), pools, stage.reranker.name)
    return learn_blend(pools, targets, shelf, given, blend, progress=progress)
