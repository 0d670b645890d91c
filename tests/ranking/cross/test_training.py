from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kgrec.data import Targets
from kgrec.errors import DataError, EncoderUnavailableError, SettingsError
from kgrec.ranking.cross import CrossEncoderReranker, CrossEncoderSettings, DistillSettings, TokenLists, losses
from kgrec.training.agreement import rank_correlation
from tests.ranking.cross import tiny

SHORT = replace(tiny.SETTINGS, epochs=2, checkpoint_steps=3, evaluations=1)


class InterruptError(Exception):
    pass


def weights(reranker: CrossEncoderReranker) -> dict[str, np.ndarray]:
    return {name: value.numpy() for name, value in reranker.parts.network.model.state_dict().items()}


def test_it_learns_what_is_wanted(trained: CrossEncoderReranker) -> None:
    report = trained.report["training"]
    assert report["retrieval"] < 0.6
    assert report["best"] > 0.95
    assert report["ended"] == "epochs"
    shelf, pools, targets = tiny.easy()
    best = [pool.candidates[scores.argmax()] for pool, scores in zip(pools, trained.score(pools, shelf), strict=True)]
    assert np.mean(np.array(best) == targets.items) > 0.95


def test_retrievals_scores_count_only_where_that_is_set(trained: CrossEncoderReranker) -> None:
    shelf, pools, _ = tiny.easy()
    turned = replace(pools[0], retrieval=pools[0].retrieval[::-1].copy())
    assert trained.parts.prior > 0
    np.testing.assert_array_equal(trained.text_scores([turned], shelf)[0], trained.text_scores(pools[:1], shelf)[0])
    assert np.abs(trained.score([turned], shelf)[0] - trained.score(pools[:1], shelf)[0]).max() > 0.1


def test_a_training_that_was_cut_off_goes_on_as_if_it_had_not_been(
    lists: TokenLists, encoder: Path, tmp_path: Path
) -> None:
    whole = CrossEncoderReranker.train_lists(lists, encoder=encoder, settings=SHORT)

    def stop(stage: str, done: int, total: int | None) -> None:
        if done == 7:
            raise InterruptError

    with pytest.raises(InterruptError):
        CrossEncoderReranker.train_lists(lists, encoder=encoder, settings=SHORT, checkpoint=tmp_path, progress=stop)
    assert [file.suffix for file in tmp_path.iterdir()] == [".safetensors"]
    with pytest.raises(DataError, match="other settings"):
        CrossEncoderReranker.train_lists(lists, encoder=encoder, settings=replace(SHORT, seed=1), checkpoint=tmp_path)
    told: list[int] = []
    resumed = CrossEncoderReranker.train_lists(
        lists, encoder=encoder, settings=SHORT, checkpoint=tmp_path, progress=lambda _, done, __: told.append(done)
    )
    assert told[0] == 7, "six steps were kept"
    assert not list(tmp_path.iterdir())
    assert resumed.report["training"]["validations"] == whole.report["training"]["validations"]
    for name, value in weights(whole).items():
        np.testing.assert_array_equal(weights(resumed)[name], value)


def test_soft_labels_alone_teach(encoder: Path) -> None:
    shelf, pools, _ = tiny.easy()
    soft: list[Any] = list(tiny.graded(shelf, pools))
    soft[::5] = [None] * len(soft[::5])
    settings = replace(tiny.SETTINGS, retrieval_prior=False, epochs=9)
    taught = CrossEncoderReranker.train(pools, None, shelf, soft=soft, encoder=encoder, settings=settings)
    report = taught.report["training"]
    assert report["lists"] + report["validation_pools"] == sum(given is not None for given in soft)
    unseen = [at for at, given in enumerate(soft) if given is None]
    right = [tiny.graded(shelf, pools)[at] for at in unseen]
    assert rank_correlation(taught.score([pools[at] for at in unseen], shelf), right) > 0.6


def test_time_and_patience_end_it(lists: TokenLists, encoder: Path) -> None:
    brief = CrossEncoderReranker.train_lists(lists, encoder=encoder, settings=replace(SHORT, max_minutes=1e-4))
    assert brief.report["training"]["ended"] == "time"
    assert 0 < brief.report["training"]["steps"] < brief.report["training"]["planned"]
    still = replace(SHORT, rate=1e-12, head_rate=1e-12, epochs=20, patience=2, evaluations=5)
    stale = CrossEncoderReranker.train_lists(lists, encoder=encoder, settings=still)
    assert stale.report["training"]["ended"] == "patience"
    assert len(stale.report["training"]["validations"]) == 3


