"""What the rules say of one text, before it becomes facts."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Statement"]


class Statement(NamedTuple):
    """Something a text says, with its span in code points."""

    relation: str
    value: str
    start: int
    end: int
    confidence: float
