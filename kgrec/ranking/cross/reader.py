"""One pass over a pool: the history is read once, and each candidate is read beside it.

Tokens of the history and the profile attend to each other only; the first mark and a candidate's tokens attend to
everything. Cross-encoders lose nothing by that (Schlatt, Fröbe and Hagen, "Investigating the Effects of Sparse
Attention on Cross-Encoders", 2024), and what a pool's pairs have in common is computed once. Of the last layer only the
first mark is computed, as nothing else is scored.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from kgrec.ranking.cross.writing import PoolRows

__all__ = ["PoolReader", "Reading", "as_tensors"]

_HIDDEN = -1e4
"""Added to the attention that nothing must pay; far from what eight bits or bfloat16 would round to infinity."""


@dataclass(slots=True)
class Reading:
    """What a pass came to.

    Attributes:
        scores: float (b,), one a pair.
        shared: states of the shared tokens behind the embeddings and each layer but the last, float (l, s, width).
        own: states of each pair's own tokens behind the embeddings and each layer; behind the last (b, 1, width).
        attention: of the last layer, the first mark's over shared and own tokens, float (b, heads, s + t).
    """

    scores: Tensor
    shared: list[Tensor] = field(default_factory=list)
    own: list[Tensor] = field(default_factory=list)
    attention: Tensor | None = None


def as_tensors(rows: PoolRows, device: str = "cpu") -> dict[str, Tensor]:
    """Return rows as the arguments of :class:`PoolReader`."""
    names = ("shared", "shared_mask", "shared_types", "own", "own_mask", "own_types", "places", "pool")
    return {name: torch.from_numpy(getattr(rows, name)).to(device) for name in names}


class PoolReader(nn.Module):
    """Runs the layers of a BERT with one logit over pools.

    Args:
        network: a ``BertForSequenceClassification``; its parameters are this module's.
    """

    def __init__(self, network: Any) -> None:
        """Hold the network."""
        super().__init__()
        self.network = network
        self.heads = int(network.config.num_attention_heads)

    def forward(
        self,
        shared: Tensor,
        shared_mask: Tensor,
        shared_types: Tensor,
        own: Tensor,
        own_mask: Tensor,
        own_types: Tensor,
        places: Tensor,
        pool: Tensor | None = None,
    ) -> Reading:
        """Return scores and states; tensors as in :class:`PoolRows`. ``pool`` None means that there is one pool."""
        bert = self.network.bert
        first = torch.arange(1, shared.shape[1] + 1, device=shared.device)[None, :]
        x = _embedded(bert.embeddings, shared, first, shared_types)
        y = _embedded(bert.embeddings, own, places, own_types)
        shared_bias = (~shared_mask).float()[:, None, None, :] * _HIDDEN
        own_bias = (~own_mask).float()[:, None, None, :] * _HIDDEN
        of_pool = shared_bias if pool is None else shared_bias[pool]
        found = Reading(scores=y, shared=[x], own=[y])
        layers = bert.encoder.layer
        for num, layer in enumerate(layers):
            last = num == len(layers) - 1
            x_keys, x_values = self._split(layer, "key", x), self._split(layer, "value", x)
            y_keys, y_values = self._split(layer, "key", y), self._split(layer, "value", y)
            asking = y[:, :1] if last else y
            seen_keys, seen_values = (x_keys, x_values) if pool is None else (x_keys[pool], x_values[pool])
            queries = self._split(layer, "query", asking)
            y, attention = self._attended(
                layer, asking, queries, (seen_keys, y_keys), (seen_values, y_values), (of_pool, own_bias)
            )
            found.own.append(y)
            if last:
                found.attention = attention[:, :, 0]
                break
            x, _ = self._attended(layer, x, self._split(layer, "query", x), (x_keys,), (x_values,), (shared_bias,))
            found.shared.append(x)
        pooled = self.network.dropout(bert.pooler(y))
        found.scores = self.network.classifier(pooled)[:, 0]
        return found

    def _split(self, layer: Any, which: str, states: Tensor) -> Tensor:
        """Return float (b, heads, t, width of a head)."""
        made: Tensor = getattr(layer.attention.self, which)(states)
        return made.view(states.shape[0], states.shape[1], self.heads, -1).transpose(1, 2)

    def _attended(
        self,
        layer: Any,
        asking: Tensor,
        queries: Tensor,
        keys: tuple[Tensor, ...],
        values: tuple[Tensor, ...],
        biases: tuple[Tensor, ...],
    ) -> tuple[Tensor, Tensor]:
        """Return what becomes of the states that ask, and their attention over all parts."""
        scale = 1 / math.sqrt(queries.shape[-1])
        logits = [queries @ own.transpose(2, 3) * scale + bias for own, bias in zip(keys, biases, strict=True)]
        attention = layer.attention.self.dropout(torch.softmax(torch.cat(logits, dim=-1), dim=-1))
        start, context = 0, None
        for part in values:
            taken = attention[..., start : start + part.shape[2]] @ part
            context = taken if context is None else context + taken
            start += part.shape[2]
        assert context is not None, "there is at least one part"
        joined = context.transpose(1, 2).reshape(asking.shape[0], asking.shape[1], -1)
        states = layer.attention.output(joined, asking)
        return layer.output(layer.intermediate(states), states), attention


def _embedded(embeddings: Any, pieces: Tensor, places: Tensor, types: Tensor) -> Tensor:
    made = embeddings.word_embeddings(pieces) + embeddings.token_type_embeddings(types)
    states: Tensor = embeddings.dropout(embeddings.LayerNorm(made + embeddings.position_embeddings(places)))
    return states
