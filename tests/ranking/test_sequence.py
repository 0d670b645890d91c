from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from kgrec.data import Histories
from kgrec.errors import DataError, RerankError, SettingsError, SnapshotDamagedError, SnapshotError
from kgrec.protocols import Reranker
from kgrec.ranking.sequence import SequenceReranker, SequenceSettings
from kgrec.ranking.sequence.batches import gap_classes, padded
from kgrec.ranking.sequence.inputs import Vocabulary
from kgrec.snapshot import write_snapshot

from .shelves import CLUSTERS, N, chain_histories, chain_pools, chain_shelf, pool_of

SMALL = SequenceSettings(dimension=16, layers=1, epochs=6, batch_size=100, dropout=0.0, input_dropout=0.0)
DAY = 86_400.0


@pytest.fixture(scope="module")
def trained() -> SequenceReranker:
    pools, targets = chain_pools()
    settings = replace(SMALL, epochs=12, learning_rate=1e-2)
    return SequenceReranker.train(chain_histories(), chain_shelf(), settings, pools=pools, targets=targets)


def test_it_learns_what_follows(trained: SequenceReranker) -> None:
    assert isinstance(trained, Reranker)
    pools, targets = chain_pools(40, seed=11)
    hits = [
        np.isin(pool.candidates[np.argsort(-scores)[:5]], targets.row(at)).mean()
        for at, (pool, scores) in enumerate(zip(pools, trained.score(pools, chain_shelf()), strict=True))
    ]
    assert np.mean(hits) > 0.9
    assert trained.epochs[-1].figure > 0.8


def test_a_product_that_came_later_is_scored_by_its_facts_and_text(trained: SequenceReranker) -> None:
    shelf = chain_shelf(extra=CLUSTERS)
    newcomers = np.arange(N, N + CLUSTERS, dtype=np.int32)
    for theme in range(CLUSTERS):
        scores = trained.score([pool_of([theme], newcomers)], shelf)[0]
        assert newcomers[scores.argmax()] % CLUSTERS == (theme + 1) % CLUSTERS


def test_pools_do_not_disturb_each_other_and_order_does_not_count(trained: SequenceReranker) -> None:
    pools, _ = chain_pools(30)
    pools.append(pool_of([1], [4, 2]))
    shelf = chain_shelf()
    together = trained.score(pools, shelf)
    for pool, scores in zip(pools, together, strict=True):
        np.testing.assert_allclose(trained.score([pool], shelf)[0], scores, atol=1e-4)
        turned = replace(pool, candidates=pool.candidates[::-1], retrieval=pool.retrieval[::-1])
        np.testing.assert_allclose(trained.score([turned], shelf)[0][::-1], scores, atol=1e-4)


def test_nothing_touched_no_candidates_and_long_histories(trained: SequenceReranker) -> None:
    rng = np.random.default_rng(0)
    empty, none, long = trained.score(
        [pool_of([], [1, 2]), pool_of([3], []), pool_of(rng.integers(0, N, 10_000).tolist(), [1, 2, 3])], chain_shelf()
    )
    assert empty.tolist() == [0, 0]
    assert none.shape == (0,)
    assert np.isfinite(long).all()
    assert trained.score([], chain_shelf()) == []


def test_a_history_is_read_up_to_its_newest_events(trained: SequenceReranker) -> None:
    tail = chain_histories(1, length=trained.settings.max_history, seed=4).row(0)
    older = np.concatenate([np.zeros(20, np.int32), tail])
    mine, theirs = trained.score([pool_of(tail, [1, 2, 3]), pool_of(older, [1, 2, 3])], chain_shelf())
    np.testing.assert_allclose(mine, theirs, atol=1e-5)


def test_later_events_do_not_reach_back() -> None:
    model = SequenceReranker.train(chain_histories(80), chain_shelf(), replace(SMALL, epochs=1))
    network = model._network
    vectors = torch.randn(1, 5, 16)
    gaps = torch.zeros(1, 5, dtype=torch.int64)
    changed = vectors.clone()
    changed[0, 3:] += torch.randn(16)
    with torch.no_grad():
        before, after = network.states(vectors, gaps), network.states(changed, gaps)
    torch.testing.assert_close(before[0, :3], after[0, :3])
    assert not torch.allclose(before[0, 3:], after[0, 3:])


def test_the_short_way_to_the_last_state_is_the_long_one() -> None:
    model = SequenceReranker.train(chain_histories(80), chain_shelf(), replace(SMALL, epochs=1, layers=3, heads=4))
    network, generator = model._network, torch.Generator().manual_seed(1)
    vectors = torch.randn(5, 7, 16, generator=generator)
    gaps = torch.randint(0, 16, (5, 7), generator=generator)
    lengths = torch.tensor([1, 7, 3, 4, 2])
    with torch.no_grad():
        whole = network.states(vectors, gaps)[torch.arange(5), lengths - 1]
        torch.testing.assert_close(network.last_state(vectors, gaps, lengths), whole, rtol=1e-5, atol=1e-5)


