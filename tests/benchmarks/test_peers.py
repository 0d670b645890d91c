"""Peers: each learns a checkerboard, and one that cannot run says why."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from benchmarks.peers import (
    PEERS,
    AlsScorer,
    BprScorer,
    DualEaseScorer,
    EaseScorer,
    KgKnnScorer,
    TextKnnScorer,
    cold_peers,
    peers,
)
from kgrec.data import Histories
from kgrec.errors import SettingsError
from kgrec.evaluation import LeaveOneOut, cold_split, evaluate, leave_one_out
from kgrec.protocols import Scorer
from kgrec.retrieval import Knowledge, ModelInputs

N = 24


@pytest.fixture(scope="module")
def board() -> LeaveOneOut:
    """Even users touch even products and odd users odd ones; no popularity to go by."""
    rng = np.random.default_rng(0)
    return leave_one_out(Histories.of([rng.permutation(np.arange(u % 2, N, 2))[:10] for u in range(120)]))


def test_ease_is_the_closed_form(board: LeaveOneOut) -> None:
    touched = np.zeros((120, N))
    for user in range(120):
        touched[user, board.train.row(user)] = 1
    inverse = np.linalg.inv(touched.T @ touched + 5 * np.eye(N))
    expected = np.eye(N) - inverse / np.diag(inverse)[None, :]
    found = EaseScorer.fit(board.train, N, regularization=5.0)
    assert found.weights == pytest.approx(expected, abs=1e-4)
    assert np.diag(found.weights).tolist() == [0] * N
    query = Histories.of([[2, 4, 4]])
    assert found.score(query)[0] == pytest.approx(expected[2] + expected[4], abs=1e-4)


def test_ease_for_few_users_is_the_same_model(board: LeaveOneOut) -> None:
    queries = Histories.of([[2, 4, 4], [1], []])
    dense, dual = (kind.fit(board.train, N, regularization=5.0).score(queries) for kind in (EaseScorer, DualEaseScorer))
    assert dual.dtype == np.float32
    assert dual == pytest.approx(dense, abs=1e-4)


@pytest.mark.parametrize("name", PEERS)
def test_each_peer_answers_and_learns(name: str, board: LeaveOneOut) -> None:
    if name in ("als", "bpr"):
        pytest.importorskip("implicit")
    (peer,) = peers(board.train, N, names=[name])
    assert isinstance(peer.scorer, Scorer)
    assert peer.name == name
    assert peer.fit_seconds >= 0
    scores = peer.scorer.score(Histories.of([[], [0, 2], [1]]))
    assert scores.shape == (3, N)
    assert scores.dtype == np.float32
    assert np.isfinite(scores).all()
    if name != "popularity":
        # Three products of the user's colour are left, and 15 in all: chance reaches 0.2.
        assert evaluate(peer.scorer, board.test, ks=(3,), samples=0)["recall@3"] > 0.6


def test_als_uses_the_whole_query(board: LeaveOneOut) -> None:
    pytest.importorskip("implicit")
    scorer = AlsScorer.fit(board.train, N, factors=2, iterations=15)
    even, odd = scorer.score(Histories.of([[0, 2], [1, 3]]))
    assert even[4::2].min() > even[5::2].max()
    assert odd[5::2].min() > odd[4::2].max()


def test_bpr_knows_its_users_again(board: LeaveOneOut) -> None:
    pytest.importorskip("implicit")
    scorer = BprScorer.fit(board.train, N, factors=8, iterations=20)
    row = board.train.row(7)
    same, longer = scorer.score(Histories.of([row, [*row, 0]]))
    assert scorer.as_user == 2
    assert np.array_equal(same, longer)
    assert same == pytest.approx(scorer.items @ scorer.users[7], abs=1e-5)
    scorer.score(Histories.of([[int(row[1]), int(row[0])]]))
    assert scorer.as_user == 2


def test_settings_are_chosen_on_validation(board: LeaveOneOut) -> None:
    (peer,) = peers(board.train, N, names=["ease"], validation=board.validation)
    assert peer.settings["regularization"] in (50.0, 200.0, 500.0)
    tried = {
        value: evaluate(EaseScorer.fit(board.train, N, regularization=value), board.validation, ks=(10,), samples=0)
        for value in (50.0, 200.0, 500.0)
    }
    assert tried[peer.settings["regularization"]]["ndcg@10"] == max(r["ndcg@10"] for r in tried.values())


def test_a_peer_that_cannot_run_says_why(board: LeaveOneOut, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "implicit", None)
    for name in ("implicit.cpu", "implicit.cpu.als", "implicit.cpu.bpr"):
        monkeypatch.setitem(sys.modules, name, None)
    als, bpr = peers(board.train, N, names=["als", "bpr"])
    for peer in (als, bpr):
        assert isinstance(peer.scorer, str)
        assert "kgrec[bench]" in peer.scorer
    monkeypatch.setattr("benchmarks.peers.fitting.EASE_USERS", len(board.train) - 1)
    (ease,) = peers(board.train, 20_000, names=["ease"])
    assert ease.scorer == "dense, and 20000 products are more than 15000"


def test_an_unknown_peer_is_refused(board: LeaveOneOut) -> None:
    with pytest.raises(SettingsError, match="no peer 'magic'"):
        list(peers(board.train, N, names=["magic"]))


def test_kg_knn_sums_scaled_values() -> None:
    product, value = np.array([0, 0, 1, 2, 2, 3]), np.array([0, 1, 0, 0, 1, 2])
    knowledge = Knowledge.of(
        4, product.astype(np.int32), value.astype(np.int32), np.zeros(3, np.int16), ("entity",), hub_share=1.0
    )
    query = Histories.of([[0], []])
    found = KgKnnScorer.fit(knowledge).score(query)
    assert found.dtype == np.float32
    assert found[0] == pytest.approx([1 / 3 + 1 / 2, 1 / 3, 1 / 3 + 1 / 2, 0])
    assert found[1].tolist() == [0] * 4
    assert KgKnnScorer.fit(knowledge, unit_length=True).score(query)[0, 2] == pytest.approx(1)
    with pytest.raises(SettingsError, match="scaling must be one of root, idf, count"):
        KgKnnScorer.fit(knowledge, scaling="none")


def test_text_knn_sums_likeness() -> None:
    vectors = np.array([[1, 0], [0.6, 0.8], [-1, 0]], np.float32)
    found = TextKnnScorer(vectors, exponent=2.0).score(Histories.of([[1], [0, 2], []]))
    assert found == pytest.approx(np.array([[0.36, 1, 0], [1, 0.36, 1], [0, 0, 0]]), abs=1e-6)


def test_cold_peers_choose_their_scaling(board: LeaveOneOut) -> None:
    colours = np.arange(N, dtype=np.int32)
    knowledge = Knowledge.of(N, colours, colours % 2, np.zeros(2, np.int16), ("colour",), hub_share=1.0)
    vectors = np.eye(2, dtype=np.float32)[colours % 2]
    validation = cold_split(board.train, fraction=0.25, n=N)
    inputs = ModelInputs.of(N, validation.train, knowledge, vectors, text_neighbours=5)
    for peer in cold_peers(inputs, validation):
        assert isinstance(peer.scorer, Scorer)
        among = validation.among(validation.cold)
        assert evaluate(peer.scorer, among, ks=(5,), samples=0, only=validation.cold)["recall@5"] > 0.9
    bare = ModelInputs.of(N, validation.train, Knowledge.empty(N), None, text_neighbours=5)
    assert [peer.scorer for peer in cold_peers(bare, validation)] == [
        "the products have no text",
        "the products have no facts",
    ]
