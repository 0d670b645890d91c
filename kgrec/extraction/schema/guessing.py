"""Schemas inferred from what a catalogue declares, or from what somebody has labelled."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from kgrec.data import Product
from kgrec.errors import SchemaError
from kgrec.extraction.declared import clean_value, is_placeholder, snake_case
from kgrec.extraction.labelled import LabelledProduct
from kgrec.extraction.schema.attributes import (
    DEFAULT_CATEGORY,
    Attribute,
    AttributeSchema,
    CategorySchema,
    category_key,
)
from kgrec.language.tokens import fold
from kgrec.language.units import UNIT_PATTERN, unit_of

__all__ = ["guess_from_catalogue", "guess_from_labelled"]

_YES_NO = frozenset({"yes", "no", "true", "false", "y", "n", "是", "否", "有"})
_NUMBER = re.compile(rf"[-+]?(?:\d[\d.,]*|\d+\s*/\s*\d+|[½¼¾])\s*(?P<unit>{UNIT_PATTERN})?\.?")
_ENUM_VALUES = 24
_ENUM_LENGTH = 30
_ENUM_COVER = 0.9
_REPEATS = 3
_NUMBERS = 0.9
_SEVERAL = 0.05
_EXAMPLES = 5


class _Values:
    """The values of one attribute in one category, as they were counted."""

    def __init__(self) -> None:
        self.names: Counter[str] = Counter()
        self.values: Counter[str] = Counter()
        self.products = 0
        self.with_several = 0

    def add(self, name: str, values: Sequence[str]) -> None:
        """Count the values of one product."""
        kept = [value for value in map(clean_value, values) if not is_placeholder(value)]
        if kept:
            self.names[clean_value(name)] += 1
            self.values.update(kept)
            self.products += 1
            self.with_several += len(set(kept)) > 1

    @property
    def common(self) -> tuple[str, ...]:
        """The values, commonest first."""
        return tuple(sorted(self.values, key=lambda value: (-self.values[value], value)))


def guess_from_catalogue(products: Sequence[Product], minimum_products: int, minimum_share: float) -> AttributeSchema:
    """Infer a schema from declared attributes; see ``AttributeSchema.from_catalogue``."""
    if minimum_products < 1 or not 0.0 <= minimum_share <= 1.0:
        raise SchemaError(
            "minimum_products is at least 1 and minimum_share between 0 and 1; "
            f"got {minimum_products!r} and {minimum_share!r}"
        )
    levels = Counter(level for product in products for level in set(map(category_key, _levels(product))))
    names: defaultdict[str, Counter[str]] = defaultdict(Counter)
    found: defaultdict[str, defaultdict[str, _Values]] = defaultdict(lambda: defaultdict(_Values))
    sizes: Counter[str] = Counter()
    for product in products:
        name = _category_of(product, levels, minimum_products)
        category = category_key(name)
        names[category][name] += 1
        sizes[category] += 1
        for name, values in _declared(product):
            found[category][snake_case(name)].add(name, values)
    categories = []
    for category in sorted(found, key=lambda key: (-sizes[key], key)):
        least = max(2, minimum_share * sizes[category])
        kept = {relation: values for relation, values in found[category].items() if values.products >= least}
        if kept:
            ordered = sorted(kept, key=lambda relation: (-kept[relation].products, relation))
            attributes = tuple(_guessed(relation, kept[relation]) for relation in ordered)
            name = min(names[category], key=lambda name: (-names[category][name], name))
            categories.append(CategorySchema(name=name, attributes=attributes))
    if not categories:
        raise SchemaError(
            f"no attribute is declared by at least two products of a category ({len(products):,} products were read); "
            "write a schema by hand or propose one with propose_schema"
        )
    return AttributeSchema(categories)


def _category_of(product: Product, levels: Counter[str], minimum: int) -> str:
    path = product.categories[0] if product.categories else ()
    shared = (level for level in reversed(path) if levels[category_key(level)] >= minimum and category_key(level))
    return next(shared, DEFAULT_CATEGORY)


def _levels(product: Product) -> Iterator[str]:
    return (level for path in product.categories for level in path)


def _declared(product: Product) -> Iterator[tuple[str, Sequence[str]]]:
    names = {snake_case(name) for name in product.attributes}
    if product.brand is not None and "brand" not in names:
        yield "Brand", (product.brand,)
    for name, values in product.attributes.items():
        if snake_case(name):
            yield name, values


def _guessed(relation: str, found: _Values) -> Attribute:
    name = min(found.names, key=lambda name: (-found.names[name], name))
    several = found.with_several >= max(2, _SEVERAL * found.products)
    if all(value.casefold() in _YES_NO for value in found.values):
        return Attribute(name=name, type="boolean", relation=relation)
    matches = {value: _NUMBER.fullmatch(fold(value)) for value in found.values}
    total = found.values.total()
    if sum(count for value, count in found.values.items() if matches[value]) >= _NUMBERS * total:
        units = Counter(
            unit_of(match["unit"]).symbol for value, match in matches.items() if match is not None and match["unit"]
        )
        unit = min(units, key=lambda unit: (-units[unit], unit)) if units else None
        return Attribute(
            name=name, type="number", unit=unit, several=several, examples=found.common[:_EXAMPLES], relation=relation
        )
    if enum := _enum_values(relation, found):
        return Attribute(name=name, type="enum", several=several, allowed=dict.fromkeys(enum, ()), relation=relation)
    return Attribute(name=name, several=several, examples=found.common[:_EXAMPLES], relation=relation)


def _enum_values(relation: str, found: _Values) -> tuple[str, ...]:
    """Return the values of an enum, or none where values are too many, too long or seldom repeat.

    A brand or model is a name: the next product may bring another.
    """
    if relation in ("brand", "brand_name", "manufacturer", "model", "model_number"):
        return ()
    folded: dict[str, str] = {}
    for value in found.common:
        folded.setdefault(value.casefold(), value)
    values = tuple(folded.values())
    repeated = sum(count for count in found.values.values() if count > 1)
    few = len(values) <= _ENUM_VALUES and max(map(len, values)) <= _ENUM_LENGTH
    repeats = found.values.total() >= _REPEATS * len(values) and repeated >= _ENUM_COVER * found.values.total()
    return values if few and repeats else ()


def guess_from_labelled(labelled: Iterable[LabelledProduct]) -> AttributeSchema:
    """Infer a schema from labels; see ``AttributeSchema.from_labelled``."""
    found: dict[str, dict[str, _Values]] = {}
    names: dict[tuple[str, str], str] = {}
    for entry in labelled:
        category = found.setdefault(entry.category or DEFAULT_CATEGORY, {})
        for name, values in entry.values.items():
            relation = snake_case(name)
            names.setdefault((entry.category or DEFAULT_CATEGORY, relation), name)
            category.setdefault(relation, _Values()).add(name, values)
    categories = [
        CategorySchema(
            name=category,
            attributes=tuple(
                Attribute(
                    name=names[category, relation],
                    several=values.with_several > max(1, _SEVERAL * values.products),
                    examples=values.common[:_EXAMPLES],
                )
                for relation, values in sorted(attributes.items(), key=lambda pair: -pair[1].products)
            ),
        )
        for category, attributes in found.items()
        if attributes
    ]
    if not categories:
        raise SchemaError("no labelled product names an attribute; a schema needs at least one")
    return AttributeSchema(categories)
