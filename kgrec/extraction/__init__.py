"""Text → facts: what the shop declares, and what rules or models read in its titles and descriptions."""

from kgrec.extraction.aligning import (Attribute, AttributeSchema, Calibration, CategorySchema, ExtractionReport, LabelledProduct, LlmExtractor, LlmSettings, Reading, Reliability, RuleExtractor, RuleSettings, Span, __all__, align, calibrate, calibration, collect, declared, declared_facts, extract, extraction, from, import, kgrec, labelled, prompted, propose_schema, reliability, rules, schema)
from kgrec.extraction.canonical import (CanonicalSettings, Canonicalised, Conventions, Corrections, agree, canonicalise)
from kgrec.extraction.choosing import (Attribute, AttributeSchema, CanonicalSettings, Canonicalised, CharacterTagger, ChoosingExtractor, ChoosingSettings, Conventions, Corrections, ExtractionReport, FactFuser, LabelledProduct, LlmExtractor, LlmSettings, Reading, RuleExtractor, RuleSettings, TaggerExtractor, TaggerSettings, __all__, agree, canonicalise, collect, declared, declared_facts, extract, extraction, from, fusing, import, kgrec, labelled, labelled_by, prompted, rules, schema, tagging)

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
