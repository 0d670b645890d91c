"""The sequence re-ranker: a small causal transformer whose inputs are facts and texts."""

from kgrec.ranking.sequence.reranker import SequenceReranker
from kgrec.ranking.sequence.settings import SequenceSettings

__all__ = ["SequenceReranker", "SequenceSettings"]
