"""The nouns of the library: frozen values that every other room speaks in."""

from kgrec.data.accounts import Contrast, MainParameters, Obstacle, ObstacleKey, Parameter, WhyNot
from kgrec.data.catalogue import Catalogue, Product
from kgrec.data.completions import Completion, Message, TokenLogprob, Usage
from kgrec.data.events import DEFAULT_WEIGHTS, Events
from kgrec.data.explanations import (
    Contribution,
    Counterfactual,
    Edge,
    Evidence,
    EvidenceKind,
    Explanation,
    GraphPath,
    Phrase,
    Reranked,
    Span,
)
from kgrec.data.facts import FACT_SCHEMA, NO_EDGE, Fact, Facts, Standing
from kgrec.data.feedback import Feedback, FeedbackReason
from kgrec.data.histories import Histories, Targets
from kgrec.data.pools import Pool
from kgrec.data.results import Recommendation, Recommendations
from kgrec.data.reviews import Review, Reviews
from kgrec.data.rows import SetAside, count_reasons

__all__ = [
    "DEFAULT_WEIGHTS",
    "FACT_SCHEMA",
    "NO_EDGE",
    "Catalogue",
    "Completion",
    "Contrast",
    "Contribution",
    "Counterfactual",
    "Edge",
    "Events",
    "Evidence",
    "EvidenceKind",
    "Explanation",
    "Fact",
    "Facts",
    "Feedback",
    "FeedbackReason",
    "GraphPath",
    "Histories",
    "MainParameters",
    "Message",
    "Obstacle",
    "ObstacleKey",
    "Parameter",
    "Phrase",
    "Pool",
    "Product",
    "Recommendation",
    "Recommendations",
    "Reranked",
    "Review",
    "Reviews",
    "SetAside",
    "Span",
    "Standing",
    "Targets",
    "TokenLogprob",
    "Usage",
    "WhyNot",
    "count_reasons",
]
