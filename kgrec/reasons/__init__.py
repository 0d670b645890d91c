"""Questions about an answer: what if, why this and not that, why not, and what counts in this shop at all."""

from kgrec.reasons.what_if import detailed, detailed_answer, without_items
from kgrec.reasons.wishes import Wishes, wished, without_unwanted

__all__ = ["Wishes", "detailed", "detailed_answer", "wished", "without_items", "without_unwanted"]
