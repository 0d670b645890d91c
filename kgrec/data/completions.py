"""What is said to a language model, and what it says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Completion", "Message", "TokenLogprob", "Usage"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens of one attempt or of many; sums with ``+``."""

    input_tokens: int = 0
    output_tokens: int = 0

    def __add__(self, other: Usage) -> Usage:
        """Return both together."""
        return Usage(
            input_tokens=self.input_tokens + other.input_tokens, output_tokens=self.output_tokens + other.output_tokens
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenLogprob:
    """A token that the model wrote, its natural logarithm of probability, and the likeliest tokens in its place."""

    token: str
    logprob: float
    top: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """A reply.

    Attributes:
        text: what the model wrote.
        usage: the tokens it took; all zero where the server does not say.
        logprobs: one entry a token, in order; None where the server gives none.
        model: the model's name as the server states it.
        finish: why it stopped: ``"stop"``, or ``"length"`` where it was cut.
    """

    text: str
    usage: Usage = Usage()
    logprobs: tuple[TokenLogprob, ...] | None = None
    model: str = ""
    finish: str = "stop"
