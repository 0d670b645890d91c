"""Canonical values: which of a shop's values are one, and which source is believed where they disagree."""

from kgrec.extraction.canonical.aliases import Aliases
from kgrec.extraction.canonical.conventions import Conventions
from kgrec.extraction.canonical.corrections import Applied, Corrected, Correction, Corrections
from kgrec.extraction.canonical.doubtful import Doubt
from kgrec.extraction.canonical.learning import Canonicalised, agree, canonicalise
from kgrec.extraction.canonical.merging import Merge
from kgrec.extraction.canonical.settings import CanonicalSettings
from kgrec.language.measures import Measure, measure_of

__all__ = [
    "Aliases",
    "Applied",
    "CanonicalSettings",
    "Canonicalised",
    "Conventions",
    "Corrected",
    "Correction",
    "Corrections",
    "Doubt",
    "Measure",
    "Merge",
    "agree",
    "canonicalise",
    "measure_of",
]
