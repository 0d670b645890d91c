"""Re-ranking under a deadline: one re-ranker after the other, and after each the best answer so far."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kgrec.data import Pool
from kgrec.errors import RerankError, SettingsError
from kgrec.protocols import Reranker, Shelf
from kgrec.ranking.blending.blend import Blend
from kgrec.ranking.running import Workers

__all__ = ["Ranked", "RankingStages", "Stage", "StagesSettings", "part_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StagesSettings:
    """Settings of re-ranking.

    Attributes:
        pool: candidates that retrieval proposes, at least 1.
        seconds: the deadline of a request that names none, > 0.
        workers: re-rankers that may run at the same time over all requests, at least 1.

    Raises:
        SettingsError: a value is out of its range.
    """

    pool: int = 200
    seconds: float = 1.0
    workers: int = 8

    def __post_init__(self) -> None:
        """Check ranges."""
        checks = {
            "pool": self.pool >= 1,
            "seconds": math.isfinite(self.seconds) and self.seconds > 0,
            "workers": self.workers >= 1,
        }
        for name, valid in checks.items():
            if not valid:
                raise SettingsError(f"{name} is out of its range: {getattr(self, name)!r}; see StagesSettings")


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """A re-ranker and its place.

    Attributes:
        reranker: who is asked.
        depth: about how many of the best candidates so far, at least 2; the others stay behind them.
        lists: most validation lists that its blend is learned on, for a slow one; None for all.

    Raises:
        SettingsError: a number is out of its range.
    """

    reranker: Reranker
    depth: int = 200
    lists: int | None = None

    def __post_init__(self) -> None:
        """Check ranges."""
        if self.depth < 2 or (self.lists is not None and self.lists < 1):
            raise SettingsError(f"depth must be at least 2 and lists at least 1; got {self.depth} and {self.lists}")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ranked:
    """What re-ranking made of a pool.

    Attributes:
        order: int64 (c,), the candidates' places in the pool, best first.
        scores: float32 (c,), by place in the pool; they fall along ``order``.
        stage: the last stage that finished: ``"retrieval"`` or a re-ranker's name.
        answered: the re-rankers that took part.
        degraded: whether a re-ranker that should have taken part did not.
        notes: why, in plain words.
    """

    order: NDArray[np.int64]
    scores: NDArray[np.float32]
    stage: str
    answered: tuple[str, ...]
    degraded: bool
    notes: tuple[str, ...]


class RankingStages:
    """Re-rankers and the blends that were learned for them.

    After each re-ranker the blend for those that answered so far orders its candidates; what it was not asked about
    stays behind them in the order it had. One that fails costs its own stage only: the next ones are asked, and the
    blend that was learned without it is used.

    Args:
        stages: in the order they are asked, each name once.
        blends: names of the re-rankers that answered, in that order → the blend of them with retrieval. A set without
            a blend leaves the order as it was.
        settings: sizes and times.
    """

    def __init__(
        self,
        stages: Sequence[Stage],
        blends: Mapping[tuple[str, ...], Blend],
        settings: StagesSettings | None = None,
    ) -> None:
        """Hold the stages."""
        names = [stage.reranker.name for stage in stages]
        if len(set(names)) != len(names):
            raise SettingsError(f"each re-ranker needs a name of its own; got {', '.join(names)}")
        self.stages = tuple(stages)
        self.blends = dict(blends)
        self.settings = settings or StagesSettings()
        self._workers = Workers(self.settings.workers)

    def describe(self) -> dict[str, Any]:
        """Return the re-rankers in order, and for each set that may answer what its blend does on validation."""
        return {
            "rerankers": [stage.reranker.name for stage in self.stages],
            "blends": {" + ".join(answered): asdict(blend.report) for answered, blend in self.blends.items()},
        }

    @property
    def name(self) -> str:
        """The re-rankers, as one: the stages are a :class:`kgrec.protocols.Reranker` themselves."""
        return " + ".join(stage.reranker.name for stage in self.stages) or "retrieval"

    def score(self, pools: Sequence[Pool], shelf: Shelf) -> list[NDArray[np.float32]]:
        """Return the scores that :meth:`rank` gives to each pool.

        Raises:
            RerankError: a re-ranker took no part.
        """
        found = [self.rank(pool, shelf) for pool in pools]
        for one in found:
            if one.degraded:
                raise RerankError(f"{self.name}: {one.notes[0]}")
        return [one.scores for one in found]

    def rank(self, pool: Pool, shelf: Shelf, *, seconds: float | None = None) -> Ranked:
        """Order one pool.

        Args:
            pool: the query and its candidates, retrieval's best first.
            shelf: the products.
            seconds: the deadline from now; that of the settings where it is None. What is not finished by then is
                left out, and the last finished stage answers.
        """
        deadline = time.perf_counter() + (self.settings.seconds if seconds is None else seconds)
        order = np.arange(len(pool))
        scores = pool.retrieval
        given: dict[str, NDArray[np.float32]] = {}
        notes: list[str] = []
        last = "retrieval"
        for stage in self.stages if len(pool) and len(pool.history) else ():
            name = stage.reranker.name
            asked = order[: stage.depth]
            try:
                answer = self._workers.ask(stage.reranker, part_of(pool, asked), shelf, deadline)
            except RerankError as error:
                notes.append(f"{error}: answered without it")
                continue
            mine = np.full(len(pool), np.nan, np.float32)
            mine[asked] = answer
            given[name] = mine
            blend = self.blends.get(tuple(given))
            if blend is None:
                continue
            part = blend.score(part_of(pool, asked), shelf, {other: one[asked] for other, one in given.items()})
            order = np.concatenate([asked[np.argsort(-part, kind="stable")], order[stage.depth :]])
            scores = _behind(part, asked, order, len(pool))
            last = name
        return Ranked(
            order=order, scores=scores, stage=last, answered=tuple(given), degraded=bool(notes), notes=tuple(notes)
        )


def part_of(pool: Pool, places: NDArray[np.int64]) -> Pool:
    """Return the pool with some candidates alone, in that order."""
    return replace(
        pool,
        candidates=pool.candidates[places],
        retrieval=pool.retrieval[places],
        parts=None if pool.parts is None else pool.parts[places],
    )


def _behind(
    part: NDArray[np.float32], asked: NDArray[np.int64], order: NDArray[np.int64], n: int
) -> NDArray[np.float32]:
    """Return scores by place: those of the blend, and below its least ones that keep the order of the others."""
    scores = np.empty(n, np.float32)
    scores[asked] = part
    rest = order[len(asked) :]
    least = float(part.min()) if len(part) else 0.0
    scores[rest] = least * (1 - np.arange(1, len(rest) + 1) / (len(rest) + 1))
    return scores
