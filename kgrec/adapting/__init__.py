"""A text encoder learns the shop's own words and behaviour, and is made smaller."""

from kgrec.adapting.adapting import Adapted, adapt_encoder
from kgrec.adapting.report import AdaptReport, Comparison
from kgrec.adapting.settings import AdaptSettings, StudentSettings

__all__ = ["AdaptReport", "AdaptSettings", "Adapted", "Comparison", "StudentSettings", "adapt_encoder"]
