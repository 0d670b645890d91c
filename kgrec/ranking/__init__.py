"""Re-ranking: candidates → scores, by sequence models, cross-encoders, language models and a blend of them."""

from kgrec.ranking.blending import Blend, BlendReport, BlendSettings, learn_blend
from kgrec.ranking.judging import pool_ndcg
from kgrec.ranking.learning import learn_stages
from kgrec.ranking.sequence import SequenceReranker, SequenceSettings
from kgrec.ranking.shelf import FixedShelf
from kgrec.ranking.stages import Ranked, RankingStages, Stage, StagesSettings

__all__ = [
    "Blend",
    "BlendReport",
    "BlendSettings",
    "FixedShelf",
    "Ranked",
    "RankingStages",
    "SequenceReranker",
    "SequenceSettings",
    "Stage",
    "StagesSettings",
    "learn_blend",
    "learn_stages",
    "pool_ndcg",
]
