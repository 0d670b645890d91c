"""Products and the catalogue that numbers them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, overload

from kgrec.data.rows import SetAside
from kgrec.errors import CatalogueError, UnknownProductError

__all__ = ["Catalogue", "Product"]

_EMPTY: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One product as its shop describes it.

    ``categories`` are paths from general to special, for example ``(("Beauty", "Make-up", "Nails"),)``.
    ``attributes`` are the declared ones: name → values. Columns the library does not know are kept in ``extra``.
    ``price`` is non-negative and finite, in ``currency`` (ISO 4217) where it is given.
    ``available`` is None where the shop does not say.
    """

    id: str
    title: str = ""
    description: str = ""
    brand: str | None = None
    categories: tuple[tuple[str, ...], ...] = ()
    price: float | None = None
    currency: str | None = None
    available: bool | None = None
    language: str | None = None
    image: str | None = None
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: _EMPTY)
    extra: Mapping[str, Any] = field(default_factory=lambda: _EMPTY)


class Catalogue(Sequence[Product]):
    """An immutable, numbered sequence of products.

    ``id`` is the shop's string, ``num`` the position in this sequence (0 … n−1).

    Args:
        products: in the order that numbers them.
        set_aside: rows that the reader could not use.

    Raises:
        CatalogueError: two products share an id, or an id is empty.
    """

    def __init__(self, products: Iterable[Product], set_aside: Iterable[SetAside] = ()) -> None:
        """Number the products in the order given."""
        self._products = tuple(products)
        self.set_aside = tuple(set_aside)
        self._ids = tuple(product.id for product in self._products)
        self._num = {product.id: num for num, product in enumerate(self._products)}
        if len(self._num) != len(self._products):
            seen: set[str] = set()
            twice = next(p.id for p in self._products if p.id in seen or seen.add(p.id))  # type: ignore[func-returns-value]
            raise CatalogueError(f"two products have the id {twice!r}; ids must be unique: drop or rename one")
        if "" in self._num:
            raise CatalogueError("a product has an empty id; every product needs a non-empty string id")

    def changed(self, products: Mapping[int, Product], *, gone: Iterable[str] = ()) -> Catalogue:
        """Return the catalogue with some other products, and without some ids; this one stays as it is.

        Args:
            products: number → what stands there now, of the same id; further numbers follow without a gap.
            gone: ids that are not found any more. Their products keep the numbers, so that no other number moves.
        """
        entries, nums = list(self._products), self._num.copy()
        for num, product in sorted(products.items()):
            if num == len(entries):
                entries.append(product)
            entries[num] = product
            nums[product.id] = num
        for product_id in gone:
            del nums[product_id]
        made = copy(self)
        made._products, made._num = tuple(entries), nums
        made._ids = self._ids + tuple([product.id for product in entries[len(self._ids) :]])
        return made

    @property
    def ids(self) -> tuple[str, ...]:
        """All ids, in order of num."""
        return self._ids

    def num(self, product_id: str) -> int:
        """Return the number of a product.

        Raises:
            UnknownProductError: the id is not in the catalogue.
        """
        try:
            return self._num[product_id]
        except (KeyError, TypeError):
            close = get_close_matches(str(product_id), list(self._num)[:20_000], n=1, cutoff=0.75)
            raise UnknownProductError(product_id, hint=f"did you mean {close[0]!r}?" if close else "") from None

    def find(self, product_id: object) -> int | None:
        """Return the number of a product, or None where the id is unknown."""
        return self._num.get(product_id) if isinstance(product_id, str) else None

    def product(self, product_id: str) -> Product:
        """Return the product with this id.

        Raises:
            UnknownProductError: the id is not in the catalogue.
        """
        return self._products[self.num(product_id)]

    def __contains__(self, product_id: object) -> bool:
        """Tell whether an id (or a product of this catalogue) is in the catalogue."""
        if isinstance(product_id, Product):
            num = self._num.get(product_id.id)
            return num is not None and self._products[num] == product_id
        return product_id in self._num

    @overload
    def __getitem__(self, num: int) -> Product: ...
    @overload
    def __getitem__(self, num: slice) -> tuple[Product, ...]: ...
    def __getitem__(self, num: int | slice) -> Product | tuple[Product, ...]:
        """Return the product with this number."""
        return self._products[num]

    def __len__(self) -> int:
        """Return the number of products."""
        return len(self._products)

    def __iter__(self) -> Iterator[Product]:
        """Iterate over products in order of num."""
        return iter(self._products)

    def __repr__(self) -> str:
        """Return a short description."""
        aside = f", {len(self.set_aside)} rows set aside" if self.set_aside else ""
        return f"<Catalogue of {len(self):,} products{aside}>"
