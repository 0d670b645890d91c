"""Random shops for the tests of the model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from kgrec.data import Histories
from kgrec.retrieval import Knowledge, LinearModel, LinearSettings, ModelInputs


def histories_of(
    rows: Sequence[Sequence[int]],
    *,
    weights: Sequence[Sequence[float]] | None = None,
    times: Sequence[float] | None = None,
    ordered: bool = True,
) -> Histories:
    drawn = Histories.of(rows, weights=weights)
    return Histories(
        indptr=drawn.indptr,
        items=drawn.items,
        weights=drawn.weights,
        times=drawn.times if times is None else np.array(times, np.float64),
        ordered=ordered,
    )


def knowledge_of(n: int, triples: Sequence[tuple[int, str, str]], *, hub_share: float = 1.0) -> Knowledge:
    """Build from (product, relation, value)."""
    relations = tuple(sorted({relation for _, relation, _ in triples}))
    values = sorted({(relations.index(relation), value) for _, relation, value in triples})
    return Knowledge.of(
        n,
        np.array([product for product, _, _ in triples], np.int32),
        np.array([values.index((relations.index(r), v)) for _, r, v in triples], np.int32),
        np.array([relation for relation, _ in values], np.int16),
        relations,
        hub_share=hub_share,
    )


def random_inputs(
    seed: int,
    *,
    n: int = 12,
    users: int = 40,
    longest: int = 8,
    dimension: int = 6,
    relations: Sequence[str] = ("brand", "colour"),
    ordered: bool = True,
    repeats: bool = False,
    hub_share: float = 1.0,
) -> ModelInputs:
    rng = np.random.default_rng(seed)
    lengths = rng.integers(0, longest + 1, users)
    rows = [rng.choice(n, min(int(size), n) if not repeats else int(size), replace=repeats) for size in lengths]
    weights = [rng.choice([0.5, 1.0, 4.0], len(row)).tolist() for row in rows]
    times = np.concatenate([np.sort(rng.integers(0, 4, len(row))) for row in rows]) if rows else np.zeros(0)
    triples = {(p, r, f"v{rng.integers(0, 4)}") for r in relations for p in range(n) if rng.random() < 0.8}
    vectors = rng.normal(size=(n, dimension)).astype(np.float32)
    if dimension and n > 3:
        vectors[3] = 0
    return ModelInputs.of(
        n,
        histories_of(rows, weights=weights, times=times.tolist(), ordered=ordered),
        knowledge_of(n, sorted(triples), hub_share=hub_share),
        vectors,
        text_neighbours=n,
    )


SETTINGS = st.builds(
    LinearSettings,
    ridge=st.floats(0.5, 200),
    sequence_ridge=st.floats(0.5, 200),
    sequence_share=st.floats(0, 1),
    recency=st.floats(0.1, 1),
    text_weight=st.floats(0, 20),
    text_exponent=st.floats(1, 4),
    relation_weight=st.floats(0, 100),
    relation_weights=st.dictionaries(st.sampled_from(["brand", "colour"]), st.floats(0, 100)),
    length_exponent=st.floats(0, 1),
    past_decay=st.floats(0.05, 0.95),
    future_decay=st.floats(0.05, 0.95),
    sequence_knowledge=st.floats(0, 2),
    support=st.integers(1, 15),
    popularity_exponent=st.floats(0, 1),
    window=st.integers(1, 20),
    dropout=st.floats(0, 0.9),
    baskets=st.booleans(),
)


def clusters(n: int = 4_000, dimension: int = 24, *, of: int = 60, seed: int = 0) -> np.ndarray:
    """Return vectors of very different lengths around ``of`` directions."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((of, dimension))
    drawn = centres[rng.integers(0, of, n)] + 0.5 * rng.standard_normal((n, dimension))
    return (drawn * rng.uniform(0.01, 100, (n, 1))).astype(np.float32)


def dense_weights(model: LinearModel) -> np.ndarray:
    """Return float64 (n, n): row i holds what touching i says."""
    result = np.zeros((model.n, model.n))
    result[np.repeat(np.arange(model.n), np.diff(model.indptr)), model.columns] = model.weights
    return result


def dense_model_parts(model: LinearModel) -> np.ndarray:
    """Return float64 (n, n, sources)."""
    result = np.zeros((model.n, model.n, len(model.sources)))
    result[np.repeat(np.arange(model.n), np.diff(model.indptr)), model.columns] = model.parts
    return result


def supports_of(model: LinearModel) -> list[np.ndarray]:
    """Return the support of each product, as it stands in the weights."""
    speaker = np.repeat(np.arange(model.n), np.diff(model.indptr))
    return [np.sort(speaker[model.columns == j]) for j in range(model.n)]
