"""Who says what of one attribute of one product: the cells that a fusion decides."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from kgrec.data import Fact
from kgrec.language.tokens import fold

__all__ = ["Cell", "cells_of", "value_key"]


@dataclass(slots=True)
class Cell:
    """What the sources say of an attribute of a product.

    Attributes:
        product: the product's id.
        relation: the attribute.
        leading: value key → probability, from the leading sources; together at most 1.
        said: source → the key of the value that it says most confidently, of the others; None where it is silent.
        facts: value key → source → the fact that says so.
    """

    product: str
    relation: str
    leading: dict[str, float] = field(default_factory=dict)
    said: dict[str, str | None] = field(default_factory=dict)
    facts: dict[str, dict[str, Fact]] = field(default_factory=dict)


def value_key(value: str) -> str:
    """Return what two spellings of one value share: letter case, width of characters and blanks do not matter."""
    return " ".join(fold(value).split())


def cells_of(
    facts: Mapping[str, Iterable[Fact]], asked: Mapping[str, Collection[str]], leading: Mapping[str, float]
) -> list[Cell]:
    """Return the cells that were asked for, in the order of ``asked``.

    Args:
        facts: source → its facts; those of products or attributes that were not asked for are passed over.
        asked: product id → the attributes that were looked for.
        leading: source whose confidences are probabilities → its weight; the weights sum to 1.
    """
    cells = {
        (product, relation): Cell(product, relation, said={source: None for source in facts if source not in leading})
        for product, relations in asked.items()
        for relation in relations
    }
    for source, of_one in facts.items():
        for fact in of_one:
            cell = cells.get((fact.product, fact.relation))
            if cell is None:
                continue
            said = cell.facts.setdefault(value_key(fact.value), {})
            if source not in said or fact.confidence > said[source].confidence:
                said[source] = fact
    for cell in cells.values():
        for key, said in cell.facts.items():
            if part := sum(leading[source] * fact.confidence for source, fact in said.items() if source in leading):
                cell.leading[key] = part
        if (total := sum(cell.leading.values())) > 1.0:
            cell.leading = {key: part / total for key, part in cell.leading.items()}
        for source in cell.said:
            claims = [(said[source].confidence, key) for key, said in cell.facts.items() if source in said]
            cell.said[source] = max(claims, key=lambda claim: claim[0])[1] if claims else None
    return list(cells.values())
