"""Facts from a language model: what is asked, how replies are read, checked, kept and judged."""

from kgrec.extraction.prompted.calibrating import calibrate
from kgrec.extraction.prompted.extractor import LlmExtractor
from kgrec.extraction.prompted.proposing import propose_schema
from kgrec.extraction.prompted.report import ExtractionReport
from kgrec.extraction.prompted.settings import LlmSettings
from kgrec.llm.journal import Journal

__all__ = ["ExtractionReport", "Journal", "LlmExtractor", "LlmSettings", "calibrate", "propose_schema"]
