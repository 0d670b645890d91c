"""``kgrec train``: a text encoder that knows the shop's own words and behaviour."""

from __future__ import annotations

from functools import partial, reduce
from operator import add
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

import kgrec
from kgrec.errors import SettingsError
from kgrec.serving.options import (
    CatalogueArgument,
    ColumnOption,
    SetAsideOption,
    columns_of,
    report_aside,
    write_aside,
)
from kgrec.serving.progress import drawn_progress

if TYPE_CHECKING:
    from kgrec.adapting import Adapted

__all__ = ["train"]

console = Console()


def train(
    catalogue: CatalogueArgument,
    events: Annotated[Path, typer.Argument(help="Events: user, item, type, time, value.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the encoder; kgrec build --encoder reads it.")],
    minutes: Annotated[float, typer.Option(help="The training ends after so many minutes at the latest.")] = 30.0,
    resume: Annotated[bool, typer.Option(help="Go on with a training that was stopped.")] = False,
    student: Annotated[
        int | None, typer.Option(help="Distil the encoder into so many layers, kept where it agrees.")
    ] = None,
    int8: Annotated[bool, typer.Option(help="Write eight-bit integers too, kept where they agree.")] = False,
    facts: Annotated[
        list[Path] | None, typer.Option(help="Facts of kgrec extract or reviews; repeatable. If none, rules read them.")
    ] = None,
    encoder: Annotated[
        str | None, typer.Option(help="A model name or folder to begin with; minilm where it is left out.")
    ] = None,
    column: ColumnOption = None,
    timezone: Annotated[str | None, typer.Option(help="Zone of times that have none, for example UTC.")] = None,
    seed: Annotated[int, typer.Option(help="Of everything drawn at random.")] = 0,
    set_aside: SetAsideOption = None,
) -> None:
    """Fine-tune the text encoder on the shop's text and behaviour; the old one stays where it is better."""
    from kgrec.adapting import (
        AdaptSettings,
        StudentSettings,
        adapt_encoder,
        check_layers,
        save_encoder,
        teach_student,
    )

    settings = AdaptSettings(max_minutes=minutes)
    teaching = None if student is None else StudentSettings(layers=student, max_minutes=minutes, seed=seed)
    begun = _begun(out, resume=resume)
    first = kgrec.SentenceEncoder(None if encoder in {None, "minilm"} else encoder, precision="float32")
    if teaching is not None:
        check_layers(first, teaching.layers)  # now rather than after an hour
    with drawn_progress() as progress:
        products = kgrec.read_catalogue(catalogue, columns=columns_of(column or []), progress=progress)
        report_aside(console, products.set_aside)
        log = kgrec.read_events(events, products, timezone=timezone, progress=progress)
        report_aside(console, log.set_aside)
        if set_aside is not None:
            write_aside([*products.set_aside, *log.set_aside], set_aside)
        known = reduce(add, map(kgrec.read_facts, facts)) if facts else kgrec.extract(products, progress=progress)
        try:
            adapted = adapt_encoder(
                products, log, known, encoder=first, settings=settings, checkpoint=begun, progress=progress, seed=seed
            )
        except KeyboardInterrupt:
            raise KeyboardInterrupt(f"{out} was not written; the same command with --resume goes on") from None
        save = partial(save_encoder, adapted.encoder, out, report=adapted.report, texts=adapted.texts, seed=seed)
        about = save(int8=int8 and teaching is None)
        if teaching is not None:
            try:
                taught = teach_student(adapted.encoder, adapted.texts, settings=teaching, progress=progress)
            except KeyboardInterrupt:
                raise KeyboardInterrupt(f"{out} holds the encoder with all its layers, and no student") from None
            about = save(student=taught, int8=int8)
    _tell(adapted, about, out)


def _begun(out: Path, *, resume: bool) -> Path:
    """Return the folder of the checkpoint, beside the encoder's.

    Raises:
        SettingsError: a training was stopped and is not to be gone on with, or there is none to go on with.
    """
    from kgrec.adapting import check_replaceable
    from kgrec.training.checkpoints import has_checkpoint

    check_replaceable(out.absolute())
    folder = out.absolute().with_name(f"{out.name}.training")
    if has_checkpoint(folder) and not resume:
        raise SettingsError(f"{folder} holds a training that was stopped: go on with --resume, or remove it")
    if resume and not has_checkpoint(folder):
        raise SettingsError(f"there is no training in {folder} to go on with; leave --resume out")
    return folder


def _tell(adapted: Adapted, about: dict[str, Any], out: Path) -> None:
    """Say what came of it."""
    console.print(adapted.report.as_text(), markup=False, highlight=False, soft_wrap=True)
    for form, what in (("student", "student"), ("int8", "eight-bit integers")):
        found = about[form]
        if found is None:
            continue
        agreed = f" rank correlation {found['rank_correlation']:.3f}" if "rank_correlation" in found else ""
        if found["shipped"]:
            console.print(f"{what}: kept,{agreed}", markup=False, highlight=False)
        else:
            console.print(f"note: {what}: not kept: {found['reason']}", style="yellow", markup=False, soft_wrap=True)
    console.print(f"encoder: {about['name']}\nwritten: {out}", markup=False, highlight=False, soft_wrap=True)
