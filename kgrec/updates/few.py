"""One thread for a handful of rows: starting others takes longer than the work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numba as nb

__all__ = ["few_threads"]

_FEW = 64


@contextmanager
def few_threads(rows: int) -> Iterator[None]:
    """Let compiled loops of this thread run on it alone where they have few rows."""
    threads = nb.get_num_threads()
    if rows > _FEW or threads == 1:
        yield
        return
    nb.set_num_threads(1)
    try:
        yield
    finally:
        nb.set_num_threads(threads)
