"""Changes of a shop that answers: products come, change and go, events arrive, and the next question sees it."""

from kgrec.updates.changes import Changes

__all__ = ["Changes"]
