"""Progress drawn with rich: one bar a stage."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from kgrec.protocols import Progress

__all__ = ["drawn_progress"]


@contextmanager
def drawn_progress(console: Console | None = None) -> Iterator[Progress]:
    """Draw what a stage reports, on stderr where no console is given, and clear it at the end."""
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
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total, at="")
            bars.update(tasks[stage], completed=done, total=total, at=f"{done:,}" + (f" / {total:,}" if total else ""))

        yield tell
