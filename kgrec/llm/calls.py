"""Calls to a language model: limited, repeated, counted and paid for."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence, Sized
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar

from kgrec.data import Completion, Message
from kgrec.errors import (
    LanguageModelError,
    RateLimitError,
    ServerFailedError,
    SettingsError,
)
from kgrec.llm.budgets import Budget, Price, Spending
from kgrec.llm.estimating import message_tokens
from kgrec.llm.gate import Gate, Pass
from kgrec.llm.ledger import Ledger
from kgrec.llm.streaming import Outcome, stream
from kgrec.protocols import LanguageModel, Progress, silent

__all__ = ["CallSettings", "Calls"]

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSettings:
    """How a model is called.

    Attributes:
        concurrency: attempts under way together, at most.
        max_attempts: attempts for one call, the first one counted.
        first_wait: seconds; the wait before attempt ``n + 1`` is drawn evenly from 0 … ``first_wait`` × 2ⁿ⁻¹.
        longest_wait: seconds that a drawn wait never exceeds.
        longest_retry_after: seconds that the model may ask to wait; where it asks for more, the call fails at once.
        timeout: seconds that one attempt may take, whatever the model does.
        window: items that a run holds at a time; None for four times the concurrency.
        give_up_after: calls that fail for good one after another before a run stops asking; None never gives up.
        expected_output_tokens: length of a reply before the first one came, for budgets.

    Raises:
        SettingsError: a value is impossible.
    """

    concurrency: int = 8
    max_attempts: int = 5
    first_wait: float = 0.5
    longest_wait: float = 30.0
    longest_retry_after: float = 300.0
    timeout: float = 600.0
    window: int | None = None
    give_up_after: int | None = 50
    expected_output_tokens: int = 256

    def __post_init__(self) -> None:
        whole = {"concurrency": self.concurrency, "max_attempts": self.max_attempts, "window": self.window}
        for name, number in (whole | {"give_up_after": self.give_up_after}).items():
            if number is not None and number < 1:
                raise SettingsError(f"{name} is at least 1, not {number!r}")
        for name in ("first_wait", "longest_wait", "longest_retry_after", "timeout", "expected_output_tokens"):
            if not getattr(self, name) >= 0:
                raise SettingsError(f"{name} is at least 0, not {getattr(self, name)!r}")


class _Item:
    """An item of a run, seen from the calls made for it: who was asked about it, and all models that the run used."""

    __slots__ = ("asked", "models")

    def __init__(self, models: dict[int, LanguageModel]) -> None:
        self.asked: set[int] = set()
        self.models = models


_ITEM: ContextVar[_Item | None] = ContextVar("kgrec_item", default=None)


class Calls:
    """A language model with a limit, repeated attempts, books and a budget; a ``LanguageModel`` itself.

    Failed attempts that may succeed later are repeated after a random wait that doubles each time ("full jitter"), or
    after the wait that the server asks for. While a server asks to be asked less often, fewer attempts are under way
    together. Safe to use from several threads and event loops.
    """

    def __init__(
        self,
        model: LanguageModel,
        *,
        settings: CallSettings | None = None,
        budget: Budget | None = None,
        price: Price | None = None,
        seed: int = 0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Put a model behind a gate.

        Args:
            model: what is asked.
            settings: how.
            budget: what may be spent; no limit by default.
            price: what tokens cost.
            seed: of the random waits.
            clock: seconds, never falling; for tests.
            sleep: waits for some seconds; for tests.

        Raises:
            SettingsError: the budget limits money and there is no price.
        """
        self.model = model
        self.settings = settings or CallSettings()
        self._ledger = Ledger(
            budget or Budget(), price, expected_output_tokens=self.settings.expected_output_tokens, clock=clock
        )
        self._gate = Gate(self.settings.concurrency, self._ledger, clock=clock)
        self._random, self._sleep = random.Random(seed), sleep
        self._lock = threading.Lock()
        self._failed_in_a_row = 0
        self._last_failure = ""

    @property
    def name(self) -> str:
        """The model's name."""
        return self.model.name

    @property
    def concurrency(self) -> int:
        """Attempts that may be under way together now: fewer than set while the server asks for less."""
        return self._gate.limit

    @property
    def spending(self) -> Spending:
        """What was spent so far."""
        return self._ledger.spending()

    async def complete(self, messages: Sequence[Message], schema: Mapping[str, Any] | None = None) -> Completion:
        """Return the model's reply, after as many attempts as it takes and the settings allow.

        Raises:
            LanguageModelError: no reply came; the last attempt's error.
            BudgetSpentError: another attempt does not fit the budget.
        """
        item = _ITEM.get()
        if item is not None and id(self) not in item.asked:
            self._ledger.ask_about_an_item()
            item.asked.add(id(self))
            item.models[id(self.model)] = self.model
        self._ledger.begin()
        try:
            completion = await self._repeated(messages, schema)
        except LanguageModelError as error:
            with self._lock:
                self._failed_in_a_row += 1
                self._last_failure = str(error)
            raise
        finally:
            self._ledger.end()
        with self._lock:
            self._failed_in_a_row = 0
        return completion

    async def aclose(self) -> None:
        """Close the model's connections in the running event loop, where it has any; the next call opens new ones."""
        if (close := getattr(self.model, "aclose", None)) is not None:
            await close()

    def run(
        self,
        items: Iterable[T],
        work: Callable[[T], Awaitable[R]],
        *,
        progress: Progress = silent,
        stage: str = "asking the model",
        total: int | None = None,
        ordered: bool = True,
    ) -> Iterator[Outcome[T, R]]:
        """Yield what became of every item; ``work`` awaits :meth:`complete` as often as it likes.

        The work runs in an event loop in a thread of its own; items are taken and outcomes are yielded in the thread
        of the caller, who may be inside an event loop. At most ``settings.window`` items are held at a time, so a
        stream of any length needs bounded memory. An item whose work raises has an outcome with that error. Where the
        work raises ``BudgetSpentError``, or where ``settings.give_up_after`` calls in a row failed for good, no new
        work is begun: what runs is let finish, and the rest is yielded as postponed. Closing the generator cancels
        what runs; what that had taken is counted.

        Args:
            items: any number of them.
            work: an asynchronous function of an item.
            progress: is told the number of items finished, in the caller's thread.
            stage: the name that ``progress`` is told.
            total: number of items, where ``items`` has no length.
            ordered: yield in the order of the items, or as they finish.
        """
        if total is None and isinstance(items, Sized):
            total = len(items)
        self._ledger.expect_items(total)
        with self._lock:
            self._failed_in_a_row = 0
        finished = 0

        models: dict[int, LanguageModel] = {}

        async def counted(item: T) -> R:
            _ITEM.set(_Item(models))
            return await work(item)

        async def close() -> None:
            for model in models.values():
                if (end := getattr(model, "aclose", None)) is not None:
                    await end()

        def stopped(outcome: Outcome[T, R]) -> Exception | None:
            nonlocal finished
            finished += 1
            self._ledger.finish_item(done=outcome.done, postponed=outcome.postponed)
            progress(stage, finished, total)
            return outcome.error if outcome.postponed else self._given_up()

        progress(stage, 0, total)
        self._ledger.begin()
        try:
            window = self.settings.window or 4 * self.settings.concurrency
            yield from stream(items, counted, window=window, ordered=ordered, stopped=stopped, close=close)
        finally:
            self._ledger.end()

    async def _repeated(self, messages: Sequence[Message], schema: Mapping[str, Any] | None) -> Completion:
        attempt = 1
        while True:
            outcome = await self._attempt(messages, schema)
            if isinstance(outcome, Completion):
                return outcome
            await self._sleep(self._wait(outcome, attempt))
            attempt += 1

    async def _attempt(
        self, messages: Sequence[Message], schema: Mapping[str, Any] | None
    ) -> Completion | LanguageModelError:
        """Make one attempt when its turn comes; a failure that has a kind is returned."""
        turn = await self._turn(messages)
        outcome: Completion | LanguageModelError
        try:
            async with asyncio.timeout(self.settings.timeout):
                outcome = await self.model.complete(messages, schema)
        except LanguageModelError as error:
            outcome = error
        except TimeoutError:
            outcome = ServerFailedError(f"{self.name} gave no reply within {self.settings.timeout:g} s")
        except BaseException as error:
            self._settle(turn, messages, error)
            raise
        self._settle(turn, messages, outcome)
        return outcome

    async def _turn(self, messages: Sequence[Message]) -> Pass:
        tokens = message_tokens(messages)
        while True:
            turn = await self._gate.enter(tokens)
            try:
                if wait := self._gate.seconds_to(turn):
                    await self._sleep(wait)
            except BaseException:
                self._gate.leave(turn)
                raise
            wait = self._gate.seconds_closed()
            if not wait:
                return turn
            self._gate.leave(turn)
            await self._sleep(wait)

    def _settle(self, turn: Pass, messages: Sequence[Message], outcome: Completion | BaseException) -> None:
        """Book an attempt, then make room for the next."""
        if isinstance(outcome, Completion):
            self._ledger.succeeded(messages, outcome)
        else:
            self._ledger.failed(messages, outcome)
        if isinstance(outcome, RateLimitError):
            self._gate.shrink(turn)
        if isinstance(outcome, RateLimitError | ServerFailedError) and outcome.retry_after:
            self._gate.close_for(min(outcome.retry_after, self.settings.longest_retry_after))
        self._gate.leave(turn, replied=isinstance(outcome, Completion))

    def _wait(self, error: LanguageModelError, attempt: int) -> float:
        """Return the seconds before the next attempt, or raise the error where there is none."""
        settings = self.settings
        if not isinstance(error, RateLimitError | ServerFailedError) or attempt >= settings.max_attempts:
            raise error
        asked = error.retry_after or 0.0
        if asked > settings.longest_retry_after:
            raise error
        with self._lock:
            drawn = self._random.random()
        return asked + drawn * min(settings.first_wait * 2.0 ** (attempt - 1), settings.longest_wait)

    def _given_up(self) -> LanguageModelError | None:
        limit = self.settings.give_up_after
        if limit is None or self._failed_in_a_row < limit:
            return None
        return LanguageModelError(
            f"{self._failed_in_a_row} calls of {self.name} in a row failed, the last with ({self._last_failure}). "
            "The rest was not asked: see what the model's server says, then run again to go on"
        )
