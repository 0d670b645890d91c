"""Facts the shop states itself: brand, category paths and declared attributes."""

from __future__ import annotations

import html
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from kgrec.data import Fact, Product
from kgrec.language.tokens import phrase_key
from kgrec.language.word_set import word_set
from kgrec.language.words import built_in_meanings

__all__ = [
    "RELATION_SPELLINGS",
    "built_in_name",
    "clean_value",
    "commonest_spellings",
    "declared_facts",
    "declared_of",
    "declared_values",
    "is_placeholder",
    "snake_case",
    "under_relation",
]

_PLACEHOLDERS = frozenset(
    {"unknown", "n/a", "na", "n.a.", "none", "null", "nil", "nan", "undefined", "unspecified", "generic", "unbranded"}
    | {"tbd", "tba", "not specified", "not applicable", "not available", "does not apply", "no brand"}
    | {"see description", "无", "其他", "其它", "未知", "暂无", "不详", "无品牌"}
)

RELATION_SPELLINGS: dict[str, frozenset[str]] = {
    "colour": word_set("colour color colours colors colour_name color_name color_family 颜色 颜色分类"),
    "material": word_set("material materials material_type fabric fabric_type 材质 材料 面料"),
    "pattern": word_set("pattern patterns pattern_type 图案"),
    "style": word_set("style styles 风格"),
    "theme": word_set("theme themes 主题"),
    "occasion": word_set("occasion occasions occasion_type 场合"),
    "gender": word_set("gender target_gender department_name 性别 适用性别"),
    "age": word_set("age age_group age_range age_range_description 年龄 适用年龄"),
    "finish": word_set("finish finish_type"),
    "size": word_set("size 尺寸 尺码"),
    "product_type": word_set("product_type item_type type_of_product"),
}
"""Names under which shops declare what the rules also read, in snake case."""

_RULE_RELATION = {name: relation for relation, names in RELATION_SPELLINGS.items() for name in names}


def declared_facts(catalogue: Iterable[Product]) -> Iterator[Fact]:
    """Yield what the shop declares, product by product: brand, categories, then attributes.

    - ``brand``: the brand.
    - ``category``: every level of every path, as the path down to it: ``"Beauty > Make-up"``.
    - every declared attribute under its name in snake case.

    A value is in compatibility form (NFKC) with single blanks and decoded HTML entities; spellings that differ only in
    case become one, the commonest of the catalogue; ``surface`` keeps what was declared. Placeholders such as
    ``"n/a"`` are no facts. The catalogue is read twice.
    """
    products = catalogue if isinstance(catalogue, Sequence) else tuple(catalogue)
    readable = commonest_spellings(products)
    for product in products:
        yield from declared_of(product, readable)


def declared_of(product: Product, readable: Mapping[tuple[str, str], str]) -> Iterator[Fact]:
    """Yield what the shop declares of one product; ``readable`` is from ``commonest_spellings``."""
    seen: set[tuple[str, str]] = set()
    for relation, name, raw, value in declared_values(product):
        key = (relation, value.casefold())
        if key not in seen:
            seen.add(key)
            value = readable.get(key, value)
            yield Fact(product=product.id, relation=relation, value=value, field=name, surface=raw)


def declared_values(product: Product) -> Iterator[tuple[str, str, str, str]]:
    """Yield (relation, declared name, declared value, clean value) of one product."""
    if product.brand is not None and not is_placeholder(brand := clean_value(product.brand)):
        yield "brand", "brand", product.brand, brand
    for path in product.categories:
        levels = [level for level in map(clean_value, path) if not is_placeholder(level)]
        for depth in range(1, len(levels) + 1):
            yield "category", "categories", " > ".join(levels[:depth]), " > ".join(levels[:depth])
    for name, values in product.attributes.items():
        relation = snake_case(name)
        for raw in values:
            value = clean_value(raw)
            if relation and not is_placeholder(value):
                yield relation, name, raw, built_in_name(relation, value)


def commonest_spellings(products: Iterable[Product]) -> dict[tuple[str, str], str]:
    """Return the spelling to use for values that come in several; ties go to the first in order of code points."""
    spellings: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for product in products:
        for relation, _, _, value in declared_values(product):
            spellings[relation, value.casefold()][value] += 1
    return {
        key: min(counts, key=lambda value: (-counts[value], value))
        for key, counts in spellings.items()
        if len(counts) > 1
    }


@lru_cache(maxsize=65_536)
def clean_value(text: str) -> str:
    """Return the text with HTML entities decoded, in compatibility form (NFKC), with single blanks."""
    text = html.unescape(text) if "&" in text else text
    return " ".join(unicodedata.normalize("NFKC", text).split())


def is_placeholder(value: str) -> bool:
    """Tell whether a clean value only says that nothing is known."""
    return value.casefold() in _PLACEHOLDERS or not any(char.isalnum() for char in value)


@lru_cache(maxsize=8_192)
def snake_case(name: str) -> str:
    """Return an attribute's name as a relation: ``"Screen Size"`` and ``"screenSize"`` are ``"screen_size"``."""
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", unicodedata.normalize("NFKC", name))
    return re.sub(r"[\W_]+", "_", name.casefold()).strip("_")


def under_relation(fact: Fact) -> Fact:
    """Return a fact whose relation is an attribute's own name under that name as a relation."""
    relation = snake_case(fact.relation) or fact.relation
    return fact if relation == fact.relation else replace(fact, relation=relation)


@lru_cache(maxsize=65_536)
def built_in_name(relation: str, value: str) -> str:
    """Return the rules' own name of a value where it is as exact: ``"Gray"`` is ``"grey"``, ``"Dark Blue"`` stays."""
    rule_relation = _RULE_RELATION.get(relation)
    if rule_relation is None:
        return value
    key = phrase_key(value)
    for meaning in built_in_meanings().get(key, ()):
        if meaning.relation == rule_relation and key.isascii() and key.count(" ") <= meaning.value.count(" "):
            return meaning.value
    return value
