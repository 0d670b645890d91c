"""Many products read by several processes at once, in order and in bounded memory."""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context
from operator import attrgetter
from typing import Any

import pyarrow as pa

from kgrec.data import Facts, Product
from kgrec.data.catalogue import product_of_texts
from kgrec.errors import SettingsError
from kgrec.protocols import Extractor

__all__ = ["read_in_processes"]

_WAITING = 2
_COLLECT_AFTER = 50_000
_Columns = tuple[tuple[Any, ...], ...]
_texts_of = attrgetter("id", "title", "description", "brand", "categories", "language")


def read_in_processes(
    products: Iterable[Product], extractor: Extractor, *, processes: int = 2, batch: int = 2_000
) -> Iterator[Facts]:
    """Yield the facts of the products, batch by batch in their order: the same facts as one process would give.

    What travels are columns of texts one way and columns of facts the other. An extractor with a method ``rows``, as
    the rules have one, fills the columns without making a ``Fact`` of each.

    The extractor must be picklable, and reads id, title, description, brand, categories and language. Processes are
    started anew (not forked), so a script that calls this does so under ``if __name__ == "__main__":``. At most two
    batches a process are on their way at any time; products are taken from the iterable as they are needed.

    Args:
        products: any number of them.
        extractor: is sent to each process once.
        processes: how many, at least 1.
        batch: products that are sent at once, at least 1.

    Raises:
        SettingsError: a number is below 1.
    """
    for name, number in (("processes", processes), ("batch", batch)):
        if number < 1:
            raise SettingsError(f"{name} must be at least 1; got {number!r}")
    return _read(iter(products), extractor, processes, batch)


def _read(products: Iterator[Product], extractor: Extractor, processes: int, batch: int) -> Iterator[Facts]:
    waiting: deque[Future[pa.Table]] = deque()
    with ProcessPoolExecutor(
        processes, mp_context=get_context("spawn"), initializer=_receive, initargs=(extractor,)
    ) as pool:
        try:
            while part := list(islice(products, batch)):
                waiting.append(pool.submit(_facts_of, tuple(zip(*map(_texts_of, part), strict=True))))
                if len(waiting) >= _WAITING * processes:
                    yield Facts(waiting.popleft().result())
            while waiting:
                yield Facts(waiting.popleft().result())
        finally:
            for future in waiting:
                future.cancel()


_RECEIVED: list[Extractor] = []


def _receive(extractor: Extractor) -> None:
    """Keep the extractor. Its tables live as long as the process: the garbage collector need not look at them."""
    _RECEIVED[:] = [extractor]
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, 50, 50)


def _facts_of(columns: _Columns) -> pa.Table:
    """Return the facts of products that came as columns: no object of ours is pickled on either way."""
    extractor, products = _RECEIVED[0], map(product_of_texts, *columns)
    if _states_rows(extractor):
        return Facts.of_rows(extractor.rows(products)).table  # type: ignore[attr-defined]
    return Facts.of(extractor.extract(products)).table


def _states_rows(extractor: Extractor) -> bool:
    """Tell whether the class that says how to extract says how to give rows too; a subclass may do only the one."""
    kinds = type(extractor).__mro__
    return next(("rows" in vars(kind) for kind in kinds if "extract" in vars(kind)), False)
