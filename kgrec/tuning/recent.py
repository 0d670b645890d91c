"""What a search made last, kept while it may be asked for again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["Recent"]

Made = TypeVar("Made")


class Recent(Generic[Made]):
    """The two values asked for last: where a search stands, and where it looks."""

    def __init__(self) -> None:
        """Start with nothing."""
        self._values: OrderedDict[str, Made] = OrderedDict()

    def get(self, key: str, make: Callable[[], Made]) -> Made:
        """Return the value of this key, made where it is not there."""
        if key not in self._values:
            while len(self._values) > 1:
                self._values.popitem(last=False)
            self._values[key] = make()
        self.touch(key)
        return self._values[key]

    def touch(self, key: str) -> None:
        """Make a value that is there the last to be dropped."""
        if key in self._values:
            self._values.move_to_end(key)
