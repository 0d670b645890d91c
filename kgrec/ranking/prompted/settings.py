"""How a language model is asked to re-rank."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kgrec.errors import SettingsError

__all__ = ["LlmRerankSettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LlmRerankSettings:
    """Settings of ``LlmReranker``.

    Attributes:
        mode: ``"pointwise"`` asks about each candidate by itself, yes or no, and scores by the probability of yes;
            ``"listwise"`` asks for an order of all, in one request a pool.
        candidates: of each pool, retrieval's best, that the model is asked about; the rest keeps its order behind
            them.
        orders: listwise: how often a pool is asked about, the first time in retrieval's order, then shuffled; places
            are averaged, which evens out where a model prefers what it reads first.
        without_logprobs: pointwise: what counts where a reply has no log-probabilities: the word yes or no
            (``"text"``), or a listwise request in its place (``"listwise"``).
        history_items: newest items that are shown.
        max_characters: of a product's text.
        least_readable: share of a pool's replies that must be readable, above 0 … 1; else the pool has no scores.
        seed: of the shuffles.

    Raises:
        SettingsError: a setting has an impossible value.
    """

    mode: Literal["pointwise", "listwise"] = "pointwise"
    candidates: int = 20
    orders: int = 1
    without_logprobs: Literal["text", "listwise"] = "text"
    history_items: int = 10
    max_characters: int = 200
    least_readable: float = 0.5
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the ranges."""
        if self.mode not in ("pointwise", "listwise"):
            raise SettingsError(f"mode is 'pointwise' or 'listwise'; got {self.mode!r}")
        if self.without_logprobs not in ("text", "listwise"):
            raise SettingsError(f"without_logprobs is 'text' or 'listwise'; got {self.without_logprobs!r}")
        for name in ("candidates", "orders", "history_items", "max_characters"):
            if getattr(self, name) < 1:
                raise SettingsError(f"{name} must be at least 1; got {getattr(self, name)!r}")
        if not 0 < self.least_readable <= 1:
            raise SettingsError(f"least_readable must be above 0 and at most 1; got {self.least_readable!r}")
