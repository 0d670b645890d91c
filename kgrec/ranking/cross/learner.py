"""What learns: the network and its factor on retrieval, and where it runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from kgrec.ranking.cross.lists import TokenLists
from kgrec.ranking.cross.reader import PoolReader, as_tensors
from kgrec.ranking.cross.writing import Marks
from kgrec.training.devices import mixed

__all__ = ["Learner", "scores_of"]

_SCORED_AT_ONCE = 64


class Learner(nn.Module):
    """The network and the factor on retrieval's standardised scores, which is positive.

    Args:
        network: of transformers, with one logit.
        prior: the factor to begin with; 0 leaves retrieval out, for good.
    """

    def __init__(self, network: Any, prior: float) -> None:
        """Hold the network."""
        super().__init__()
        self.network = network
        self.reader = PoolReader(network)
        self.log_prior = nn.Parameter(torch.tensor(math.log(prior) if prior > 0 else 0.0), requires_grad=prior > 0)
        self.with_prior = prior > 0

    @property
    def prior(self) -> float:
        """The factor."""
        return float(self.log_prior.detach().exp()) if self.with_prior else 0.0

    def forward(self, inputs: dict[str, Tensor], prior: Tensor) -> Tensor:
        """Return float32 (b,) for rows and retrieval's standardised scores, float32 (b,)."""
        logits: Tensor = self.reader(**inputs).scores.float()
        return logits + self.log_prior.exp() * prior if self.with_prior else logits


def scores_of(
    network: Any, lists: TokenLists, rows: Sequence[int], marks: Marks, *, device: str, most: int | None = None
) -> list[NDArray[np.float32]]:
    """Return the network's own scores of the first ``most`` candidates of some pools, without retrieval's part."""
    reader = PoolReader(network).eval()
    found: list[NDArray[np.float32]] = []
    with torch.inference_mode(), mixed(device):
        for row in rows:
            written = lists.written(row)
            count = len(written.candidates[:most])
            parts = [range(start, min(start + _SCORED_AT_ONCE, count)) for start in range(0, count, _SCORED_AT_ONCE)]
            made = [reader(**as_tensors(written.rows(part, marks), device)).scores.float().cpu() for part in parts]
            found.append(torch.cat(made).numpy() if made else np.zeros(0, np.float32))
    return found
