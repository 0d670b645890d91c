"""``kgrec reviews``: from a file of reviews to facts of what products are praised and criticised for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

import kgrec
from kgrec.data import Facts
from kgrec.serving.options import ColumnOption, SetAsideOption, columns_of, report_aside, write_aside
from kgrec.serving.progress import drawn_progress

if TYPE_CHECKING:
    from kgrec.sentiment import AspectSummary

__all__ = ["reviews"]

console = Console()


def reviews(
    file: Annotated[Path, typer.Argument(help="Reviews: JSONL, CSV, TSV or Parquet with product and text.")],
    out: Annotated[
        Path, typer.Argument(help="Parquet file for the facts, which kgrec build --facts reads; or .jsonl for people.")
    ],
    column: ColumnOption = None,
    catalogue: Annotated[
        Path | None, typer.Option(help="The products: words of a title name the product and are no aspect of it.")
    ] = None,
    model: Annotated[
        Path | None, typer.Option(help="Folder of a saved SentimentModel; a list of words where it is left out.")
    ] = None,
    minimum_reviews: Annotated[int, typer.Option(help="Different reviews that have to say so.")] = 3,
    set_aside: SetAsideOption = None,
) -> None:
    """Find what products are praised and criticised for, with the sentences that say so."""
    from kgrec.sentiment import AspectSettings, SentimentModel, aspect_facts, aspects

    settings = AspectSettings(minimum_reviews=minimum_reviews)
    judge = None if model is None else SentimentModel.load(model)
    with drawn_progress() as progress:
        products = [] if catalogue is None else kgrec.read_catalogue(catalogue, progress=progress)
        found = kgrec.read_reviews(file, columns=columns_of(column or []), progress=progress)
        report_aside(console, found.set_aside)
        summaries = aspects(found, judge, catalogue=products, settings=settings, progress=progress)
    if out.suffix.lower() in (".jsonl", ".ndjson"):
        _write_lines(summaries, out)
    else:
        kgrec.write_facts(Facts.of(aspect_facts(summaries)), out)
    if set_aside is not None:
        write_aside(found.set_aside, set_aside)
    about = len({summary.product for summary in summaries})
    console.print(
        f"{len(found):,} reviews, {len(summaries):,} statements of {about:,} products\nwritten: {out}", markup=False
    )


def _write_lines(summaries: Sequence[AspectSummary], path: Path) -> None:
    """Write a statement a line: the fact, how many reviews say so and say the opposite, and the sentences."""
    with path.open("w", encoding="utf-8") as file:
        for summary in summaries:
            file.write(json.dumps(asdict(summary), ensure_ascii=False) + "\n")
