"""Labelled products → an extractor that finds the candidates for each value, normalises them and weighs them."""

from kgrec.extraction.choosing.extractor import ChoosingExtractor, ChoosingSettings

__all__ = ["ChoosingExtractor", "ChoosingSettings"]
