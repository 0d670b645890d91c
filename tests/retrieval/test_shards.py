"""A fit that was stopped goes on where it was, and gives what a fit in one go gives."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kgrec.errors import DataError
from kgrec.retrieval import LinearModel, LinearSettings, shards
from kgrec.retrieval.solver import SOLVER_VERSION, WeightSolver
from tests.retrieval.shops import random_inputs

SETTINGS = LinearSettings(support=6, newcomer_alike=3)


class StoppedError(Exception):
    """Stands for a killed process."""


@pytest.fixture(autouse=True)
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "SHARD", 5)
    monkeypatch.setattr(shards, "BLOCK", 20)


def assert_same(found: LinearModel, expected: LinearModel) -> None:
    assert found.sources == expected.sources
    np.testing.assert_array_equal(found.indptr, expected.indptr)
    np.testing.assert_array_equal(found.columns, expected.columns)
    np.testing.assert_allclose(found.weights, expected.weights, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(found.parts, expected.parts, rtol=1e-5, atol=1e-6)
    assert found.factors == pytest.approx(expected.factors)


@pytest.mark.parametrize("seed", range(5))
def test_by_shards_as_in_one_go(tmp_path: Path, seed: int) -> None:
    inputs = random_inputs(seed, n=23, users=12)  # some products without events
    expected = LinearModel.fit(inputs, SETTINGS)
    found = LinearModel.fit(inputs, SETTINGS, shards=tmp_path / "fit")
    assert_same(found, expected)
    assert not found.weights.flags.writeable
    history, weights = np.array([1, 7, 20], np.int32), np.ones(3, np.float32)
    nums, scores = found.propose(history, weights, None, 5)
    assert list(nums) == list(expected.propose(history, weights, None, 5)[0])
    np.testing.assert_allclose(found.contributions_of(history, weights, nums).sum(axis=(1, 2)), scores, rtol=1e-5)


def test_stopped_anywhere_it_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = random_inputs(3, n=23)
    expected = LinearModel.fit(inputs, SETTINGS)
    solved: list[int] = []
    solve = WeightSolver.solve

    def watched(self: WeightSolver, products: np.ndarray, **given: object) -> object:
        if stop and len(solved) == 2:
            raise StoppedError
        solved.append(int(products[0]))
        return solve(self, products, **given)  # type: ignore[arg-type]

    monkeypatch.setattr(WeightSolver, "solve", watched)
    stop = True
    with pytest.raises(StoppedError):
        LinearModel.fit(inputs, SETTINGS, shards=tmp_path / "fit")
    assert solved == [0, 5]
    stop = False
    assert_same(LinearModel.fit(inputs, SETTINGS, shards=tmp_path / "fit"), expected)
    assert solved == [0, 5, 10, 15, 20]  # nothing twice
    assert not list((tmp_path / "fit").glob("shard-*"))
    assert_same(LinearModel.fit(inputs, SETTINGS, shards=tmp_path / "fit"), expected)
    assert len(solved) == 5  # the finished fit is opened


def test_a_damaged_shard_is_solved_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = random_inputs(4, n=23)
    turn = shards.rows_of

    def killed(*given: object, **named: object) -> object:
        raise StoppedError

    monkeypatch.setattr(shards, "rows_of", killed)
    with pytest.raises(StoppedError):
        LinearModel.fit(inputs, SETTINGS, shards=tmp_path / "fit")
    monkeypatch.setattr(shards, "rows_of", turn)
    files = sorted((tmp_path / "fit").glob("shard-*.npz"))
    assert len(files) == 5
    content = bytearray(files[1].read_bytes())
    content[len(content) // 2] ^= 0xFF
    files[1].write_bytes(content)
    files[3].write_bytes(files[3].read_bytes()[:-40])
    files[4].unlink()
    assert_same(LinearModel.fit(inputs, SETTINGS, shards=tmp_path / "fit"), LinearModel.fit(inputs, SETTINGS))


def test_another_fit_in_the_folder(tmp_path: Path) -> None:
    inputs = random_inputs(5, n=12)
    LinearModel.fit(inputs, SETTINGS, shards=tmp_path / "fit")
    with pytest.raises(DataError, match="another folder"):
        LinearModel.fit(inputs, replace(SETTINGS, ridge=7.0), shards=tmp_path / "fit")
    with pytest.raises(DataError, match="another folder"):
        LinearModel.fit(random_inputs(6, n=12), SETTINGS, shards=tmp_path / "fit")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(DataError, match="holds no fit"):
        LinearModel.fit(inputs, SETTINGS, shards=tmp_path / "mine")
    with pytest.raises(DataError, match="is a file"):
        LinearModel.fit(inputs, SETTINGS, shards=tmp_path / "mine" / "thesis.txt")
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"
    with pytest.raises(DataError, match="all products"):
        LinearModel.fit(inputs, SETTINGS, products=np.arange(3, dtype=np.int32), shards=tmp_path / "some")


@pytest.mark.parametrize("version", [None, SOLVER_VERSION - 1, SOLVER_VERSION + 1])
def test_a_folder_of_another_version_is_not_gone_on_with(version: int | None, tmp_path: Path) -> None:
    inputs = random_inputs(5, n=12)
    LinearModel.fit(inputs, SETTINGS, shards=tmp_path / "fit")
    plan = json.loads((tmp_path / "fit" / "fit.json").read_text())
    written = {key: value for key, value in {**plan, "solver": version}.items() if value is not None}
    (tmp_path / "fit" / "fit.json").write_text(json.dumps(written))
    with pytest.raises(DataError, match=rf"by version .* this library has version {SOLVER_VERSION}"):
        LinearModel.fit(inputs, SETTINGS, shards=tmp_path / "fit")


def test_the_fingerprint_holds_the_version(monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = random_inputs(5, n=12)
    before = shards.fingerprint(inputs, SETTINGS, 0)
    monkeypatch.setattr(shards, "SOLVER_VERSION", SOLVER_VERSION + 1)
    assert shards.fingerprint(inputs, SETTINGS, 0) != before


def test_a_shop_where_nothing_speaks(tmp_path: Path) -> None:
    inputs = random_inputs(7, n=4, users=0, relations=(), dimension=0)
    model = LinearModel.fit(inputs, SETTINGS, shards=tmp_path / "fit")
    assert len(model.weights) == 0
    assert len(LinearModel.fit(inputs, SETTINGS, shards=tmp_path / "fit").weights) == 0
