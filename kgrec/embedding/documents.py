"""Products → the text that is encoded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from kgrec.data import Fact, Facts, Product

__all__ = ["product_document", "product_documents"]

MAX_CHARACTERS = 600
"""Longer documents are cut: encoders read 128–256 tokens, and titles and facts come first."""


def product_document(product: Product, facts: Iterable[Fact] = ()) -> str:
    """Write one product as text: title, brand, categories, facts that add words, description.

    Args:
        product: the product.
        facts: its facts; values that already stand in the text are not repeated, nor what was overruled or rejected.

    Returns:
        At most ``MAX_CHARACTERS`` characters; empty where the product states nothing.
    """
    parts = [part for part in (product.title, product.brand) if part]
    parts += [", ".join(path) for path in product.categories]
    said = " ".join(parts).casefold()
    added: dict[str, list[str]] = defaultdict(list)
    for fact in facts:
        if fact.relation in {"brand", "category"} or not fact.holds or fact.value.casefold() in said:
            continue
        added[fact.relation].append(fact.value)
        said += " " + fact.value.casefold()
    parts += [f"{relation.replace('_', ' ')}: {', '.join(values)}" for relation, values in added.items()]
    if product.description:
        parts.append(product.description)
    return ". ".join(" ".join(part.split()) for part in parts)[:MAX_CHARACTERS]


def product_documents(products: Sequence[Product], facts: Facts | None = None) -> list[str]:
    """Write every product as text, in order.

    Args:
        products: the products.
        facts: facts of any products, in any order.
    """
    by_product: dict[str, list[Fact]] = defaultdict(list)
    for fact in facts or ():
        by_product[fact.product].append(fact)
    return [product_document(product, by_product.get(product.id, ())) for product in products]
