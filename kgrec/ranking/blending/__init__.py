"""The blend of retrieval and re-rankers, learned on validation and never worse than retrieval there."""

from kgrec.ranking.blending.blend import Blend, BlendReport
from kgrec.ranking.blending.learning import learn_blend
from kgrec.ranking.blending.settings import BlendSettings

__all__ = ["Blend", "BlendReport", "BlendSettings", "learn_blend"]
