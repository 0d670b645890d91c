"""Explained recommendations from a product knowledge graph that nobody has to bring.

>>> import kgrec
>>> kgrec.Product(id="85048", title="15CM Christmas glass ball 20 lights").id
'85048'

Heavy libraries load on first use of a name that needs them, so that ``import kgrec`` stays cheap.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from kgrec import errors

if TYPE_CHECKING:
    from kgrec.adapting import AdaptSettings, StudentSettings, adapt_encoder, save_encoder, teach_student
    from kgrec.data import (
        Catalogue,
        Events,
        Explanation,
        Fact,
        Facts,
        Feedback,
        Histories,
        Product,
        Recommendation,
        Recommendations,
        SetAside,
    )
    from kgrec.embedding import HashingEncoder, SentenceEncoder
    from kgrec.explanation import ExplanationSettings, Sensitive
    from kgrec.explanation.checking import Verifier, verify
    from kgrec.explanation.wording import PromptedExplainer
    from kgrec.extraction import (
        AttributeSchema,
        Corrections,
        LabelledProduct,
        LlmExtractor,
        LlmSettings,
        RuleExtractor,
        TaggerExtractor,
        extract,
        propose_schema,
    )
    from kgrec.graph import Graph
    from kgrec.llm import Budget, CallableModel, Calls, CallSettings, EndpointModel, LocalModel, Price
    from kgrec.pipeline import build
    from kgrec.ranking import (
        BlendSettings,
        CrossEncoderReranker,
        CrossEncoderSettings,
        LlmReranker,
        SequenceSettings,
        Stage,
    )
    from kgrec.readers import read_catalogue, read_events, read_facts, read_reviews, write_facts
    from kgrec.recommender import Recommender, load
    from kgrec.retrieval import Boost, Controls, Filter, IndexSettings, LinearSettings, Rules, field
    from kgrec.tuning import RerankSettings, train_rerankers

__all__ = [
    "AdaptSettings",
    "AttributeSchema",
    "BlendSettings",
    "Boost",
    "Budget",
    "CallSettings",
    "CallableModel",
    "Calls",
    "Catalogue",
    "Controls",
    "Corrections",
    "CrossEncoderReranker",
    "CrossEncoderSettings",
    "EndpointModel",
    "Events",
    "Explanation",
    "ExplanationSettings",
    "Fact",
    "Facts",
    "Feedback",
    "Filter",
    "Graph",
    "HashingEncoder",
    "Histories",
    "IndexSettings",
    "LabelledProduct",
    "LinearSettings",
    "LlmExtractor",
    "LlmReranker",
    "LlmSettings",
    "LocalModel",
    "Price",
    "Product",
    "PromptedExplainer",
    "Recommendation",
    "Recommendations",
    "Recommender",
    "RerankSettings",
    "RuleExtractor",
    "Rules",
    "Sensitive",
    "SentenceEncoder",
    "SequenceSettings",
    "SetAside",
    "Stage",
    "StudentSettings",
    "TaggerExtractor",
    "Verifier",
    "adapt_encoder",
    "build",
    "errors",
    "extract",
    "field",
    "load",
    "propose_schema",
    "read_catalogue",
    "read_events",
    "read_facts",
    "read_reviews",
    "save_encoder",
    "teach_student",
    "train_rerankers",
    "verify",
    "write_facts",
]

__version__ = "0.1.0"

_HOME = {
    "AdaptSettings": "adapting",
    "AttributeSchema": "extraction",
    "BlendSettings": "ranking",
    "Boost": "retrieval",
    "Budget": "llm",
    "CallSettings": "llm",
    "CallableModel": "llm",
    "Calls": "llm",
    "Catalogue": "data",
    "Controls": "retrieval",
    "Corrections": "extraction",
    "CrossEncoderReranker": "ranking",
    "CrossEncoderSettings": "ranking",
    "EndpointModel": "llm",
    "Events": "data",
    "Explanation": "data",
    "ExplanationSettings": "explanation",
    "Fact": "data",
    "Facts": "data",
    "Feedback": "data",
    "Filter": "retrieval",
    "Graph": "graph",
    "HashingEncoder": "embedding",
    "Histories": "data",
    "IndexSettings": "retrieval",
    "LabelledProduct": "extraction",
    "LinearSettings": "retrieval",
    "LlmExtractor": "extraction",
    "LlmReranker": "ranking",
    "LlmSettings": "extraction",
    "LocalModel": "llm",
    "Price": "llm",
    "Product": "data",
    "PromptedExplainer": "explanation.wording",
    "Recommendation": "data",
    "Recommendations": "data",
    "Recommender": "recommender",
    "RerankSettings": "tuning",
    "RuleExtractor": "extraction",
    "Rules": "retrieval",
    "Sensitive": "explanation",
    "SentenceEncoder": "embedding",
    "SequenceSettings": "ranking",
    "SetAside": "data",
    "Stage": "ranking",
    "StudentSettings": "adapting",
    "TaggerExtractor": "extraction",
    "Verifier": "explanation.checking",
    "adapt_encoder": "adapting",
    "build": "pipeline",
    "extract": "extraction",
    "field": "retrieval",
    "load": "recommender",
    "propose_schema": "extraction",
    "read_catalogue": "readers",
    "read_events": "readers",
    "read_facts": "readers",
    "read_reviews": "readers",
    "save_encoder": "adapting",
    "teach_student": "adapting",
    "train_rerankers": "tuning",
    "verify": "explanation.checking",
    "write_facts": "readers",
}
_ROOMS = frozenset(
    {"evaluation", "explanation", "extraction", "graph", "llm", "ranking", "readers", "sentiment", "testing"}
)


def __getattr__(name: str) -> Any:
    """Import a public name from its room, or a room, the first time it is asked for."""
    if name in _ROOMS:
        return import_module(f"kgrec.{name}")
    if name not in _HOME:
        raise AttributeError(f"module 'kgrec' has no attribute {name!r}")
    value = getattr(import_module(f"kgrec.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
