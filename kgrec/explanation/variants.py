"""Which of several wordings of one meaning is taken, so that a page does not repeat itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

__all__ = ["Choose", "Page", "choice_of", "variant_of"]

Choose: TypeAlias = Callable[[str, Sequence[str]], str]
"""Takes what is worded (``"opener"``) and its wordings, all of one meaning; returns one of them."""

_STEPS = {"together": 2, "shoppers": 3}
"""What stands in one sentence with an opener changes at another pace, so that all pairs come up."""


def variant_of(number: int) -> int:
    """Return which wording product ``number`` takes; neighbours in number differ."""
    return number * 7 + number // 5


def choice_of(variant: int) -> Choose:
    """Return a choice that depends on the product alone, for an explanation that stands alone."""

    def choose(slot: str, wordings: Sequence[str]) -> str:
        return wordings[variant // _STEPS.get(slot, 1) % len(wordings)]

    return choose


class Page:
    """The explanations of one page of results: a wording comes again only when all others of its kind were used.

    Not for several threads: a page belongs to one answer.
    """

    def __init__(self) -> None:
        """Begin with nothing said."""
        self._used: dict[tuple[str, int], list[int]] = {}

    def choice_of(self, variant: int) -> Choose:
        """Return the choice for one explanation of the page; ``variant`` is where it looks first."""

        def choose(slot: str, wordings: Sequence[str]) -> str:
            size = len(wordings)
            used = self._used.setdefault((slot, size), [0] * size)
            first = variant // _STEPS.get(slot, 1) % size
            least = min(used)
            at = used.index(least, first) if least in used[first:] else used.index(least)
            used[at] += 1
            return wordings[at]

        return choose
