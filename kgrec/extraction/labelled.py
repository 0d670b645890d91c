"""Products whose values somebody has written down: what extractors learn from, and what they are judged by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kgrec.data import Product

__all__ = ["LabelledProduct"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledProduct:
    """A product and what its texts say of some attributes.

    Attributes:
        product: the product; its title and description are what was read.
        category: the category whose attributes were looked for; ``""`` where there is only one kind of product.
        values: attribute as the schema names it → its values. An empty tuple says that the attribute was looked for and
            is absent; of an attribute that is missing here nothing is known.
    """

    product: Product
    category: str
    values: Mapping[str, tuple[str, ...]]
