"""The graph as files that other tools read: GraphML, schema.org JSON-LD, Parquet."""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kgrec.data import Catalogue, Product
from kgrec.graph.view import value_name

if TYPE_CHECKING:
    from kgrec.graph.graph import Graph

__all__ = ["write_graphml", "write_jsonld", "write_parquet"]

_BATCH = 10_000  # products a batch

_GRAPHML_OPEN = """<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" \
xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">
<key id="kind" for="node" attr.name="kind" attr.type="string"/>
<key id="label" for="node" attr.name="label" attr.type="string"/>
<key id="of" for="node" attr.name="relation" attr.type="string"/>
<key id="relation" for="edge" attr.name="relation" attr.type="string"/>
<key id="confidence" for="edge" attr.name="confidence" attr.type="double"/>
<graph edgedefault="undirected">
"""
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]|\\\\(?=u[0-9a-f]{4})")

_SCHEMA_ORG = {
    "brand": "brand",
    "category": "category",
    "color": "color",
    "colour": "color",
    "material": "material",
    "pattern": "pattern",
    "size": "size",
}


def write_graphml(graph: Graph, path: str | os.PathLike[str]) -> None:
    r"""Write the whole graph as GraphML, with the nodes and attributes of :meth:`kgrec.graph.Graph.to_networkx`.

    Characters that XML cannot hold are written as ``\u0001``; a text that already has such a sequence gets its
    backslash written that way too, so different texts stay different.

    Raises:
        OSError: the file cannot be written; a file that was there stays as it was.
    """
    with _written(path) as file:
        file.write(_GRAPHML_OPEN)
        ids = [_attribute(product_id) for product_id in graph.product_ids]
        for product_id, name in zip(graph.product_ids, ids, strict=True):
            file.write(
                f'<node id={name}><data key="kind">product</data><data key="label">{_text(product_id)}</data></node>\n'
            )
        relations = [_text(relation) for relation in graph.relations]
        names = []
        for at, value in zip(graph.value_relation.tolist(), graph.values.to_pylist(), strict=True):
            names.append(_attribute(value_name(graph.relations[at], value, graph._num)))
            file.write(
                f'<node id={names[-1]}><data key="kind">value</data><data key="label">{_text(value)}</data>'
                f'<data key="of">{relations[at]}</data></node>\n'
            )
        for products, values, confidences in _batches(graph):
            of = graph.value_relation[values].tolist()
            file.writelines(
                f"<edge source={ids[product]} target={names[value]}>"
                f'<data key="relation">{relations[at]}</data><data key="confidence">{sure}</data></edge>\n'
                for product, value, at, sure in zip(
                    products.tolist(), values.tolist(), of, confidences.astype(str).tolist(), strict=True
                )
            )
        file.write("</graph>\n</graphml>\n")


def write_jsonld(graph: Graph, path: str | os.PathLike[str], catalogue: Catalogue | None = None) -> None:
    """Write one schema.org ``Product`` a line, in one JSON-LD document.

    Brand, colour, material, category, pattern and size become the schema.org properties of those names, everything
    else an ``additionalProperty``. Title, description, image and offer are taken from ``catalogue`` where it is given.
    ``<`` is written as an escape, so that the document can stand in a web page.

    Raises:
        OSError: the file cannot be written; a file that was there stays as it was.
    """
    texts = graph.values.to_pylist()
    with _written(path) as file:
        file.write('{"@context": "https://schema.org/", "@graph": [')
        for num, product_id in enumerate(graph.product_ids):
            known = catalogue.find(product_id) if catalogue is not None else None
            node = _described(product_id, None if catalogue is None or known is None else catalogue[known])
            for value in graph.values_of(num).tolist():
                _add_property(node, graph.relations[graph.value_relation[value]], texts[value])
            line = json.dumps(node, ensure_ascii=False, allow_nan=False).replace("<", "\\u003c")
            file.write((",\n" if num else "\n") + line)
        file.write("\n]}\n")


def write_parquet(graph: Graph, path: str | os.PathLike[str]) -> None:
    """Write a table of triples: ``product``, ``relation``, ``value`` (text) and ``confidence`` (float32).

    Raises:
        OSError: the file cannot be written; a file that was there stays as it was.
    """
    import pyarrow.parquet as pq

    ids = pa.array(graph.product_ids, pa.string())
    relations = pa.array(graph.relations, pa.string())
    schema = pa.schema(
        [("product", pa.string()), ("relation", pa.string()), ("value", pa.string()), ("confidence", pa.float32())]
    )
    with _replaced(path) as beside, pq.ParquetWriter(beside, schema, compression="zstd") as writer:
        for products, values, confidences in _batches(graph):
            columns = [
                ids.take(pa.array(products)),
                relations.take(pa.array(graph.value_relation[values])),
                graph.values.take(pa.array(values)),
                pa.array(confidences),
            ]
            writer.write_table(pa.table(columns, schema=schema))


def _batches(graph: Graph) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]]:
    """Yield product numbers, value numbers and confidences of the triples, in order."""
    for first in range(0, len(graph.product_ids), _BATCH):
        indptr = graph.indptr[first : first + _BATCH + 1]
        run = slice(int(indptr[0]), int(indptr[-1]))
        products = np.repeat(np.arange(first, first + len(indptr) - 1), np.diff(indptr))
        yield products, graph.value[run], graph.confidence[run]


@contextmanager
def _replaced(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a file beside ``path``, and move it there when it was written completely."""
    target = Path(path)
    beside = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        yield beside
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def _written(path: str | os.PathLike[str]) -> Iterator[IO[str]]:
    with _replaced(path) as beside, beside.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
        yield file


def _legal(text: str) -> str:
    return _NOT_XML.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _text(text: str) -> str:
    return escape(_legal(text), {"\r": "&#13;"})


def _attribute(text: str) -> str:
    return quoteattr(_legal(text))


def _described(product_id: str, product: Product | None) -> dict[str, Any]:
    node: dict[str, Any] = {"@type": "Product", "productID": product_id}
    if product is None:
        return node
    texts = {"name": product.title, "description": product.description, "image": product.image}
    node |= {name: text for name, text in texts.items() if text}
    if product.brand:
        _add_property(node, "brand", product.brand)
    for path in product.categories:
        _add_property(node, "category", " > ".join(path))
    if product.price is not None:
        node["offers"] = {"@type": "Offer", "price": product.price}
        if product.currency:
            node["offers"]["priceCurrency"] = product.currency
        if product.available is not None:
            state = "InStock" if product.available else "OutOfStock"
            node["offers"]["availability"] = f"https://schema.org/{state}"
    return node


def _add_property(node: dict[str, Any], relation: str, value: str) -> None:
    name = _SCHEMA_ORG.get(relation)
    if name is None:
        entry = {"@type": "PropertyValue", "name": relation, "value": value}
        node.setdefault("additionalProperty", []).append(entry)
        return
    stated: Any = {"@type": "Brand", "name": value} if name == "brand" else value
    before = node.setdefault(name, stated)
    if before == stated or (isinstance(before, list) and stated in before):
        return
    node[name] = [*before, stated] if isinstance(before, list) else [before, stated]
