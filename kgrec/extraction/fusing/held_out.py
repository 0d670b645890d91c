"""What leading sources are worth: told from labelled products that they did not learn from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product as combinations
from typing import Protocol

import numpy as np

from kgrec.data import Fact, Product
from kgrec.errors import DataError
from kgrec.extraction.fusing.cells import cells_of, value_key
from kgrec.extraction.fusing.fuser import FactFuser, FusingSettings
from kgrec.extraction.labelled import LabelledProduct

__all__ = ["Answering", "Lead", "learn_lead"]

_STEPS = 5


class Answering(Protocol):
    """An extractor that also answers under the attributes' own names, as the labels do."""

    def answers(self, products: Iterable[Product]) -> Iterator[Fact]:
        """Yield the facts of the products, products in the order given."""
        ...


Learner = Callable[[Sequence[LabelledProduct]], Answering]


@dataclass(frozen=True, slots=True)
class Lead:
    """How leading sources are best put together.

    Attributes:
        weights: source → weight, above 0; they sum to 1. A source that does not help is left out.
        unlisted: relation → share of what they leave open that is a value they did not think of.
        f1: micro F1 of the weighted sources on the held-out products, 0 … 1.
    """

    weights: Mapping[str, float]
    unlisted: Mapping[str, float]
    f1: float


def learn_lead(
    labelled: Sequence[LabelledProduct],
    learners: Mapping[str, Learner],
    *,
    share: float = 0.2,
    settings: FusingSettings | None = None,
    seed: int = 0,
) -> Lead:
    """Return the weights under which sources read held-out products best, in steps of a fifth.

    The sources are learned from the other products. Products that are asked are given their category.

    Args:
        labelled: products with known values.
        learners: source → what learns it from labelled products.
        share: of the products that is held out, above 0 and below 1.
        settings: see ``FusingSettings``.
        seed: of the choice.

    Raises:
        DataError: too few products to hold one out.
    """
    held_size = round(share * len(labelled))
    if not 0 < held_size < len(labelled):
        raise DataError(f"{len(labelled)} labelled products are too few to hold out a share of {share}; give more")
    order = np.random.default_rng(seed).permutation(len(labelled)).tolist()
    held = [labelled[at] for at in sorted(order[:held_size])]
    kept = [labelled[at] for at in sorted(order[held_size:])]
    products = [_asked(row) for row in held]
    facts = {source: list(learn(kept).answers(products)) for source, learn in learners.items()}
    best: tuple[float, dict[str, float]] = (-1.0, {})
    for parts in combinations(range(_STEPS + 1), repeat=len(facts)):
        if sum(parts) == _STEPS:
            weights = {source: part / _STEPS for source, part in zip(facts, parts, strict=True) if part}
            # Of equals the first wins, which leans on the sources named last least: order them by trust.
            f1 = _f1(facts, held, weights, settings or FusingSettings())
            best = max(best, (f1, weights), key=lambda pair: pair[0])
    f1, weights = best
    leading = {source: facts[source] for source in weights}
    unlisted = FactFuser.learned_from(leading, held, leading=weights, settings=settings).unlisted
    return Lead(weights, unlisted, f1)


def _asked(row: LabelledProduct) -> Product:
    return replace(row.product, categories=((row.category,),)) if row.category else row.product


def _f1(
    facts: Mapping[str, Sequence[Fact]],
    held: Sequence[LabelledProduct],
    weights: Mapping[str, float],
    settings: FusingSettings,
) -> float:
    asked = {row.product.id: tuple(row.values) for row in held}
    truths = {
        (row.product.id, name): {value_key(value) for value in values}
        for row in held
        for name, values in row.values.items()
    }
    right = stated = 0
    for cell in cells_of({source: facts[source] for source in weights}, asked, weights):
        key = max(cell.leading, key=lambda key: cell.leading[key], default=None)
        if key is not None and cell.leading[key] >= settings.minimum_confidence:
            stated += 1
            right += key in truths[cell.product, cell.relation]
    told = sum(bool(values) for values in truths.values())
    return 2 * right / max(1, stated + told)
