"""Compiled loops on several threads.

Plain threads over loops that let go of the interpreter, in place of numba's own parallel loops: those take several
times as long to compile, which a new user waits for.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numba as nb

__all__ = ["on_threads"]


def on_threads(loop: Callable[..., None], *arguments: Any) -> None:
    """Call ``loop(thread, threads, *arguments)`` on every thread at once; each takes every ``threads``-th row."""
    threads = nb.get_num_threads()
    if threads == 1:
        loop(0, 1, *arguments)
        return
    with ThreadPoolExecutor(max_workers=threads) as pool:
        for done in [pool.submit(loop, thread, threads, *arguments) for thread in range(threads)]:
            done.result()
