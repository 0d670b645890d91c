"""The command line: ``kgrec demo``, ``extract``, ``train``, ``build``, ``recommend``, ``graph …`` and others."""

from __future__ import annotations

from difflib import get_close_matches
from functools import reduce
from operator import add
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from typer.core import TyperGroup

import kgrec
from kgrec.errors import KgrecError
from kgrec.serving.extract_commands import extract, schema, teach
from kgrec.serving.graph_commands import graph_app
from kgrec.serving.options import (
    CatalogueArgument,
    ColumnOption,
    SetAsideOption,
    columns_of,
    report_aside,
    write_aside,
)
from kgrec.serving.rerank_commands import rerank
from kgrec.serving.review_commands import reviews
from kgrec.serving.train_commands import train

__all__ = ["app", "main"]

_INTERRUPTED = 130
"""Exit code of what was stopped by Ctrl-C: 128 and the number of the signal."""


class _Group(TyperGroup):
    """The commands; one that is stopped by Ctrl-C says how to go on."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as stop:
            how = str(stop) or "nothing was written; run the same command again"
            Console(stderr=True, soft_wrap=True).print(f"stopped: {how}", style="yellow", markup=False)
            raise SystemExit(_INTERRUPTED) from None


def _show_version(wanted: bool) -> None:
    if wanted:
        console.print(f"kgrec {kgrec.__version__}", highlight=False)
        raise typer.Exit


app = typer.Typer(
    cls=_Group,
    help="Explained recommendations from a product knowledge graph that nobody has to bring.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
console = Console()


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and leave.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Explained recommendations from a product knowledge graph that nobody has to bring."""


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder for demo.html, the picture and the saved shop.")] = Path(),
) -> None:
    """Build a real shop from its order lines and show what it recommends, and why."""
    from kgrec.serving.demo import run_demo

    run_demo(out, console=console)


app.command()(schema)
app.command()(extract)
app.command()(teach)
app.command()(reviews)
app.command()(train)
app.command()(rerank)
app.add_typer(graph_app, name="graph")


@app.command()
def build(
    catalogue: CatalogueArgument,
    shop: Annotated[Path, typer.Argument(help="Folder to write the shop into.")],
    events: Annotated[Path | None, typer.Option(help="Events: user, item, type, time, value.")] = None,
    facts: Annotated[
        list[Path] | None, typer.Option(help="Facts of kgrec extract or reviews; repeatable. If none, rules read them.")
    ] = None,
    corrections: Annotated[Path | None, typer.Option(help="What a person has said of facts: YAML.")] = None,
    column: ColumnOption = None,
    encoder: Annotated[
        str, typer.Option(help="minilm, hashing (no weights, no meaning), or a model name or folder.")
    ] = "minilm",
    timezone: Annotated[str | None, typer.Option(help="Zone of times that have none, for example UTC.")] = None,
    set_aside: SetAsideOption = None,
) -> None:
    """Build a shop from files and save it."""
    from kgrec.serving.progress import drawn_progress

    chosen = _encoder(encoder)
    with drawn_progress() as progress:
        products = kgrec.read_catalogue(catalogue, columns=columns_of(column or []), progress=progress)
        report_aside(console, products.set_aside)
        log = None
        if events is not None:
            log = kgrec.read_events(events, products, timezone=timezone, progress=progress)
            report_aside(console, log.set_aside)
            if log.unknown_products:
                total = sum(log.unknown_products.values())
                console.print(
                    f"events of products that the catalogue lacks: {total:,} ({len(log.unknown_products):,} ids)"
                )
        if set_aside is not None:
            write_aside([*products.set_aside, *(log.set_aside if log is not None else ())], set_aside)
        read = reduce(add, map(kgrec.read_facts, facts)) if facts else None
        said = None if corrections is None else kgrec.Corrections.read(corrections)
        built = kgrec.build(products, log, read, corrections=said, encoder=chosen, progress=progress)
    built.save(shop)
    console.print(f"{built!r}\nwritten: {shop}")


@app.command()
def recommend(
    shop: Annotated[Path, typer.Argument(help="Folder that kgrec build wrote.")],
    user: Annotated[str | None, typer.Argument(help="A known user.")] = None,
    item: Annotated[list[str] | None, typer.Option(help="A product of the history, oldest first; repeatable.")] = None,
    k: Annotated[int, typer.Option(help="How many.")] = 10,
    language: Annotated[str, typer.Option(help="en or zh.")] = "en",
) -> None:
    """Recommend for a user or a history, with reasons."""
    answer = kgrec.load(shop).recommend(user, history=item or None, k=k, language=language)
    for note in answer.notes:
        console.print(f"note: {note}", style="yellow", markup=False)
    for rank, found in enumerate(answer, start=1):
        line = f"{rank:>3}. {found.item}  {found.title}  {found.score:.3f}"
        console.print(line, highlight=False, markup=False, soft_wrap=True)
        if found.explanation is not None:
            console.print(f"     {found.explanation.text}", style="dim", highlight=False, markup=False, soft_wrap=True)


def _encoder(name: str) -> kgrec.HashingEncoder | kgrec.SentenceEncoder:
    if name == "hashing":
        return kgrec.HashingEncoder()
    close = get_close_matches(name, ("hashing", "minilm"), n=1, cutoff=0.7)
    if close and name != close[0]:
        raise kgrec.errors.SettingsError(f"there is no encoder {name!r}; did you mean {close[0]!r}?")
    return kgrec.SentenceEncoder(None if name == "minilm" else name)


def main() -> None:
    """Run the command line; an error of the library is one line, not a traceback."""
    try:
        app()
    except KgrecError as error:
        Console(stderr=True, soft_wrap=True).print(f"error: {error}", style="red", markup=False)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
