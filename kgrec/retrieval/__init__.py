"""Candidates: the white-box item–item model and the vector index; filters before them, business rules after."""

from kgrec.retrieval.arranging import Arranger, Placed, Table, graph_likeness, text_likeness
from kgrec.retrieval.controls import Controls
from kgrec.retrieval.cooccurrence import CountScales
from kgrec.retrieval.eligibility import Eligibility, Shown, UserHistories
from kgrec.retrieval.filters import Filter, field, parse_filter
from kgrec.retrieval.fit_statistics import FitStatistics
from kgrec.retrieval.index import FaissIndex, centred, centred_at
from kgrec.retrieval.index_plan import IndexPlan, IndexReport
from kgrec.retrieval.index_settings import IndexSettings
from kgrec.retrieval.inputs import ModelInputs
from kgrec.retrieval.knowledge import Knowledge
from kgrec.retrieval.learning import learned_inputs
from kgrec.retrieval.linear import LinearModel, behaviour_counts, recency_weights
from kgrec.retrieval.nearest import nearest_allowed
from kgrec.retrieval.planner import build_index
from kgrec.retrieval.pools import propose_pools
from kgrec.retrieval.product_table import ProductTable
from kgrec.retrieval.rules import Boost, Rules
from kgrec.retrieval.settings import LinearSettings

__all__ = [
    "Arranger",
    "Boost",
    "Controls",
    "CountScales",
    "Eligibility",
    "FaissIndex",
    "Filter",
    "FitStatistics",
    "IndexPlan",
    "IndexReport",
    "IndexSettings",
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
    "build_index",
    "centred",
    "centred_at",
    "field",
    "graph_likeness",
    "learned_inputs",
    "nearest_allowed",
    "parse_filter",
    "propose_pools",
    "recency_weights",
    "text_likeness",
]
