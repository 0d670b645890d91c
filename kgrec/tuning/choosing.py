"""The library chooses its own settings: a coarse search on a validation split cut from the training data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from kgrec.data import Histories, Targets
from kgrec.evaluation import Split, fixed_split, random_holdout, time_split
from kgrec.protocols import Progress, silent
from kgrec.retrieval import LinearSettings, ModelInputs
from kgrec.tuning.grid import (
    ENOUGH_QUERIES,
    FIRST_CHOICES,
    ORDERED_ONLY,
    SAMPLE_PRODUCTS,
    SECOND_LOOK,
)
from kgrec.tuning.search import Search, Trial

__all__ = ["Tuning", "choose_settings", "validation_split"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """What was chosen, and every trial that led there."""

    settings: LinearSettings
    trials: tuple[Trial, ...]


def validation_split(histories: Histories, *, seed: int = 0) -> Split:
    """Cut a validation split from training data, as close to the coming question as the data allow.

    With times on one clock: the last tenth of the events, by time, is asked for. With order only, or where too few
    users were there before: each user's last product. Without order: a random tenth.
    """
    if not histories.ordered:
        return random_holdout(histories, fraction=0.1, seed=seed)
    if _one_clock(histories):
        split = time_split(histories, fraction=0.9)
        if len(split) >= ENOUGH_QUERIES:
            return split
    last = np.zeros(len(histories.items), bool)
    last[histories.indptr[1:][histories.lengths() > 1] - 1] = True
    held = histories.keep(last)
    return fixed_split(histories.keep(~last), Targets(indptr=held.indptr, items=held.items))


def _one_clock(histories: Histories) -> bool:
    """Tell whether every event has a time and users do not all start at the same one, as relative times do."""
    if len(histories.items) == 0 or not np.all(np.isfinite(histories.times)):
        return False
    first = histories.times[histories.indptr[:-1][histories.lengths() > 0]]
    return bool(np.ptp(first) > 0)


def choose_settings(
    inputs: ModelInputs,
    split: Split,
    *,
    base: LinearSettings,
    fixed: Mapping[str, Any] | None = None,
    products: int = SAMPLE_PRODUCTS,
    looks: int = 2,
    progress: Progress = silent,
    seed: int = 0,
) -> Tuning:
    """Search a coarse grid, one setting after the other, on a sample of the products.

    Args:
        inputs: the shop's products; the histories are those of ``split.train``.
        split: validation, cut from train.
        base: where the search starts.
        fixed: settings that the user chose; they are not searched.
        products: how many products the trials fit and rank; fewer are faster and noisier.
        looks: how often, at most, the settings that depend on each other are walked again; it ends when nothing moves.
        progress: is told of each trial.
        seed: draws the sample.

    Returns:
        The best settings found; ``base`` where the split is too small to tell (under 20 queries).
    """
    base = replace(base, **(fixed or {}))
    search = Search(inputs.with_histories(split.train), split, products, seed, progress)
    if len(search.split) < 20:
        return Tuning(settings=base, trials=())
    settled = {name for name in FIRST_CHOICES if not search.can(name)} | set(fixed or {})
    settled |= set() if split.queries.ordered else ORDERED_ONLY
    best = search.walk_all(base, [name for name in FIRST_CHOICES if name not in settled])
    for _ in range(looks):
        before = best
        best = search.walk_all(best, [name for name in SECOND_LOOK if name not in settled])
        if best == before:
            break
    if "relation_weights" not in (fixed or {}):
        best = search.weigh_relations(best)
    if "support" not in (fixed or {}):
        best = search.widen(best)
    if "newcomer_scale" not in (fixed or {}) and best.newcomer_alike:
        best = search.weigh_newcomers(best)
    return Tuning(settings=best, trials=tuple(search.trials))
