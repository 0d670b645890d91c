"""A network of fewer layers to begin a student with."""

from __future__ import annotations

from typing import Any

import numpy as np
from torch import nn

from kgrec.errors import EncoderUnavailableError

__all__ = ["keep_evenly"]


def keep_evenly(bert: Any, config: Any, layers: int) -> list[int]:
    """Keep some of a BERT's layers at even distances, its last one among them, in place; return which, from 0.

    Raises:
        EncoderUnavailableError: it has no more layers than that.
    """
    own = bert.encoder.layer
    deep = len(own)
    if layers >= deep:
        raise EncoderUnavailableError(f"a student of {layers} layers needs a teacher of more; this one has {deep}")
    kept = sorted({int(at) for at in np.round(np.linspace(deep / layers - 1, deep - 1, layers))})
    bert.encoder.layer = nn.ModuleList(own[at] for at in kept)
    config.num_hidden_layers = len(kept)
    return kept
