"""Products and the catalogue that numbers them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import chain, islice
from types import MappingProxyType
from typing import Any, overload

from kgrec.data.rows import SetAside
from kgrec.errors import CatalogueError, UnknownProductError

__all__ = ["Catalogue", "Product", "product_of_texts"]

_EMPTY: Mapping[str, Any] = MappingProxyType({})
_MOST_LATER = 1_000
"""Changes that lie over a catalogue before they are joined with it."""


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


class _Draft:
    """A product whose fields can still be set; laid out in memory as a ``Product`` is."""

    __slots__ = Product.__slots__


def product_of_texts(
    product_id: str,
    title: str,
    description: str,
    brand: str | None,
    categories: tuple[tuple[str, ...], ...],
    language: str | None,
) -> Product:
    """Return ``Product(…)`` of what readers of texts look at, for those who make many: a tenth of the time.

    A frozen dataclass sets each field by a guarded call; a draft is filled plainly and then frozen, by making it a
    Product. The result is the same in every way.
    """
    draft: Any = _Draft()
    draft.id = product_id
    draft.title = title
    draft.description = description
    draft.brand = brand
    draft.categories = categories
    draft.price = draft.currency = draft.available = draft.image = None
    draft.language = language
    draft.attributes = draft.extra = _EMPTY
    draft.__class__ = Product
    made: Product = draft
    return made


class Catalogue(Sequence[Product]):
    """An immutable, numbered sequence of products.

    ``id`` is the shop's string, ``num`` the position in this sequence (0 … n−1).

    Args:
        products: in the order that numbers them.
        set_aside: rows that the reader could not use.
        source: the file or table that the products were read from; empty where they were not.
        lines: the line of each product there, in the same order.

    Raises:
        CatalogueError: two products share an id, or an id is empty.
    """

    def __init__(
        self,
        products: Iterable[Product],
        set_aside: Iterable[SetAside] = (),
        *,
        source: str = "",
        lines: Sequence[int] = (),
    ) -> None:
        """Number the products in the order given."""
        self._products = tuple(products)
        self.set_aside = tuple(set_aside)
        self._source, self._lines = source, lines
        self._ids = tuple(product.id for product in self._products)
        self._num = {product.id: num for num, product in enumerate(self._products)}
        # What changed since lies over both, so that a change copies a few entries and not all.
        self._later: dict[int, Product] = {}
        self._later_num: dict[str, int | None] = {}
        if len(self._num) != len(self._products):
            seen: set[str] = set()
            twice = next(p.id for p in self._products if p.id in seen or seen.add(p.id))  # type: ignore[func-returns-value]
            raise CatalogueError(f"two products have the id {twice!r}; ids must be unique: drop or rename one")
        if "" in self._num:
            raise CatalogueError("a product has an empty id; every product needs a non-empty string id")

    def changed(self, products: Mapping[int, Product], *, gone: Iterable[str] = ()) -> Catalogue:
        """Return the catalogue with some other products, and without some ids; this one stays as it is.

        The time follows the number of changes and not that of products, but for one change in a thousand.

        Args:
            products: number → what stands there now, of the same id; further numbers follow without a gap.
            gone: ids that are not found any more. Their products keep the numbers, so that no other number moves.

        Raises:
            IndexError: a number leaves a gap.
            UnknownProductError: an id to go is not there.
        """
        made = copy(self)
        made._later, made._later_num = self._later.copy(), self._later_num.copy()
        fresh: list[str] = []
        for num, product in sorted(products.items()):
            if not 0 <= num <= len(self) + len(fresh):
                raise IndexError(f"the next product number is {len(self) + len(fresh)}; got {num}")
            if num == len(self) + len(fresh):
                fresh.append(product.id)
            made._later[num] = product
            made._later_num[product.id] = num
        for product_id in gone:
            made.num(product_id)
            made._later_num[product_id] = None
        if fresh:
            made._ids = self._ids + tuple(fresh)  # in one copy
        if max(len(made._later), len(made._later_num)) > _MOST_LATER:
            made._fold()
        return made

    def _fold(self) -> None:
        """Join what changed with the rest."""
        self._num = {**self._num, **{name: num for name, num in self._later_num.items() if num is not None}}
        for name, num in self._later_num.items():
            if num is None:
                self._num.pop(name, None)
        self._products, self._later, self._later_num = tuple(self), {}, {}
        self._lines = ()  # which products are still those of the file is not known any more

    def place_of(self, num: int) -> tuple[str, int]:
        """Return the file and line that a product was read from; else ``"catalogue"`` and its place, from 1."""
        if num < len(self._lines) and num not in self._later:
            return self._source, self._lines[num]
        return "catalogue", num + 1

    @property
    def ids(self) -> tuple[str, ...]:
        """All ids, in order of num."""
        return self._ids

    def num(self, product_id: str) -> int:
        """Return the number of a product.

        Raises:
            UnknownProductError: the id is not in the catalogue.
        """
        num = self.find(product_id)
        if num is None:
            there = (name for name in self._ids if self.find(name) is not None)
            close = get_close_matches(str(product_id), list(islice(there, 20_000)), n=1, cutoff=0.75)
            raise UnknownProductError(product_id, hint=f"did you mean {close[0]!r}?" if close else "")
        return num

    def find(self, product_id: object) -> int | None:
        """Return the number of a product, or None where the id is unknown."""
        if not isinstance(product_id, str):
            return None
        return self._later_num[product_id] if product_id in self._later_num else self._num.get(product_id)

    def product(self, product_id: str) -> Product:
        """Return the product with this id.

        Raises:
            UnknownProductError: the id is not in the catalogue.
        """
        return self[self.num(product_id)]

    def __contains__(self, product_id: object) -> bool:
        """Tell whether an id (or a product of this catalogue) is in the catalogue."""
        if isinstance(product_id, Product):
            num = self.find(product_id.id)
            return num is not None and self[num] == product_id
        return self.find(product_id) is not None

    @overload
    def __getitem__(self, num: int) -> Product: ...
    @overload
    def __getitem__(self, num: slice) -> tuple[Product, ...]: ...
    def __getitem__(self, num: int | slice) -> Product | tuple[Product, ...]:
        """Return the product with this number."""
        if not self._later:
            return self._products[num]
        if isinstance(num, slice):
            return tuple(self[at] for at in range(*num.indices(len(self))))
        at = num + len(self) if num < 0 else num
        found = self._later.get(at)
        return self._products[at if at >= 0 else num] if found is None else found

    def __len__(self) -> int:
        """Return the number of products."""
        return len(self._ids)

    def __iter__(self) -> Iterator[Product]:
        """Iterate over products in order of num."""
        if not self._later:
            return iter(self._products)
        later = self._later
        old = (later.get(num, product) for num, product in enumerate(self._products))
        return chain(old, (later[num] for num in range(len(self._products), len(self))))

    def __repr__(self) -> str:
        """Return a short description."""
        aside = f", {len(self.set_aside)} rows set aside" if self.set_aside else ""
        return f"<Catalogue of {len(self):,} products{aside}>"
