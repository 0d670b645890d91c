"""Text → facts: what the shop declares, and what its titles and descriptions say."""

from kgrec.extraction.collect import Reading, extract
from kgrec.extraction.declared import declared_facts
from kgrec.extraction.rules import RuleExtractor, RuleSettings

__all__ = ["Reading", "RuleExtractor", "RuleSettings", "declared_facts", "extract"]
