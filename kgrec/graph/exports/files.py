"""What every export needs: a file that replaces the old one only when it is whole, and triples in batches."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from kgrec.graph.triples import Triples

__all__ = ["SCHEMA_ORG", "batches", "replaced", "written"]

_BATCH = 10_000  # products a batch

SCHEMA_ORG = {
    "brand": "brand",
    "category": "category",
    "colour": "color",
    "color": "color",
    "material": "material",
    "pattern": "pattern",
    "size": "size",
}
"""Relation → the property of a schema.org ``Product`` that says the same."""


def batches(graph: Triples) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]]:
    """Yield product numbers, value numbers and confidences of the triples, each (b,), in order."""
    for first in range(0, len(graph.product_ids), _BATCH):
        indptr = graph.indptr[first : first + _BATCH + 1]
        run = slice(int(indptr[0]), int(indptr[-1]))
        products = np.repeat(np.arange(first, first + len(indptr) - 1), np.diff(indptr))
        yield products, graph.value[run], graph.confidence[run]


@contextmanager
def replaced(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a file beside ``path``, and move it there when it was written completely."""
    target = Path(path)
    beside = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        yield beside
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def written(path: str | os.PathLike[str]) -> Iterator[IO[str]]:
    """Give a UTF-8 text file that replaces ``path`` when it was written completely."""
    with replaced(path) as beside, beside.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
        yield file
