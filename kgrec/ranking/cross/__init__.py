"""A cross-encoder that reads history and candidate together: training, a small student, eight-bit integers."""

from kgrec.ranking.cross.lists import TokenLists
from kgrec.ranking.cross.reranker import CrossEncoderReranker
from kgrec.ranking.cross.settings import CrossEncoderSettings, DistillSettings

__all__ = ["CrossEncoderReranker", "CrossEncoderSettings", "DistillSettings", "TokenLists"]
