"""Products that are one and the same at several shops: they must not stand on both sides of a fold."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kgrec.data import Product

__all__ = ["families_of", "folds_of"]

_CODE = re.compile(r"(?=\w*\d)[\w][\w-]{4,}")
_SHARED_BY = 6


def families_of(products: Sequence[Product]) -> list[int]:
    """Return a number for each product, the same for products whose titles are equal or share a rare code.

    A code is a word of at least five letters and digits, a digit among them, that at most six titles have.
    """
    parents = list(range(len(products)))

    def root(at: int) -> int:
        while parents[at] != at:
            parents[at] = parents[parents[at]]
            at = parents[at]
        return at

    having: defaultdict[str, list[int]] = defaultdict(list)
    for at, product in enumerate(products):
        title = product.title.casefold()
        for word in {f"title {title}", *_CODE.findall(title)}:
            having[word].append(at)
    for word, places in having.items():
        if len(places) <= _SHARED_BY or word.startswith("title "):
            for other in places[1:]:
                first, second = sorted((root(places[0]), root(other)))
                parents[second] = first
    return [root(at) for at in range(len(products))]


def folds_of(products: Sequence[Product], folds: int, seed: int) -> NDArray[np.int64]:
    """Return the fold of each product, int64 (n,), 0 … folds − 1: families stay together, folds are about as large."""
    families = families_of(products)
    members: defaultdict[int, list[int]] = defaultdict(list)
    for at, family in enumerate(families):
        members[family].append(at)
    order = np.random.default_rng(seed).permutation(sorted(members))
    fold = np.zeros(len(products), dtype=np.int64)
    sizes = [0] * folds
    for family in order.tolist():
        smallest = sizes.index(min(sizes))
        fold[members[family]] = smallest
        sizes[smallest] += len(members[family])
    return fold
