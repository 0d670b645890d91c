"""GraphML, for Gephi, yEd and networkx."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from kgrec.graph.exports.files import batches, written
from kgrec.graph.view import value_name

if TYPE_CHECKING:
    from kgrec.graph.triples import Triples

__all__ = ["write_graphml"]

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


def write_graphml(graph: Triples, path: str | os.PathLike[str]) -> None:
    r"""Write the whole graph as GraphML, with the nodes and attributes of :meth:`kgrec.graph.Graph.to_networkx`.

    Characters that XML cannot hold are written as ``\u0001``; a text that already has such a sequence gets its
    backslash written that way too, so different texts stay different.

    Raises:
        OSError: the file cannot be written; a file that was there stays as it was.
    """
    with written(path) as file:
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
        for products, values, confidences in batches(graph):
            of = graph.value_relation[values].tolist()
            file.writelines(
                f"<edge source={ids[product]} target={names[value]}>"
                f'<data key="relation">{relations[at]}</data><data key="confidence">{sure}</data></edge>\n'
                for product, value, at, sure in zip(
                    products.tolist(), values.tolist(), of, confidences.astype(str).tolist(), strict=True
                )
            )
        file.write("</graph>\n</graphml>\n")


def _legal(text: str) -> str:
    return _NOT_XML.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _text(text: str) -> str:
    return escape(_legal(text), {"\r": "&#13;"})


def _attribute(text: str) -> str:
    return quoteattr(_legal(text))
