"""What is worth saying, and how much of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from kgrec.errors import SettingsError
from kgrec.explanation.sensitive import Sensitive

__all__ = ["ExplanationSettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplanationSettings:
    """Settings of explanations.

    Attributes:
        max_evidence: statements in a sentence, at least 1.
        max_listed: entries of ``Explanation.evidence``, at least 1.
        smallest_share: statements that make up less of the score (0 … 1) are not put in words.
        min_shoppers: fewer shoppers are never told or counted, so that nothing points at one person; at least 2.
        min_likeness: cosine (−1 … 1) from which two descriptions are said to resemble each other.
        hub_share: values that more than this share of the products have (0 … 1] are no reason; as in the model.
        title_length: longer titles are shortened at a word, in characters, at least 8.
        max_paths: ways through the graph in a detailed explanation, at least 1.
        escape: escape the texts for HTML.
        sensitive: what is never put in words, the merchant's own list.

    Raises:
        SettingsError: a value is out of its range.
    """

    max_evidence: int = 3
    max_listed: int = 12
    smallest_share: float = 0.02
    min_shoppers: int = 3
    min_likeness: float = 0.3
    hub_share: float = 0.3
    title_length: int = 60
    max_paths: int = 12
    escape: bool = False
    sensitive: Sensitive = field(default_factory=Sensitive)

    def __post_init__(self) -> None:
        """Check ranges."""
        checks = {
            "max_evidence": self.max_evidence >= 1,
            "max_listed": self.max_listed >= 1,
            "smallest_share": 0 <= self.smallest_share <= 1,
            "max_paths": self.max_paths >= 1,
            "sensitive": isinstance(self.sensitive, Sensitive),
            "min_shoppers": self.min_shoppers >= 2,
            "min_likeness": -1 <= self.min_likeness <= 1,
            "hub_share": 0 < self.hub_share <= 1,
            "title_length": self.title_length >= 8,
        }
        for name, valid in checks.items():
            if not valid:
                raise SettingsError(f"{name} is out of its range: {getattr(self, name)!r}; see ExplanationSettings")
