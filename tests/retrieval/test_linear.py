from __future__ import annotations

import time
from dataclasses import replace

import numba as nb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgrec.data import Histories
from kgrec.errors import DataError, SettingsError
from kgrec.retrieval import (
    Knowledge,
    LinearModel,
    LinearSettings,
    ModelInputs,
    behaviour_counts,
    learned_inputs,
    recency_weights,
)

from .reference import Counts, dense_counts, dense_kernels, dense_parts, ease_with_side_information
from .shops import (
    SETTINGS,
    dense_model_parts,
    dense_weights,
    histories_of,
    knowledge_of,
    random_inputs,
    supports_of,
)

EVERYTHING = LinearSettings(
    ridge=20.0,
    sequence_ridge=7.0,
    sequence_share=0.4,
    text_weight=5.0,
    text_exponent=2.0,
    relation_weight=30.0,
    relation_weights={"colour": 8.0},
    length_exponent=0.3,
    past_decay=0.8,
    future_decay=0.5,
    sequence_knowledge=0.7,
    support=11,
    hub_share=1.0,
    learned_text=False,
    newcomer_alike=0,
)


def counts_for(inputs: ModelInputs, chosen: LinearSettings) -> Counts:
    return dense_counts(
        inputs.histories,
        inputs.n,
        length_exponent=chosen.length_exponent,
        past_decay=chosen.past_decay,
        future_decay=chosen.future_decay,
        window=chosen.window,
        baskets=chosen.baskets,
    )


def assert_close(found: np.ndarray, expected: np.ndarray, relative: float = 1e-3) -> None:
    """Compare against the largest of the expected weights."""
    scale = np.abs(expected).max()
    assert scale > 0
    np.testing.assert_allclose(found / scale, expected / scale, atol=relative)


# --- against the definition


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"sequence_share": 0.0},
        {"sequence_share": 1.0},
        {"baskets": True},
        {"window": 2},
        {"dropout": 0.4},
        {"text_weight": 0.0},
        {"relation_weight": 0.0, "relation_weights": {}},
        {"sequence_knowledge": 0.0},
    ],
    ids=str,
)
def test_full_support_against_the_dense_model(changed: dict[str, object]) -> None:
    chosen = replace(EVERYTHING, **changed)
    # 90 shoppers with up to 9 of 12 products: every pair occurs, so that every support is full.
    inputs = random_inputs(3, users=90, longest=9)
    model = LinearModel.fit(inputs, chosen)
    kernels = dense_kernels(inputs.knowledge, inputs.vectors, chosen)
    expected = dense_parts(counts_for(inputs, chosen), kernels, chosen, model.sources)
    assert np.all(np.diff(model.indptr) == 11) or changed.get("window")
    if changed.get("window"):
        expected = dense_parts(counts_for(inputs, chosen), kernels, chosen, model.sources, supports=supports_of(model))
    assert_close(dense_model_parts(model), expected)
    assert_close(dense_weights(model), expected.sum(axis=2))


def test_similarity_head_is_ease_with_side_information() -> None:
    chosen = replace(EVERYTHING, sequence_share=0.0)
    inputs = random_inputs(5, users=90, longest=9, ordered=False)
    gram = counts_for(inputs, chosen).together
    gram = gram + sum(dense_kernels(inputs.knowledge, inputs.vectors, chosen).values())
    found = dense_weights(LinearModel.fit(inputs, chosen))
    ease = ease_with_side_information(gram, chosen.ridge)
    unit = ease / np.sqrt(np.mean(ease[~np.eye(12, dtype=bool)] ** 2))
    assert_close(found, unit)


@given(seed=st.integers(0, 10_000), chosen=SETTINGS, repeats=st.booleans(), ordered=st.booleans())
@settings(max_examples=40, deadline=None)
def test_any_support_against_the_same_regressions(
    seed: int, chosen: LinearSettings, repeats: bool, ordered: bool
) -> None:
    # A window that cuts histories leaves counts that are no Gram matrix; then the ridge is lifted, see solve_heads.
    chosen = replace(chosen, window=20, hub_share=1.0, ridge=chosen.ridge + 5, sequence_ridge=chosen.sequence_ridge + 5)
    chosen = replace(chosen, newcomer_alike=0)
    inputs = random_inputs(seed, repeats=repeats, ordered=ordered)
    model = LinearModel.fit(inputs, chosen)
    learned = learned_inputs(inputs, behaviour_counts(inputs, chosen), chosen)
    plain = inputs.knowledge.rarity
    factors = np.divide(learned.knowledge.rarity, plain, out=np.ones(len(plain)), where=plain > 0)
    expected = dense_parts(
        counts_for(inputs, chosen),
        dense_kernels(inputs.knowledge, learned.vectors, chosen, factors),
        chosen,
        model.sources,
        supports=supports_of(model),
        ordered=ordered,
    )
    if np.any(expected):
        assert_close(dense_model_parts(model), expected)


