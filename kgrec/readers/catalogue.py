"""Product files and tables → a catalogue."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from kgrec.data import Catalogue, Product
from kgrec.errors import CatalogueError
from kgrec.protocols import Progress, silent
from kgrec.readers.columns import Layout
from kgrec.readers.fields import (
    FormUnknown,
    attributes_of,
    availability_of,
    categories_of,
    id_of,
    list_in,
    long_text_of,
    text_of,
)
from kgrec.readers.gathering import gather
from kgrec.readers.prices import currency_of, may_be_in, price_of
from kgrec.readers.product_files import open_products
from kgrec.readers.rows import Row, RowFault, quoted
from kgrec.readers.sources import Source

__all__ = ["MAX_DESCRIPTION", "MAX_TITLE", "read_catalogue"]

MAX_TITLE = 10_000
"""Longest title that is accepted, in characters."""

MAX_DESCRIPTION = 1_000_000
"""Longest description that is accepted, in characters."""

_SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "sku", "asin", "parentasin", "productid", "itemid", "stockcode", "articleid"),
    "title": ("title", "name", "producttitle", "productname", "itemname", "productdisplayname"),
    "description": ("description", "productdescription", "longdescription", "desc", "body", "shortdescription"),
    "brand": ("brand", "brandname", "manufacturer", "vendor", "maker"),
    "categories": ("categories", "category", "categorypath", "productcategory", "googleproductcategory"),
    "price": ("price", "unitprice", "listprice"),
    "currency": ("currency", "currencycode", "pricecurrency"),
    "available": ("available", "availability", "instock", "isavailable", "stock"),
    "language": ("language", "lang", "locale"),
    "image": ("image", "imageurl", "imagelink", "imurl", "img", "picture"),
    "attributes": ("attributes", "specifications", "specs", "properties"),
}

_PREFIX = "attribute:"


def read_catalogue(
    source: Source, *, columns: Mapping[str, str] | None = None, progress: Progress = silent
) -> Catalogue:
    """Read products from a file or table; rows that cannot be used are set aside and the rest goes on.

    The fields are id, title, description, brand, categories, price, currency, available, language, image and
    attributes; common synonyms of their column names are understood (``sku``, ``product_id``, ``name``,
    ``availability``, ``image_url``, …), and a column ``attribute:colour`` declares one attribute. Every other column is
    kept in ``Product.extra``, and so is a category, attribute, availability, currency, brand, language or image cell
    of a form that is not understood, under the name of its column.

    A row is set aside for: no id, an id seen before (the first stays), a NaN, infinite, negative, ambiguous or
    unreadable price, a price whose own currency is not that of the currency column, broken encoding, a NUL character,
    a lone surrogate, a title over ``MAX_TITLE`` or a description over ``MAX_DESCRIPTION`` characters, a line over
    16 MiB, a line that is no JSON object, a row with too many or too few cells, a quote that is never closed.

    Files made for products are read as what they say: schema.org ``Product`` and ``ProductGroup`` in .jsonld or in the
    scripts of an .html page, and Google Merchant feeds in .xml, .rss, .atom, or in .tsv and .csv with the header of
    such a feed. ``columns`` then names properties that would otherwise stay in ``Product.extra``, for example
    ``{"id": "gtin13"}``; a table with that header is read like any other one where ``columns`` is given.

    Args:
        source: a path to .jsonl, .ndjson, .csv, .tsv, .jsonld, .html, .xml, .rss or .atom (each also .gz) in UTF-8, or
            to .parquet; or any table with ``__arrow_c_stream__`` (pandas, polars, duckdb, pyarrow).
        columns: field → column name in the source, for example ``{"id": "Article No"}``.
        progress: is told ("reading catalogue", rows read, rows in all or None).

    Returns:
        The products in the order of the source, with ``set_aside`` naming file, line (row number for tables) and
        reason of every row that was not used.

    Raises:
        CatalogueError: the source is missing, empty, damaged or of an unknown kind, has no id column or lacks a column
            that was named, or none of its rows can be used.
        SettingsError: ``columns`` names an unknown field.
    """
    layout = Layout(_SYNONYMS, columns, ("id",), CatalogueError)
    rows = open_products(source, columns)
    gathered = gather(rows, layout, _id, _product, stage="reading catalogue", failure=CatalogueError, progress=progress)
    return Catalogue(gathered.found.values(), gathered.aside, source=rows.name, lines=gathered.lines)


def _id(row: Row, column: Mapping[str, str]) -> str:
    return id_of(row.values.get(column.get("id", "")))


def _product(product_id: str, row: Row, column: Mapping[str, str]) -> Product:
    """Make a product of a row.

    Raises:
        RowFault: the row cannot be used.
    """
    values = row.values
    cell = {field: values[name] for field, name in column.items()}
    price, price_currency = price_of(cell.get("price"))
    attributes, extra = _other_columns(values, set(column.values()))

    def understood(field: str, parse: Callable[[Any], Any]) -> Any:
        try:
            return parse(cell.get(field))
        except FormUnknown:
            extra[column[field]] = cell[field]
            return None

    if isinstance(images := cell.get("image"), list | tuple) and len(images) > 1:
        extra[column["image"]] = images
    declared = understood("attributes", attributes_of) or {}
    currency = understood("currency", _currency)
    agree = price_currency == currency if price_currency else may_be_in(cell.get("price"), currency or "")
    if currency and not agree:
        raise RowFault(f"price and currency disagree: {quoted(cell['price'])} and {quoted(cell['currency'])}")
    return Product(
        id=product_id,
        title=long_text_of(cell.get("title"), "title", MAX_TITLE),
        description=long_text_of(cell.get("description"), "description", MAX_DESCRIPTION),
        brand=understood("brand", text_of),
        categories=understood("categories", categories_of) or (),
        price=price,
        currency=currency or price_currency,
        available=understood("available", availability_of),
        language=understood("language", text_of),
        image=understood("image", _image),
        attributes=MappingProxyType({**declared, **attributes}),
        extra=MappingProxyType(extra),
    )


def _other_columns(values: Mapping[str, Any], used: set[str]) -> tuple[dict[str, tuple[str, ...]], dict[str, Any]]:
    """Return attributes from ``attribute:NAME`` columns, and the filled cells of unknown columns."""
    attributes: dict[str, tuple[str, ...]] = {}
    extra: dict[str, Any] = {}
    for name, value in values.items():
        if name in used or value is None or value == "":
            continue
        label = name[len(_PREFIX) :].strip() if name.lower().startswith(_PREFIX) else ""
        listed = list_in(value) if label and isinstance(value, str) else None
        try:
            if not label:
                raise FormUnknown(name)
            attributes.update(attributes_of({label: value if listed is None else listed}))
        except FormUnknown:
            extra[name] = value
    return attributes, extra


def _currency(value: Any) -> str | None:
    text = text_of(value)
    code = currency_of(text) if text else None
    if text and not code:
        raise FormUnknown(text)
    return code


def _image(value: Any) -> str | None:
    """Return the address of an image, the first of several."""
    first = next(iter(value), None) if isinstance(value, list | tuple) else value
    return text_of(first)
