"""The model written down once more, dense and in float64, straight from its definition."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from kgrec.data import Histories
from kgrec.retrieval import Knowledge, LinearSettings


class Counts(NamedTuple):
    """``XᵀX``, ``SᵀS`` and ``SᵀT``, each float64 (n, n)."""

    together: np.ndarray
    past: np.ndarray
    transition: np.ndarray


def dense_counts(
    histories: Histories,
    n: int,
    *,
    length_exponent: float = 0.0,
    past_decay: float = 0.7,
    future_decay: float = 0.6,
    window: int = 10_000,
    baskets: bool = False,
) -> Counts:
    """Build every prefix of every history and multiply it out.

    Event weights are brought to mean square 1, user weights to mean 1 over events. A pair further apart than
    ``window`` events adds nothing.
    """
    weights = histories.weights.astype(np.float64)
    lengths = [length for length in np.diff(histories.indptr).tolist() if length]
    average = sum(length ** (1 - length_exponent) for length in lengths) / max(sum(lengths), 1)
    weights = weights / np.sqrt(np.mean(weights**2)) if len(weights) else weights
    together, past, transition = np.zeros((3, n, n))
    for user in range(len(histories)):
        begin, end = histories.indptr[user], histories.indptr[user + 1]
        if begin == end:
            continue
        items, strength = histories.items[begin:end], weights[begin:end]
        times = histories.times[begin:end]
        same = np.concatenate([[False], times[1:] == times[:-1]]) if baskets else np.zeros(end - begin, bool)
        steps = np.cumsum(~same) - 1
        user_counts = (end - begin) ** -length_exponent / average
        places = np.arange(end - begin)
        near = np.abs(places[:, None] - places[None, :]) <= window
        # One row an event instead of one row a product: a product touched twice is two events.
        x = strength[None, :]
        pairs = [(x.T @ x) * near, np.zeros(near.shape), np.zeros(near.shape)]
        if histories.ordered:
            for cut in range(1, steps[-1] + 1):
                s = np.where(steps < cut, strength * past_decay ** np.maximum(cut - 1 - steps, 0), 0.0)
                t = np.where(steps >= cut, strength * future_decay ** np.maximum(steps - cut, 0), 0.0)
                pairs[1] += np.outer(s, s) * near
                pairs[2] += np.outer(s, t) * near
        for total, pair in zip((together, past, transition), pairs, strict=True):
            np.add.at(total, (items[:, None], items[None, :]), user_counts * pair)
    return Counts(together, past, transition)


def dense_kernels(
    knowledge: Knowledge, vectors: np.ndarray, settings: LinearSettings, factors: np.ndarray | float = 1.0
) -> dict[str, np.ndarray]:
    """Return source → float64 (n, n), what it adds to the Gram matrix.

    Column v of F is scaled by 1/√(products that have v); values of one product or of nearly all join nothing. What
    sharing v adds is multiplied by ``factors``, float64 (v,).
    """
    n = len(knowledge.indptr) - 1
    unit = vectors.astype(np.float64)
    kernels = {"text": settings.text_weight * np.maximum(unit @ unit.T, 0) ** settings.text_exponent}
    if not unit.shape[1]:
        kernels["text"] = np.zeros((n, n))
    incidence = np.zeros((n, len(knowledge.relation)))
    incidence[np.repeat(np.arange(n), np.diff(knowledge.indptr)), knowledge.value] = 1
    carriers = incidence.sum(axis=0)
    joins = (carriers > 1) & (carriers <= max(settings.hub_share * n, 2))
    scaled = incidence * np.where(joins, 1 / np.sqrt(np.maximum(carriers, 1)), 0) * np.sqrt(factors)
    for at, relation in enumerate(knowledge.relations):
        of_relation = scaled[:, knowledge.relation == at]
        kernels[f"graph:{relation}"] = settings.weight_of(relation) * of_relation @ of_relation.T
    return kernels


def dense_parts(
    counts: Counts,
    kernels: dict[str, np.ndarray],
    settings: LinearSettings,
    sources: tuple[str, ...],
    *,
    supports: list[np.ndarray] | None = None,
    ordered: bool = True,
) -> np.ndarray:
    """Return float64 (n, n, sources): what touching i says for j through each source, both heads on one scale.

    Over all products but j unless ``supports`` names fewer.
    """
    n = len(counts.together)
    if supports is None:
        supports = [np.delete(np.arange(n), j) for j in range(n)]
    knowledge = sum(kernels.values())
    share = settings.sequence_share if ordered else 0.0
    emphasis = settings.dropout / (1 - settings.dropout)
    similarity, transition = np.zeros((2, n, n, len(sources)))
    for j, near in enumerate(supports):
        if not len(near):
            continue
        block = np.ix_(near, near)
        sides = np.stack([counts.together[near, j] * (name == "behaviour") for name in sources], axis=1)
        following = np.stack([counts.transition[near, j] * (name == "sequence") for name in sources], axis=1)
        for name, kernel in kernels.items():
            sides[:, sources.index(name)] = kernel[near, j]
            following[:, sources.index(name)] = settings.sequence_knowledge * kernel[near, j]
        for head, gram, right, ridge in (
            (similarity, counts.together[block] + knowledge[block], sides, settings.ridge),
            (
                transition,
                counts.past[block] + settings.sequence_knowledge * knowledge[block],
                following,
                settings.sequence_ridge,
            ),
        ):
            behaviour = counts.together if head is similarity else counts.past
            lifted = gram + np.diag(ridge + emphasis * np.diag(behaviour)[near])
            head[near, j] = np.linalg.solve(lifted, right)
    filled = sum(len(near) for near in supports)
    result = np.zeros_like(similarity)
    for head, part in ((similarity, 1 - share), (transition, share)):
        scale = np.sqrt(np.sum(head.sum(axis=2) ** 2) / max(filled, 1))
        if scale > 0 and part > 0:
            result += head * part / scale
    return result


def ease_with_side_information(gram: np.ndarray, ridge: float) -> np.ndarray:
    """Return the weights of EASE (Steck, WWW 2019) in closed form: B = I − P · diag(1 / diag P), P = (G + λI)⁻¹."""
    inverse = np.linalg.inv(gram + ridge * np.eye(len(gram)))
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return weights
