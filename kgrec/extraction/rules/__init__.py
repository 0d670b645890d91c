"""Facts by rule: words, measures and names, with nothing to train and nothing to pay."""

from kgrec.extraction.rules.extractor import RuleExtractor, RuleSettings

__all__ = ["RuleExtractor", "RuleSettings"]