def test_negatives_are_retrievals_own(lists: TokenLists) -> None:
    settings = CrossEncoderSettings(negatives=4, hardest=5)
    for row in range(6):
        places = losses.drawn_candidates(lists, row, settings, np.random.default_rng(row))
        wanted = lists.wanted[lists.entries(row)]
        assert wanted[places[0]]
        assert not wanted[places[1:]].any()
        assert len(set(places.tolist())) == 5
        assert set(places[1:].tolist()) <= set(np.flatnonzero(~wanted)[:5].tolist())


def test_pools_that_teach_nothing(encoder: Path) -> None:
    shelf, pools, targets = tiny.easy()
    nothing = Targets(indptr=np.zeros(len(pools) + 1, np.int64), items=np.zeros(0, np.int32))
    with pytest.raises(DataError, match="0 of 96 pools teach anything"):
        CrossEncoderReranker.train(pools, nothing, shelf, encoder=encoder, settings=SHORT)
    with pytest.raises(DataError, match="one entry a pool"):
        CrossEncoderReranker.train(pools[:5], targets, shelf, encoder=encoder, settings=SHORT)
    with pytest.raises(DataError, match="one entry a candidate"):
        CrossEncoderReranker.train(
            pools[:2], None, shelf, soft=[np.zeros(3, np.float32), None], encoder=encoder, settings=SHORT
        )


def test_a_student_orders_as_its_teacher(trained: CrossEncoderReranker, student: CrossEncoderReranker) -> None:
    report = student.report["distilled"]
    assert report["layers"] == (0, 2)
    assert len(student.parts.network.model.bert.encoder.layer) == 2
    assert len(trained.parts.network.model.bert.encoder.layer) == 3
    assert report["rank_correlation"] == max(report["measured"]) > 0.9
    held = list(student.parts.samples)
    scores = [parts._scoring.scores(held) for parts in (student, trained)]
    assert rank_correlation(*scores) == pytest.approx(report["rank_correlation"], abs=1e-6)


def test_a_student_needs_a_deeper_teacher(student: CrossEncoderReranker, lists: TokenLists) -> None:
    with pytest.raises(EncoderUnavailableError, match="this one has 2"):
        student.distil(lists, settings=tiny.DISTILLING)


@pytest.mark.parametrize(
    "wrong", [{"negatives": 0}, {"rate": 0}, {"validation_share": 1}, {"max_minutes": 0}, {"soft_share": 2}]
)
def test_impossible_settings(wrong: dict[str, float]) -> None:
    with pytest.raises(SettingsError):
        CrossEncoderSettings(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [{"layers": 5}, {"candidates": 1}, {"list_weight": 0, "score_weight": 0}])
def test_impossible_distil_settings(wrong: dict[str, float]) -> None:
    with pytest.raises(SettingsError):
        DistillSettings(**wrong)  # type: ignore[arg-type]


def test_rank_correlation() -> None:
    def one(*values: float) -> list[np.ndarray]:
        return [np.array(values, np.float32)]

    assert rank_correlation(one(1, 2, 3), one(10, 20, 99)) == pytest.approx(1)
    assert rank_correlation(one(1, 2, 3), one(3, 2, 1)) == pytest.approx(-1)
    assert rank_correlation(one(1, 2, 3, 4), one(1, 3, 2, 4)) == pytest.approx(0.8)
    assert rank_correlation(one(1, 2, 3), one(5, 5, 5)) == 0, "one sees no difference where the other does"
    assert rank_correlation([], []) == 1


def test_training_needs_no_shop_and_no_more_than_torch_and_transformers() -> None:
    """Lists in tokens are trained on where nothing but the libraries of deep learning is installed."""
    code = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"pyarrow", "numba", "faiss", "networkx", "pydantic", "pint", "onnxruntime"}:
            raise ImportError(name)
sys.meta_path.insert(0, Missing())
import kgrec.ranking.cross.distilling, kgrec.ranking.cross.reranker, kgrec.ranking.cross.training
print("all there")
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120)
    assert run.stdout.strip() == "all there", run.stderr
