"""The conditional logit model, against its definition and against answers known beforehand."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from kgrec.data import Product
from kgrec.extraction.choosing.conditional import fit_choice, softmax_by_question
from kgrec.extraction.choosing.families import families_of, folds_of


@given(st.lists(st.integers(1, 6), min_size=1, max_size=8), st.integers(0, 1000))
def test_probabilities_sum_to_one_in_each_question(sizes: list[int], seed: int) -> None:
    scores = np.random.default_rng(seed).normal(0, 300, sum(sizes))
    starts = np.concatenate(([0], np.cumsum(sizes)[:-1])).astype(np.int64)
    likely = softmax_by_question(scores, starts)
    assert np.all(likely >= 0)
    np.testing.assert_allclose(np.add.reduceat(likely, starts), 1.0)
    for start, size in zip(starts, sizes, strict=True):
        assert np.argmax(likely[start : start + size]) == np.argmax(scores[start : start + size])


def test_the_true_odds_are_learned() -> None:
    """One feature, right in 3 of 4 questions: its weight must be log 3."""
    features = sparse.csr_matrix(np.tile([[1.0], [0.0]], (400, 1)).astype(np.float32))
    right = np.array([[True, False]] * 300 + [[False, True]] * 100).ravel()
    weights = fit_choice(features, right, np.arange(0, 800, 2), penalty=1e-6)
    np.testing.assert_allclose(weights, [np.log(3)], atol=1e-3)


def test_a_feature_of_one_candidate_weighs_nothing() -> None:
    dense = np.zeros((40, 2), dtype=np.float32)
    dense[::2, 0] = 1.0
    dense[0, 1] = 1.0
    right = np.tile([True, False], 20)
    weights = fit_choice(sparse.csr_matrix(dense), right, np.arange(0, 40, 2), penalty=0.1)
    assert weights[0] > 1
    assert weights[1] == 0


def test_one_of_several_right_candidates_is_enough() -> None:
    dense = np.array([[1, 0], [0, 1], [0, 0]] * 30, dtype=np.float32)
    right = np.tile([True, True, False], 30)
    weights = fit_choice(sparse.csr_matrix(dense), right, np.arange(0, 90, 3), penalty=0.1)
    assert min(weights) > 1


def test_the_same_product_at_several_shops_is_one_family() -> None:
    titles = ["HP 654780-B21 drive", "New 654780-b21 HDD", "Lamp", "Lamp", "Lamp with shade", "Chair AB-12"]
    products = [Product(id=str(at), title=title) for at, title in enumerate(titles)]
    families = families_of(products)
    assert families[0] == families[1]
    assert families[2] == families[3]
    assert len({families[0], families[2], families[4], families[5]}) == 4


def test_folds_keep_families_together_and_are_about_as_large() -> None:
    products = [Product(id=str(at), title=f"Thing X{at // 3:05d}") for at in range(90)]
    fold = folds_of(products, 5, seed=3)
    assert set(np.bincount(fold, minlength=5)) == {18}
    assert all(len(set(fold[at : at + 3])) == 1 for at in range(0, 90, 3))
    assert np.array_equal(fold, folds_of(products, 5, seed=3))
