"""Conversations in the form that servers and chat templates take."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kgrec.data import Message

__all__ = ["turns"]

_HALF_A_CHARACTER = re.compile("[\ud800-\udfff]")


def turns(messages: Sequence[Message]) -> list[dict[str, str]]:
    """Return role and content of each message, oldest first.

    Lone surrogates, halves of a character that broken texts contain, become U+FFFD: they have no UTF-8 form to be sent
    in.
    """
    return [{"role": message.role, "content": _HALF_A_CHARACTER.sub("\ufffd", message.content)} for message in messages]
