"""Google Merchant product data: the names of its attributes, in tables and in XML, and what they are to a product."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kgrec.readers.rows import Row, RowSource

__all__ = ["PRODUCT_FIELDS", "is_merchant_header", "merchant_row", "merchant_rows"]

PRODUCT_FIELDS = (
    *("id", "title", "description", "brand", "categories", "price", "currency", "available", "language", "image"),
    "attributes",
)
"""Fields of a product row; a format that names them all leaves nothing to be guessed from other names."""

_ATTRIBUTES = {
    "color": "colour",
    **{name: name for name in ("size", "material", "pattern", "gender", "age_group", "size_type")},
    **{name: name for name in ("product_length", "product_width", "product_height", "product_weight")},
    "energy_efficiency_class": "energy_efficiency_class",
}
_SLASHED = {"color", "material"}  # "red/white" are two values there, where a size may be "16/34"
_BLANK = re.compile(r"[\s-]+")
_LEVEL = re.compile(r"\s*>\s*")
_DETAIL = re.compile(r"(?P<section>[^:]*):(?P<name>[^:]+):(?P<value>.+)")


def is_merchant_header(names: Iterable[str]) -> bool:
    """Tell whether the columns of a table are those of a Merchant feed, not of any other product table."""
    known = {_plain_name(name) for name in names}
    return {"id", "title", "link"} <= known and bool(
        known & {"image_link", "google_product_category", "item_group_id", "additional_image_link"}
    )


def merchant_rows(rows: RowSource) -> RowSource:
    """Return the rows of a table with Merchant columns as product rows; columns of other names stay as they are."""
    return RowSource(name=rows.name, columns=None, rows=map(_table_row, rows.rows), total=rows.total)


def merchant_row(cells: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """Return a product row.

    Color, size, material, pattern, gender, age group, the product's measures and product details become attributes;
    the shop's own ``product_type`` and the ``google_product_category``, where it is a path and not a number, become
    category paths. What has no place in a product stays under its own name.

    Args:
        cells: name, with or without ``g:``, → filled values; a value with parts is a mapping of the same form.
    """
    row: dict[str, Any] = dict.fromkeys(PRODUCT_FIELDS)
    left: dict[str, Any] = {}
    paths: list[list[str]] = []
    images: list[Any] = []
    attributes: dict[str, list[str]] = {}
    for name, values in cells.items():
        plain = _plain_name(name)
        first = values[0]
        if plain in ("id", "title", "description", "brand", "price"):
            row[plain] = first
        elif plain == "availability":
            row["available"] = first
        elif plain == "content_language":
            row["language"] = first
        elif plain in ("image_link", "additional_image_link"):
            images = _addresses(values) + images if plain == "image_link" else images + _addresses(values)
        elif plain in ("product_type", "google_product_category") and (found := _paths(values)):
            paths = found + paths if plain == "product_type" else paths + found
        elif plain in _ATTRIBUTES and (texts := _texts(plain, values)):
            attributes[_ATTRIBUTES[plain]] = texts
        elif plain == "product_detail" and (details := _details(values)):
            for label, text in details:
                attributes.setdefault(label, []).append(text)
        else:
            left[name] = first if len(values) == 1 else list(values)
    row |= {"categories": paths or None, "image": images or None, "attributes": attributes or None}
    for name, value in left.items():
        if row.get(name) is None:
            row[name] = value
    return row


def _plain_name(name: str) -> str:
    return _BLANK.sub("_", name.strip().lower()).removeprefix("g:")


def _table_row(row: Row) -> Row:
    if row.fault:
        return row
    return row._replace(values=merchant_row({name: [cell] for name, cell in row.values.items() if cell.strip()}))


def _addresses(values: Sequence[Any]) -> list[Any]:
    """Return addresses of images; in a table several stand in one cell, with commas in front of each next one."""
    return [
        part for value in values for part in (re.split(r",\s*(?=https?://)", value) if _is_text(value) else [value])
    ]


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _paths(values: Sequence[Any]) -> list[list[str]]:
    """Return category paths; empty where a value is a number of Google's list, or is no text."""
    if not all(isinstance(value, str) and not value.strip().isdigit() for value in values):
        return []
    return [_LEVEL.split(value.strip()) for value in values]


def _texts(name: str, values: Sequence[Any]) -> list[str]:
    if not all(map(_is_text, values)):
        return []
    parts = [part for value in values for part in (value.split("/") if name in _SLASHED else [value])]
    return [part.strip() for part in parts if part.strip()]


def _details(values: Sequence[Any]) -> list[tuple[str, str]]:
    """Return names and values of product details: parts of an element, or ``section:name:value, …`` in a cell."""
    found: list[tuple[str, str]] = []
    for value in values:
        if isinstance(value, Mapping):
            name, text = (value.get(part, [""])[0] for part in ("attribute_name", "attribute_value"))
            if not (name and text and _is_text(name) and _is_text(text)):
                return []
            found.append((name, text))
            continue
        for detail in re.split(r",(?=[^,:]*:[^,:]+:)", value):
            match = _DETAIL.fullmatch(detail.strip())
            if match is None:
                return []
            found.append((match["name"].strip(), match["value"].strip()))
    return found
