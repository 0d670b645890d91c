"""Taggers that learn from labelled texts."""

from kgrec.extraction.tagging.characters import CharacterTagger, CharacterTaggerSettings

__all__ = ["CharacterTagger", "CharacterTaggerSettings"]
