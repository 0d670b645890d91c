"""Taggers: small models that learn attribute values from gold, from rules or from a language model."""

from kgrec.extraction.tagging.characters import CharacterTagger, CharacterTaggerSettings
from kgrec.extraction.tagging.extractor import TaggerExtractor
from kgrec.extraction.tagging.labels import labelled_by
from kgrec.extraction.tagging.settings import TaggerSettings

__all__ = ["CharacterTagger", "CharacterTaggerSettings", "TaggerExtractor", "TaggerSettings", "labelled_by"]
