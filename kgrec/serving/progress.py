"""Progress drawn with rich: one bar a stage."""

from __future__ import annotations

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

    A stage's name may go on after a line break with what changes from time to time, see :func:`told_with`.
    """
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[at]}"),
        TimeElapsedColumn(),
    )
    with Bars(*columns, console=console or Console(stderr=True), transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def tell(stage: str, done: int, total: int | None) -> None:
            name = stage.partition("\n")[0]
            if name not in tasks:
                tasks[name] = bars.add_task(stage, total=total, at="")
            at = f"{done:,}" + (f" / {total:,}" if total else "")
            bars.update(tasks[name], description=stage, completed=done, total=total, at=at)

        yield tell


def told_with(progress: Progress, more: Callable[[], str]) -> Progress:
    """Return a progress whose stages say more below their names: what was spent so far, for example."""

    def tell(stage: str, done: int, total: int | None) -> None:
        progress(f"{stage}\n{more()}", done, total)

    return tell
