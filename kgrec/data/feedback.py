"""What a shopper said about a recommendation or its explanation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from kgrec.errors import EventsError

__all__ = ["Feedback", "FeedbackReason"]

FeedbackReason = Literal[
    "not_interested", "already_have", "less_of", "forget", "helpful", "unhelpful", "wrong", "unclear"
]
"""In no language, for a shop to word:

- ``not_interested``, ``already_have``: the product is not shown to this shopper again;
- ``less_of``: products with this value are held back;
- ``forget``: the product stays in the history and counts no more;
- ``helpful``, ``unhelpful``, ``wrong``, ``unclear``: what is thought of the explanation; kept, acts on nothing.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """One thing that one shopper said.

    Attributes:
        user: id of the shopper.
        item: id of the product that was shown, or that is to be forgotten; may be empty for ``less_of``.
        reason: what was said.
        relation: for ``less_of`` the relation of the value; elsewhere that of the evidence it is about, or empty.
        value: for ``less_of`` the value; elsewhere that of the evidence, or empty.
        time: seconds since 1970 UTC, NaN where unknown.

    Raises:
        EventsError: the reason is unknown, or something that it needs is missing.
    """

    user: str
    item: str
    reason: FeedbackReason
    relation: str = ""
    value: str = ""
    time: float = float("nan")

    def __post_init__(self) -> None:
        """Check that nothing is missing."""
        if self.reason not in get_args(FeedbackReason):
            raise EventsError(
                f"unknown reason {self.reason!r:.80} of feedback; known are {', '.join(get_args(FeedbackReason))}"
            )
        texts = (self.user, self.item, self.relation, self.value)
        if not all(isinstance(text, str) for text in texts) or not self.user:
            raise EventsError(f"feedback needs a user, and its texts must be texts; got {texts!r:.120}")
        needed = bool(self.relation and self.value) if self.reason == "less_of" else bool(self.item)
        if not needed:
            what = "a relation and a value" if self.reason == "less_of" else "a product"
            raise EventsError(f"feedback {self.reason!r} needs {what}; got {texts!r:.120}")
