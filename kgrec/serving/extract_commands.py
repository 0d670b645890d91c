"""``kgrec schema``, ``extract`` and ``teach``: from a catalogue to a file of facts, and to a tagger that reads on."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

import kgrec
from kgrec.data import Catalogue, Facts
from kgrec.errors import LanguageModelError, SettingsError
from kgrec.extraction.collect import placed
from kgrec.protocols import Extractor, LanguageModel, Progress
from kgrec.serving.options import (
    CatalogueArgument,
    ColumnOption,
    SetAsideOption,
    columns_of,
    report_aside,
    write_aside,
)
from kgrec.serving.progress import drawn_progress, told_with

__all__ = ["extract", "schema", "teach"]

console = Console()


def schema(
    catalogue: CatalogueArgument,
    out: Annotated[Path, typer.Argument(help="YAML file to write, for a person to look through and edit.")],
    column: ColumnOption = None,
) -> None:
    """Guess the attributes of each category from what the products declare, and write them as a file to edit."""
    with drawn_progress() as progress:
        products = kgrec.read_catalogue(catalogue, columns=columns_of(column or []), progress=progress)
    report_aside(console, products.set_aside)
    found = kgrec.AttributeSchema.from_catalogue(products)
    found.to_yaml(out)
    console.print(f"{found!r}\nwritten: {out}", markup=False)


def extract(
    catalogue: CatalogueArgument,
    out: Annotated[Path, typer.Argument(help="Parquet file for the facts; kgrec build --facts reads it.")],
    column: ColumnOption = None,
    model: Annotated[
        str | None, typer.Option(help="A language model: its name at --base-url, or the folder of a local one.")
    ] = None,
    base_url: Annotated[
        str | None, typer.Option(help="OpenAI-compatible endpoint, for example http://127.0.0.1:8000/v1.")
    ] = None,
    key_variable: Annotated[str | None, typer.Option(help="Environment variable with the endpoint's key.")] = None,
    schema: Annotated[
        Path | None, typer.Option(help="Attributes to look for, YAML or JSON; guessed where it is left out.")
    ] = None,
    journal: Annotated[
        Path | None, typer.Option(help="Keeps replies, so that a further run pays for none of them again.")
    ] = None,
    concurrency: Annotated[int, typer.Option(help="Requests under way together.")] = 8,
    max_tokens: Annotated[int | None, typer.Option(help="Stop before more tokens than these.")] = None,
    max_cost: Annotated[float | None, typer.Option(help="Stop before more money than this; needs --price.")] = None,
    max_items: Annotated[int | None, typer.Option(help="Ask about this many products at most.")] = None,
    price: Annotated[
        str | None, typer.Option(help="Money for a million tokens of prompt, and of reply, for example 2.5,10.")
    ] = None,
    tagger: Annotated[Path | None, typer.Option(help="Folder of a tagger that kgrec teach wrote.")] = None,
    rules: Annotated[
        bool | None, typer.Option(help="Let the rules read too; by default where nothing else does.")
    ] = None,
    canonical: Annotated[bool, typer.Option(help="Make one of values that mean the same, settle conflicts.")] = True,
    corrections: Annotated[Path | None, typer.Option(help="What a person has said of facts: YAML.")] = None,
    set_aside: SetAsideOption = None,
) -> None:
    """Extract facts: what the catalogue declares, and what rules, a tagger or a language model read in its texts."""
    from kgrec.llm import Budget, Calls, CallSettings

    if model is None and (base_url or schema or journal):
        raise SettingsError("--base-url, --schema and --journal go with --model NAME, and there is none")
    if max_cost is not None and price is None:
        raise SettingsError("--max-cost needs --price IN,OUT, the money for a million tokens of prompt and of reply")
    if not out.absolute().parent.is_dir():
        raise SettingsError(f"there is no folder {out.absolute().parent} to write {out.name} into; make it first")
    said = None if corrections is None else kgrec.Corrections.read(corrections)
    with drawn_progress() as progress:
        products = kgrec.read_catalogue(catalogue, columns=columns_of(column or []), progress=progress)
        report_aside(console, products.set_aside)
        readers: list[Extractor] = []
        if rules or (rules is None and model is None and tagger is None):
            readers.append(kgrec.RuleExtractor.learned_from(products))
        if tagger is not None:
            readers.append(kgrec.TaggerExtractor.load(tagger))
        with ExitStack() as opened:
            asking = None
            if model is not None:
                calls = Calls(
                    _model(model, base_url, key_variable),
                    settings=CallSettings(concurrency=concurrency),
                    budget=Budget(max_tokens=max_tokens, max_cost=max_cost, max_items=max_items),
                    price=_price(price),
                )
                asking = opened.enter_context(_asking(products, calls, schema, journal, progress))
                readers.append(asking)
            try:
                facts = kgrec.extract(products, readers, canonical=canonical, corrections=said, progress=progress)
            except KeyboardInterrupt:
                raise KeyboardInterrupt(_how_to_go_on(out, model, journal)) from None
            if asking is not None:
                facts = Facts(facts.table, (*facts.set_aside, *placed(asking.set_aside, products)))
                done = asking.report()
                console.print(done.as_text(), markup=False, highlight=False)
                if done.pending and not done.read:
                    raise LanguageModelError(
                        f"not one of {done.pending:,} products was read, so {out} is not written; last: {_last(asking)}"
                    )
    kgrec.write_facts(facts, out)
    if set_aside is not None:
        write_aside((*products.set_aside, *facts.set_aside), set_aside)
    console.print(f"{facts!r}\nwritten: {out}", markup=False)


def teach(
    catalogue: CatalogueArgument,
    facts: Annotated[Path, typer.Argument(help="Facts of kgrec extract: what a model or the rules have read.")],
    out: Annotated[Path, typer.Argument(help="Folder for the tagger; kgrec extract --tagger reads it.")],
    column: ColumnOption = None,
    least_confidence: Annotated[float, typer.Option(help="Facts below it teach nothing, 0 … 1.")] = 0.0,
    encoder: Annotated[str | None, typer.Option(help="A transformers encoder, name or folder.")] = None,
) -> None:
    """Teach a small tagger what a language model has read, so that it reads the rest for nothing."""
    with drawn_progress() as progress:
        products = kgrec.read_catalogue(catalogue, columns=columns_of(column or []), progress=progress)
        report_aside(console, products.set_aside)
        read = kgrec.read_facts(facts)
        asked = {fact.product for fact in read if fact.start >= 0}
        labelled = kgrec.extraction.tagging.labelled_by(
            (product for product in products if product.id in asked), read, least_confidence=least_confidence
        )
        tagger = kgrec.TaggerExtractor.train(labelled, encoder=encoder, progress=progress)
        tagger.save(out)
    console.print(f"taught by {len(labelled):,} products\nwritten: {out}", markup=False)


def _asking(
    products: Catalogue, calls: kgrec.llm.Calls, schema: Path | None, journal: Path | None, progress: Progress
) -> kgrec.LlmExtractor:
    wanted = kgrec.AttributeSchema.from_file(schema) if schema else kgrec.AttributeSchema.from_catalogue(products)
    spent = told_with(progress, lambda: calls.spending.describe())
    return kgrec.LlmExtractor(calls, wanted, journal=journal, progress=spent)


def _how_to_go_on(out: Path, model: str | None, journal: Path | None) -> str:
    if model is None:
        return f"{out} was not written; run the same command again"
    if journal is None:
        return f"{out} was not written, and no reply was kept; a run with --journal FILE goes on where it was stopped"
    return f"{out} was not written; run the same command again: the replies in {journal} are not paid for again"


def _last(asking: kgrec.LlmExtractor) -> str:
    return asking.report().stopped or next((row.reason for row in reversed(asking.set_aside)), "no reason was given")


def _model(name: str, base_url: str | None, key_variable: str | None) -> LanguageModel:
    from kgrec.llm import EndpointModel, LocalModel

    if base_url is not None:
        return EndpointModel(name, base_url=base_url, key_variable=key_variable)
    if Path(name).is_dir():
        return LocalModel(name)
    raise SettingsError(f"--model {name} is no folder of a local model, and there is no --base-url to ask for it")


def _price(text: str | None) -> kgrec.llm.Price | None:
    from kgrec.llm import Price

    if text is None:
        return None
    try:
        prompt, reply = (float(part) for part in text.split(","))
    except ValueError:
        raise SettingsError(f"--price takes two numbers with a comma, for example 2.5,10; got {text!r}") from None
    return Price(input=prompt, output=reply)
