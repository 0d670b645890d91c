from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from kgrec.updates.coding import CodedRows
from kgrec.updates.texts import PatchedVectors

SHAPES = st.tuples(st.integers(0, 60), st.integers(1, 12))


def rows_of(n: int, d: int, rng: np.random.Generator, spread: float) -> NDArray[np.float32]:
    """Return rows of very different lengths, some of them empty."""
    rows = rng.standard_normal((n, d)) * 10 ** rng.uniform(-spread, spread, (n, 1))
    rows[rng.random(n) < 0.2] = 0
    return rows.astype(np.float32)


@given(shape=SHAPES, seed=st.integers(0, 10_000), spread=st.sampled_from([0.0, 1.0, 4.0]))
@settings(max_examples=80, deadline=None)
def test_inner_products_lie_between_the_bounds(shape: tuple[int, int], seed: int, spread: float) -> None:
    rng = np.random.default_rng(seed)
    rows, query = rows_of(*shape, rng, spread), rows_of(1, shape[1], rng, spread)[0]
    low, high = CodedRows.of(rows).bounds(query)
    exact = rows.astype(np.float64) @ query.astype(np.float64)
    assert np.all(low <= exact)
    assert np.all(exact <= high)


@pytest.mark.parametrize("dimension", [256, 384, 4_096])
def test_the_bounds_of_unit_rows_are_close(dimension: int) -> None:
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((400, dimension)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    rows[7] = np.eye(dimension, dtype=np.float32)[3]
    low, high = CodedRows.of(rows).bounds(rows[7])
    assert low[7] <= 1 <= high[7]
    assert 0 < np.max(high - low) < 0.05
    extreme = np.sign(rows)  # every code is ±127: the largest sum there is
    low, high = CodedRows.of(extreme).bounds(extreme[0])
    assert low[0] == pytest.approx(dimension, rel=1e-3)
    assert low[0] <= dimension <= high[0]


@given(shape=SHAPES, changed=st.integers(0, 20), more=st.integers(0, 5), k=st.integers(1, 8), seed=st.integers(0, 999))
@settings(max_examples=80, deadline=None)
def test_nobody_near_enough_is_missed(shape: tuple[int, int], changed: int, more: int, k: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    base = rows_of(*shape, rng, 0.0)
    n = len(base) + more
    place = np.full(n, -1, np.int32)
    moved = np.union1d(rng.integers(0, n, changed if n else 0), np.arange(len(base), n)).astype(np.int64)
    place[moved] = rng.permutation(len(moved))
    side = rows_of(len(moved), shape[1], rng, 0.0)
    whole = np.concatenate([base, np.zeros((more, shape[1]), np.float32)])
    whole[moved] = side[place[moved]]
    query = rows_of(1, shape[1], rng, 0.0)[0]
    exact = whole @ query
    floor = np.maximum(exact + rng.normal(0, 0.5, n), 0).astype(np.float32)
    nums, near = PatchedVectors(base, side, place, CodedRows.of(base)).nearest(query, floor, k)
    assert np.all(np.diff(nums) > 0)
    np.testing.assert_allclose(near, exact[nums], rtol=1e-5, atol=1e-5)
    wanted = np.flatnonzero((exact > floor + 1e-5) & (exact > 1e-5))
    best = np.argsort(-exact, kind="stable")[:k]
    assert np.isin(wanted, nums).all()
    assert np.isin(best[exact[best] > 1e-5], nums).all()
