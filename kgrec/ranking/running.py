"""One re-ranker, asked under a deadline: scores that can be used, or the reason why there are none."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from kgrec.data import Pool
from kgrec.errors import RerankError
from kgrec.protocols import Reranker, Shelf

__all__ = ["Workers", "checked"]


class Workers:
    """Threads for re-rankers, at most ``size`` at a time.

    A thread cannot be stopped from outside: a re-ranker that hangs keeps its place until it returns. Once all places
    are taken by such ones, the next question is told so at its deadline, and neither waits longer nor starts more.

    Args:
        size: at least 1.
    """

    def __init__(self, size: int) -> None:
        """Make room for ``size`` threads."""
        self._free = threading.BoundedSemaphore(size)

    def ask(self, reranker: Reranker, pool: Pool, shelf: Shelf, deadline: float | None) -> NDArray[np.float32]:
        """Return the scores of one pool, float32 (c,).

        Args:
            reranker: who is asked.
            pool: the query and its candidates.
            shelf: the products.
            deadline: when to give up, on the clock of ``time.perf_counter``; None waits as long as it takes.

        Raises:
            RerankError: it raised, took too long, all threads are taken, or its scores cannot be used.
        """
        if deadline is not None and time.perf_counter() >= deadline:
            raise RerankError(f"{reranker.name} was not asked: the deadline had passed")
        if not self._free.acquire(timeout=_left(deadline)):
            raise RerankError(f"{reranker.name}: no thread was free before the deadline")
        call = _Call(lambda: reranker.score([pool], shelf), self._free.release)
        try:
            threading.Thread(target=call.run, name=f"kgrec-{reranker.name}", daemon=True).start()
        except RuntimeError as error:
            self._free.release()
            raise RerankError(f"{reranker.name}: no thread could be started ({error})") from error
        if not call.done.wait(_left(deadline)):
            raise RerankError(f"{reranker.name} did not answer before the deadline")
        if call.error is not None:
            raise RerankError(f"{reranker.name} failed: {type(call.error).__name__}: {call.error}") from call.error
        return checked(call.result, [pool], reranker.name)[0]


class _Call:
    """What a thread runs, and what came of it."""

    def __init__(self, run: Callable[[], object], after: Callable[[], None]) -> None:
        self._run = run
        self._after = after
        self.done = threading.Event()
        self.result: object = None
        self.error: BaseException | None = None

    def run(self) -> None:
        """Run; whatever is raised is kept for the one who asked."""
        try:
            self.result = self._run()
        except BaseException as error:  # noqa: BLE001 - a re-ranker's failure costs its stage and nothing else
            self.error = error
        finally:
            self._after()
            self.done.set()


def _left(deadline: float | None) -> float | None:
    return None if deadline is None else max(deadline - time.perf_counter(), 0.0)


def checked(scores: object, pools: list[Pool], name: str) -> list[NDArray[np.float32]]:
    """Return the scores as float32 arrays, one a pool.

    Raises:
        RerankError: there are too few or too many, or one is not finite.
    """
    if not isinstance(scores, list | tuple) or len(scores) != len(pools):
        given = f"{len(scores)} answers" if isinstance(scores, list | tuple) else type(scores).__name__
        raise RerankError(f"{name} gave {given} for {len(pools)} pools; expected a list with one array a pool")
    usable = []
    for row, pool in zip(scores, pools, strict=True):
        try:
            array = np.asarray(row, np.float32)
        except (TypeError, ValueError) as error:
            raise RerankError(f"{name} gave scores that are no numbers ({error})") from error
        if array.shape != (len(pool),):
            raise RerankError(f"{name} gave scores of shape {array.shape} for {len(pool)} candidates")
        if not np.isfinite(array).all():
            raise RerankError(f"{name} gave {int(np.sum(~np.isfinite(array)))} scores that are not finite")
        usable.append(array)
    return usable
