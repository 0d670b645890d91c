"""Candidates: the white-box item–item model and the vector index."""

from kgrec.retrieval.index import FaissIndex, centred
from kgrec.retrieval.knowledge import Knowledge
from kgrec.retrieval.linear import LinearModel, LinearSettings, ModelInputs, behaviour_counts, recency_weights

__all__ = [
    "FaissIndex",
    "Knowledge",
    "LinearModel",
    "LinearSettings",
    "ModelInputs",
    "behaviour_counts",
    "centred",
    "recency_weights",
]
