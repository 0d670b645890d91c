"""What an extraction came to, in numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from kgrec.llm import Spending

__all__ = ["ExtractionReport"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractionReport:
    """What an extractor did since it was made.

    Attributes:
        products: that came in.
        read: of these, those whose replies were read in full.
        pending: those that are to be asked about, wholly or in part, in the next run.
        facts: that were stated.
        set_aside: values, replies and products that are no facts, and texts that were cut.
        reasons: why, with counts, most frequent first; the part of a reason after the first colon is left out.
        replies: that were read, and of these
        from_journal: those that were paid for earlier,
        repaired: those that were no plain JSON,
        reasked: those that were asked for again.
        stopped: why no further product was asked about; empty where all were.
        spending: what the model took; of its budget, all that one ``Calls`` did.
    """

    products: int = 0
    read: int = 0
    pending: int = 0
    facts: int = 0
    set_aside: int = 0
    reasons: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    replies: int = 0
    from_journal: int = 0
    repaired: int = 0
    reasked: int = 0
    stopped: str = ""
    spending: Spending = field(default_factory=Spending)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, for JSON."""
        names = ("products", "read", "pending", "facts", "set_aside", "replies", "from_journal", "repaired", "reasked")
        usage = self.spending.usage
        return {name: getattr(self, name) for name in (*names, "stopped")} | {
            "reasons": dict(self.reasons),
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "cost": self.spending.cost,
            "currency": self.spending.currency,
            "seconds": self.spending.seconds,
        }

    def as_text(self) -> str:
        """Return a few lines for people."""
        lines = [
            f"{self.products:,} products, {self.read:,} read, {self.pending:,} pending, {self.facts:,} facts",
            f"{self.replies:,} replies: {self.from_journal:,} from the journal, {self.repaired:,} repaired, "
            f"{self.reasked:,} asked for again",
            self.spending.describe_cost(),
        ]
        if self.stopped:
            lines.append(f"stopped: {self.stopped}")
        lines += [f"{count:>8,}  {reason}" for reason, count in self.reasons.items()]
        return "\n".join(lines)


@dataclass(slots=True)
class Tally:
    """The counts of a report while they grow."""

    products: int = 0
    read: int = 0
    pending: int = 0
    facts: int = 0
    replies: int = 0
    repaired: int = 0
    reasked: int = 0
    stopped: str = ""
    reasons: Counter[str] = field(default_factory=Counter)

    def report(self, from_journal: int, spending: Spending) -> ExtractionReport:
        """Return the counts as they stand."""
        reasons = dict(sorted(self.reasons.items(), key=lambda pair: (-pair[1], pair[0])))
        return ExtractionReport(
            products=self.products,
            read=self.read,
            pending=self.pending,
            facts=self.facts,
            set_aside=self.reasons.total(),
            reasons=MappingProxyType(reasons),
            replies=self.replies,
            from_journal=from_journal,
            repaired=self.repaired,
            reasked=self.reasked,
            stopped=self.stopped,
            spending=spending,
        )
