"""Re-rankers for a shop: trained on its own history, kept only where they help on validation."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from kgrec.answering import Answering
from kgrec.data import Histories
from kgrec.errors import SettingsError
from kgrec.evaluation import Split
from kgrec.protocols import Progress, Reranker, Shelf, silent
from kgrec.ranking import (
    BlendSettings,
    FixedShelf,
    RankingStages,
    SequenceReranker,
    SequenceSettings,
    Stage,
    StagesSettings,
    learn_stages,
)
from kgrec.retrieval import Knowledge, LinearModel, ModelInputs, propose_pools
from kgrec.shop import Shop
from kgrec.tuning.choosing import validation_split

__all__ = ["RerankSettings", "rerank_stages", "train_rerankers"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RerankSettings:
    """What re-ranks, and how it is learned.

    Attributes:
        sequence: the sequence model; None for none.
        blend: the blend of what re-rankers and retrieval say.
        stages: sizes and times when a shopper asks.
        most_lists: most validation users that are learned from, drawn at random; at least 1.
        seed: draws them.

    Raises:
        SettingsError: ``most_lists`` is below 1.
    """

    sequence: SequenceSettings | None = field(default_factory=SequenceSettings)
    blend: BlendSettings = field(default_factory=BlendSettings)
    stages: StagesSettings = field(default_factory=StagesSettings)
    most_lists: int = 20_000
    seed: int = 0

    def __post_init__(self) -> None:
        """Check ranges."""
        if self.most_lists < 1:
            raise SettingsError(f"most_lists must be at least 1; got {self.most_lists}")


def train_rerankers(
    shop: Shop,
    settings: RerankSettings | None = None,
    *,
    others: Sequence[Stage] = (),
    checkpoint: str | os.PathLike[str] | None = None,
    progress: Progress = silent,
) -> RankingStages:
    """Train re-rankers for a built shop, and learn what they add to its retrieval.

    Validation is cut from the shop's own events. Retrieval is fitted again without it, so that what the re-rankers and
    the blend learn from is what it would have proposed. Where nothing helps there, the stages keep retrieval's order,
    and their report says so.

    Args:
        shop: as :func:`kgrec.build` made it: ``recommender.shop``.
        settings: of everything that is trained.
        others: re-rankers that exist already, such as a cross-encoder or one that asks a language model, after the
            sequence model; they must not have seen the shop's newest events.
        checkpoint: a folder; a training of the sequence model that was stopped goes on there.
        progress: is told of each step.

    Returns:
        For ``Recommender.with_stages``.

    Raises:
        SettingsError: the shop has no events to learn from, or nothing to rank with.
        RerankError: one of ``others`` gives no usable scores.
    """
    settings = settings or RerankSettings()
    if settings.sequence is None and not others:
        raise SettingsError("there is nothing to rank with: give settings.sequence or others")
    split = validation_split(shop.histories, seed=settings.seed)
    if len(split) == 0:
        raise SettingsError(
            "the shop has no shopper with two events, so nothing tells what follows what; read events first"
        )
    if len(split) > settings.most_lists:
        split = split.sample(settings.most_lists, seed=settings.seed)
    now = Answering.of(shop)
    inputs = ModelInputs.of(
        len(shop.catalogue),
        split.train,
        Knowledge.from_graph(shop.graph, hub_share=shop.model.settings.hub_share),
        shop.vectors if shop.vectors.shape[1] else None,
        text_neighbours=shop.model.settings.text_neighbours,
        progress=progress,
    )
    model = LinearModel.fit(inputs, shop.model.settings, progress=progress, seed=settings.seed)

    def shelf_of(histories: Histories) -> FixedShelf:
        touched = np.bincount(histories.items, minlength=len(shop.catalogue))
        return FixedShelf(catalogue=shop.catalogue, graph=shop.graph, vectors=now.vectors, popularity=touched)

    return rerank_stages(
        model, split, shop.histories, shelf_of, settings, others=others, checkpoint=checkpoint, progress=progress
    )


def rerank_stages(
    model: LinearModel,
    split: Split,
    known: Histories,
    shelf_of: Callable[[Histories], Shelf],
    settings: RerankSettings,
    *,
    others: Sequence[Stage] = (),
    checkpoint: str | os.PathLike[str] | None = None,
    progress: Progress = silent,
) -> RankingStages:
    """Learn stages on a validation split, and train the sequence model once more on all that is known.

    Args:
        model: retrieval, fitted on ``split.train``.
        split: validation.
        known: everything that may be known when shoppers ask.
        shelf_of: what is known of the products, given the histories that popularity is counted in.
        settings: of everything that is trained.
        others: re-rankers that exist already, after the sequence model.
        checkpoint: a folder for the trainings of the sequence model.
        progress: is told of each step.
    """
    pools = propose_pools(model, split.queries, settings.stages.pool, progress=progress)
    shelf = shelf_of(split.train)
    sequence = settings.sequence
    stages = [replace(stage) for stage in others]
    best = 0
    if sequence is not None:
        early = SequenceReranker.train(
            split.train,
            shelf,
            sequence,
            pools=pools,
            targets=split.targets,
            checkpoint=None if checkpoint is None else Path(checkpoint) / "validation",
            progress=progress,
        )
        best = early.best_epochs
        stages.insert(0, Stage(early, settings.stages.pool))
    learned = learn_stages(
        stages, pools, split.targets, shelf, blend=settings.blend, settings=settings.stages, progress=progress
    )
    if sequence is None:
        return learned
    late: Reranker = SequenceReranker.train(
        known,
        shelf_of(known),
        sequence,
        stop_after=best,
        checkpoint=None if checkpoint is None else Path(checkpoint) / "whole",
        progress=progress,
    )
    return RankingStages([Stage(late, settings.stages.pool), *stages[1:]], learned.blends, learned.settings)
