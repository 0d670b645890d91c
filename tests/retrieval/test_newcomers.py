from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from kgrec.evaluation import cold_split, evaluate
from kgrec.retrieval import Knowledge, LinearModel, LinearSettings, ModelInputs, behaviour_counts
from kgrec.retrieval.solver import WeightSolver
from kgrec.testing import clustered_arrays

from .shops import dense_model_parts, histories_of, random_inputs

SETTINGS = LinearSettings(
    ridge=3.0, sequence_ridge=3.0, support=16, text_weight=4.0, relation_weight=6.0, learned_text=False,
    newcomer_alike=3, newcomer_direct=2.0, newcomer_scale=0.7, hub_share=1.0,
)  # fmt: skip


def with_newcomers(seed: int, fresh: tuple[int, ...] = (2, 9), n: int = 16) -> ModelInputs:
    inputs = random_inputs(seed, n=n, users=60)
    return inputs.with_histories(inputs.histories.keep(~np.isin(inputs.histories.items, fresh)))


def dense_kernel(inputs: ModelInputs, settings: LinearSettings) -> np.ndarray:
    graph = inputs.knowledge
    incidence = np.zeros((inputs.n, len(graph.rarity)))
    for product in range(inputs.n):
        incidence[product, graph.value[graph.indptr[product] : graph.indptr[product + 1]]] = 1
    kernel = (incidence * graph.rarity * settings.relation_weight) @ incidence.T
    unit = inputs.vectors.astype(float)
    return kernel + settings.text_weight * np.maximum(unit @ unit.T, 0) ** settings.text_exponent


@pytest.mark.parametrize("seed", range(5))
def test_newcomers_hear_through_those_most_like_them(seed: int) -> None:
    fresh = (2, 9)
    inputs = with_newcomers(seed, fresh)
    found = dense_model_parts(LinearModel.fit(inputs, SETTINGS))
    plain = dense_model_parts(LinearModel.fit(inputs, replace(SETTINGS, newcomer_alike=0)))
    warm = np.setdiff1d(np.arange(inputs.n), fresh)
    np.testing.assert_allclose(found[:, warm], plain[:, warm], atol=1e-6)

    kernel = dense_kernel(inputs, SETTINGS)
    warm = np.intersect1d(warm, inputs.histories.items)
    sources = LinearModel.fit(inputs, SETTINGS).sources
    for j in fresh:
        like = warm[np.argsort(-kernel[j, warm], kind="stable")[:3]]
        like = like[kernel[j, like] > 0]
        share = kernel[j, like] / np.sqrt(kernel[j, like].sum() * (SETTINGS.text_weight + SETTINGS.relation_weight))
        expected = plain[:, j].copy()
        heard = plain[:, like].sum(axis=2) @ share
        heard[like] += SETTINGS.newcomer_direct * share
        expected[:, sources.index("alike")] = heard
        np.testing.assert_allclose(found[:, j], SETTINGS.newcomer_scale * expected, atol=1e-4)


def test_a_newcomer_solved_alone_has_the_weights_of_the_fit() -> None:
    inputs = with_newcomers(7)
    counts = behaviour_counts(inputs, SETTINGS)
    solver = WeightSolver.of(inputs, counts, SETTINGS)
    support, parts = solver.solve(np.arange(inputs.n, dtype=np.int32))
    alone, its_parts = solver.solve(np.array([9, 4], np.int32))
    assert np.array_equal(alone, support[[9, 4]])
    np.testing.assert_allclose(its_parts, parts[[9, 4]], rtol=1e-6)


def test_parts_of_newcomers_sum_to_their_weights() -> None:
    model = LinearModel.fit(with_newcomers(11), SETTINGS)
    np.testing.assert_allclose(model.parts.sum(axis=1), model.weights, rtol=1e-5)
    assert np.abs(model.parts[:, model.sources.index("alike")]).max() > 0


def test_supports_stay_within_their_size_and_keep_the_largest_weights() -> None:
    inputs = with_newcomers(3)
    wide = dense_model_parts(LinearModel.fit(inputs, SETTINGS)).sum(axis=2)
    narrow = LinearModel.fit(inputs, replace(SETTINGS, support=4))
    column = dense_model_parts(narrow).sum(axis=2)[:, 2]
    assert np.count_nonzero(column) <= 4
    assert wide.shape == (16, 16)


def test_nothing_alike_leaves_a_newcomer_to_itself() -> None:
    inputs = ModelInputs.of(4, histories_of([[0, 1], [1, 2]]), Knowledge.empty(4), None, text_neighbours=0)
    model = LinearModel.fit(inputs, SETTINGS)
    assert not np.any(model.columns == 3)


def test_new_products_are_found_better_than_by_their_kernel_alone() -> None:
    shop = clustered_arrays(400, 600, clusters=8, seed=2)
    split = cold_split(shop.histories, fraction=0.2, seed=1, n=400)
    assert not split.queries.ordered
    knowledge = Knowledge.of(400, shop.product, shop.value, shop.value_relation, shop.relations, hub_share=1.0)
    inputs = ModelInputs.of(400, split.train, knowledge, None, text_neighbours=0)
    asked = split.among(split.cold)

    def reached(settings: LinearSettings) -> float:
        return evaluate(LinearModel.fit(inputs, settings), asked, ks=(10,), samples=0, only=split.cold)["ndcg@10"]

    settings = LinearSettings(support=60)
    assert reached(settings) > reached(replace(settings, newcomer_alike=0))


def test_a_relation_without_weight_still_tells_whom_a_newcomer_is_like() -> None:
    inputs = with_newcomers(4)
    settings = replace(SETTINGS, text_weight=0.0, relation_weights={"brand": 0.0, "colour": 0.0})
    model = LinearModel.fit(inputs, settings)
    assert np.isin(2, model.columns)
    sources = {source for at, source in enumerate(model.sources) if np.any(model.parts[model.columns == 2, at])}
    assert sources == {"alike"}
