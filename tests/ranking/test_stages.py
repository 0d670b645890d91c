from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from kgrec.data import Pool, Targets
from kgrec.errors import RerankError, SettingsError
from kgrec.protocols import Shelf
from kgrec.ranking import BlendSettings, RankingStages, Stage, StagesSettings, learn_stages, pool_ndcg

from .shelves import chain_shelf, pool_of
from .test_blending import question

SHELF = chain_shelf()
QUICK = BlendSettings(kind="pointwise", rounds=20, least=20, learning_rate=0.2)


class Named:
    """Answers by a function of the pool."""

    def __init__(self, name: str, answer: Callable[[Pool], NDArray[np.float32]]) -> None:
        self.name = name
        self.answer = answer
        self.asked: list[int] = []

    def score(self, pools: Sequence[Pool], shelf: Shelf) -> list[NDArray[np.float32]]:
        self.asked += [len(pool) for pool in pools]
        return [self.answer(pool) for pool in pools]


def by_memory(pools: list[Pool], scores: list[NDArray[np.float32]]) -> Callable[[Pool], NDArray[np.float32]]:
    known = {
        (pool.history.tobytes(), int(num)): float(score)
        for pool, mine in zip(pools, scores, strict=True)
        for num, score in zip(pool.candidates, mine, strict=True)
    }
    return lambda pool: np.array([known[pool.history.tobytes(), int(num)] for num in pool.candidates], np.float32)


@pytest.fixture(scope="module")
def learned() -> tuple[RankingStages, list[Pool], Targets]:
    pools, targets, given = question(400)
    half = [scores + np.random.default_rng(at).normal(size=len(scores)) for at, scores in enumerate(given["model"])]
    stages = learn_stages(
        [
            Stage(Named("rough", by_memory(pools, [one.astype(np.float32) for one in half]))),
            Stage(Named("fine", by_memory(pools, given["model"])), depth=6, lists=350),
        ],
        pools,
        targets,
        SHELF,
        blend=QUICK,
        settings=StagesSettings(seconds=5.0),
    )
    return stages, pools, targets


def test_every_set_of_rerankers_has_its_blend(learned: tuple[RankingStages, list[Pool], Targets]) -> None:
    stages, pools, targets = learned
    assert set(stages.blends) == {("rough",), ("fine",), ("rough", "fine")}
    assert stages.blends["fine",].report.users == 350
    ranked = [stages.rank(pool, SHELF) for pool in pools]
    after = pool_ndcg([one.scores for one in ranked], pools, targets).mean()
    assert after > pool_ndcg([pool.retrieval for pool in pools], pools, targets).mean() + 0.05
    assert {one.stage for one in ranked} == {"fine"}
    assert not any(one.degraded for one in ranked)


def test_order_and_scores_agree_and_hold_every_candidate(learned: tuple[RankingStages, list[Pool], Targets]) -> None:
    stages, pools, _ = learned
    for pool in pools[:30]:
        one = stages.rank(pool, SHELF)
        assert sorted(one.order.tolist()) == list(range(len(pool)))
        assert np.all(np.diff(one.scores[one.order]) <= 0)
    assert stages.stages[1].reranker.asked[-1] == 6  # type: ignore[attr-defined]


def broken(name: str, way: str, let_go: threading.Event) -> Named:
    def answer(pool: Pool) -> NDArray[np.float32]:
        if way == "raises":
            raise ValueError("a bug")
        if way == "hangs":
            let_go.wait()
        if way == "nan":
            return np.full(len(pool), np.nan, np.float32)
        return np.zeros(len(pool) - 1 if way == "too few" else 2 * len(pool), np.float32)

    return Named(name, answer)


