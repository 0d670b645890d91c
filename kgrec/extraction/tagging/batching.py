"""Sheets side by side, as the network reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from kgrec.extraction.tagging.lexicon import HIT_FEATURES
from kgrec.extraction.tagging.network import Batch
from kgrec.extraction.tagging.sheets import SPAN_FEATURES, Sheet

__all__ = ["Numbers", "batched"]


class Numbers:
    """The numbers of attributes, and of attributes within categories.

    Args:
        attributes: category → its attributes.
    """

    def __init__(self, attributes: Mapping[str, Sequence[str]]) -> None:
        """Number them in the order given."""
        self.attributes = {category: tuple(names) for category, names in attributes.items()}
        self.names = tuple(dict.fromkeys(name for names in self.attributes.values() for name in names))
        self.name = {name: num for num, name in enumerate(self.names)}
        pairs = [(category, name) for category, names in self.attributes.items() for name in names]
        self.pair = {pair: num for num, pair in enumerate(pairs, 1)}

    def of(self, category: str) -> tuple[str, ...]:
        """Return the attributes of a category; all there are where it is not known."""
        return self.attributes.get(category, self.names)


def batched(
    sheets: Sequence[Sheet], wanted: Sequence[Sequence[str]], numbers: Numbers, *, pad: int, pairless: bool = False
) -> Batch:
    """Pad the sheets to one size.

    Args:
        sheets: at least one.
        wanted: the attributes to ask each sheet for.
        numbers: of the attributes.
        pad: the encoder's filling piece.
        pairless: whether to read as if the categories were not known.
    """
    asked = max(map(len, wanted))
    attributes, pairs = (np.zeros((len(sheets), asked), np.int64) for _ in range(2))
    hits: list[tuple[int, int, int]] = []
    features: list[tuple[float, ...]] = []
    for num, (sheet, names) in enumerate(zip(sheets, wanted, strict=True)):
        place = {name: at for at, name in enumerate(names)}
        attributes[num, : len(names)] = [numbers.name[name] for name in names]
        if not pairless:
            pairs[num, : len(names)] = [numbers.pair.get((sheet.category, name), 0) for name in names]
        for candidate, attribute, found in sheet.hits:
            if attribute in place:
                hits.append((num, place[attribute], candidate))
                features.append(found)
    pieces = _padded([sheet.pieces for sheet in sheets], pad)
    candidates = np.array([len(sheet.spans) for sheet in sheets])
    most = max(int(candidates.max()), 1)
    spans = np.zeros((len(sheets), most, 3), np.int64)
    looks = np.zeros((len(sheets), most, SPAN_FEATURES), np.float32)
    for num, sheet in enumerate(sheets):
        spans[num, : len(sheet.spans)] = sheet.spans
        looks[num, : len(sheet.spans)] = sheet.features
    lengths = np.array([len(sheet.pieces) for sheet in sheets])
    return Batch(
        pieces=torch.from_numpy(pieces),
        mask=torch.from_numpy((np.arange(pieces.shape[1]) < lengths[:, None]).astype(np.int64)),
        first=torch.from_numpy(_padded([sheet.first for sheet in sheets], 0)),
        last=torch.from_numpy(_padded([sheet.last for sheet in sheets], 0)),
        shapes=torch.from_numpy(_padded([sheet.shapes for sheet in sheets], 0)),
        rarity=torch.from_numpy(_padded([sheet.rarity for sheet in sheets], 0)),
        spans=torch.from_numpy(spans),
        features=torch.from_numpy(looks),
        real=torch.from_numpy(np.arange(most) < candidates[:, None]),
        attributes=torch.from_numpy(attributes),
        pairs=torch.from_numpy(pairs),
        hits=torch.from_numpy(np.array(hits, np.int64).reshape(-1, 3)),
        hit_features=torch.from_numpy(np.array(features, np.float32).reshape(-1, HIT_FEATURES)),
    )


def _padded(rows: Sequence[NDArray[np.generic]], fill: int) -> NDArray[np.generic]:
    made = np.full((len(rows), max(max(map(len, rows)), 1)), fill, rows[0].dtype)
    for num, row in enumerate(rows):
        made[num, : len(row)] = row
    return made
