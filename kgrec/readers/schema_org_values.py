"""What the properties of a schema.org product say, as the fields of a product row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kgrec.readers.fields import FormUnknown, availability_of, text_of
from kgrec.readers.merchant import PRODUCT_FIELDS

__all__ = ["fields_of", "listed", "local_name", "plain", "types_of"]

Resolve = Callable[[Any], Any]

_IDS = (
    "productID",
    "sku",
    "gtin",
    "gtin13",
    "gtin12",
    "gtin14",
    "gtin8",
    "isbn",
    "mpn",
    "productGroupID",
    "@id",
    "url",
)
_ATTRIBUTES = {
    "color": "colour",
    **{name: name for name in ("material", "pattern", "size", "weight", "width", "height", "depth", "model")},
    "countryOfOrigin": "country_of_origin",
}
_UNITS = {
    **{"MMT": "mm", "CMT": "cm", "MTR": "m", "INH": "in", "FOT": "ft", "YRD": "yd", "MLT": "ml", "CLT": "cl"},
    **{"LTR": "l", "OZA": "fl oz", "GLL": "gal", "MGM": "mg", "GRM": "g", "KGM": "kg", "ONZ": "oz", "LBR": "lb"},
    **{"WTT": "w", "KWT": "kw", "VLT": "v", "HTZ": "hz", "KHZ": "khz", "MHZ": "mhz", "A86": "ghz"},
}
"""UN/CEFACT codes that ``unitCode`` uses → the way the library writes the unit."""


def listed(value: Any) -> list[Any]:
    """Return a list as it is, None as an empty one and anything else as a list of one."""
    if isinstance(value, list | tuple):
        return list(value)
    return [] if value is None else [value]


def local_name(name: object) -> str:
    """Return the last part of a schema.org name: ``color`` of ``https://schema.org/color`` or ``schema:color``."""
    text = str(name)
    for prefix in ("https://schema.org/", "http://schema.org/", "schema:"):
        if text.startswith(prefix):
            return text[len(prefix) :]
    return text


def types_of(node: Mapping[str, Any]) -> set[str]:
    """Return the types of a node, without prefixes."""
    return {local_name(name) for name in listed(node.get("@type"))}


def plain(value: Any) -> Any:
    """Return JSON-LD without prefixes of names and without ``@value``, ``@list`` and ``@set`` around values."""
    if isinstance(value, dict):
        for name in ("@value", "@list", "@set"):
            if name in value:
                return plain(value[name])
        return {local_name(name): plain(part) for name, part in value.items()}
    if isinstance(value, list):
        parts = [plain(part) for part in value]
        return parts[0] if len(parts) == 1 and not isinstance(parts[0], list) else parts
    return value


def fields_of(node: Mapping[str, Any], group: Mapping[str, Any] | None, resolved: Resolve) -> dict[str, Any]:
    """Return a product row; properties that have no place in a product stay under their own names.

    Args:
        node: the product, with what its group gives it.
        group: its group.
        resolved: from a reference to the node it means.
    """
    row: dict[str, Any] = dict.fromkeys(PRODUCT_FIELDS)
    left = {name: value for name, value in node.items() if name not in ("@type", "@context", "hasVariant")}
    row["id"] = next((first for name in _IDS if (first := next(iter(listed(node.get(name))), None)) is not None), None)
    for field, name in (("title", "name"), ("description", "description"), ("language", "inLanguage")):
        if (texts := _texts(left.get(name), resolved)) is not None:
            row[field] = next(iter(texts), None)
            left.pop(name, None)
    for name in ("brand", "manufacturer"):
        if row["brand"] is None and (texts := _texts(left.get(name), resolved)):
            row["brand"] = texts[0]
            del left[name]
    if texts := _texts(left.get("category"), resolved):
        row["categories"] = _longest([[level.strip() for level in text.split(">")] for text in texts])
        del left["category"]
    row["image"] = _addresses(left.pop("image", None), resolved) or None
    row |= _offered(left, resolved)
    row["attributes"] = _attributes(left, resolved) or None
    if group is not None:
        left["item_group_id"] = group.get("productGroupID") or group.get("@id")
        left["varies_by"] = [local_name(name) for name in listed(group.get("variesBy"))]
    for name, value in left.items():
        if row.get(name) is None:
            row[name] = value
    return row


def _texts(value: Any, resolved: Resolve) -> list[str] | None:
    """Return the texts of a property's values; None where one of them has no text."""
    texts = [_text(resolved(each)) for each in listed(value)]
    return None if None in texts else [text for text in texts if text]


