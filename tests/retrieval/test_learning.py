from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from kgrec.retrieval import Knowledge, LinearModel, LinearSettings, ModelInputs, behaviour_counts, learned_inputs
from kgrec.retrieval.learning import text_map, value_factors

from .reference import dense_counts
from .shops import histories_of, knowledge_of, random_inputs

LEARN = LinearSettings(ridge=5.0, support=11, value_learning=1.0)


def normalised(inputs: ModelInputs, settings: LinearSettings, calm: float) -> tuple[np.ndarray, np.ndarray]:
    """Return XᵀX and SᵀT without diagonals, scaled by √((d + c)(d + c)), dense."""
    counts = dense_counts(
        inputs.histories,
        inputs.n,
        length_exponent=settings.length_exponent,
        past_decay=settings.past_decay,
        future_decay=settings.future_decay,
    )
    scale = 1 / np.sqrt(np.diag(counts.together) + calm)
    both = np.stack([counts.together, counts.transition]) * scale[:, None] * scale[None, :]
    both[:, np.arange(inputs.n), np.arange(inputs.n)] = 0
    return both[0], both[1]


@pytest.mark.parametrize("ordered", [True, False])
def test_the_map_is_the_best_bilinear_form_of_the_vectors(ordered: bool) -> None:
    inputs = random_inputs(3, n=30, users=120, dimension=5, ordered=ordered)
    settings = LinearSettings()
    learned = text_map(inputs.vectors, behaviour_counts(inputs, settings)).astype(np.float64)

    together, transition = normalised(inputs, settings, 5.0)
    target = together + (transition + transition.T if ordered else 0.0)
    vectors = inputs.vectors.astype(np.float64)
    left, sizes, _ = np.linalg.svd(vectors, full_matrices=False)
    trust = sizes**2 / (sizes**2 + 0.3 * inputs.n / 5)
    core = trust[:, None] * (left.T @ target @ left) * trust[None, :]
    gains, mix = np.linalg.eigh(core)
    kept = gains > 1e-9 * gains.max()
    expected = left @ (mix[:, kept] * gains[kept] ** 0.25)
    # The columns of both are known up to their sign: inner products are what is used.
    np.testing.assert_allclose((vectors @ learned) @ (vectors @ learned).T, expected @ expected.T, atol=1e-4)


def test_learned_texts_bring_together_what_is_touched_together() -> None:
    rng = np.random.default_rng(0)
    group = np.arange(60) % 2
    vectors = rng.normal(size=(60, 8)).astype(np.float32)
    vectors[:, 0] += np.where(group == 0, 0.8, -0.8)  # one direction of eight tells who is bought together
    rows = [rng.permutation(np.flatnonzero(group == user % 2))[:8].tolist() for user in range(300)]
    inputs = ModelInputs.of(60, histories_of(rows), Knowledge.empty(60), vectors, text_neighbours=20)
    learned = learned_inputs(inputs, behaviour_counts(inputs, LEARN), LEARN)

    def gap(unit: np.ndarray) -> float:
        cosines = unit @ unit.T
        same = group[:, None] == group[None, :]
        return float(cosines[same & ~np.eye(60, dtype=bool)].mean() - cosines[~same].mean())

    assert gap(learned.vectors) > 2 * gap(inputs.vectors)
    assert np.allclose(np.linalg.norm(learned.vectors, axis=1), 1, atol=1e-5)
    near = learned.neighbours[:, :5]
    assert np.mean(group[near] == group[:, None]) > np.mean(group[inputs.neighbours[:, :5]] == group[:, None])


@pytest.mark.parametrize("rows", [[], [[0], [1]], [[0, 1, 2]]])
def test_little_behaviour_teaches_little_and_breaks_nothing(rows: list[list[int]]) -> None:
    vectors = np.eye(6, 4, dtype=np.float32)
    inputs = ModelInputs.of(6, histories_of(rows), Knowledge.empty(6), vectors, text_neighbours=3)
    model = LinearModel.fit(inputs, LEARN)
    assert np.isfinite(model.weights).all()
    if not rows:
        learned = learned_inputs(inputs, behaviour_counts(inputs, LEARN), LEARN)
        assert learned.text_map is None
        assert np.array_equal(learned.vectors, inputs.vectors)


def test_value_factors_are_shrunken_means_over_the_pairs_of_a_value() -> None:
    inputs = random_inputs(5, n=14, users=80, relations=("brand", "colour"))
    settings = LinearSettings()
    found = value_factors(inputs.knowledge, behaviour_counts(inputs, settings))
    together, _ = normalised(inputs, settings, 10.0)
    graph = inputs.knowledge
    owners = [graph.product[graph.value_indptr[v] : graph.value_indptr[v + 1]] for v in range(len(graph.rarity))]
    mass = np.array([together[np.ix_(members, members)].sum() for members in owners])
    size = np.array([len(members) for members in owners], float)
    pairs = size * (size - 1)
    for relation in range(2):
        ours = (graph.relation == relation) & (graph.rarity > 0)
        usual = mass[ours].sum() / (pairs[ours] / size[ours]).sum() / size[ours]
        expected = (mass[ours] + 20 * usual) / (pairs[ours] + 20) / usual
        np.testing.assert_allclose(found[ours], expected, rtol=1e-4)
    assert (found[graph.rarity == 0] == 1).all()


def test_a_value_that_goes_with_behaviour_gains_and_the_total_stays() -> None:
    rows = [[0, 1], [0, 1, 2], [1, 2], [0, 2]] * 10 + [[3], [4], [5]] * 10
    triples = [(p, "series", "good") for p in (0, 1, 2)] + [(p, "series", "idle") for p in (3, 4, 5)]
    inputs = ModelInputs.of(6, histories_of(rows), knowledge_of(6, triples), None, text_neighbours=0)
    learned = learned_inputs(inputs, behaviour_counts(inputs, LEARN), LEARN)
    good, idle = learned.knowledge.rarity
    assert good > inputs.knowledge.rarity[0] > idle >= 0
    assert np.isclose(3 * good + 3 * idle, inputs.knowledge.rarity.sum() * 3)
    same = learned_inputs(inputs, behaviour_counts(inputs, LEARN), replace(LEARN, value_learning=0.0))
    assert same.knowledge is inputs.knowledge
