"""Options that several commands share, and how rows that were set aside are shown."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from kgrec.data import SetAside
from kgrec.errors import SettingsError

__all__ = ["CatalogueArgument", "ColumnOption", "SetAsideOption", "columns_of", "report_aside", "write_aside"]

CatalogueArgument = Annotated[Path, typer.Argument(help="Products: JSONL, CSV, TSV, Parquet, JSON-LD, HTML or a feed.")]
ColumnOption = Annotated[
    list[str] | None, typer.Option(help="A product field and its column, for example id=ArtNr; repeatable.")
]
SetAsideOption = Annotated[
    Path | None, typer.Option(help="Write what is not used, and why, to this JSONL file: file, line, reason, excerpt.")
]


def columns_of(pairs: Sequence[str]) -> dict[str, str] | None:
    """Read ``field=column`` pairs.

    Raises:
        SettingsError: a pair has no equals sign.
    """
    for pair in pairs:
        if "=" not in pair:
            raise SettingsError(f"--column takes FIELD=COLUMN, for example id=ArtNr; got {pair!r}")
    return dict(pair.split("=", 1) for pair in pairs) or None


def report_aside(console: Console, rows: Sequence[SetAside]) -> None:
    """Print how many rows were set aside, and the first few."""
    if not rows:
        return
    console.print(f"rows set aside: {len(rows):,}", style="yellow")
    for row in rows[:5]:
        console.print(f"  {row}", markup=False, highlight=False, soft_wrap=True)
    if len(rows) > 5:
        console.print(f"  … and {len(rows) - 5:,} more")


def write_aside(rows: Sequence[SetAside], path: Path) -> None:
    """Write what was set aside as JSONL: file, line, reason, excerpt."""
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            entry = {"file": row.file, "line": row.line, "reason": row.reason, "excerpt": row.excerpt}
            file.write(json.dumps(entry, ensure_ascii=False) + "\n")