def test_hubs_and_values_of_one_product_say_nothing() -> None:
    chosen = replace(EVERYTHING, text_weight=0.0, hub_share=0.5, support=5)
    triples = [(p, "colour", "red") for p in range(5)] + [(0, "brand", "a"), (1, "brand", "a"), (2, "brand", "lone")]
    known = knowledge_of(6, triples, hub_share=0.5)
    inputs = ModelInputs.of(6, Histories.of([]), known, None, text_neighbours=5)
    weights = dense_weights(LinearModel.fit(inputs, chosen))
    assert weights[0, 1] > 0
    assert weights[1, 0] > 0
    weights[0, 1] = weights[1, 0] = 0
    assert not np.any(weights)


# --- exactness


@given(seed=st.integers(0, 10_000), chosen=SETTINGS, repeats=st.booleans(), ordered=st.booleans())
@settings(max_examples=60, deadline=None)
def test_contributions_sum_to_the_score(seed: int, chosen: LinearSettings, repeats: bool, ordered: bool) -> None:
    inputs = random_inputs(seed, repeats=repeats, ordered=ordered, hub_share=chosen.hub_share)
    model = LinearModel.fit(inputs, chosen, seed=seed)
    assert np.all(np.isfinite(model.parts))
    scale = np.abs(model.parts).max(axis=1, initial=0)
    assert np.all(np.abs(model.parts.sum(axis=1, dtype=np.float64) - model.weights) <= 1e-5 * scale)
    allowed = np.ones(inputs.n, bool)
    scores = model.score(inputs.histories)
    weights = recency_weights(inputs.histories, chosen)
    for user in range(6):
        items = inputs.histories.row(user)
        counted = weights[inputs.histories.indptr[user] : inputs.histories.indptr[user + 1]]
        nums, proposed = model.propose(items, counted, allowed, 12)
        np.testing.assert_allclose(proposed, scores[user, nums], rtol=1e-4, atol=1e-5 * scores.max(initial=1))
        for num, score in zip(nums.tolist(), proposed.tolist(), strict=True):
            amounts = model.contributions(items, counted, num)
            assert amounts.shape == (len(items), len(model.sources))
            assert abs(amounts.sum() - score) <= 1e-5 * score, (user, num, score)


def test_propose_ranks_by_score() -> None:
    inputs = random_inputs(1)
    model = LinearModel.fit(inputs, EVERYTHING)
    scores = model.score(inputs.histories).astype(np.float64)
    weights = recency_weights(inputs.histories, EVERYTHING)
    rng = np.random.default_rng(0)
    for user in range(len(inputs.histories)):
        allowed = rng.random(12) < 0.7
        at = slice(inputs.histories.indptr[user], inputs.histories.indptr[user + 1])
        for k in (1, 3, 12, 40):
            nums, found = model.propose(inputs.histories.row(user), weights[at], allowed, k)
            ranked = [j for j in np.argsort(-scores[user], kind="stable") if allowed[j] and scores[user, j] > 0]
            assert nums.tolist() == ranked[:k]
            assert np.all(np.diff(found) <= 0)


def test_ties_break_by_number() -> None:
    inputs = ModelInputs.of(
        5, Histories.of([[0, 1, 2, 3, 4]] * 3).keep(np.ones(15, bool)), Knowledge.empty(5), None, text_neighbours=0
    )
    unordered = inputs.with_histories(histories_of([[0, 1, 2, 3, 4]] * 3, ordered=False))
    model = LinearModel.fit(unordered, LinearSettings(sequence_share=0.0))
    nums, scores = model.propose(np.array([4], np.int32), np.ones(1, np.float32), np.ones(5, bool), 4)
    assert np.ptp(scores) == 0
    assert nums.tolist() == [0, 1, 2, 3]


