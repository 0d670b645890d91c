"""The learned tagger: a small model that learns attribute values from gold, from rules or from a language model."""

from kgrec.extraction.tagging.extractor import TaggerExtractor
from kgrec.extraction.tagging.labels import labelled_by
from kgrec.extraction.tagging.settings import TaggerSettings

__all__ = ["TaggerExtractor", "TaggerSettings", "labelled_by"]
