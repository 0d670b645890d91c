from __future__ import annotations

import pytest

from kgrec.data import Fact, Facts
from kgrec.graph import Graph


def fact(product: str, relation: str, value: str, confidence: float = 1.0, **where: object) -> Fact:
    return Fact(product=product, relation=relation, value=value, field="title", confidence=confidence, **where)  # type: ignore[arg-type]


@pytest.fixture
def graph() -> Graph:
    """Five products; mug and cup share colour and theme, e is isolated."""
    facts = [
        fact("mug", "colour", "red", 0.5),
        fact("mug", "colour", "red", 0.9, extractor="rules", start=0, end=3, surface="red"),
        fact("mug", "theme", "rose"),
        fact("mug", "type", "mug"),
        fact("cup", "colour", "red"),
        fact("cup", "theme", "rose"),
        fact("cup", "colour", "rose", 0.3),
        fact("tin", "colour", "red"),
        fact("tin", "material", "tin"),
        fact("box", "material", "tin"),
        fact("box", "colour", "blue"),
        fact("gone", "colour", "blue"),
        fact("mug", "colour", ""),
        fact("mug", "colour", "blue", float("nan")),
    ]
    return Graph.from_facts(["mug", "cup", "tin", "box", "empty"], Facts.of(facts))