def test_recency() -> None:
    histories = histories_of([[0, 1, 2], [], [3, 4]], weights=[[1, 2, 4], [], [1, 1]], times=[1, 1, 2, 7, 7])
    steps = LinearSettings(recency=0.5)
    np.testing.assert_allclose(recency_weights(histories, steps), [0.25, 1, 4, 0.5, 1])
    np.testing.assert_allclose(recency_weights(histories, replace(steps, baskets=True)), [0.5, 1, 4, 1, 1])
    unordered = histories_of([[0, 1]], ordered=False)
    np.testing.assert_allclose(recency_weights(unordered, steps), [1, 1])


# --- repeatability


def test_same_result_for_any_thread_count() -> None:
    inputs = random_inputs(2, n=300, users=400)
    threads = nb.get_num_threads()
    try:
        nb.set_num_threads(1)
        one = LinearModel.fit(inputs, replace(EVERYTHING, support=20))
        nb.set_num_threads(min(2, threads))
        two = LinearModel.fit(inputs, replace(EVERYTHING, support=20))
    finally:
        nb.set_num_threads(threads)
    for name in ("indptr", "columns", "weights", "parts"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name), err_msg=name)


def test_fitting_some_products_gives_their_columns_up_to_scale() -> None:
    inputs = random_inputs(4)
    some = np.array([2, 5, 9], np.int32)
    whole = dense_weights(LinearModel.fit(inputs, replace(EVERYTHING, sequence_share=0.0)))
    partial = dense_weights(LinearModel.fit(inputs, replace(EVERYTHING, sequence_share=0.0), products=some))
    assert set(np.flatnonzero(np.any(partial != 0, axis=0))) <= set(some.tolist())
    ratio = np.linalg.norm(partial[:, some]) / np.linalg.norm(whole[:, some])
    np.testing.assert_allclose(partial[:, some], whole[:, some] * ratio, rtol=1e-4, atol=1e-6)


# --- settings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ridge", 0.0),
        ("ridge", -1.0),
        ("ridge", float("nan")),
        ("ridge", float("inf")),
        ("sequence_ridge", 0.0),
        ("sequence_share", 1.1),
        ("sequence_share", -0.1),
        ("recency", 0.0),
        ("recency", 1.5),
        ("text_weight", -1.0),
        ("text_weight", float("inf")),
        ("text_exponent", 0.5),
        ("relation_weight", -2.0),
        ("relation_weight", float("nan")),
        ("relation_weights", {"brand": -1.0}),
        ("relation_weights", {"brand": float("nan")}),
        ("relation_weights", {"brand": float("inf")}),
        ("length_exponent", float("nan")),
        ("length_exponent", float("inf")),
        ("past_decay", 1.0),
        ("future_decay", 0.0),
        ("sequence_knowledge", -1.0),
        ("support", 0),
        ("popularity_exponent", float("nan")),
        ("text_neighbours", -1),
        ("window", 0),
        ("hub_share", 0.0),
        ("dropout", 1.0),
        ("ridge", "high"),
        ("relation_weights", {"brand": "high"}),
        ("support", 2.5),
    ],
    ids=str,
)
def test_impossible_settings_name_themselves(name: str, value: object) -> None:
    with pytest.raises(SettingsError, match=name):
        LinearSettings(**{name: value})  # type: ignore[arg-type]


def test_weight_of_a_relation() -> None:
    chosen = LinearSettings(relation_weight=3.0, relation_weights={"brand": 0.0})
    assert chosen.weight_of("brand") == 0
    assert chosen.weight_of("colour") == 3


# --- shops at the edge


def test_a_product_without_events_is_spoken_for_by_graph_and_text() -> None:
    known = knowledge_of(6, [(4, "brand", "a"), (0, "brand", "a")])
    vectors = np.eye(6, 4, dtype=np.float32)
    vectors[5] = vectors[1] = [1, 1, 0, 0]
    inputs = ModelInputs.of(6, Histories.of([[0, 1], [1, 2], [0, 2]]), known, vectors, text_neighbours=5)
    model = LinearModel.fit(inputs, LinearSettings(hub_share=1.0))
    by_graph = dense_model_parts(model)[0, 4]
    assert by_graph[model.sources.index("graph:brand")] > 0
    assert by_graph[model.sources.index("behaviour")] == by_graph[model.sources.index("sequence")] == 0
    assert dense_model_parts(model)[1, 5, model.sources.index("text")] > 0


