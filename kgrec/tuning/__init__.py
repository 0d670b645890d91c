"""The search for settings."""

from kgrec.tuning.choosing import Tuning, choose_settings, validation_split
from kgrec.tuning.grid import FIRST_CHOICES, ORDERED_ONLY
from kgrec.tuning.search import Trial

__all__ = ["FIRST_CHOICES", "ORDERED_ONLY", "Trial", "Tuning", "choose_settings", "validation_split"]
