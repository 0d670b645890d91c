"""CSV files as ``neo4j-admin database import`` takes them: two files of nodes, one of relationships."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kgrec.data import Catalogue
from kgrec.graph.exports.files import batches, written
from kgrec.graph.view import plain

if TYPE_CHECKING:
    from kgrec.graph.triples import Triples

__all__ = ["write_neo4j"]


def write_neo4j(graph: Triples, folder: str | os.PathLike[str], catalogue: Catalogue | None = None) -> None:
    r"""Write ``products.csv``, ``values.csv`` and ``relationships.csv``, each with the header that the import reads.

    Products have the label ``Product`` and the property ``id``, with a catalogue also ``title``; values have the label
    ``Value`` and the properties ``relation`` and ``value``. A relationship's type is the relation's name, with its
    ``confidence``.
    Every text is in double quotes, a quote inside it is doubled, and line ends stay as they are, so import with::

        neo4j-admin database import full --multiline-fields=true --legacy-style-quoting=false \
            --nodes=products.csv --nodes=values.csv --relationships=relationships.csv

    Args:
        graph: the graph.
        folder: made where it is missing; other files in it stay.
        catalogue: where titles come from; without it there is no such column.

    Raises:
        OSError: a file cannot be written; one that was there stays as it was.
    """
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    names = [graph.relations[at] for at in graph.value_relation.tolist()]
    ids = graph.product_ids
    products = ([product_id, *_title(product_id, catalogue), "Product"] for product_id in ids)
    _write(place / "products.csv", ["id:ID(Product)", *([] if catalogue is None else ["title"]), ":LABEL"], products)
    values = ([num, names[num], text, "Value"] for num, text in enumerate(graph.values.to_pylist()))
    _write(place / "values.csv", [":ID(Value)", "relation", "value", ":LABEL"], values)
    relationships = (
        [ids[product], value, sure, names[value]]
        for products, values, confidences in batches(graph)
        for product, value, sure in zip(products.tolist(), values.tolist(), plain(confidences), strict=True)
    )
    header = [":START_ID(Product)", ":END_ID(Value)", "confidence:float", ":TYPE"]
    _write(place / "relationships.csv", header, relationships)


def _title(product_id: str, catalogue: Catalogue | None) -> list[str]:
    """Return the cell of the title, or no cell where there is no catalogue."""
    if catalogue is None:
        return []
    num = catalogue.find(product_id)
    return ["" if num is None else catalogue[num].title]


def _write(path: Path, header: list[str], rows: Iterable[list[Any]]) -> None:
    with written(path) as file:
        file.write(",".join(header) + "\n")
        csv.writer(file, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n").writerows(rows)
