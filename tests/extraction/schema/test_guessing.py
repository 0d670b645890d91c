"""Schemas inferred from declared attributes and from labels."""

from __future__ import annotations

import pytest
import yaml

from kgrec.data import Catalogue, Product
from kgrec.errors import SchemaError
from kgrec.extraction.labelled import LabelledProduct
from kgrec.extraction.schema import AttributeSchema


def _lamps() -> Catalogue:
    colours = ("red", "Red", "blue")
    return Catalogue(
        Product(
            id=str(num),
            title=f"Lamp {num}",
            brand=f"Brand {num % 7}",
            categories=(("Home", "Lamps" if num else "LAMPS", f"only {num}"),),
            attributes={
                "Power": (f"{num + 5} W" if num % 2 else f"{num + 5}watt",),
                "Colour": (colours[num % 3],),
                "Dimmable": ("Yes" if num % 2 else "no",),
                "Rooms": ("kitchen", f"room {num}"),
                "Seldom": ("x",) if num == 0 else (),
                "Nothing": ("n/a",),
            },
        )
        for num in range(30)
    )


def test_types_are_guessed_from_values() -> None:
    schema = AttributeSchema.from_catalogue(_lamps())
    assert list(schema.categories) == ["Lamps"]
    found = {a.name: a for a in schema.categories["Lamps"].attributes}
    assert (found["Power"].type, found["Power"].unit) == ("number", "w")
    assert (found["Colour"].type, [v.casefold() for v in found["Colour"].allowed]) == ("enum", ["red", "blue"])
    assert found["Dimmable"].type == "boolean"
    assert (found["Rooms"].type, found["Rooms"].several) == ("text", True)
    assert (found["Brand"].type, found["Brand"].relation) == ("text", "brand")
    assert found.keys() == {"Power", "Colour", "Dimmable", "Rooms", "Brand"}


def test_it_survives_a_file() -> None:
    schema = AttributeSchema.from_catalogue(_lamps())
    assert AttributeSchema.from_dict(yaml.safe_load(schema.to_yaml())) == schema


def test_a_catalogue_that_declares_nothing() -> None:
    with pytest.raises(SchemaError, match="no attribute is declared"):
        AttributeSchema.from_catalogue(Catalogue([Product(id="a", title="Lamp")]))


def test_products_of_no_category_become_the_default() -> None:
    products = [Product(id=str(num), attributes={"Size": (f"{num} cm",)}) for num in range(4)]
    schema = AttributeSchema.from_catalogue(products)
    assert schema.default == "default"
    assert schema.categories["default"].attributes[0].unit == "cm"


def test_labels_become_text_attributes_with_examples() -> None:
    labelled = [
        LabelledProduct(product=Product(id="a"), category="Lure", values={"Brand Name": ("X",), "Weight": ()}),
        LabelledProduct(product=Product(id="b"), category="Lure", values={"Brand Name": ("X",)}),
        LabelledProduct(product=Product(id="c"), category="", values={"Size": ("5",)}),
    ]
    schema = AttributeSchema.from_labelled(labelled)
    assert list(schema.categories) == ["Lure", "default"]
    brand, weight = schema.categories["Lure"].attributes
    assert (brand.name, brand.type, brand.examples) == ("Brand Name", "text", ("X",))
    assert (weight.name, weight.examples) == ("Weight", ())
    with pytest.raises(SchemaError):
        AttributeSchema.from_labelled([])
