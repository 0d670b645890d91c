"""The network: products → vectors, histories → what comes next."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from kgrec.ranking.sequence.inputs import ProductInputs
from kgrec.ranking.sequence.settings import SequenceSettings

__all__ = ["GAPS", "Products", "Sample", "SequenceNetwork"]

GAPS = 16
"""Classes of time between two events: none or unknown, then one a doubling of days."""
_TEXT_SCALE = 4.0
"""Unit text vectors times this are about as large as what else is added to them."""


class Products(NamedTuple):
    """:class:`ProductInputs` as tensors on the network's device."""

    known: Tensor
    values: Tensor
    offsets: Tensor
    weights: Tensor
    text: Tensor

    @classmethod
    def of(cls, inputs: ProductInputs, device: torch.device) -> Products:
        """Copy the inputs to a device."""
        return cls(*(torch.from_numpy(part).to(device) for part in inputs))


class SequenceNetwork(nn.Module):
    """A causal transformer over product vectors that are made of own embedding, facts and text.

    After SASRec (Kang and McAuley, 2018), with time gaps, and product vectors shared by input and output. A product's
    vector needs nothing of the product but its facts and text, so that new ones are read like others.

    Args:
        products: number of products with an embedding of their own.
        values: number of values with an embedding.
        text: length of a text vector, 0 without texts.
        settings: sizes and dropout.
    """

    def __init__(self, products: int, values: int, text: int, settings: SequenceSettings) -> None:
        """Draw the weights."""
        super().__init__()
        width = settings.dimension
        self.id_dropout = settings.id_dropout
        self.max_history = settings.max_history
        self.own = nn.Embedding(products + 1, width, padding_idx=0)
        self.values = nn.EmbeddingBag(max(values, 1), width, mode="sum")
        self.text = nn.Linear(text, width) if text else None
        self.position = nn.Embedding(settings.max_history, width)
        self.gap = nn.Embedding(GAPS, width)
        self.dropout = nn.Dropout(settings.input_dropout)
        layer = nn.TransformerEncoderLayer(
            width, settings.heads, 2 * width, settings.dropout, "gelu", batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(layer, settings.layers, enable_nested_tensor=False)
        self.last = nn.LayerNorm(width)
        self.out = nn.Linear(width, width)
        self.target = nn.LayerNorm(width)
        self.bias = nn.Embedding(products + 1, 1, padding_idx=0)
        self.scale = nn.Parameter(torch.tensor(math.log(2.5)))
        nn.init.normal_(self.own.weight, std=0.02)
        nn.init.normal_(self.values.weight, std=0.06)
        nn.init.normal_(self.position.weight, std=0.02)
        nn.init.normal_(self.gap.weight, std=0.02)
        nn.init.zeros_(self.bias.weight)

    def products(self, inputs: Products) -> Tensor:
        """Return the vectors of b products, float32 (b, dimension)."""
        own = self.own(inputs.known)
        if self.training and self.id_dropout:
            heard = torch.rand(len(own), 1, device=own.device) >= self.id_dropout
            own = own * heard / (1 - self.id_dropout)
        vectors: Tensor = own + self.values(inputs.values, inputs.offsets, per_sample_weights=inputs.weights)
        if self.text is not None:
            vectors = vectors + self.text(inputs.text * _TEXT_SCALE)
        return vectors

    def states(self, vectors: Tensor, gaps: Tensor) -> Tensor:
        """Return what each history expects after each of its events.

        Args:
            vectors: float32 (h, m, dimension), of the events, oldest first, padded behind.
            gaps: int64 (h, m), classes of the time before each event.

        Returns:
            float32 (h, m, dimension); the inner product with :meth:`targets` is a product's logit.
        """
        length = vectors.shape[1]
        x = self.dropout(vectors + self.position.weight[:length] + self.gap(gaps))
        later = torch.full((length, length), float("-inf"), device=x.device).triu(1)
        return self.out(self.last(self.layers(x, mask=later, is_causal=True))) * self.scale.exp() / 10  # type: ignore[no-any-return]

    def targets(self, vectors: Tensor) -> Tensor:
        """Return product vectors as they are compared with states."""
        compared: Tensor = self.target(vectors)
        return compared

    def logits(self, states: Tensor, vectors: Tensor, inputs: Products) -> Tensor:
        """Return float32 (s, b): logits of b products, given their vectors and inputs, after each of s states."""
        scored: Tensor = states @ self.targets(vectors).T + self.bias(inputs.known)[:, 0]
        return scored

    def last_state(self, vectors: Tensor, gaps: Tensor, lengths: Tensor) -> Tensor:
        """Return float32 (h, dimension): what :meth:`states` has after the last events of padded histories.

        For answering: of the last layer only that event is computed, and the checks that torch's own layers make at
        each call, which cost more than the arithmetic of one history, are left out.
        """
        length = vectors.shape[1]
        x = vectors + self.position.weight[:length] + self.gap(gaps)
        rows = torch.arange(len(x), device=x.device)
        *first, last = self.layers.layers
        for layer in first:
            x = _layer(layer, x, x, None)
        seen = torch.arange(length, device=x.device) < lengths[:, None]
        newest = _layer(last, x[rows, lengths - 1][:, None], x, seen[:, None, None])
        return self.out(self.last(newest[:, 0])) * self.scale.exp() / 10  # type: ignore[no-any-return]


def _layer(layer: Any, asking: Tensor, x: Tensor, seen: Tensor | None) -> Tensor:
    """Do what a pre-norm layer does for some places, of all that they may look at; without ``seen`` causally."""
    attention = layer.self_attn
    heads = attention.num_heads
    weight, bias = attention.in_proj_weight, attention.in_proj_bias
    width = asking.shape[2]
    told = layer.norm1(x)
    own = told if asking is x else layer.norm1(asking)
    query = nn.functional.linear(own, weight[:width], bias[:width])
    key, value = nn.functional.linear(told, weight[width:], bias[width:]).chunk(2, dim=2)
    shape = (heads, width // heads)
    query, key, value = (part.reshape(*part.shape[:2], *shape).transpose(1, 2) for part in (query, key, value))
    heard = nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=seen, is_causal=seen is None)
    asking = asking + attention.out_proj(heard.transpose(1, 2).flatten(2))
    changed: Tensor = asking + layer.linear2(nn.functional.gelu(layer.linear1(layer.norm2(asking))))
    return changed


class Sample(NamedTuple):
    """Products drawn at training, by which the sum over all products is estimated.

    Attributes:
        targets: float32 (s, dimension).
        bias: float32 (s,).
        log_share: logarithm of the share of the products that was drawn, at most 0.
    """

    targets: Tensor
    bias: Tensor
    log_share: float

    @classmethod
    def of(cls, network: SequenceNetwork, drawn: Products, n: int) -> Sample:
        """Take the vectors of the drawn products, of n in all."""
        with torch.no_grad():
            targets = network.targets(network.products(drawn))
            return cls(targets, network.bias(drawn.known)[:, 0], math.log(len(drawn.known) / max(n, 1)))

    def log_sum(self, states: Tensor) -> Tensor:
        """Return log Σ exp(logit) over all products for each of h states, float32 (h,)."""
        return (states @ self.targets.T + self.bias).logsumexp(1) - self.log_share
