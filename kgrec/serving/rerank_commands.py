"""``kgrec rerank``: re-rankers for a shop that was built."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

import kgrec
from kgrec.errors import SettingsError
from kgrec.serving.progress import drawn_progress

__all__ = ["rerank"]

console = Console()


def rerank(
    shop: Annotated[Path, typer.Argument(help="Folder that kgrec build wrote.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder to write the shop into; its own where it is left out.")
    ] = None,
    minutes: Annotated[
        float, typer.Option(help="Each of two trainings ends after so many minutes at the latest.")
    ] = 25.0,
    epochs: Annotated[int | None, typer.Option(help="Most passes over the histories.")] = None,
    resume: Annotated[bool, typer.Option(help="Go on with a training that was stopped.")] = False,
    seed: Annotated[int, typer.Option(help="Of everything drawn at random.")] = 0,
) -> None:
    """Train re-rankers on the shop's own events; where they do not help, retrieval's order stays."""
    given = {} if epochs is None else {"epochs": epochs}
    settings = kgrec.RerankSettings(
        sequence=kgrec.SequenceSettings(max_minutes=minutes, seed=seed, **given),
        blend=kgrec.BlendSettings(seed=seed),
        seed=seed,
    )
    target = shop if out is None else out
    begun = target.absolute().with_name(f"{target.name}.reranking")
    if begun.exists() and not resume:
        raise SettingsError(f"{begun} holds a training that was stopped: go on with --resume, or remove it")
    if resume and not begun.exists():
        raise SettingsError(f"there is no training in {begun} to go on with; leave --resume out")
    built = kgrec.load(shop)
    with drawn_progress() as progress:
        try:
            stages = kgrec.train_rerankers(built.shop, settings, checkpoint=begun, progress=progress)
        except KeyboardInterrupt:
            raise KeyboardInterrupt(f"{target} is as it was; the same command with --resume goes on") from None
    built.with_stages(stages).save(target)
    shutil.rmtree(begun, ignore_errors=True)
    for answered, blend in stages.blends.items():
        console.print(f"{' + '.join(answered)}: {blend.report}", markup=False, highlight=False, soft_wrap=True)
    console.print(f"written: {target}", markup=False, highlight=False, soft_wrap=True)
