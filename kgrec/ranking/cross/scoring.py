"""Pairs → scores, with torch or as eight-bit integers with onnxruntime, on a bounded number of threads."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from kgrec.errors import RerankError
from kgrec.ranking.cross.writing import Marks, PoolRows, WrittenPool
from kgrec.training.int8 import onnx_session

__all__ = ["OnnxScorer", "PairScorer", "ScoringThreads", "TorchScorer", "cores"]

_AT_ONCE = 13
"""Pairs in one pass: a quarter of 50 candidates, so that two threads end at about the same time."""


class PairScorer(Protocol):
    """Rows of one pool → scores; safe to use from several threads."""

    @property
    def precision(self) -> str:
        """``"float32"`` or ``"int8"``."""
        ...

    def __call__(self, rows: PoolRows) -> NDArray[np.float32]:
        """Return float32 (b,)."""
        ...


class TorchScorer:
    """Scores from torch.

    Args:
        network: of transformers, with one logit.
    """

    precision = "float32"

    def __init__(self, network: Any) -> None:
        """Hold the network."""
        from kgrec.ranking.cross.reader import PoolReader

        self.network = network.eval()
        self._reader = PoolReader(network).eval()

    def __call__(self, rows: PoolRows) -> NDArray[np.float32]:
        """Return float32 (b,)."""
        import torch

        from kgrec.ranking.cross.reader import as_tensors

        tensors = as_tensors(rows)
        tensors.pop("pool")
        with torch.inference_mode():
            scores: NDArray[np.float32] = self._reader(**tensors).scores.float().numpy()
        return scores


class OnnxScorer:
    """Scores from onnxruntime, one thread for each that asks.

    Args:
        file: as :func:`kgrec.ranking.cross.export.write_int8` wrote it.

    Raises:
        MissingExtraError: onnxruntime is not installed.
    """

    precision = "int8"

    def __init__(self, file: Path) -> None:
        """Load the file."""
        self._session = onnx_session(file, purpose="a cross-encoder in eight-bit integers")
        self._takes = [entry.name for entry in self._session.get_inputs()]

    def __call__(self, rows: PoolRows) -> NDArray[np.float32]:
        """Return float32 (b,)."""
        (scores,) = self._session.run(["scores"], {name: getattr(rows, name) for name in self._takes})
        return np.asarray(scores, np.float32)


class ScoringThreads:
    """Scores pools on a few threads that all callers share; the rest waits its turn.

    A pool is cut into parts of pairs of like length, whatever else is asked at the time, so that its scores do not
    depend on other pools or on the order of its candidates.

    Args:
        scorer: of pairs.
        marks: of the encoder.
        threads: at most so many passes are under way together.
    """

    def __init__(self, scorer: PairScorer, marks: Marks, threads: int) -> None:
        """Start no thread yet."""
        self.scorer, self.threads = scorer, threads
        self._marks = marks
        self._lock = threading.Lock()
        self._executor: ThreadPoolExecutor | None = None

    def scores(self, pools: Sequence[WrittenPool]) -> list[NDArray[np.float32]]:
        """Return float32 (c,) for each pool.

        Raises:
            RerankError: a score is not finite.
        """
        found = [np.zeros(len(pool.candidates), np.float32) for pool in pools]
        waiting: list[tuple[int, list[int], Future[NDArray[np.float32]]]] = []
        executor = self._running()
        for num, pool in enumerate(pools):
            # by content after length: parts must not follow from the order in which candidates came
            order = sorted(range(len(pool.candidates)), key=lambda at: (-len(pool.candidates[at]), pool.candidates[at]))
            for start in range(0, len(order), _AT_ONCE):
                part = order[start : start + _AT_ONCE]
                waiting.append((num, part, executor.submit(self.scorer, pool.rows(part, self._marks))))
        for num, part, future in waiting:
            found[num][part] = future.result()
        if not all(np.isfinite(scores).all() for scores in found):
            raise RerankError("the cross-encoder gave scores that are not finite; train it again at a lower rate")
        return found

    def _running(self) -> ThreadPoolExecutor:
        with self._lock:
            if self._executor is None:
                self._executor = ThreadPoolExecutor(
                    self.threads, thread_name_prefix="kgrec cross-encoder", initializer=_alone
                )
            return self._executor


def cores() -> int:
    """Return the number of processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _alone() -> None:
    """Let torch take one thread for what this thread asks of it: threads that share a pass wait for each other."""
    import sys

    if "torch" in sys.modules:
        import torch
        from threadpoolctl import ThreadpoolController

        torch.get_num_threads()  # sets this thread's number first, so that it is not set again later
        ThreadpoolController().select(user_api="openmp").limit(limits=1)
