"""What every way of reading attribute values takes and gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gold import Gold

from kgrec.data import Fact
from kgrec.extraction.labelled import LabelledProduct

__all__ = ["Answered", "Method", "NotRunError", "Once", "Rows"]

Rows = Sequence[LabelledProduct]


class NotRunError(Exception):
    """A method cannot be run on this set; the message is the reason that the JSON gives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What a method read, and what it took.

    Attributes:
        facts: of the test products.
        training_seconds: to learn from the training products.
        reading_seconds: to read the test products; None where nothing was read that could be timed.
        extra: further figures for the JSON; ``notes`` are printed.
    """

    facts: Sequence[Fact]
    training_seconds: float = 0.0
    reading_seconds: float | None = 0.0
    extra: Mapping[str, Any] = field(default_factory=dict)


Method = Callable[[Gold, Rows, Rows], Answered]


class Once:
    """A method that is run once for each fold: fusing asks again for what was answered before."""

    def __init__(self, method: Method) -> None:
        """Wrap a method."""
        self._method = method
        self._answered: list[tuple[Rows, Answered]] = []

    def __call__(self, gold: Gold, train: Rows, test: Rows) -> Answered:
        """Return the answer, from before where these very products were asked about."""
        for asked, answered in self._answered:
            if asked is test:
                return answered
        self._answered.append((test, self._method(gold, train, test)))
        return self._answered[-1][1]
