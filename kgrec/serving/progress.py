"""Progress drawn with rich, one bar a stage; as lines now and then where nobody sees bars."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from kgrec.protocols import Progress

__all__ = ["drawn_progress", "told_with"]


@contextmanager
def drawn_progress(console: Console | None = None) -> Iterator[Progress]:
    """Draw what a stage reports, on stderr where no console is given, and clear it at the end.

    Where that is no terminal, a line is written every few seconds instead. A stage's name may go on after a line break
    with what changes from time to time, see :func:`told_with`.
    """
    console = console or Console(stderr=True)
    if not console.is_terminal:
        yield _Lines(console)
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[at]}"),
        TimeElapsedColumn(),
    )
    with Bars(*columns, console=console, transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def tell(stage: str, done: int, total: int | None) -> None:
            name = stage.partition("\n")[0]
            if name not in tasks:
                tasks[name] = bars.add_task(stage, total=total, at="")
            at = f"{done:,}" + (f" / {total:,}" if total else "")
            bars.update(tasks[name], description=stage, completed=done, total=total, at=at)

        yield tell


class _Lines:
    """A progress of lines, for logs: what is done, how quickly, and how long the stage will take yet.

    Args:
        console: that is written to.
        every: seconds between two lines.
        clock: seconds that only rise.
    """

    def __init__(self, console: Console, *, every: float = 5.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._console, self._every, self._clock = console, every, clock
        self._said = clock()
        self._begun: dict[str, tuple[float, int]] = {}

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        """Write a line, if it is time for one."""
        name, _, more = stage.partition("\n")
        now = self._clock()
        begun, first = self._begun.setdefault(name, (now, done))
        if now - self._said < self._every:
            return
        self._said = now
        parts = [f"{done:,}" + (f" of {total:,}" if total else "")]
        if not more and now > begun and done > first:
            rate = (done - first) / (now - begun)
            parts.append(f"{rate:,.1f} a second")
            if total and done < total:
                parts.append(f"{(total - done) / rate:,.0f} s left")
        text = f"{name}: {more or ', '.join(parts)}"
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)


def told_with(progress: Progress, more: Callable[[], str]) -> Progress:
    """Return a progress whose stages say more below their names: what was spent so far, for example."""

    def tell(stage: str, done: int, total: int | None) -> None:
        progress(f"{stage}\n{more()}", done, total)

    return tell
