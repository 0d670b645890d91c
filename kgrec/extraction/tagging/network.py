"""The network: one pass of the encoder over a text, then every candidate span against every attribute."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from kgrec.extraction.tagging.lexicon import HIT_FEATURES
from kgrec.extraction.tagging.sheets import LONGEST, SPAN_FEATURES, TRIMS
from kgrec.extraction.tagging.words import SHAPES

__all__ = ["Batch", "SpanHead"]

_SHAPE_SIZE = 16


@dataclass(slots=True, kw_only=True)
class Batch:
    """Sheets side by side; b sheets, t pieces, w words, c candidates, g attributes, h hits.

    Attributes:
        pieces: int64 (b, t), and ``mask`` 1 where there is one.
        first: int64 (b, w), and ``last``, ``shapes``, ``rarity`` float32 as of the sheets.
        spans: int64 (b, c, 3), and ``features`` float32 (b, c, SPAN_FEATURES), ``real`` bool (b, c).
        attributes: int64 (b, g), numbers of attributes; ``pairs`` of attribute in category, 0 where that is unknown.
        hits: int64 (h, 3): sheet, attribute's place among the g, candidate; ``hit_features`` float32 (h, HIT_FEATURES).
    """

    pieces: Tensor
    mask: Tensor
    first: Tensor
    last: Tensor
    shapes: Tensor
    rarity: Tensor
    spans: Tensor
    features: Tensor
    real: Tensor
    attributes: Tensor
    pairs: Tensor
    hits: Tensor
    hit_features: Tensor


class SpanHead(nn.Module):
    """Scores candidates and "not there" for each attribute, from the encoder's states.

    A candidate is what stands at its first and last word, its length and its looks. Its score is the inner product with
    the attribute's query, plus what the lexicon says of the pair. The softmax over all candidates and "not there"
    is the answer's probability, so that an attribute has one answer.

    Args:
        names: states of the attributes' names, float32 (attributes, width): where the queries start from.
        pairs: number of attributes in categories.
        width: of the encoder's states.
        size: of a candidate's vector.
        dropout: share of a candidate's vector left out in training, 0 … 1.
    """

    def __init__(self, names: Tensor, pairs: int, *, width: int, size: int, dropout: float) -> None:
        """Make the layers; the queries begin at the names."""
        super().__init__()
        self.size = size
        self.names = nn.Parameter(names.clone())
        self.pairs = nn.Embedding(pairs + 1, size, padding_idx=0)
        nn.init.normal_(self.pairs.weight, std=0.02)
        self.query = nn.Sequential(nn.Linear(width, size), nn.GELU(), nn.Linear(size, size))
        self.shape = nn.Embedding(SHAPES, _SHAPE_SIZE)
        self.begin = nn.Linear(width + _SHAPE_SIZE + 1, size)
        self.end = nn.Linear(width + _SHAPE_SIZE + 1, size)
        self.length = nn.Embedding(LONGEST, size)
        self.trim = nn.Embedding(TRIMS, size)
        self.looks = nn.Linear(SPAN_FEATURES, size)
        self.mix = nn.Sequential(nn.GELU(), nn.LayerNorm(size), nn.Dropout(dropout), nn.Linear(size, size))
        self.absent = nn.Sequential(nn.Linear(width, size), nn.GELU(), nn.Dropout(dropout), nn.Linear(size, size))
        self.bias = nn.Embedding(len(names), 1)
        nn.init.zeros_(self.bias.weight)
        self.hit_features = nn.Linear(HIT_FEATURES, 32)
        self.hit_span = nn.Linear(size, 32)
        self.hit_query = nn.Linear(size, 32)
        self.hit_score = nn.Linear(32, 1)

    def forward(self, states: Tensor, batch: Batch) -> Tensor:
        """Return log-probabilities (b, g, 1 + c): "not there" first; −inf where there is no candidate."""
        query = self.query(self.names[batch.attributes]) + self.pairs(batch.pairs)
        span = self._spans(states, batch)
        scores = torch.einsum("bgd,bcd->bgc", query, span) / self.size**0.5
        if len(batch.hits):
            sheet, attribute, candidate = batch.hits.unbind(1)
            hidden = (
                self.hit_features(batch.hit_features)
                + self.hit_span(span[sheet, candidate])
                + self.hit_query(query[sheet, attribute])
            )
            found = self.hit_score(nn.functional.gelu(hidden)).squeeze(1)
            scores = scores.index_put((sheet, attribute, candidate), found.to(scores.dtype), accumulate=True)
        scores = scores.masked_fill(~batch.real[:, None, :], float("-inf"))
        absent = torch.einsum("bgd,bd->bg", query, self.absent(states[:, 0])) / self.size**0.5
        absent = absent + self.bias(batch.attributes).squeeze(2)
        return torch.log_softmax(torch.cat([absent[:, :, None], scores], dim=2).float(), dim=2)

    def _spans(self, states: Tensor, batch: Batch) -> Tensor:
        shape = torch.cat([self.shape(batch.shapes), batch.rarity[:, :, None] / 4], dim=2)
        begin = self.begin(torch.cat([_gather(states, batch.first), shape], dim=2))
        end = self.end(torch.cat([_gather(states, batch.last), shape], dim=2))
        first, last, trim = batch.spans.unbind(2)
        made: Tensor = self.mix(
            _gather(begin, first)
            + _gather(end, last)
            + self.length(last - first)
            + self.trim(trim)
            + self.looks(batch.features)
        )
        return made


def _gather(values: Tensor, places: Tensor) -> Tensor:
    """Return values (b, n, d) at places (b, m) as (b, m, d)."""
    texts, rows, width = values.shape
    first = (
        torch.arange(texts).unsqueeze(1) * rows
    )  # whole rows are copied in a fraction of the time of gather's numbers
    return values.reshape(texts * rows, width).index_select(0, (places + first).flatten()).view(texts, -1, width)