@pytest.mark.parametrize("way", ["raises", "hangs", "nan", "too few", "doubled"])
def test_a_broken_reranker_costs_its_stage_only(learned: tuple[RankingStages, list[Pool], Targets], way: str) -> None:
    stages, pools, _ = learned
    let_go = threading.Event()
    rough, fine = stages.stages
    both = RankingStages([rough, fine], stages.blends)
    for broken_one, others, left in (("rough", [fine], "fine"), ("fine", [rough], "rough")):
        bad = broken(broken_one, way, let_go)
        mixed = [Stage(bad, 6) if stage.reranker.name == broken_one else stage for stage in both.stages]
        ranked = RankingStages(mixed, stages.blends).rank(pools[0], SHELF, seconds=0.3)
        alone = RankingStages(others, stages.blends).rank(pools[0], SHELF, seconds=5)
        assert ranked.degraded
        assert broken_one in ranked.notes[0]
        if way == "hangs" and broken_one == "rough":  # the deadline is gone for the next one too
            assert ranked.stage == "retrieval"
            assert ranked.order.tolist() == list(range(len(pools[0])))
        else:
            assert ranked.stage == left
            np.testing.assert_array_equal(ranked.order, alone.order)
    let_go.set()


def test_at_the_deadline_the_last_finished_stage_answers(learned: tuple[RankingStages, list[Pool], Targets]) -> None:
    stages, pools, _ = learned
    slow = Named("fine", lambda pool: (time.sleep(3), np.zeros(len(pool), np.float32))[1])
    mixed = RankingStages([stages.stages[0], Stage(slow, 6)], stages.blends)
    began = time.perf_counter()
    ranked = mixed.rank(pools[0], SHELF, seconds=0.5)
    assert time.perf_counter() - began < 2.5
    assert ranked.degraded
    assert ranked.stage == "rough"
    assert "did not answer before the deadline" in ranked.notes[0]


def test_nothing_to_rank_and_nothing_touched(learned: tuple[RankingStages, list[Pool], Targets]) -> None:
    stages, _, _ = learned
    assert len(stages.rank(pool_of([1], []), SHELF).order) == 0
    untouched = stages.rank(pool_of([], [3, 4]), SHELF)
    assert untouched.order.tolist() == [0, 1]
    assert untouched.stage == "retrieval"
    assert not untouched.degraded


def test_a_set_without_a_blend_keeps_the_order() -> None:
    pool = pool_of([1], [2, 3, 4])
    stages = RankingStages([Stage(Named("new", lambda pool: np.arange(len(pool), dtype=np.float32)))], {})
    ranked = stages.rank(pool, SHELF, seconds=5)
    assert ranked.order.tolist() == [0, 1, 2]
    assert ranked.stage == "retrieval"
    assert ranked.answered == ("new",)


def test_many_threads_get_the_same_answers(learned: tuple[RankingStages, list[Pool], Targets]) -> None:
    stages, pools, _ = learned
    expected = [stages.rank(pool, SHELF, seconds=60).order.tolist() for pool in pools[:8]]
    found: dict[int, list[list[int]]] = {}

    def ask(thread: int) -> None:
        found[thread] = [stages.rank(pool, SHELF, seconds=60).order.tolist() for pool in pools[:8]]

    threads = [threading.Thread(target=ask, args=(thread,)) for thread in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(answers == expected for answers in found.values())
    assert len(found) == 32


def test_settings_and_names_are_checked() -> None:
    one = Named("one", lambda pool: np.zeros(len(pool), np.float32))
    with pytest.raises(SettingsError, match="a name of its own"):
        RankingStages([Stage(one), Stage(one)], {})
    with pytest.raises(SettingsError, match="depth"):
        Stage(one, 1)
    for wrong in ({"pool": 0}, {"seconds": 0.0}, {"workers": 0}):
        with pytest.raises(SettingsError, match=next(iter(wrong))):
            StagesSettings(**wrong)
    pools, targets, _ = question(30)
    with pytest.raises(RerankError, match="not finite"):
        learn_stages([Stage(broken("bad", "nan", threading.Event()))], pools, targets, SHELF, blend=QUICK)
