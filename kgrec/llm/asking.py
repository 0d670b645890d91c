"""Replies, from where they are kept if they are there, and from the model if they are not."""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any
from weakref import WeakValueDictionary

from kgrec.data import Completion, Message
from kgrec.llm.calls import Calls
from kgrec.llm.journal import Journal, reply_key

__all__ = ["Asker", "MemoryJournal", "NotKeptError"]


class NotKeptError(LookupError):
    """A reply is not in the journal, and the model may not be asked."""


class MemoryJournal:
    """Replies by key, the last so many of them, as long as the process lives; safe to use from several threads.

    Args:
        most: replies that are kept.
    """

    def __init__(self, most: int = 10_000) -> None:
        """Keep none yet."""
        self.most = most
        self._lock = threading.Lock()
        self._replies: OrderedDict[str, Completion] = OrderedDict()

    def __len__(self) -> int:
        """Return the number of replies."""
        return len(self._replies)

    def get(self, key: str) -> Completion | None:
        """Return the reply kept under a key, or None."""
        with self._lock:
            if key in self._replies:
                self._replies.move_to_end(key)
            return self._replies.get(key)

    def append(self, key: str, completion: Completion, *, product: str = "", step: str = "") -> None:
        """Keep a reply; the one that was not asked for longest goes where there are too many."""
        with self._lock:
            self._replies[key] = completion
            while len(self._replies) > self.most:
                self._replies.popitem(last=False)

    def forget(self, key: str) -> None:
        """Let a reply go."""
        with self._lock:
            self._replies.pop(key, None)


class Asker:
    """Asks a model; what the journal holds is not asked, and what is asked is kept there first.

    Attributes:
        asked: replies that the model gave.
        kept: replies that the journal gave.

    Args:
        calls: of the model.
        journal: where replies are kept; None keeps none.
    """

    def __init__(self, calls: Calls, journal: Journal | MemoryJournal | None) -> None:
        """Hold both."""
        self.calls, self._journal = calls, journal
        self.asked = self.kept = 0
        self._under_way: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def ask(
        self,
        messages: Sequence[Message],
        schema: Mapping[str, Any] | None,
        *,
        step: str,
        product: str = "",
        offline: bool = False,
    ) -> Completion:
        """Return the reply to some messages.

        Two products with the same text are asked about once where there is a journal: the second waits.

        Args:
            messages: the conversation.
            schema: of the reply, or None.
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

    def forget(self, messages: Sequence[Message], schema: Mapping[str, Any] | None, *, step: str) -> None:
        """Let a reply that was of no use be asked for again, next time."""
        if self._journal is not None:
            self._journal.forget(reply_key(messages, schema, self.calls.name, step))
