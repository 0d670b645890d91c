"""Candidates: the white-box item–item model and the vector index; filters before them, business rules after."""

from kgrec.retrieval.arranging import Arranger, Placed, Table, graph_likeness, text_likeness
from kgrec.retrieval.eligibility import Eligibility, Shown, UserHistories
from kgrec.retrieval.filters import Filter, field, parse_filter
from kgrec.retrieval.index import FaissIndex, centred
from kgrec.retrieval.inputs import ModelInputs
from kgrec.retrieval.knowledge import Knowledge
from kgrec.retrieval.linear import LinearModel, behaviour_counts, recency_weights
from kgrec.retrieval.nearest import nearest_allowed
from kgrec.retrieval.product_table import ProductTable
from kgrec.retrieval.rules import Boost, Rules
from kgrec.retrieval.settings import LinearSettings

__all__ = [
    "Arranger",
    "Boost",
    "Eligibility",
    "FaissIndex",
    "Filter",
    "Knowledge",
    "LinearModel",
    "LinearSettings",
    "ModelInputs",
    "Placed",
    "ProductTable",
    "Rules",
    "Shown",
    "Table",
    "UserHistories",
    "behaviour_counts",
    "centred",
    "field",
    "graph_likeness",
    "nearest_allowed",
    "parse_filter",
    "recency_weights",
    "text_likeness",
]
