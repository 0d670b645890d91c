"""What a shop chooses by itself on a validation split: settings, and re-rankers."""

from kgrec.tuning.choosing import Tuning, choose_settings, validation_split
from kgrec.tuning.grid import FIRST_CHOICES, ORDERED_ONLY
from kgrec.tuning.rerankers import RerankSettings, rerank_stages, train_rerankers
from kgrec.tuning.search import Trial

__all__ = [
    "FIRST_CHOICES",
    "ORDERED_ONLY",
    "RerankSettings",
    "Trial",
    "Tuning",
    "choose_settings",
    "rerank_stages",
    "train_rerankers",
    "validation_split",
]
