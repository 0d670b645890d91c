"""Re-ranking: candidates → scores, by sequence models, cross-encoders, language models and a blend of them.

Names load on first use: what trains a cross-encoder elsewhere must not need what a shop needs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kgrec.ranking.blending import Blend, BlendReport, BlendSettings, learn_blend
    from kgrec.ranking.cross import CrossEncoderReranker, CrossEncoderSettings, DistillSettings, TokenLists
    from kgrec.ranking.judging import pool_ndcg
    from kgrec.ranking.learning import learn_stages
    from kgrec.ranking.prompted import (
        LlmReranker,
        LlmRerankReport,
        LlmRerankSettings,
        PositionBias,
        position_bias,
    )
    from kgrec.ranking.saving import load_stages, save_stages
    from kgrec.ranking.sequence import SequenceReranker, SequenceSettings
    from kgrec.ranking.shelf import FixedShelf
    from kgrec.ranking.stages import Ranked, RankingStages, Stage, StagesSettings

__all__ = [
    "Blend",
    "BlendReport",
    "BlendSettings",
    "CrossEncoderReranker",
    "CrossEncoderSettings",
    "DistillSettings",
    "FixedShelf",
    "LlmRerankReport",
    "LlmRerankSettings",
    "LlmReranker",
    "PositionBias",
    "Ranked",
    "RankingStages",
    "SequenceReranker",
    "SequenceSettings",
    "Stage",
    "StagesSettings",
    "TokenLists",
    "learn_blend",
    "learn_stages",
    "load_stages",
    "pool_ndcg",
    "position_bias",
    "save_stages",
]

_HOME = {
    "blending": ("Blend", "BlendReport", "BlendSettings", "learn_blend"),
    "cross": ("CrossEncoderReranker", "CrossEncoderSettings", "DistillSettings", "TokenLists"),
    "judging": ("pool_ndcg",),
    "learning": ("learn_stages",),
    "prompted": ("LlmRerankReport", "LlmRerankSettings", "LlmReranker", "PositionBias", "position_bias"),
    "saving": ("load_stages", "save_stages"),
    "sequence": ("SequenceReranker", "SequenceSettings"),
    "shelf": ("FixedShelf",),
    "stages": ("Ranked", "RankingStages", "Stage", "StagesSettings"),
}
_MODULE = {name: module for module, names in _HOME.items() for name in names}


def __getattr__(name: str) -> Any:
    """Import a public name the first time it is asked for."""
    if name not in _MODULE:
        raise AttributeError(f"module 'kgrec.ranking' has no attribute {name!r}")
    value = getattr(import_module(f"kgrec.ranking.{_MODULE[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
