"""Text → facts: what the shop declares, and what rules or models read in its titles and descriptions."""

from kgrec.extraction.canonical import (
    Canonicalised,
    CanonicalSettings,
    Conventions,
    Corrections,
    agree,
    canonicalise,
)
from kgrec.extraction.collect import Reading, extract
from kgrec.extraction.declared import declared_facts
from kgrec.extraction.labelled import LabelledProduct
from kgrec.extraction.prompted import ExtractionReport, LlmExtractor, LlmSettings
from kgrec.extraction.rules import RuleExtractor, RuleSettings
from kgrec.extraction.schema import Attribute, AttributeSchema

__all__ = [
    "Attribute",
    "AttributeSchema",
    "CanonicalSettings",
    "Canonicalised",
    "Conventions",
    "Corrections",
    "ExtractionReport",
    "LabelledProduct",
    "LlmExtractor",
    "LlmSettings",
    "Reading",
    "RuleExtractor",
    "RuleSettings",
    "agree",
    "canonicalise",
    "declared_facts",
    "extract",
]
