"""Text → facts: what the shop declares, what its titles and descriptions say, and what a language model reads there."""

from kgrec.extraction.aligning import Span, align
from kgrec.extraction.calibration import Calibration, Reliability, reliability
from kgrec.extraction.collect import Reading, extract
from kgrec.extraction.declared import declared_facts
from kgrec.extraction.labelled import LabelledProduct
from kgrec.extraction.prompted import ExtractionReport, LlmExtractor, LlmSettings, calibrate, propose_schema
from kgrec.extraction.rules import RuleExtractor, RuleSettings
from kgrec.extraction.schema import Attribute, AttributeSchema, CategorySchema

__all__ = [
    "Attribute",
    "AttributeSchema",
    "Calibration",
    "CategorySchema",
    "ExtractionReport",
    "LabelledProduct",
    "LlmExtractor",
    "LlmSettings",
    "Reading",
    "Reliability",
    "RuleExtractor",
    "RuleSettings",
    "Span",
    "align",
    "calibrate",
    "declared_facts",
    "extract",
    "propose_schema",
    "reliability",
]
