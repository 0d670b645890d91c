"""Text → facts: what the shop declares, and what rules or models read in its titles and descriptions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kgrec.extraction.aligning import Span, align
from kgrec.extraction.calibration import Calibration, Reliability, reliability
from kgrec.extraction.canonical import Canonicalised, CanonicalSettings, Conventions, Corrections, agree, canonicalise
from kgrec.extraction.collect import Reading, extract
from kgrec.extraction.declared import declared_facts
from kgrec.extraction.fusing import FactFuser
from kgrec.extraction.labelled import LabelledProduct
from kgrec.extraction.prompted import ExtractionReport, LlmExtractor, LlmSettings, calibrate, propose_schema
from kgrec.extraction.rules import RuleExtractor, RuleSettings
from kgrec.extraction.schema import Attribute, AttributeSchema, CategorySchema
from kgrec.extraction.tagging import CharacterTagger, TaggerExtractor, TaggerSettings, labelled_by

if TYPE_CHECKING:
    from kgrec.extraction.choosing import ChoosingExtractor, ChoosingSettings

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


def __getattr__(name: str) -> Any:
    """Import the choice model the first time it is asked for: it needs scipy, which takes as long as all the rest."""
    if name not in ("ChoosingExtractor", "ChoosingSettings"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from kgrec.extraction import choosing

    globals()[name] = found = getattr(choosing, name)
    return found