def test_a_product_with_nothing_is_never_proposed() -> None:
    inputs = ModelInputs.of(
        4, Histories.of([[0, 1], [1, 2]]), Knowledge.empty(4), np.zeros((4, 8), np.float32), text_neighbours=3
    )
    model = LinearModel.fit(inputs, LinearSettings())
    assert not np.any(dense_weights(model)[3])
    assert not np.any(dense_weights(model)[:, 3])
    nums, _ = model.propose(np.array([3], np.int32), np.ones(1, np.float32), np.ones(4, bool), 4)
    assert len(nums) == 0


def test_duplicate_products_speak_for_each_other() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(6, 8)).astype(np.float32)
    vectors[1] = vectors[0]
    known = knowledge_of(6, [(p, "brand", "a" if p < 2 else "b") for p in range(6)])
    inputs = ModelInputs.of(6, Histories.of([[0, 2], [2, 3], [4, 0]]), known, vectors, text_neighbours=5)
    model = LinearModel.fit(inputs, LinearSettings(hub_share=1.0))
    weights = dense_weights(model)
    assert np.all(np.isfinite(weights))
    assert weights[0].argmax() == 1
    assert weights[1].argmax() == 0


@pytest.mark.parametrize("hub_share", [1.0, 0.3])
def test_a_value_shared_by_every_product(hub_share: float) -> None:
    n = 10_000  # of which three have behaviour: a large shop measures its scales on a sample
    known = knowledge_of(n, [(p, "shop", "ours") for p in range(n)], hub_share=hub_share)
    inputs = ModelInputs.of(n, Histories.of([[0, 1], [1, 2]]), known, None, text_neighbours=0)
    started = time.perf_counter()
    model = LinearModel.fit(inputs, LinearSettings(support=50))
    assert time.perf_counter() - started < 20
    assert np.all(np.isfinite(model.parts))
    assert model.propose(np.array([0], np.int32), np.ones(1, np.float32), np.ones(n, bool), 1)[0].tolist() == [1]


@pytest.mark.parametrize("rows", [[], [[]], [[], [], []]])
@pytest.mark.parametrize("ordered", [True, False])
def test_no_behaviour_at_all(rows: list[list[int]], ordered: bool) -> None:
    inputs = random_inputs(0).with_histories(histories_of(rows, ordered=ordered))
    model = LinearModel.fit(inputs, LinearSettings(hub_share=1.0))
    assert np.all(np.isfinite(model.weights))
    assert np.any(model.weights > 0)
    bare = ModelInputs.of(4, histories_of(rows), Knowledge.empty(4), None, text_neighbours=3)
    assert len(LinearModel.fit(bare, LinearSettings()).weights) == 0


def test_one_product() -> None:
    inputs = ModelInputs.of(1, Histories.of([[0], [0, 0]]), Knowledge.empty(1), None, text_neighbours=3)
    assert len(LinearModel.fit(inputs, LinearSettings()).weights) == 0


def test_one_user_with_100_000_events() -> None:
    rng = np.random.default_rng(0)
    rows = [rng.integers(0, 2_000, 100_000), *(rng.integers(0, 2_000, 5) for _ in range(200))]
    inputs = ModelInputs.of(2_000, Histories.of(rows), Knowledge.empty(2_000), None, text_neighbours=0)
    started = time.perf_counter()
    model = LinearModel.fit(inputs, LinearSettings(support=20, window=50))
    assert time.perf_counter() - started < 20
    assert np.all(np.isfinite(model.weights))


@pytest.mark.parametrize("bad", [0.0, -1.0, float("nan"), float("inf")])
def test_impossible_event_weights(bad: float) -> None:
    with pytest.raises(DataError, match="positive and finite"):
        Histories.of([[0, 1]], weights=[[1.0, bad]])


def test_histories_that_name_products_beyond_the_shop() -> None:
    with pytest.raises(DataError, match="7"):
        ModelInputs.of(5, Histories.of([[0, 7]]), Knowledge.empty(5), None, text_neighbours=0)
    with pytest.raises(DataError, match="7"):
        random_inputs(0, n=5).with_histories(Histories.of([[0, 7]]))


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_broken_vectors(bad: float) -> None:
    vectors = np.ones((4, 3), np.float32)
    vectors[1, 1] = bad
    with pytest.raises(DataError, match="finite"):
        ModelInputs.of(4, Histories.of([]), Knowledge.empty(4), vectors, text_neighbours=2)


def test_progress_reaches_the_number_of_products() -> None:
    told: list[tuple[int, int | None]] = []
    LinearModel.fit(random_inputs(0), LinearSettings(), progress=lambda stage, done, total: told.append((done, total)))
    assert told[-1] == (12, 12)
