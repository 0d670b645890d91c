"""The products in columns, built once a shop, and the masks of the filters that were asked."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from difflib import get_close_matches
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from kgrec.data import Catalogue, Product
from kgrec.errors import SettingsError
from kgrec.graph import Triples
from kgrec.retrieval.columns import Column, FlagColumn, NumberColumn, PathColumn, TextColumn, path_key, text_key
from kgrec.retrieval.filters import AllOf, AnyOf, Condition, Filter, Negation

__all__ = ["ProductTable"]

_OWN = ("price", "available", "category", "id", "brand", "currency", "language")
_CACHED_BYTES = 32_000_000


class ProductTable:
    """Answers a filter with one mask over all products; columns are made when they are first asked for.

    Safe to call from several threads. The masks of the latest expressions are kept, up to 64 of them and about 32 MB.

    Args:
        catalogue: n products.
        graph: facts of the same products, in the same order.
    """

    def __init__(self, catalogue: Catalogue, graph: Triples) -> None:
        """Hold the parts; nothing is read yet."""
        self._catalogue = catalogue
        self._graph = graph
        self._columns: dict[str, Column] = {}
        self._masks: OrderedDict[Filter, NDArray[np.bool_]] = OrderedDict()
        self._room = max(4, min(64, _CACHED_BYTES // max(len(catalogue), 1)))
        self._lock = threading.RLock()

    @property
    def size(self) -> int:
        """Number of products."""
        return len(self._catalogue)

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """Every name that a filter may ask for: the catalogue's own fields, then the others, sorted."""
        others = set(self._graph.relations)
        for product in self._catalogue:
            others.update(product.attributes, product.extra)
        return (*_OWN, *sorted(others.difference(_OWN)))

    def mask(self, where: Filter) -> NDArray[np.bool_]:
        """Return for which products an expression holds, bool (n,), read-only.

        Raises:
            SettingsError: a field is unknown, or a value does not fit it.
        """
        with self._lock:
            mask = self._masks.get(where)
            if mask is None:
                mask = self._evaluate(where)
                mask.flags.writeable = False
                self._masks[where] = mask
                if len(self._masks) > self._room:
                    self._masks.popitem(last=False)
            else:
                self._masks.move_to_end(where)
            return mask

    def text_column(self, name: str) -> TextColumn:
        """Return the values of a text field, or the whole paths of ``category``.

        Raises:
            SettingsError: the field is unknown or holds no text.
        """
        column = self._column(name)
        if isinstance(column, PathColumn):
            return column.paths
        if not isinstance(column, TextColumn):
            raise SettingsError(f"{name} holds no text: name a brand, category, attribute or relation")
        return column

    def _evaluate(self, where: Filter) -> NDArray[np.bool_]:
        if isinstance(where, Condition):
            return self._column(where.name).match(where)
        if isinstance(where, Negation):
            return ~self._evaluate(where.part)
        if not isinstance(where, AllOf | AnyOf):
            raise SettingsError(f"a filter is made with kgrec.field and & | ~; got {where!r:.80}")
        every = isinstance(where, AllOf)
        mask = np.full(len(self._catalogue), every)
        for part in where.parts:
            mask = mask & self._evaluate(part) if every else mask | self._evaluate(part)
        return mask

    def _column(self, name: str) -> Column:
        with self._lock:
            if name not in self._columns:
                self._columns[name] = self._built(name)
            return self._columns[name]

    def _built(self, name: str) -> Column:
        if name not in self.fields:
            close = get_close_matches(name.casefold(), self.fields, n=3, cutoff=0.55)
            hint = f"did you mean {' or '.join(map(repr, close))}? " if close else ""
            shown = ", ".join(self.fields[:20]) + (" …" if len(self.fields) > 20 else "")
            raise SettingsError(f"unknown field {name!r:.80}: {hint}the shop has {shown}")
        if name == "price":
            prices = (np.nan if product.price is None else product.price for product in self._catalogue)
            return NumberColumn(np.fromiter(prices, np.float64, len(self._catalogue)))
        if name == "available":
            flags = (-1 if product.available is None else int(product.available) for product in self._catalogue)
            return FlagColumn(np.fromiter(flags, np.int8, len(self._catalogue)))
        return self._paths() if name == "category" else self._texts(name)

    def _texts(self, name: str) -> TextColumn:
        """Collect the values of the catalogue's field, its attribute, its further column and the graph's relation."""
        products: list[int] = []
        keys: list[str] = []
        for num, product in enumerate(self._catalogue):
            for text in _values(product, name):
                if key := text_key(text):
                    products.append(num)
                    keys.append(key)
        owners, stated = self._of_relation(name)
        known = {text: text_key(text) for text in dict.fromkeys(stated)}
        keys += [known[text] for text in stated]
        return TextColumn(len(self._catalogue), np.concatenate([np.array(products, np.int64), owners]), keys)

    def _paths(self) -> PathColumn:
        """Collect the catalogue's paths; the graph's speak for products that have none of their own."""
        products: list[int] = []
        keys: list[str] = []
        for num, product in enumerate(self._catalogue):
            for path in product.categories:
                if key := path_key(path):
                    products.append(num)
                    keys.append(key)
        owners, stated = self._of_relation("category")
        bare = ~np.isin(owners, np.array(products, np.int64))
        keys += [path_key(text) for text, free in zip(stated, bare.tolist(), strict=True) if free]
        return PathColumn(len(self._catalogue), np.concatenate([np.array(products, np.int64), owners[bare]]), keys)

    def _of_relation(self, name: str) -> tuple[NDArray[np.int64], list[str]]:
        """Return the products int64 (t,) and values (t,) of a relation's triples; none where there is no such one."""
        graph = self._graph
        values = graph.values_in(name)
        starts = graph.value_indptr[values.start : values.stop + 1]
        if not len(values):
            return np.zeros(0, np.int64), []
        texts = graph.values.slice(values.start, len(values)).to_pylist()
        owners = graph.product[starts[0] : starts[-1]].astype(np.int64)
        return owners, [text for text, count in zip(texts, np.diff(starts).tolist(), strict=True) for _ in range(count)]


def _values(product: Product, name: str) -> Iterator[str]:
    if name in _OWN:
        own = getattr(product, name)
        if own is not None:
            yield own
    yield from product.attributes.get(name, ())
    further = product.extra.get(name)
    for value in further if isinstance(further, list | tuple) else (further,):
        if isinstance(value, str | bool | int | float):
            yield str(value)
