"""Text → facts: what the shop declares, and what rules or models read in its titles and descriptions."""

from kgrec.extraction.aligning import Span, align
from kgrec.extraction.calibration import Calibration, Reliability, reliability
from kgrec.extraction.canonical import Canonicalised, CanonicalSettings, Conventions, Corrections, agree, canonicalise
from kgrec.extraction.choosing import ChoosingExtractor, ChoosingSettings
from kgrec.extraction.collect import Reading, extract
from kgrec.extraction.declared import declared_facts
from kgrec.extraction.fusing import FactFuser
from kgrec.extraction.labelled import LabelledProduct
from kgrec.extraction.prompted import ExtractionReport, LlmExtractor, LlmSettings, calibrate, propose_schema
from kgrec.extraction.rules import RuleExtractor, RuleSettings
from kgrec.extraction.schema import Attribute, AttributeSchema, CategorySchema
from kgrec.extraction.tagging import CharacterTagger, TaggerExtractor, TaggerSettings, labelled_by

__all__ = [
    "Attribute",
    "AttributeSchema",
    "Calibration",
    "CanonicalSettings",
    "Canonicalised",
    "CategorySchema",
    "CharacterTagger",
    "ChoosingExtractor",
    "ChoosingSettings",
    "Conventions",
    "Corrections",
    "ExtractionReport",
    "FactFuser",
    "LabelledProduct",
    "LlmExtractor",
    "LlmSettings",
    "Reading",
    "Reliability",
    "RuleExtractor",
    "RuleSettings",
    "Span",
    "TaggerExtractor",
    "TaggerSettings",
    "agree",
    "align",
    "calibrate",
    "canonicalise",
    "declared_facts",
    "extract",
    "labelled_by",
    "propose_schema",
    "reliability",
]
