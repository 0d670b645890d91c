"""Replies, from the journal where they are kept there and from the model where they are not."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from weakref import WeakValueDictionary

from kgrec.data import Completion, Message
from kgrec.extraction.prompted.journal import Journal, reply_key
from kgrec.llm import Calls

__all__ = ["Asker", "NotKeptError"]


class NotKeptError(LookupError):
    """A reply is not in the journal, and the model may not be asked."""


class Asker:
    """Asks a model; what the journal holds is not asked, and what is asked is kept there first.

    Attributes:
        asked: replies that the model gave.
        kept: replies that the journal gave.

    Args:
        calls: of the model.
        journal: where replies are kept; None keeps none.
    """

    def __init__(self, calls: Calls, journal: Journal | None) -> None:
        """Hold both."""
        self.calls, self._journal = calls, journal
        self.asked = self.kept = 0
        self._under_way: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def ask(
        self, messages: Sequence[Message], schema: Mapping[str, Any], *, step: str, product: str, offline: bool
    ) -> Completion:
        """Return the reply to some messages.

        Two products with the same text are asked about once where there is a journal: the second waits.

        Args:
            messages: the conversation.
            schema: of the reply.
            step: tells questions with the same messages apart.
            product: its id, for people who read the journal.
            offline: do not ask the model.

        Raises:
            NotKeptError: ``offline``, and the journal does not hold the reply.
            LanguageModelError: no reply came.
            BudgetSpentError: none may be asked for.
            JournalError: the journal cannot be read or written.
        """
        if self._journal is None:
            if offline:
                raise NotKeptError
            self.asked += 1
            return await self.calls.complete(messages, schema)
        key = reply_key(messages, schema, self.calls.name, step)
        if (reply := self._journal.get(key)) is not None:
            self.kept += 1
            return reply
        if offline:
            raise NotKeptError
        # A lock belongs to one event loop; where two runs share an extractor, each has its own.
        lock = self._under_way.setdefault(f"{key} {id(asyncio.get_running_loop())}", asyncio.Lock())
        async with lock:
            if (reply := self._journal.get(key)) is not None:
                self.kept += 1
                return reply
            reply = await self.calls.complete(messages, schema)
            self.asked += 1
            self._journal.append(key, reply, product=product, step=step)
            return reply

    def forget(self, messages: Sequence[Message], schema: Mapping[str, Any], *, step: str) -> None:
        """Let a reply that was of no use be asked for again, next time."""
        if self._journal is not None:
            self._journal.forget(reply_key(messages, schema, self.calls.name, step))