def _text(value: Any) -> str | None:
    """Return a value as text: a thing's name, a quantity with its unit; None where it has none."""
    if not isinstance(value, Mapping):
        try:
            return text_of(value) or ""
        except FormUnknown:
            return None
    number = value.get("value")
    if number is None and "minValue" in value and "maxValue" in value:
        number = f"{value['minValue']}–{value['maxValue']}"
    if number is None or isinstance(number, Mapping | list):
        name = value.get("name")
        return name.strip() if isinstance(name, str) else None
    code = local_name(value.get("unitCode", ""))
    unit = value.get("unitText") or _UNITS.get(code, code)
    text = _text(number)
    return f"{text} {unit}".strip() if text and isinstance(unit, str) else text


def _longest(paths: list[list[str]]) -> list[list[str]]:
    """Return paths without those that are only the beginning of another one."""
    beginnings = {tuple(path[:depth]) for path in paths for depth in range(1, len(path))}
    return [path for path in paths if tuple(path) not in beginnings]


def _addresses(value: Any, resolved: Resolve) -> list[str]:
    """Return addresses of images, which are given as such or as objects."""
    found = []
    for each in map(resolved, listed(value)):
        parts = (each.get("contentUrl"), each.get("url"), each.get("@id")) if isinstance(each, Mapping) else (each,)
        if address := next((part for part in parts if isinstance(part, str) and part.strip()), None):
            found.append(address)
    return found


def _offered(left: dict[str, Any], resolved: Resolve) -> dict[str, Any]:
    """Return price, currency and availability: of the first offer with a price that can be had, else of the first.

    Several offers stay in ``left`` beside it.
    """
    offers = [each for each in map(resolved, listed(left.get("offers"))) if isinstance(each, Mapping)]
    if not offers:
        return {}
    offers = [part for each in offers for part in _single_offers(each, resolved)]
    if len(offers) == 1:
        del left["offers"]
    states = [_available(offer) for offer in offers]
    priced = sorted(range(len(offers)), key=lambda at: (_price(offers[at], resolved)[0] is None, states[at] is False))
    price, currency = _price(offers[priced[0]], resolved)
    known = [state for state in states if state is not None]
    available: Any = any(known) if known else next((offer.get("availability") for offer in offers), None)
    return {"price": price, "currency": currency, "available": available}


def _single_offers(offer: Mapping[str, Any], resolved: Resolve) -> list[Mapping[str, Any]]:
    """Return the offers that an aggregate lists, or the offer itself."""
    inside = [each for each in map(resolved, listed(offer.get("offers"))) if isinstance(each, Mapping)]
    return inside if inside and "lowPrice" not in offer and "price" not in offer else [offer]


def _price(offer: Mapping[str, Any], resolved: Resolve) -> tuple[Any, Any]:
    currency = offer.get("priceCurrency")
    for name in ("price", "lowPrice"):
        if offer.get(name) not in (None, ""):
            return offer[name], currency
    for each in map(resolved, listed(offer.get("priceSpecification"))):
        # A price that is struck through or a list price is not what a shopper pays.
        if isinstance(each, Mapping) and each.get("price") not in (None, "") and "priceType" not in each:
            return each["price"], each.get("priceCurrency") or currency
    return None, currency


def _available(offer: Mapping[str, Any]) -> bool | None:
    try:
        return availability_of(local_name(next(iter(listed(offer.get("availability"))), "")))
    except FormUnknown:
        return None


def _attributes(left: dict[str, Any], resolved: Resolve) -> dict[str, list[str]]:
    """Return attributes, and take what was understood from ``left``."""
    found: dict[str, list[str]] = {}
    for name, attribute in _ATTRIBUTES.items():
        if texts := _texts(left.get(name), resolved):
            found[attribute] = texts
            del left[name]
    for each in map(resolved, listed(left.get("audience"))):
        gender = each.get("suggestedGender") if isinstance(each, Mapping) else None
        if isinstance(gender, str) and gender.strip():
            found.setdefault("gender", []).append(local_name(gender).lower())
    for property_name in ("additionalProperty", "hasMeasurement"):
        unread = []
        for each in map(resolved, listed(left.pop(property_name, None))):
            label = (each.get("name") or each.get("propertyID")) if isinstance(each, Mapping) else None
            texts = _property_texts(each, resolved) if isinstance(label, str) and label.strip() else None
            if texts:
                found.setdefault(str(label).strip(), []).extend(texts)
            else:
                unread.append(each)
        if unread:
            left[property_name] = unread
    return found


def _property_texts(entry: Mapping[str, Any], resolved: Resolve) -> list[str] | None:
    """Return the values of a ``PropertyValue`` with their unit; None where it has none that is text."""
    if "value" not in entry:
        return _texts({**entry, "name": None}, resolved)
    shared = {name: entry[name] for name in ("unitText", "unitCode") if name in entry}
    values = [each if isinstance(each, Mapping) else {"value": each, **shared} for each in listed(entry["value"])]
    return _texts(values, resolved)
