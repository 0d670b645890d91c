"""Rows that were not used, and why: nothing is lost silently."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["SetAside", "count_reasons"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """One input row that was kept aside.

    ``line`` counts from 1 as an editor does; for tables without lines it is the row number from 1.
    ``excerpt`` holds at most 200 characters of the row, for the person who looks.
    """

    file: str
    line: int
    reason: str
    excerpt: str = ""

    def __str__(self) -> str:
        """Return ``file:line: reason``."""
        return f"{self.file}:{self.line}: {self.reason}"


def count_reasons(rows: Iterable[SetAside]) -> dict[str, int]:
    """Count rows by reason, most frequent first.

    The part of a reason after the first colon names the value that was given and is left out of the count.
    """
    counts = Counter(row.reason.split(":", 1)[0] for row in rows)
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))
