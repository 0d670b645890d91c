"""Many products read by several processes at once, in order and in bounded memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context
from typing import NamedTuple

import pyarrow as pa

from kgrec.data import Facts, Product
from kgrec.errors import SettingsError
from kgrec.protocols import Extractor

__all__ = ["read_in_processes"]

_WAITING = 2


class _Row(NamedTuple):
    """What an extractor reads of a product; a product's own mappings do not travel between processes."""

    id: str
    title: str
    description: str
    brand: str | None
    categories: tuple[tuple[str, ...], ...]
    language: str | None


def read_in_processes(
    products: Iterable[Product], extractor: Extractor, *, processes: int = 2, batch: int = 2_000
) -> Iterator[Facts]:
    """Yield the facts of the products, batch by batch in their order: the same facts as one process would give.

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
                waiting.append(pool.submit(_facts_of, [_row(product) for product in part]))
                if len(waiting) >= _WAITING * processes:
                    yield Facts(waiting.popleft().result())
            while waiting:
                yield Facts(waiting.popleft().result())
        finally:
            for future in waiting:
                future.cancel()


def _row(product: Product) -> _Row:
    return _Row(product.id, product.title, product.description, product.brand, product.categories, product.language)


_RECEIVED: list[Extractor] = []


def _receive(extractor: Extractor) -> None:
    _RECEIVED[:] = [extractor]


def _facts_of(rows: list[_Row]) -> pa.Table:
    return Facts.of(_RECEIVED[0].extract(Product(**row._asdict()) for row in rows)).table
