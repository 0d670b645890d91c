"""SASRec as a peer: what goes to the other environment and comes back, and why there may be no figures."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.peers import ListScorer, SasrecAnswer, sasrec, sasrec_answer
from kgrec.data import Histories, Targets
from kgrec.errors import DataError
from kgrec.evaluation import LeaveOneOut, evaluate, leave_one_out

N = 24
REAL = sasrec.ENVIRONMENT
ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = sasrec.WORKER.with_name("requirements-sasrec.txt")
STAND_IN = '''
"""Answers like the worker, without a model: lists of even products for queries that begin with an even one."""
import json, pathlib, sys
import numpy as np

folder = pathlib.Path(sys.argv[1])
asked = json.loads((folder / "question.json").read_text())
assert {"settings", "epochs", "patience", "seconds", "seed", "k"} == set(asked)
assert sorted(p.name for p in folder.glob("*.npz")) == [
    "known.npz", "targets.npz", "test.npz", "train.npz", "validation.npz"
]
for part in ("validation", "test"):
    rows = np.load(folder / f"{part}.npz", allow_pickle=False)
    lists = np.full((len(rows["indptr"]) - 1, asked["k"]), -1, np.int32)
    for at, start in enumerate(rows["indptr"][:-1]):
        own = np.arange(rows["items"][start] % 2, 24, 2)
        own = np.setdiff1d(own, rows["items"][start : rows["indptr"][at + 1]])
        lists[at, : len(own)] = own
    np.save(folder / f"{part}.npy", lists)
answer = {"epochs": 3, "trials": [0.1, 0.2, 0.3], "tune_seconds": 2.0, "fit_seconds": 1.0, "stopped_by_time": False}
(folder / "answer.json").write_text(json.dumps(answer))
'''


@pytest.fixture(scope="module")
def board() -> LeaveOneOut:
    """Even users touch even products and odd users odd ones."""
    rng = np.random.default_rng(0)
    return leave_one_out(Histories.of([rng.permutation(np.arange(u % 2, N, 2))[:10] for u in range(120)]))


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put this Python in the place of the other environment's, and a stand-in in that of the worker."""
    made = tmp_path / "peers-environment"
    (made / "bin").mkdir(parents=True)
    # not a link: a linked Python would look for its packages beside the link
    (made / "bin" / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (made / "bin" / "python").chmod(0o755)
    (made / "installed").touch()
    monkeypatch.setattr(sasrec, "ENVIRONMENT", made)
    worker(made, STAND_IN, monkeypatch)
    return made


def worker(folder: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "worker.py").write_text(text)
    monkeypatch.setattr(sasrec, "WORKER", folder / "worker.py")


def ask(board: LeaveOneOut, minutes: float = 1.0) -> SasrecAnswer | str:
    return sasrec_answer(board.validation, board.train, board.test, N, minutes=minutes)


@pytest.mark.usefixtures("environment")
def test_lists_come_back_and_are_judged_like_any_scorer(board: LeaveOneOut) -> None:
    answer = ask(board)
    assert isinstance(answer, SasrecAnswer)
    assert (answer.fit_seconds, answer.tune_seconds) == (1.0, 2.0)
    assert answer.settings["epochs"] == 3
    assert answer.settings["n_factors"] == sasrec.SASREC_SETTINGS["n_factors"]
    # Of the user's twelve products all but those of the query are listed, so the target is among them.
    for scorer, split in ((answer.validation, board.validation), (answer.test, board.test)):
        assert evaluate(scorer, split, ks=(20,), samples=0)["recall@20"] == 1.0
        assert evaluate(scorer, split, ks=(1,), samples=0)["recall@1"] < 1.0


def test_the_question_holds_sequences(tmp_path: Path) -> None:
    rows = Histories.of([[3, 5, 3, 4], [], [5]])
    sasrec.write_question(
        tmp_path, {"train": rows}, Targets(indptr=np.array([0, 1]), items=np.array([7], np.int32)), {"k": 20}
    )
    with np.load(tmp_path / "train.npz", allow_pickle=False) as found:
        assert found["indptr"].tolist() == [0, 3, 3, 4]
        assert found["items"].tolist() == [3, 5, 4, 5]
    with np.load(tmp_path / "targets.npz", allow_pickle=False) as found:
        assert found["items"].tolist() == [7]
    assert json.loads((tmp_path / "question.json").read_text()) == {"k": 20}


def test_lists_rank_by_place() -> None:
    queries = Histories.of([[0], [1, 2], []])
    scorer = ListScorer(queries, np.array([[3, 1], [0, -1], [-1, -1]], np.int32), 4)
    found = scorer.score(Histories.of([[1, 2], [0], []]))
    none = -np.inf
    assert found.tolist() == [[0, none, none, none], [none, -1, none, 0], [none] * 4]
    assert found.dtype == np.float32
    with pytest.raises(DataError, match="no list for query 0"):
        scorer.score(Histories.of([[2, 1]]))
    with pytest.raises(DataError, match="products below 3"):
        ListScorer(queries, np.array([[3], [0], [1]], np.int32), 3)


def test_a_missing_environment_is_the_reason(
    board: LeaveOneOut, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sasrec, "ENVIRONMENT", tmp_path)
    assert ask(board) == "not installed: run make bench-peers"
    (tmp_path / "pip-error.log").write_text("WARNING: slow\nERROR: No matching distribution found for rectools\n")
    assert ask(board) == "could not be installed: ERROR: No matching distribution found for rectools"
    (tmp_path / "installed").touch()
    assert str(ask(board)).startswith("its environment cannot be started")


@pytest.mark.usefixtures("environment")
def test_what_it_cannot_answer_is_the_reason(board: LeaveOneOut) -> None:
    assert ask(board, minutes=0) == "left out: --sasrec-minutes is 0"
    loose = replace(board.validation, queries=replace(board.validation.queries, ordered=False))
    assert "have no order" in str(sasrec_answer(loose, board.train, board.test, N, minutes=1))
    nobody = board.validation.select(np.zeros(0, np.int64))
    assert "validation asks nobody" in str(sasrec_answer(nobody, board.train, board.test, N, minutes=1))


def test_a_worker_that_fails_is_the_reason(
    board: LeaveOneOut, environment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker(environment, "raise ValueError('no such loss ' + 'x' * 300)", monkeypatch)
    reason = str(ask(board))
    assert reason.startswith("failed: ValueError: no such loss xxx")
    assert len(reason) < 200
    worker(environment, "", monkeypatch)
    assert ask(board) == "failed: it ended without an answer"
    worker(environment, "import time; time.sleep(60)", monkeypatch)
    assert sasrec.run_worker(tmp_path, limit=0.2) == "not ready after 0 minutes"


def test_torch_is_the_one_of_the_constraints() -> None:
    """The make target installs that one first; another one here would be downloaded over it."""
    pins = [file.read_text().split() for file in (ROOT / "constraints.txt", REQUIREMENTS)]
    assert len({next(pin for pin in pinned if pin.startswith("torch==")) for pinned in pins}) == 1


@pytest.mark.skipif(not (REAL / "installed").exists(), reason="SASRec's environment is missing: run make bench-peers")
def test_the_real_one_learns(board: LeaveOneOut, monkeypatch: pytest.MonkeyPatch) -> None:
    small = {**sasrec.SASREC_SETTINGS, "n_factors": 16, "session_max_len": 10, "batch_size": 32, "lr": 0.01}
    monkeypatch.setattr(sasrec, "SASREC_SETTINGS", {**small, "dropout_rate": 0.1})
    monkeypatch.setattr(sasrec, "EPOCHS", 12)
    answer = ask(board, minutes=2)
    assert isinstance(answer, SasrecAnswer), answer
    assert 1 <= answer.settings["epochs"] <= answer.settings["epochs_tried"] <= 12
    report = evaluate(answer.test, board.test, ks=(3,), samples=0)
    assert report["recall@3"] > 0.6  # three products of the user's colour are left, and 15 in all
