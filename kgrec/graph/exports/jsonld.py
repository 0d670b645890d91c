"""schema.org JSON-LD: one ``Product`` a line."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kgrec.data import Catalogue, Product
from kgrec.graph.exports.files import SCHEMA_ORG, written

if TYPE_CHECKING:
    from kgrec.graph.triples import Triples

__all__ = ["write_jsonld"]


def write_jsonld(graph: Triples, path: str | os.PathLike[str], catalogue: Catalogue | None = None) -> None:
    """Write one schema.org ``Product`` a line, in one JSON-LD document that ``kgrec.read_catalogue`` reads back.

    Brand, colour, material, category, pattern and size become the schema.org properties of those names, everything
    else an ``additionalProperty``. Title, description, image, language and offer are taken from ``catalogue`` where it
    is given. Confidences have no place in the vocabulary and are left out.
    ``<`` is written as an escape, so that the document can stand in a web page.

    Raises:
        OSError: the file cannot be written; a file that was there stays as it was.
    """
    texts = graph.values.to_pylist()
    with written(path) as file:
        file.write('{"@context": "https://schema.org/", "@graph": [')
        for num, product_id in enumerate(graph.product_ids):
            known = catalogue.find(product_id) if catalogue is not None else None
            node = _described(product_id, None if catalogue is None or known is None else catalogue[known])
            for value in graph.values_of(num).tolist():
                _add_property(node, graph.relations[graph.value_relation[value]], texts[value])
            line = json.dumps(node, ensure_ascii=False, allow_nan=False).replace("<", "\\u003c")
            file.write((",\n" if num else "\n") + line)
        file.write("\n]}\n")


def _described(product_id: str, product: Product | None) -> dict[str, Any]:
    node: dict[str, Any] = {"@type": "Product", "productID": product_id}
    if product is None:
        return node
    texts: Mapping[str, str | None] = {
        "name": product.title,
        "description": product.description,
        "image": product.image,
        "inLanguage": product.language,
    }
    node |= {name: text for name, text in texts.items() if text}
    if product.brand:
        _add_property(node, "brand", product.brand)
    for path in product.categories:
        _add_property(node, "category", " > ".join(path))
    if offer := _offer(product):
        node["offers"] = {"@type": "Offer", **offer}
    return node


def _offer(product: Product) -> dict[str, Any]:
    offer: dict[str, Any] = {}
    if product.price is not None:
        offer["price"] = product.price
    if product.currency:
        offer["priceCurrency"] = product.currency
    if product.available is not None:
        state = "InStock" if product.available else "OutOfStock"
        offer["availability"] = f"https://schema.org/{state}"
    return offer


def _add_property(node: dict[str, Any], relation: str, value: str) -> None:
    name = SCHEMA_ORG.get(relation)
    if name is None:
        entry = {"@type": "PropertyValue", "name": relation, "value": value}
        node.setdefault("additionalProperty", []).append(entry)
        return
    stated: Any = {"@type": "Brand", "name": value} if name == "brand" else value
    before = node.setdefault(name, stated)
    if before == stated or (isinstance(before, list) and stated in before):
        return
    node[name] = [*before, stated] if isinstance(before, list) else [before, stated]
