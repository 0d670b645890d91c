"""Who may ask the model now: a limit on attempts under way that shrinks when the model asks for less."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from kgrec.data import Usage
from kgrec.errors import BudgetSpentError
from kgrec.llm.ledger import Ledger

__all__ = ["Gate", "Pass"]


@dataclass(frozen=True, slots=True)
class Pass:
    """The right to make one attempt: what was set aside for it, and how often the limit had shrunk when it began."""

    expected: Usage
    shrunk: int


@dataclass(eq=False, slots=True)
class _Waiter:
    prompt_tokens: int
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)
    future: asyncio.Future[Pass] = field(init=False)

    def __post_init__(self) -> None:
        self.future = self.loop.create_future()


class Gate:
    """Lets attempts in, first come first served, while slots are free and the budget lasts.

    The limit follows additive increase and multiplicative decrease (Chiu and Jain, 1989), as TCP does: it halves when
    the model asks to be asked less often, at most once for the attempts that were under way together, and grows by
    about one for each full round of replies. Safe to use from several threads and event loops.
    """

    def __init__(self, limit: int, ledger: Ledger, *, clock: Callable[[], float]) -> None:
        """Open with ``limit`` slots, which is also the most there will ever be."""
        self._most, self._limit = limit, float(limit)
        self._ledger, self._clock = ledger, clock
        self._lock = threading.Lock()
        self._waiting: deque[_Waiter] = deque()
        self._inside = 0
        self._shrunk = 0
        self._closed_until = float("-inf")

    @property
    def limit(self) -> int:
        """Attempts that may be under way together now."""
        return int(self._limit)

    def seconds_closed(self) -> float:
        """Return for how many seconds the model asked not to be asked at all; 0 where it did not."""
        return max(self._closed_until - self._clock(), 0.0)

    async def enter(self, prompt_tokens: int) -> Pass:
        """Wait for a slot and for room in the budget for a prompt of about so many tokens and its reply.

        Raises:
            BudgetSpentError: the attempt no longer fits the budget.
        """
        waiter = _Waiter(prompt_tokens)
        with self._lock:
            self._waiting.append(waiter)
            self._admit()
        try:
            return await waiter.future
        except asyncio.CancelledError:
            with self._lock:
                if waiter in self._waiting:
                    self._waiting.remove(waiter)
                    self._admit()
            if waiter.future.done() and not waiter.future.cancelled() and waiter.future.exception() is None:
                self.leave(waiter.future.result())
            raise

    def leave(self, turn: Pass, *, replied: bool = False) -> None:
        """Give the slot back, after the attempt is booked; a reply lets the limit grow."""
        self._ledger.release(turn.expected)
        with self._lock:
            self._inside -= 1
            if replied:
                self._limit = min(self._limit + 1 / self._limit, self._most)
            self._admit()

    def shrink(self, turn: Pass) -> None:
        """Halve the limit, unless it has shrunk since the attempt began."""
        with self._lock:
            if turn.shrunk == self._shrunk:
                self._limit = max(self._limit / 2, 1.0)
                self._shrunk += 1

    def close_for(self, seconds: float) -> None:
        """State that the model wants to be left alone for some seconds."""
        with self._lock:
            self._closed_until = max(self._closed_until, self._clock() + seconds)

    def _admit(self) -> None:
        """Let in who may go in; the lock is held."""
        while self._waiting and self._inside < int(self._limit):
            waiter = self._waiting[0]
            try:
                expected = self._ledger.reserve(waiter.prompt_tokens)
            except BudgetSpentError as error:
                self._waiting.popleft()
                _tell(waiter, self._refuse, waiter, error)
                continue
            if expected is None:
                return
            self._waiting.popleft()
            self._inside += 1
            if not _tell(waiter, self._let_in, waiter, Pass(expected, self._shrunk)):
                self._inside -= 1
                self._ledger.release(expected)

    def _let_in(self, waiter: _Waiter, turn: Pass) -> None:
        if waiter.future.done():
            self.leave(turn)
        else:
            waiter.future.set_result(turn)

    @staticmethod
    def _refuse(waiter: _Waiter, error: BudgetSpentError) -> None:
        if not waiter.future.done():
            waiter.future.set_exception(error)


def _tell(waiter: _Waiter, callback: Callable[..., None], *arguments: object) -> bool:
    """Call back in the waiter's own event loop; False where that is closed."""
    try:
        waiter.loop.call_soon_threadsafe(callback, *arguments)
    except RuntimeError:
        return False
    return True
