"""What a schema says of canonical values: which relations have one value, and other spellings of allowed ones."""

from __future__ import annotations

from collections import defaultdict

from kgrec.extraction.canonical.aliases import Aliases
from kgrec.extraction.schema.attributes import Attribute, AttributeSchema

__all__ = ["aliases_with", "single_with"]


def single_with(schema: AttributeSchema | None, learned: frozenset[str]) -> frozenset[str]:
    """Return the relations of one value: those of the schema, and the learned ones that it does not name.

    A relation that has several values in any category has several.
    """
    if schema is None:
        return learned
    named = _by_relation(schema)
    single = {relation for relation, found in named.items() if not any(attribute.several for attribute in found)}
    return frozenset(single | (learned - named.keys()))


def aliases_with(schema: AttributeSchema | None, aliases: Aliases | None) -> Aliases | None:
    """Return aliases with the other spellings of a schema's allowed values; what a shop says itself comes first."""
    if schema is None:
        return aliases
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for relation, attributes in sorted(_by_relation(schema).items()):
        for attribute in attributes:
            for value, others in attribute.allowed.items():
                for other in (value, *others):
                    found[relation].setdefault(other, value)
    for relation, pairs in (aliases or {}).items():
        found[relation] |= pairs
    return dict(found)


def _by_relation(schema: AttributeSchema) -> dict[str, list[Attribute]]:
    named: defaultdict[str, list[Attribute]] = defaultdict(list)
    for category in schema.categories.values():
        for attribute in category.attributes:
            named[attribute.relation].append(attribute)
    return dict(named)
