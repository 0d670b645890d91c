"""Models and a clock that do what a test tells them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from kgrec.data import Completion, Message, Usage

Reply = str | Completion | BaseException


class ScriptedModel:
    """Plays replies and errors in order, the last one again and again; counts who is inside."""

    name = "scripted"

    def __init__(self, replies: Iterable[Reply] | Callable[[str], Reply], *, seconds: float = 0.0) -> None:
        self._function = replies if callable(replies) else None
        self._replies = iter(()) if callable(replies) else iter(replies)
        self._last: Reply = ""
        self.seconds = seconds
        self.inside = self.most_inside = self.attempts = 0
        self.closed = 0

    async def complete(self, messages: Sequence[Message], schema: Mapping[str, Any] | None = None) -> Completion:
        self.attempts += 1
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        try:
            await asyncio.sleep(self.seconds)
            if self._function is None:
                self._last = next(self._replies, self._last)
            reply = self._last if self._function is None else self._function(messages[-1].content)
        finally:
            self.inside -= 1
        if isinstance(reply, BaseException):
            raise reply
        return reply if isinstance(reply, Completion) else stated(reply)

    async def aclose(self) -> None:
        self.closed += 1


class FakeTime:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


def asked(text: str = "red mug") -> list[Message]:
    return [Message(role="user", content=text)]


def stated(text: str = "", *, tokens: tuple[int, int] = (10, 5)) -> Completion:
    """Return a completion with its usage."""
    return Completion(text=text, usage=Usage(input_tokens=tokens[0], output_tokens=tokens[1]))
