"""A text encoder learns the shop's own words and behaviour, and is made smaller."""

from kgrec.adapting.adapting import Adapted, adapt_encoder
from kgrec.adapting.distilling import Student, check_layers, teach_student
from kgrec.adapting.report import AdaptReport, Comparison
from kgrec.adapting.saved import check_replaceable, save_encoder
from kgrec.adapting.settings import AdaptSettings, StudentSettings

__all__ = [
    "AdaptReport",
    "AdaptSettings",
    "Adapted",
    "Comparison",
    "Student",
    "StudentSettings",
    "adapt_encoder",
    "check_layers",
    "check_replaceable",
    "save_encoder",
    "teach_student",
]
