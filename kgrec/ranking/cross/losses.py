"""Lists → a loss: which candidates a step looks at, and how far their scores are from what was wanted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kgrec.ranking.cross.learner import Learner
from kgrec.ranking.cross.lists import TokenLists
from kgrec.ranking.cross.reader import as_tensors
from kgrec.ranking.cross.settings import CrossEncoderSettings
from kgrec.ranking.cross.writing import Marks, PoolRows
from kgrec.training.devices import mixed

__all__ = ["drawn_candidates", "laid_out", "list_loss"]


def drawn_candidates(
    lists: TokenLists, row: int, settings: CrossEncoderSettings, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Return places in a pool: one that was wanted first, where there is one, then some of the hardest others."""
    entries = lists.entries(row)
    wanted = lists.wanted[entries]
    positives = np.flatnonzero(wanted)
    others = np.flatnonzero(~wanted)[: settings.hardest]
    if len(positives) == 0:
        others = others[np.isfinite(lists.soft[entries][others])]
    count = min(settings.negatives + (len(positives) == 0), len(others))
    drawn = rng.choice(others, size=count, replace=False)
    return np.concatenate([positives[[rng.integers(len(positives))]], drawn]) if len(positives) else drawn


def laid_out(lists: TokenLists, rows: Sequence[int], picked: Sequence[NDArray[np.int64]], marks: Marks) -> PoolRows:
    """Lay out some places of some pools."""
    written = [lists.written(row) for row in rows]
    chosen = [[own.candidates[at] for at in places] for own, places in zip(written, picked, strict=True)]
    return PoolRows.of([own.query for own in written], chosen, marks)


def list_loss(
    learner: Learner,
    lists: TokenLists,
    rows: Sequence[int],
    picked: Sequence[NDArray[np.int64]],
    marks: Marks,
    settings: CrossEncoderSettings,
    device: str,
) -> Tensor:
    """Return the mean loss of some lists."""
    at = np.concatenate([lists.entries(row).start + places for row, places in zip(rows, picked, strict=True)])
    prior = torch.from_numpy(lists.prior[at]).to(device)
    with mixed(device):
        scores = learner(as_tensors(laid_out(lists, rows, picked, marks), device), prior)
    losses, start = [], 0
    for row, places in zip(rows, picked, strict=True):
        own = scores[start : start + len(places)]
        start += len(places)
        losses.append(_loss_of(own, lists, row, places, settings))
    return torch.stack(losses).mean()


def _loss_of(
    scores: Tensor, lists: TokenLists, row: int, places: NDArray[np.int64], settings: CrossEncoderSettings
) -> Tensor:
    entries = lists.entries(row)
    wanted, soft = lists.wanted[entries][places], lists.soft[entries][places]
    labelled = np.flatnonzero(np.isfinite(soft))
    parts: list[tuple[float, Tensor]] = []
    if len(wanted) and wanted[0]:
        parts.append((1.0, -torch.log_softmax(scores, 0)[0]))
    if len(labelled) > 1:
        teacher = torch.from_numpy(soft[labelled]).to(scores.device) / settings.soft_temperature
        chosen = torch.log_softmax(scores[torch.from_numpy(labelled).to(scores.device)], 0)
        share = settings.soft_share if parts else 1.0
        parts = [(1.0 - share, part) for _, part in parts]
        parts.append((share, -(torch.softmax(teacher, 0) * chosen).sum()))
    if not parts:
        return scores.sum() * 0.0
    return sum((weight * part for weight, part in parts), start=scores.new_zeros(()))
