"""``kgrec graph …``: what can be done with the graph of a saved shop."""

from __future__ import annotations

import typer

from kgrec.serving.graph_export import export

__all__ = ["graph_app"]

graph_app = typer.Typer(help="The graph of a saved shop.", no_args_is_help=True)
graph_app.command()(export)


@graph_app.callback()
def graph() -> None:
    """Keep ``export`` a command of its own while it is the only one."""
