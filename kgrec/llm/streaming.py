"""Many items through asynchronous work, from ordinary code, a window at a time."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from queue import SimpleQueue
from types import TracebackType
from typing import Generic, TypeVar

from kgrec.errors import BudgetSpentError, LanguageModelError

__all__ = ["Outcome", "stream"]

T = TypeVar("T")
R = TypeVar("R")
_BATCH = 16
_SECONDS_TO_STOP = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome(Generic[T, R]):
    """What became of an item.

    Attributes:
        item: as it was given.
        number: its place in the stream, from 0.
        result: what the work returned; None where it did not finish.
        error: why it did not finish; None where it did.
        postponed: it was not begun, or was broken off, because a budget is spent or the model is down. Run again to
            go on; any other error is the item's own.
    """

    item: T
    number: int
    result: R | None = None
    error: Exception | None = None
    postponed: bool = False

    @property
    def done(self) -> bool:
        """Whether the work finished."""
        return self.error is None


def stream(
    items: Iterable[T],
    work: Callable[[T], Awaitable[R]],
    *,
    window: int,
    ordered: bool,
    stopped: Callable[[Outcome[T, R]], Exception | None],
    close: Callable[[], Awaitable[None]],
) -> Iterator[Outcome[T, R]]:
    """Yield an outcome for every item.

    Items are taken in the caller's thread, and the work runs in an event loop in a thread of its own, so that this can
    be used inside a running event loop too. When the generator is closed, whatever runs is cancelled.

    Args:
        items: any number of them; at most ``window`` are held at a time.
        work: is given an item; what it raises goes into the outcome.
        window: items that were taken and not yet yielded.
        ordered: yield in the order of the items, or as they finish.
        stopped: is given each outcome as it comes; the error it returns postpones all items that are not begun.
        close: is awaited in the event loop at the end.
    """
    source = enumerate(items)
    ready: dict[int, Outcome[T, R]] = {}
    waiting = following = 0
    exhausted, stop = False, None
    with _Worker[T, R](work, close) as worker:
        while waiting or ready or not exhausted:
            room = 0 if exhausted else window - waiting - len(ready)
            batch, ended = _take(source, room, enough=lambda: not worker.finished.empty())
            exhausted = exhausted or ended
            if stop is None:
                worker.start(batch)
                waiting += len(batch)
            else:
                for number, item in batch:
                    ready[number] = Outcome(item=item, number=number, error=stop, postponed=True)
                    stopped(ready[number])
            while waiting and (not worker.finished.empty() or not (following in ready if ordered else ready)):
                outcome = worker.next()
                waiting -= 1
                ready[outcome.number] = outcome
                stop = stopped(outcome) or stop
            for outcome in _ripe(ready, following if ordered else None):
                following += 1
                yield outcome


def _take(source: Iterator[T], room: int, *, enough: Callable[[], bool]) -> tuple[list[T], bool]:
    """Take up to ``room`` items, or a few where there is something else to do; and whether there are no more."""
    batch: list[T] = []
    while len(batch) < room and not (len(batch) >= _BATCH and enough()):
        try:
            batch.append(next(source))
        except StopIteration:
            return batch, True
    return batch, False


def _ripe(ready: dict[int, Outcome[T, R]], following: int | None) -> Iterator[Outcome[T, R]]:
    """Take out what can be yielded: all, or what comes next in order."""
    while ready if following is None else following in ready:
        yield ready.pop(next(iter(ready)) if following is None else following)
        following = None if following is None else following + 1


class _Worker(Generic[T, R]):
    """An event loop in a thread, which works on items and hands back outcomes."""

    def __init__(self, work: Callable[[T], Awaitable[R]], close: Callable[[], Awaitable[None]]) -> None:
        self.finished: SimpleQueue[Outcome[T, R] | BaseException] = SimpleQueue()
        self._work, self._close = work, close
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop
        self._stop: asyncio.Event
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._live()), name="kgrec calls", daemon=True)

    def __enter__(self) -> _Worker[T, R]:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended by itself
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def start(self, batch: list[tuple[int, T]]) -> None:
        """Begin to work on numbered items."""
        if batch:
            self._loop.call_soon_threadsafe(self._begin, batch)

    def next(self) -> Outcome[T, R]:
        """Wait for the next item to finish.

        What is no ``Exception``, an interrupt for one, is raised.
        """
        outcome = self.finished.get()
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    async def _live(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._ready.set()
        try:
            await self._stop.wait()
            if self._tasks:
                for task in self._tasks:
                    task.cancel()
                await asyncio.wait(self._tasks, timeout=_SECONDS_TO_STOP)
        finally:
            with contextlib.suppress(Exception):  # all outcomes are in; a connection that ends badly changes none
                await self._close()

    def _begin(self, batch: list[tuple[int, T]]) -> None:
        for number, item in batch:
            task = self._loop.create_task(self._do(number, item))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _do(self, number: int, item: T) -> None:
        try:
            self.finished.put(Outcome(item=item, number=number, result=await self._work(item)))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this item's outcome
            postponed = isinstance(error, BudgetSpentError)
            self.finished.put(Outcome(item=item, number=number, error=error, postponed=postponed))
        except asyncio.CancelledError:
            cancelled = LanguageModelError("the work on this item cancelled itself")
            self.finished.put(Outcome(item=item, number=number, error=cancelled))
            raise
        except BaseException as error:  # noqa: BLE001 - an interrupt: raised again where outcomes are read
            self.finished.put(error)
