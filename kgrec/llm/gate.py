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

_LONGEST_SPACE = 0.005
_SHORTEST_WAIT = 0.001
_SHARE_OF_THE_LAST = 0.1
"""Weight of the last reply in the running mean of how long replies take."""


@dataclass(frozen=True, slots=True)
class Pass:
    """The right to make one attempt.

    Attributes:
        expected: what was set aside for it.
        begins: when it may begin, by the gate's clock.
        shrunk: how often the limit had shrunk before.
    """

    expected: Usage
    begins: float
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
    about one for each full round of replies.

    Attempts that are let in together do not begin together: a full house is spread over half the time of a reply, at
    most 5 ms from one to the next. Otherwise all replies come at once as well, wait for each other to be read, and the
    slots stand empty meanwhile, round after round. Safe to use from several threads and event loops.
    """

    def __init__(self, limit: int, ledger: Ledger, *, clock: Callable[[], float]) -> None:
        """Open with ``limit`` slots, which is also the most there will ever be."""
        self._most, self._limit = limit, float(limit)
        self._ledger, self._clock = ledger, clock
        self._lock = threading.Lock()
        self._waiting: deque[_Waiter] = deque()
        self._inside = 0
        self._shrunk = 0
        self._closed_until = self._next_begins = float("-inf")
        self._reply_seconds: float | None = None

    @property
    def limit(self) -> int:
        """Attempts that may be under way together now."""
        return int(self._limit)

    def seconds_to(self, turn: Pass) -> float:
        """Return for how many seconds an attempt that was let in has to wait; 0 where it may begin."""
        wait = turn.begins - self._clock()
        return wait if wait > _SHORTEST_WAIT else 0.0

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
                took, before = self._clock() - turn.begins, self._reply_seconds
                self._reply_seconds = took if before is None else before + _SHARE_OF_THE_LAST * (took - before)
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
            begins = max(self._clock(), self._next_begins)
            self._next_begins = begins + min((self._reply_seconds or 0.0) / (2 * self._limit), _LONGEST_SPACE)
            if not _tell(waiter, self._let_in, waiter, Pass(expected, begins, self._shrunk)):
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
