"""The commands ``kgrec graph …``: what is in the graph of a saved shop."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from kgrec.serving.graph_export import export

__all__ = ["graph_app"]

graph_app = typer.Typer(help="Look at the graph of a shop.", no_args_is_help=True)
graph_app.command()(export)
console = Console()


@graph_app.command()
def report(
    shop: Annotated[Path, typer.Argument(help="Folder that kgrec build wrote.")],
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the report as JSON.")] = None,
    html_file: Annotated[Path | None, typer.Option("--html", help="Write the report as a page with pictures.")] = None,
    most: Annotated[int, typer.Option(help="At most so many entries in each list.", min=1)] = 25,
) -> None:
    """Say how good the graph is: coverage, conflicts, likely duplicates, and what to look at first."""
    import kgrec.graph
    from kgrec.serving.report_page import report_page
    from kgrec.shop import read_shop

    opened = read_shop(shop)
    found = kgrec.graph.report(opened.graph, settings=kgrec.graph.ReportSettings(most=most))
    console.print(found.text(most=min(most, 10)), markup=False, highlight=False, soft_wrap=True, end="")
    if json_file is not None:
        json_file.write_text(json.dumps(found.to_dict(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        console.print(f"written: {json_file}", markup=False, highlight=False, soft_wrap=True)
    if html_file is not None:
        names = {product.id: product.title for product in opened.catalogue if product.title}
        html_file.write_text(report_page(found, names=names), encoding="utf-8")
        console.print(f"written: {html_file}", markup=False, highlight=False, soft_wrap=True)
