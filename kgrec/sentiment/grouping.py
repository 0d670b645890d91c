"""Which texts belong together, so that none is learned from on one side and asked about on the other."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["held_out_groups", "joined_groups"]


def joined_groups(texts: Sequence[str], *keys: Sequence[Hashable]) -> NDArray[np.int64]:
    """Number the groups of texts that may not be parted, int64 (len(texts),).

    Two texts are of one group where they are equal but for case, blanks and punctuation, where they share a key (the
    writer, say), or where a chain of such pairs joins them.

    Args:
        texts: the texts.
        keys: any number of sequences, each with one key a text.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    size = len(texts)
    marks: Iterable[Sequence[Hashable]] = [[_letters(text) for text in texts], *keys]
    rows, columns, nodes = [], [], size
    for column in marks:
        numbers: dict[Hashable, int] = {}
        for at, key in enumerate(column):
            rows.append(at)
            columns.append(nodes + numbers.setdefault(key, len(numbers)))
        nodes += len(numbers)
    links = coo_matrix((np.ones(len(rows), np.int8), (rows, columns)), shape=(nodes, nodes))
    found = connected_components(links, directed=False)[1][:size]
    return np.unique(found, return_inverse=True)[1].astype(np.int64)


def held_out_groups(
    groups: NDArray[np.int64], strata: NDArray[np.int64], share: float, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Draw whole groups until each stratum has given about its share, bool (n,).

    Args:
        groups: int64 (n,), from 0.
        strata: int64 (n,), from 0; a group counts for the stratum that is rarest among its texts' strata.
        share: to draw, 0 … 1.
        rng: draws.
    """
    n_groups = int(groups.max()) + 1 if len(groups) else 0
    sizes = np.bincount(groups, minlength=n_groups)
    frequency = np.bincount(strata)
    own = np.zeros(n_groups, np.int64)
    common_first = np.argsort(-frequency[strata], kind="stable")
    own[groups[common_first]] = strata[common_first]  # the last one written is the rarest
    drawn = np.zeros(n_groups, bool)
    for stratum in np.unique(own).tolist():
        members = rng.permutation(np.flatnonzero(own == stratum))
        before = np.cumsum(sizes[members]) - sizes[members]
        drawn[members[before < share * sizes[members].sum()]] = True
    return drawn[groups]


def _letters(text: str) -> str:
    letters = "".join(char for char in text.casefold() if char.isalnum())
    return letters or text.strip()
