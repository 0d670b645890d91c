"""The check that a fact stands where it says it stands."""

from __future__ import annotations

import math

from kgrec.data import Fact, Product

__all__ = ["why_ungrounded"]

_TEXT_FIELDS = frozenset({"title", "description"})


def why_ungrounded(fact: Fact, product: Product) -> str | None:
    """Return why a fact cannot be trusted, or None where it can.

    A fact with a span must find its surface there, code point for code point. A fact without one (start and end −1)
    claims no words; it may not name a text field all the same.
    """
    if not fact.relation or not fact.value:
        return "fact without relation or value"
    if not (math.isfinite(fact.confidence) and 0.0 <= fact.confidence <= 1.0):
        return f"confidence is not between 0 and 1: {fact.confidence!r}"
    if fact.start == fact.end == -1:
        return f"fact of a text without a span: {fact.value!r}" if fact.field in _TEXT_FIELDS else None
    text = getattr(product, fact.field, None)
    if not isinstance(text, str):
        return f"no text field of that name: {fact.field!r}"
    if not (0 <= fact.start < fact.end <= len(text)) or text[fact.start : fact.end] != fact.surface:
        return f"span does not match: {fact.field}[{fact.start}:{fact.end}] is not {fact.surface!r}"
    return None
