"""A language model as a re-ranker: asked about each candidate, or for an order of all."""

from kgrec.ranking.prompted.position import PositionBias, position_bias
from kgrec.ranking.prompted.reranker import LlmReranker, LlmRerankReport
from kgrec.ranking.prompted.settings import LlmRerankSettings

__all__ = ["LlmRerankReport", "LlmRerankSettings", "LlmReranker", "PositionBias", "position_bias"]
