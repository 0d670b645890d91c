"""Nearest neighbours by text and by facts: what ranks products that nobody has touched yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from kgrec.data import Histories
from kgrec.errors import SettingsError
from kgrec.evaluation import Split, evaluate
from kgrec.protocols import Scorer
from kgrec.retrieval import Knowledge, ModelInputs

from .fitting import Peer
from .incidence import event_weights

__all__ = ["COLD_PEERS", "KgKnnScorer", "TextKnnScorer", "cold_peers"]

COLD_PEERS = ("text_knn", "kg_knn")


class KgKnnScorer:
    """Products that share values with the history: ``Σ F_i F_jᵀ`` over its products ``i``, each value scaled."""

    def __init__(self, values: Any) -> None:
        """Keep the scaled product–value incidence, CSR float32 (n, v)."""
        self.values = values

    @classmethod
    def fit(cls, knowledge: Knowledge, *, scaling: str = "root", unit_length: bool = False) -> KgKnnScorer:
        """Scale each value and, if asked for, each product.

        Args:
            knowledge: the incidence; values that say nothing there say nothing here.
            scaling: of a value that ``c`` of ``n`` products have: ``"root"`` 1/√c, ``"idf"`` log(1 + n/c), or
                ``"count"`` 1/c.
            unit_length: bring each product to length 1: the cosine.

        Raises:
            SettingsError: there is no such scaling.
        """
        n, counts = len(knowledge.indptr) - 1, np.maximum(np.diff(knowledge.value_indptr), 1)
        scales = {"root": counts**-0.5, "idf": np.log1p(n / counts), "count": 1.0 / counts}
        if scaling not in scales:
            raise SettingsError(f"scaling must be one of {', '.join(scales)}; got {scaling!r}")
        scale = np.where(knowledge.rarity > 0, scales[scaling], 0.0).astype(np.float32)
        parts = (scale[knowledge.value], knowledge.value, knowledge.indptr)
        values = sparse.csr_matrix(parts, shape=(n, len(counts)))
        if unit_length:
            squares = np.asarray(values.multiply(values).sum(axis=1)).ravel()
            values = sparse.diags_array(1.0 / np.sqrt(np.maximum(squares, 1e-12))).astype(np.float32) @ values
        return cls(sparse.csr_matrix(values))

    def score(self, histories: Histories) -> NDArray[np.float32]:
        """Return float32 (b, n)."""
        wanted = (event_weights(histories, self.values.shape[0]) @ self.values).T.toarray()
        return np.ascontiguousarray((self.values @ wanted).T, np.float32)


class TextKnnScorer:
    """Products whose text is like that of the history: ``Σ max(E_i E_jᵀ, 0)^p`` over its products ``i``."""

    def __init__(self, vectors: NDArray[np.float32], *, exponent: float = 1.0) -> None:
        """Keep unit vectors float32 (n, d)."""
        self.vectors = vectors
        self.exponent = exponent

    def score(self, histories: Histories) -> NDArray[np.float32]:
        """Return float32 (b, n)."""
        rows = event_weights(histories, len(self.vectors)).tocsc()
        touched = np.unique(histories.items)
        scores = np.zeros((len(histories), len(self.vectors)), np.float32)
        for start in range(0, len(touched), 1024):
            block = touched[start : start + 1024]
            likeness = np.maximum(self.vectors[block] @ self.vectors.T, 0) ** self.exponent
            scores += rows[:, block] @ likeness
        return scores


def cold_peers(inputs: ModelInputs, validation: Split, *, sample: int = 5000, seed: int = 0) -> Iterator[Peer]:
    """Make text-kNN and KG-kNN, each with the scaling that ranks the cold products of ``validation`` best (NDCG@10).

    Args:
        inputs: text vectors and graph of the shop; behaviour is not looked at.
        validation: a cold split cut from train; where it asks nobody, the first setting is taken.
        sample: at most this many validation queries are asked.
        seed: for the sample.
    """
    trial = validation.among(validation.cold).sample(sample, seed=seed)
    if inputs.vectors.shape[1]:
        yield _best("text_knn", partial(TextKnnScorer, inputs.vectors), [{"exponent": p} for p in (1.0, 3.0)], trial)
    else:
        yield Peer("text_knn", "the products have no text", 0.0, {})
    if len(inputs.knowledge.value):
        grid = [
            {"scaling": scaling, "unit_length": unit} for scaling in ("root", "idf", "count") for unit in (False, True)
        ]
        yield _best("kg_knn", partial(KgKnnScorer.fit, inputs.knowledge), grid, trial)
    else:
        yield Peer("kg_knn", "the products have no facts", 0.0, {})


def _best(name: str, fit: Callable[..., Scorer], grid: Sequence[Mapping[str, Any]], trial: Split) -> Peer:
    """Fit with every setting and keep the one that ranks the cold products of a split best."""
    tried: list[tuple[float, Peer]] = []
    for settings in grid:
        begin = perf_counter()
        peer = Peer(name, scorer := fit(**settings), perf_counter() - begin, settings)
        known = len(trial) > 0
        reached = evaluate(scorer, trial, ks=(10,), samples=0, only=trial.cold)["ndcg@10"] if known else 0.0
        tried.append((reached, peer))
    return max(tried, key=lambda entry: entry[0])[1]
