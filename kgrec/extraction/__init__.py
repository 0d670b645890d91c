"""Text → facts: what the shop declares, and what its titles and descriptions say."""

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
from kgrec.extraction.rules import RuleExtractor, RuleSettings

__all__ = [
    "CanonicalSettings",
    "Canonicalised",
    "Conventions",
    "Corrections",
    "Reading",
    "RuleExtractor",
    "RuleSettings",
    "agree",
    "canonicalise",
    "declared_facts",
    "extract",
]
