"""schema.org ``Product`` and ``ProductGroup`` nodes → rows of products."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from kgrec.readers.rows import Row, text_fault
from kgrec.readers.schema_org_values import fields_of, listed, local_name, plain, types_of

__all__ = ["product_rows"]

_PRODUCTS = {"Product", "IndividualProduct", "ProductModel", "SomeProducts", "Vehicle", "Car", "Motorcycle"}
_CONTAINERS = ("@graph", "mainEntity", "mainEntityOfPage", "about", "itemListElement", "item", "dataFeedElement")
_OWN = {"@id", "@type", "@context", "hasVariant", "variesBy", "productGroupID", "productID", "identifier", "url"}
_OWN |= {"sku", "mpn", "gtin", "gtin8", "gtin12", "gtin13", "gtin14", "isbn"}
"""What says which thing a node is, and so is never a group's gift to its variants."""


class _Found(NamedTuple):
    line: int
    node: dict[str, Any]
    group: dict[str, Any] | None


def product_rows(nodes: Iterable[tuple[int, Any]]) -> list[Row]:
    """Return a row for each product; a variant of a ``ProductGroup`` is a product with what the group says of all.

    A group's property is handed to a variant that lacks it; one that the group varies by only where the group states
    a single value. A group without variants is a product itself. References (``{"@id": …}``) are followed inside the
    document. Products are looked for at the top, in ``@graph``, lists, feeds and offers, and as what a page is about;
    not among what a product is related to.

    Args:
        nodes: line and node, as JSON gave them.
    """
    rows: list[Row] = []
    usable: list[tuple[int, Any]] = []
    for line, node in nodes:
        try:
            fault = text_fault(node)
            usable.append((line, plain(node) if not fault else None))
        except RecursionError:
            fault = "nested too deeply: more levels than can be followed"
        if fault:
            rows.append(Row(line, {}, str(node)[:200], fault))
    document = _Document(usable)
    for found in document.products():
        excerpt = json.dumps(found.node, ensure_ascii=False, default=str)[:200]
        if set(found.node) <= {"@id", "@type", "url"}:
            where = found.node.get("@id") or found.node.get("url")
            fault = f"reference to a product that the document does not describe: {where!r}"
            rows.append(Row(found.line, {}, excerpt, fault))
            continue
        rows.append(Row(found.line, fields_of(_with_group(found, document), found.group, document.resolved), excerpt))
    return sorted(rows, key=lambda row: row.line)


class _Document:
    """The nodes of a document, and the way from a reference to its node."""

    def __init__(self, nodes: list[tuple[int, Any]]) -> None:
        self._nodes = nodes
        self._by_id: dict[str, dict[str, Any]] = {}
        self._groups: dict[str, dict[str, Any]] = {}
        self._met: set[int] = set()
        for _, node in nodes:
            self._note(node)

    def resolved(self, node: Any) -> Any:
        """Return the node that a reference means, or what was given."""
        if isinstance(node, dict) and "@id" in node and set(node) <= {"@id", "@type"}:
            return self._by_id.get(str(node["@id"]), node)
        return node

    def products(self) -> Iterator[_Found]:
        """Yield products, each once; groups without variants are among them."""
        found = [each for line, node in self._nodes for each in self._walk(line, node, None)]
        with_variants = {_group_key(each.group) for each in found if each.group is not None}
        return (
            each
            for each in found
            if "ProductGroup" not in types_of(each.node) or _group_key(each.node) not in with_variants
        )

    def _note(self, node: Any) -> None:
        """Remember nodes that have an id, and groups by theirs."""
        for part in listed(node):
            if not isinstance(part, dict):
                continue
            if "@id" in part and len(part) > len(self._by_id.get(str(part["@id"]), ())):
                self._by_id[str(part["@id"])] = part
            if "ProductGroup" in types_of(part) and "productGroupID" in part:
                self._groups.setdefault(str(part["productGroupID"]), part)
            for name in (*_CONTAINERS, "hasVariant", "isVariantOf", "itemOffered", "brand", "offers"):
                if name in part:
                    self._note(part[name])

    def _walk(self, line: int, given: Any, group: dict[str, Any] | None) -> Iterator[_Found]:
        for each in listed(given):
            node = self.resolved(each)
            if not isinstance(node, dict) or id(node) in self._met:
                continue
            self._met.add(id(node))
            types = types_of(node)
            if "ProductGroup" in types:
                yield _Found(line, node, None)
                yield from self._walk(line, node.get("hasVariant", ()), node)
            elif types & _PRODUCTS or group is not None:
                yield _Found(line, node, group or self._group_of(node))
            else:
                if "itemOffered" in node:
                    yield from self._walk(line, [_offered(part, node) for part in listed(node["itemOffered"])], None)
                for name in _CONTAINERS:
                    if name in node:
                        yield from self._walk(line, node[name], None)

    def _group_of(self, node: dict[str, Any]) -> dict[str, Any] | None:
        for each in listed(node.get("isVariantOf", ())):
            group = self.resolved(each)
            if isinstance(group, dict) and "ProductGroup" in types_of(group):
                return self._groups.get(str(group.get("productGroupID", "")), group)
        named = (str(each) for each in listed(node.get("inProductGroupWithID", ())))
        return next((self._groups[name] for name in named if name in self._groups), None)


def _group_key(node: dict[str, Any]) -> str | int:
    """Return what tells a group from others, however often it is described."""
    return str(node["productGroupID"]) if "productGroupID" in node else id(node)


def _offered(product: Any, offer: dict[str, Any]) -> Any:
    """Return a product that stands inside its offer with the offer inside it."""
    if not isinstance(product, dict) or "offers" in product:
        return product
    return {**product, "offers": {name: part for name, part in offer.items() if name != "itemOffered"}}


def _with_group(found: _Found, document: _Document) -> dict[str, Any]:
    """Return a product with what its group says of all its variants."""
    if found.group is None:
        return found.node
    group, node = found.group, found.node
    varies = {local_name(name) for name in listed(group.get("variesBy", ()))}
    given = {
        name: value
        for name, value in group.items()
        if name not in _OWN and name not in node and not (name in varies and len(listed(value)) > 1)
    }
    merged = {**node, **given}
    own = [document.resolved(each) for each in listed(node.get("additionalProperty", ()))]
    names = {str(each.get("name")) for each in own if isinstance(each, Mapping)}
    inherited = [
        each
        for each in map(document.resolved, listed(group.get("additionalProperty", ())))
        if isinstance(each, Mapping) and str(each.get("name")) not in names
        if not (str(each.get("name")) in varies and len(listed(each.get("value"))) > 1)
    ]
    if own or inherited:
        merged["additionalProperty"] = [*own, *inherited]
    return merged
