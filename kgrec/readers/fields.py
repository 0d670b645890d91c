"""Cells of a product row → the values of a product's fields."""

from __future__ import annotations

import ast
import json
import math
import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from kgrec.readers.rows import RowFault, quoted

__all__ = [
    "FormUnknown",
    "attributes_of",
    "availability_of",
    "categories_of",
    "id_of",
    "list_in",
    "long_text_of",
    "text_of",
]


class FormUnknown(Exception):  # noqa: N818 - a verdict about one cell; it never leaves the readers
    """A cell has a form that its field does not know."""


_EXACT = 2**53
"""Floats from here on no longer hold every whole number."""

_LEVEL = re.compile(r"\s*>\s*")
_PUNCTUATION = re.compile(r"[\W_]+")
_STOCK = re.compile(r"\d{1,12}(\.\d{0,6})?", re.ASCII)
_YES = {"true", "yes", "y", "1", "instock", "available", "onstock", "limitedavailability", "instoreonly", "onlineonly"}
_YES |= {"preorder", "presale", "backorder", "madetoorder"}  # it can be ordered, and comes later
_NO = {"false", "no", "n", "0", "outofstock", "soldout", "unavailable", "notavailable", "discontinued"}


def id_of(value: object, field: str = "id") -> str:
    """Return an id as a string; whole floats lose their ``.0``, strings stay as they are.

    Args:
        value: the cell.
        field: what the reason calls it.

    Raises:
        RowFault: it is missing, blank, or of a kind that has no exact text.
    """
    if isinstance(value, str):
        if value and not value.isspace():
            return value
        raise RowFault(f"no {field}")
    if value is None or (isinstance(value, float) and math.isnan(value)):
        raise RowFault(f"no {field}")
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return str(int(value))
    if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value():
        return str(int(value))
    raise RowFault(f"unreadable {field}: {quoted(value)} is neither text nor an exact whole number")


def text_of(value: object) -> str | None:
    """Return a scalar as stripped text; None where it is missing or blank.

    Raises:
        FormUnknown: it is not a scalar.
    """
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if math.isnan(value):
            return None
        return str(int(value)) if value.is_integer() and abs(value) < _EXACT else repr(value)
    if isinstance(value, str | int | Decimal | date):
        return str(value).strip() or None
    raise FormUnknown(type(value).__name__)


def long_text_of(value: object, field: str, longest: int) -> str:
    """Return a title or description exactly as given; paragraphs in a list are joined by line ends.

    Args:
        value: the cell.
        field: what the reason calls it.
        longest: greatest length in characters.

    Raises:
        RowFault: it is too long, or is not text.
    """
    if isinstance(value, list | tuple) and all(part is None or isinstance(part, str) for part in value):
        value = "\n".join(part for part in value if part)
    if not isinstance(value, str):
        try:
            value = text_of(value) or ""
        except FormUnknown as error:
            raise RowFault(f"unreadable {field}: {error} is not text") from None
    if len(value) > longest:
        raise RowFault(f"{field} too long: {len(value):,} characters, at most {longest:,}")
    return value


def categories_of(value: object) -> tuple[tuple[str, ...], ...]:
    """Return category paths, general to special.

    Args:
        value: a list of paths, one path as a list of strings, or a string with ``>`` between levels and ``|`` between
            paths; strings of a flat list may hold ``>`` too, then each is a path.

    Raises:
        FormUnknown: it is of no such form.
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ()
    if isinstance(value, str):
        listed = list_in(value)
        if listed is None:
            return _paths(_LEVEL.split(path) for path in value.split("|"))
        value = listed
    if not isinstance(value, list | tuple):
        raise FormUnknown(type(value).__name__)
    if any(isinstance(part, list | tuple) for part in value):
        return _paths(part if isinstance(part, list | tuple) else [part] for part in value)
    if any(isinstance(part, str) and " > " in part for part in value):
        return _paths(_LEVEL.split(part) for part in map(text_of, value) if part)
    return _paths([value])


def availability_of(value: object) -> bool | None:
    """Return whether a product can be bought; None where it is not said. A number is a stock: more than none is yes.

    Raises:
        FormUnknown: it is not understood.
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float | Decimal) and not math.isnan(value):
        return value > 0
    text = text_of(value)
    if text is None:
        return None
    word = _PUNCTUATION.sub("", text.rsplit("/", 1)[-1]).lower()
    if word in _YES:
        return True
    if word in _NO:
        return False
    if _STOCK.fullmatch(text):
        return float(text) > 0
    raise FormUnknown(text)


def attributes_of(value: object) -> dict[str, tuple[str, ...]]:
    """Return declared attributes.

    Args:
        value: a mapping name → value or values, the same as a JSON string, or a list of (name, value) pairs (an Arrow
            map). A list of bare values gets the name ``attribute``.

    Raises:
        FormUnknown: it is of no such form.
    """
    if isinstance(value, str):
        if not value.strip():
            return {}
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            raise FormUnknown("not JSON") from None
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return {}
    if isinstance(value, list | tuple) and not all(isinstance(part, tuple) and len(part) == 2 for part in value):
        value = {"attribute": value}
    named = value.items() if isinstance(value, Mapping) else value
    if not isinstance(named, Iterable):
        raise FormUnknown(type(value).__name__)
    found: dict[str, list[str]] = {}
    for name, cell in named:
        parts = cell if isinstance(cell, list | tuple) else [cell]
        texts = [text for text in map(text_of, parts) if text]
        if texts and (key := str(name).strip()):
            found.setdefault(key, []).extend(texts)
    return {name: tuple(dict.fromkeys(texts)) for name, texts in found.items()}


def _paths(paths: Iterable[Iterable[Any]]) -> tuple[tuple[str, ...], ...]:
    levels = (tuple(text for text in map(text_of, path) if text) for path in paths)
    return tuple(dict.fromkeys(path for path in levels if path))


def list_in(text: str) -> list[Any] | None:
    """Return the list that ``text`` holds as JSON or as Python writes it; None where it holds none."""
    text = text.strip()
    if not (text.startswith("[") and text.endswith("]")):
        return None
    for parse in (json.loads, ast.literal_eval):
        try:
            value = parse(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        return value if isinstance(value, list) else None
    return None
