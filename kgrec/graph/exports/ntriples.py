"""RDF N-Triples, as the W3C recommendation of 2014 has them: one statement a line."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING
from urllib.parse import quote

from kgrec.errors import SettingsError
from kgrec.graph.exports.files import SCHEMA_ORG, batches, written

if TYPE_CHECKING:
    from kgrec.graph.triples import Triples

__all__ = ["write_ntriples"]

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_SCHEMA = "https://schema.org/"
_DOUBLE = "http://www.w3.org/2001/XMLSchema#double"
_BASE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|^`\\]*")
_ESCAPED = re.compile('["\\\\\x00-\x1f\x7f]')
_SHORT = {"\t": "\\t", "\b": "\\b", "\n": "\\n", "\r": "\\r", "\f": "\\f", '"': '\\"', "\\": "\\\\"}


def write_ntriples(
    graph: Triples, path: str | os.PathLike[str], *, base: str = "urn:kgrec:", confidences: bool = False
) -> None:
    """Write RDF N-Triples: ``<product> <relation> "value" .``, products and relations percent-encoded below ``base``.

    Each product is a ``schema:Product`` with its id as ``schema:productID``. Brand, category, colour, material, pattern
    and size are the schema.org predicates of those names; where a graph has two relations for one predicate
    (``color`` and ``colour``), the first in order of names that is spelled as the predicate has it keeps it.

    Args:
        graph: the graph.
        path: the file, by convention ``.nt``.
        base: an absolute IRI that product and relation IRIs begin with.
        confidences: also write each triple that is not certain as an ``rdf:Statement`` with ``<base>confidence``.

    Raises:
        SettingsError: ``base`` is no absolute IRI.
        OSError: the file cannot be written; a file that was there stays as it was.
    """
    if not _BASE.fullmatch(base):
        raise SettingsError(f"base must be an absolute IRI such as 'https://example.org/'; got {base!r}")
    predicates = _predicates(graph.relations, base)
    products = [f"<{base}product/{quote(product_id, safe='')}>" for product_id in graph.product_ids]
    with written(path) as file:
        for product_id, product in zip(graph.product_ids, products, strict=True):
            file.write(f"{product} <{_RDF}type> <{_SCHEMA}Product> .\n")
            file.write(f"{product} <{_SCHEMA}productID> {_literal(product_id)} .\n")
        for product, predicate, value, sure in _triples(graph, products, predicates):
            file.write(f"{product} {predicate} {value} .\n")
            if confidences and sure != "1.0":
                _write_statement(file, (product, predicate, value), sure, base)


def _predicates(relations: tuple[str, ...], base: str) -> list[str]:
    taken: dict[str, str] = {}
    for relation in sorted(relations, key=lambda relation: (SCHEMA_ORG.get(relation) != relation, relation)):
        name = SCHEMA_ORG.get(relation)
        if name is not None:
            taken.setdefault(name, relation)
    return [
        f"<{_SCHEMA}{SCHEMA_ORG[relation]}>"
        if relation in taken.values()
        else f"<{base}relation/{quote(relation, safe='')}>"
        for relation in relations
    ]


def _triples(graph: Triples, products: list[str], predicates: list[str]) -> Iterator[tuple[str, str, str, str]]:
    """Yield product, predicate and value as they are written, and the confidence as its shortest decimal number."""
    values = [_literal(text) for text in graph.values.to_pylist()]
    for owners, numbers, confidences in batches(graph):
        relations = graph.value_relation[numbers].tolist()
        rows = zip(owners.tolist(), numbers.tolist(), relations, confidences.astype(str).tolist(), strict=True)
        for owner, number, relation, sure in rows:
            yield products[owner], predicates[relation], values[number], sure


def _write_statement(file: IO[str], triple: tuple[str, str, str], sure: str, base: str) -> None:
    node = f"<{base}statement/{quote(' '.join(triple), safe='')}>"
    file.write(f"{node} <{_RDF}type> <{_RDF}Statement> .\n")
    for name, part in zip(("subject", "predicate", "object"), triple, strict=True):
        file.write(f"{node} <{_RDF}{name}> {part} .\n")
    file.write(f'{node} <{base}confidence> "{sure}"^^<{_DOUBLE}> .\n')


def _literal(text: str) -> str:
    return '"' + _ESCAPED.sub(lambda match: _SHORT.get(match[0]) or f"\\u{ord(match[0]):04X}", text) + '"'
