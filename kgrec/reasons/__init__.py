"""Questions about an answer: what if, why this and not that, why not, and what counts in this shop at all."""

from kgrec.reasons.absent import Asked, why_not
from kgrec.reasons.contrast import contrast
from kgrec.reasons.parameters import main_parameters
from kgrec.reasons.second_look import with_rerankers
from kgrec.reasons.what_if import detailed, detailed_answer
from kgrec.reasons.wishes import Wishes, wished, without_unwanted

__all__ = [
    "Asked",
    "Wishes",
    "contrast",
    "detailed",
    "detailed_answer",
    "main_parameters",
    "why_not",
    "wished",
    "with_rerankers",
    "without_unwanted",
]