def test_time_between_events_is_read() -> None:
    times = np.array([0.0, 0.0, DAY, 5 * DAY, np.nan, 400 * DAY])
    assert gap_classes(times).tolist() == [0, 0, 2, 3, 0, 0]
    assert gap_classes(np.array([0.0, 1e12]))[1] == 15
    batch = padded(
        [(np.array([5, 6, 7], np.int32), np.array([0.0, DAY, DAY])), (np.zeros(0, np.int32), np.zeros(0))], 2
    )
    assert batch.items.tolist() == [[6, 7], [0, 0]]
    assert batch.gaps.tolist() == [[2, 0], [0, 0]]
    assert batch.lengths.tolist() == [2, 0]


def test_saved_and_loaded_it_answers_alike(trained: SequenceReranker, tmp_path: Path) -> None:
    trained.save(tmp_path / "model")
    loaded = SequenceReranker.load(tmp_path / "model")
    pools, _ = chain_pools(5)
    for mine, theirs in zip(trained.score(pools, chain_shelf()), loaded.score(pools, chain_shelf()), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert loaded.settings == trained.settings
    assert [epoch.figure for epoch in loaded.epochs] == [epoch.figure for epoch in trained.epochs]


def test_a_damaged_or_foreign_folder_is_refused(trained: SequenceReranker, tmp_path: Path) -> None:
    trained.save(tmp_path / "model")
    weights = tmp_path / "model" / "network.safetensors"
    content = bytearray(weights.read_bytes())
    content[-3] ^= 1
    weights.write_bytes(bytes(content))
    with pytest.raises(SnapshotDamagedError):
        SequenceReranker.load(tmp_path / "model")
    write_snapshot(tmp_path / "other", meta={"kind": "something"})
    with pytest.raises(SnapshotError, match="not a sequence re-ranker"):
        SequenceReranker.load(tmp_path / "other")


def test_a_stopped_training_goes_on_where_it_was(tmp_path: Path) -> None:
    pools, targets = chain_pools(20)
    histories, shelf = chain_histories(120), chain_shelf()
    kept = {"pools": pools, "targets": targets, "device": "cpu"}
    whole = SequenceReranker.train(histories, shelf, SMALL, **kept)

    class StoppedError(Exception):
        pass

    def stop(stage: str, done: int, total: int | None) -> None:
        if done == 4:
            raise StoppedError

    with pytest.raises(StoppedError):
        SequenceReranker.train(histories, shelf, SMALL, **kept, checkpoint=tmp_path / "c", progress=stop)
    resumed = SequenceReranker.train(histories, shelf, SMALL, **kept, checkpoint=tmp_path / "c")
    assert len(resumed.epochs) == len(whole.epochs) - 3
    assert resumed.best_epochs == whole.best_epochs
    for mine, theirs in zip(whole.score(pools, shelf), resumed.score(pools, shelf), strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-5)
    with pytest.raises(DataError, match="checkpoint of other"):
        SequenceReranker.train(chain_histories(90), shelf, SMALL, checkpoint=tmp_path / "c")


def test_training_ends_when_validation_no_longer_rises() -> None:
    pools, targets = chain_pools(20)
    settings = replace(SMALL, epochs=200, patience=2, learning_rate=2e-2)
    model = SequenceReranker.train(chain_histories(100), chain_shelf(), settings, pools=pools, targets=targets)
    figures = [epoch.figure for epoch in model.epochs]
    assert len(figures) < 200
    assert max(figures[:-2]) >= max(figures[-2:])


def test_sampled_and_whole_softmax_learn_the_same_thing() -> None:
    pools, targets = chain_pools(40)
    settings = replace(SMALL, epochs=12, learning_rate=1e-2, negatives=16)
    model = SequenceReranker.train(chain_histories(), chain_shelf(), settings, pools=pools, targets=targets)
    assert model.epochs[-1].figure > 0.75


def test_without_texts_or_facts_it_still_learns() -> None:
    shelf = replace(chain_shelf(), vectors=np.zeros((N, 0), np.float32))
    pools, targets = chain_pools(20)
    model = SequenceReranker.train(
        chain_histories(), shelf, replace(SMALL, epochs=10, learning_rate=1e-2), pools=pools, targets=targets
    )
    assert model.epochs[-1].figure > 0.7
    with pytest.raises(RerankError, match="length 0; the shop's have 12"):
        model.score(pools, chain_shelf())


def test_what_cannot_be_trained_is_refused() -> None:
    with pytest.raises(SettingsError, match="no history has two events"):
        SequenceReranker.train(Histories.of([[1], []]), chain_shelf())
    with pytest.raises(SettingsError, match="one length"):
        SequenceReranker.train(chain_histories(4), chain_shelf(), pools=[pool_of([1], [2])])
    for wrong in ({"dimension": 15}, {"layers": 0}, {"dropout": 1.0}, {"max_minutes": 0.0}, {"learning_rate": 0.0}):
        with pytest.raises(SettingsError, match=next(iter(wrong))):
            SequenceSettings(**wrong)


def test_values_keep_their_rows_when_the_graph_changes() -> None:
    vocabulary = Vocabulary.of(chain_shelf())
    other = chain_shelf(extra=3)
    ours = vocabulary.inputs(chain_shelf(), np.arange(CLUSTERS))
    theirs = vocabulary.inputs(other, np.array([*range(CLUSTERS), N + 1]))
    np.testing.assert_array_equal(ours.values, theirs.values[: len(ours.values)])
    assert theirs.known[-1] == 0
    assert theirs.values[-1] == theirs.values[1]
