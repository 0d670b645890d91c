"""Boosted trees as arrays: learned by scikit-learn or LightGBM, kept without pickle, read without either."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numba as nb
import numpy as np
from numpy.typing import NDArray

from kgrec.errors import DataError

__all__ = ["Trees"]

_ARRAYS: Mapping[str, type[np.generic]] = {
    "roots": np.int32,
    "feature": np.int32,
    "threshold": np.float64,
    "left": np.int32,
    "right": np.int32,
    "value": np.float64,
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trees:
    """A sum of binary trees; a row goes left where ``row[feature] <= threshold``.

    Attributes:
        roots: int32 (t,), the node each tree begins at.
        feature: int32 (m,), the column a node asks; −1 in a leaf.
        threshold: float64 (m,).
        left, right: int32 (m,), where to go on.
        value: float64 (m,), what a leaf adds; 0 elsewhere.

    Raises:
        DataError: the arrays do not fit together.
    """

    roots: NDArray[np.int32]
    feature: NDArray[np.int32]
    threshold: NDArray[np.float64]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    value: NDArray[np.float64]

    def __post_init__(self) -> None:
        """Check that every way ends in a leaf."""
        m = len(self.feature)
        inner = self.feature >= 0
        nodes = np.arange(m)
        later = [(side[inner] > nodes[inner]).all() and (side[inner] < m).all() for side in (self.left, self.right)]
        same = len({len(getattr(self, name)) for name in _ARRAYS if name != "roots"}) == 1
        if not same or not all(later) or (len(self.roots) and not 0 <= self.roots.min() <= self.roots.max() < m):
            raise DataError("the arrays of these trees do not fit together; save the blend again")

    def predict(self, table: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the sum of the trees for each row of float32 (rows, columns), float64 (rows,)."""
        found: NDArray[np.float64] = _predict(
            np.ascontiguousarray(table, np.float32), self.roots, self.feature, self.threshold, self.left, self.right,
            self.value,
        )  # fmt: skip
        return found

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays by name."""
        return {name: getattr(self, name) for name in _ARRAYS}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Build from what :meth:`to_arrays` gave.

        Raises:
            DataError: an array is missing, or they do not fit together.
        """
        if missing := [name for name in _ARRAYS if name not in arrays]:
            raise DataError(f"trees cannot be read without {', '.join(missing)}; save the blend again")
        return cls(**{name: np.asarray(arrays[name], kind) for name, kind in _ARRAYS.items()})

    @classmethod
    def of_sklearn(cls, model: Any) -> Self:
        """Take the trees of a fitted ``HistGradientBoostingClassifier`` of two classes: log-odds."""
        build = _Builder()
        build.leaf_tree(float(np.ravel(model._baseline_prediction)[0]))
        for (predictor,) in model._predictors:
            nodes = predictor.nodes
            build.nodes(
                feature=np.where(nodes["is_leaf"] > 0, -1, nodes["feature_idx"]),
                threshold=nodes["num_threshold"],
                left=nodes["left"],
                right=nodes["right"],
                value=np.where(nodes["is_leaf"] > 0, nodes["value"], 0.0),
            )
        return cls(**build.arrays())

    @classmethod
    def of_lightgbm(cls, booster: Any) -> Self:
        """Take the trees of a fitted ``lightgbm.Booster`` with one score a row."""
        build = _Builder()
        for tree in booster.dump_model()["tree_info"]:
            flat: list[dict[str, Any]] = []
            _flatten(tree["tree_structure"], flat)
            build.nodes(**{name: np.array([node[name] for node in flat]) for name in _ARRAYS if name != "roots"})
        return cls(**build.arrays())


class _Builder:
    def __init__(self) -> None:
        self._parts: dict[str, list[NDArray[Any]]] = {name: [] for name in _ARRAYS}
        self._count = 0

    def leaf_tree(self, value: float) -> None:
        self.nodes(feature=[-1], threshold=[0.0], left=[0], right=[0], value=[value])

    def nodes(self, **columns: Any) -> None:
        """Add one tree, whose first node is its root."""
        self._parts["roots"].append(np.array([self._count]))
        inner = np.asarray(columns["feature"]) >= 0
        for name, column in columns.items():
            shifted = np.asarray(column)
            if name in {"left", "right"}:
                shifted = np.where(inner, shifted.astype(np.int64) + self._count, 0)
            self._parts[name].append(shifted)
        self._count += len(inner)

    def arrays(self) -> dict[str, NDArray[Any]]:
        return {
            name: np.concatenate(self._parts[name]).astype(kind) if self._parts[name] else np.zeros(0, kind)
            for name, kind in _ARRAYS.items()
        }


def _flatten(node: Mapping[str, Any], into: list[dict[str, Any]]) -> int:
    """Append a node and all below it, parents first, and return its place."""
    place = len(into)
    leaf = "leaf_value" in node
    into.append(
        {
            "feature": -1 if leaf else int(node["split_feature"]),
            "threshold": 0.0 if leaf else float(node["threshold"]),
            "left": 0,
            "right": 0,
            "value": float(node["leaf_value"]) if leaf else 0.0,
        }
    )
    if not leaf:
        into[place]["left"] = _flatten(node["left_child"], into)
        into[place]["right"] = _flatten(node["right_child"], into)
    return place


@nb.njit(cache=True, nogil=True)
def _predict(
    table: NDArray[np.float32],
    roots: NDArray[np.int32],
    feature: NDArray[np.int32],
    threshold: NDArray[np.float64],
    left: NDArray[np.int32],
    right: NDArray[np.int32],
    value: NDArray[np.float64],
) -> NDArray[np.float64]:
    sums = np.zeros(len(table), np.float64)
    for row in range(len(table)):
        total = 0.0
        for root in roots:
            node = root
            while feature[node] >= 0:
                node = left[node] if table[row, feature[node]] <= threshold[node] else right[node]
            total += value[node]
        sums[row] = total
    return sums
