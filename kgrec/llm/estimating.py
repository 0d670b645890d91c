"""How many tokens a text takes, where nobody says."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from kgrec.data import Message

__all__ = ["message_tokens", "text_tokens"]

_PER_MESSAGE = 4
"""Tokens that mark a message's beginning, role and end in the usual chat formats."""


def text_tokens(text: str) -> int:
    """Return roughly how many tokens a text is: four ASCII characters each, one Chinese or Japanese character each.

    Usual vocabularies of 30,000 to 200,000 tokens take between three and five characters of English; the figure is for
    budgets and for attempts whose usage nobody states, not for bills.
    """
    beyond_ascii = 0 if text.isascii() else len(text.encode("utf-8", "surrogatepass")) - len(text)
    return ceil(len(text) / 4 + beyond_ascii * 3 / 8)


def message_tokens(messages: Sequence[Message]) -> int:
    """Return roughly how many tokens a conversation is."""
    return sum(text_tokens(message.content) + _PER_MESSAGE for message in messages)
