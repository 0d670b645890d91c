"""``kgrec graph export``: the graph of a saved shop as a file that other tools read."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

import kgrec
from kgrec.errors import SettingsError

__all__ = ["GraphFormat", "export"]

console = Console()


class GraphFormat(StrEnum):
    """What the graph can be written as."""

    graphml = "graphml"
    jsonld = "jsonld"
    ntriples = "ntriples"
    neo4j = "neo4j"
    parquet = "parquet"


_SUFFIXES = {
    ".graphml": GraphFormat.graphml,
    ".jsonld": GraphFormat.jsonld,
    ".nt": GraphFormat.ntriples,
    ".parquet": GraphFormat.parquet,
}


def export(
    shop: Annotated[Path, typer.Argument(help="Folder that kgrec build wrote.")],
    out: Annotated[Path, typer.Argument(help="File to write; a folder for neo4j.")],
    form: Annotated[
        GraphFormat | None, typer.Option("--format", help="Told by the suffix of OUT where it is left out.")
    ] = None,
    base: Annotated[str, typer.Option(help="Beginning of the IRIs, for ntriples.")] = "urn:kgrec:",
    confidences: Annotated[bool, typer.Option(help="For ntriples: also how sure each uncertain triple is.")] = False,
) -> None:
    """Write the graph as GraphML, schema.org JSON-LD, RDF N-Triples, CSV for Neo4j's import, or Parquet."""
    chosen = form or _SUFFIXES.get(out.suffix.lower())
    if chosen is None:
        raise SettingsError(
            f"{str(out)!r} does not tell the format; expected a name ending in {', '.join(_SUFFIXES)}, or "
            f"--format {'|'.join(each.value for each in GraphFormat)}"
        )
    loaded = kgrec.load(shop)
    graph, catalogue = loaded.graph, loaded.catalogue
    out.parent.mkdir(parents=True, exist_ok=True)
    if chosen is GraphFormat.graphml:
        graph.write_graphml(out)
    elif chosen is GraphFormat.jsonld:
        graph.write_jsonld(out, catalogue)
    elif chosen is GraphFormat.ntriples:
        graph.write_ntriples(out, base=base, confidences=confidences)
    elif chosen is GraphFormat.neo4j:
        graph.write_neo4j(out, catalogue)
    else:
        graph.write_parquet(out)
    console.print(f"{graph!r}\nwritten: {out}", markup=False)
