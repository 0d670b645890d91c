"""Schemas from files, dicts and pydantic models; what is wrong is named with its place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field

from kgrec.data import Product
from kgrec.errors import SchemaError
from kgrec.extraction.schema import Attribute, AttributeSchema, CategorySchema

YAML = """
default: Anything
categories:
  Shorts:
    description: Short trousers
    attributes:
      Brand Name: text
      Colour:
        type: enum
        allowed: {red: [crimson, 红色], blue: []}
        several: true
        synonyms: [Color]
      Waist: {type: number, unit: cm}
      Waterproof: {type: boolean, synonyms: [rainproof]}
      Occasion: {type: text, inferred: true, examples: [party]}
  Anything: [Brand Name]
"""


def test_a_file_is_read_and_written_back(tmp_path: Path) -> None:
    path = tmp_path / "schema.yaml"
    path.write_text(YAML, encoding="utf-8")
    schema = AttributeSchema.from_file(path)
    shorts = schema.categories["Shorts"]
    assert [a.type for a in shorts.attributes] == ["text", "enum", "number", "boolean", "text"]
    assert shorts.attributes[1].allowed == {"red": ("crimson", "红色"), "blue": ()}
    assert shorts.attributes[4].inferred
    assert schema.default == "Anything"
    schema.to_yaml(tmp_path / "again.yaml")
    assert AttributeSchema.from_file(tmp_path / "again.yaml") == schema
    (tmp_path / "again.json").write_text(json.dumps(schema.as_dict()), encoding="utf-8")
    assert AttributeSchema.from_file(tmp_path / "again.json") == schema


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ({"categories": {"A": {"attributes": {"Size": {"type": "colour"}}}}}, "categories.A.attributes.Size.type"),
        ({"categories": {"A": {"attributes": {"Size": "colour"}}}}, "categories.A.attributes.Size.type"),
        ({"categories": {"A": {"attributes": {"Size": {"sort": "x"}}}}}, "categories.A.attributes.Size.sort"),
        ({"categories": {"A": {"attributes": {}}}}, "'A' has no attributes"),
        ({"categories": {}}, "at least one category"),
        ({"categories": {"A": ["x", "x"]}}, "listed twice"),
        ({"categories": {"A": ["Screen Size", "screen_size"]}}, "share the name 'screen_size'"),
        ({"categories": {"A": {"attributes": {"x": {"type": "enum"}}}}}, "categories.A.attributes.x"),
        ({"categories": {"A": {"attributes": {"x": {"unit": "cm"}}}}}, "has a unit"),
        (
            {"categories": {"A": {"attributes": {"x": {"type": "enum", "allowed": {"a": ["b"], "b": []}}}}}},
            "spelling of 'a' and of 'b'",
        ),
        ({"categories": {"A": ["x"], "a": ["x"]}}, "two categories"),
        ({"categories": {"A": ["x"]}, "default": "B"}, "'B'"),
        ({"categories": {"A": ["-"]}}, "name with a letter"),
        ({"kinds": {}}, "kinds: unknown key"),
        ([], "expected a mapping"),
    ],
)
def test_what_is_wrong_is_named(content: Any, place: str) -> None:
    with pytest.raises(SchemaError, match=place.replace("(", r"\(")) as caught:
        AttributeSchema.from_dict(content, source="shop.yaml")
    assert str(caught.value).startswith("shop.yaml: ")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.yaml", "categories:\n  A: [x]\n  A: [y]\n", "line 3: the key 'A' is given twice"),
        ("a.json", '{"categories": {"A": ["x"], "A": ["y"]}}', "'A' is given twice"),
        ("a.yaml", "categories: [", "neither YAML nor JSON"),
        ("a.json", "[" * 100_000, "neither YAML nor JSON"),
        ("a.yaml", "- x", "expected a mapping"),
    ],
)
def test_files_that_are_no_schema(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(SchemaError, match=message) as caught:
        AttributeSchema.from_file(tmp_path / name)
    assert name in str(caught.value)


def test_a_missing_file_is_a_schema_error(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match=r"nowhere\.yaml"):
        AttributeSchema.from_file(tmp_path / "nowhere.yaml")


class Lamp(BaseModel):
    """Anything that shines."""

    brand: str | None = None
    shade: Literal["red", "blue"] = Field(description="the colour", json_schema_extra={"allowed": {"red": ["crimson"]}})
    power: float | None = Field(None, json_schema_extra={"unit": "w"})
    dimmable: bool | None = None
    used_for: list[str] = Field(default_factory=list, json_schema_extra={"inferred": True})


def test_a_pydantic_model() -> None:
    schema = AttributeSchema.from_pydantic(Lamp)
    lamp = schema.categories["Lamp"]
    assert schema.default == "Lamp"
    assert lamp.description == "Anything that shines."
    assert [(a.type, a.several, a.inferred) for a in lamp.attributes] == [
        ("text", False, False),
        ("enum", False, False),
        ("number", False, False),
        ("boolean", False, False),
        ("text", True, True),
    ]
    assert lamp.attributes[1].allowed == {"red": ("crimson",), "blue": ()}
    assert lamp.attributes[2].unit == "w"


def test_a_pydantic_model_with_a_type_that_is_none() -> None:
    class Bad(BaseModel):
        where: dict[str, str]

    with pytest.raises(SchemaError, match=r"Bad\.where"):
        AttributeSchema.from_pydantic({"Bad": Bad})


def test_the_deepest_level_with_a_schema_counts() -> None:
    schema = AttributeSchema.from_dict({"categories": {"Clothes": ["a"], "Shorts": ["b"]}})
    deep = Product(id="1", categories=(("Sale", "Other"), ("Clothes", "SHORTS", "Running")))
    assert schema.category_of(deep) is schema.categories["Shorts"]
    assert schema.category_of(Product(id="2", categories=(("Clothes", "Hats"),))) is schema.categories["Clothes"]
    assert schema.category_of(Product(id="3")) is None
    with_default = AttributeSchema.from_dict({"categories": {"Clothes": ["a"], "default": ["b"]}})
    assert with_default.category_of(Product(id="3")) is with_default.categories["default"]


def test_equal_content_has_an_equal_digest() -> None:
    one, two = (
        CategorySchema(name="A", attributes=(Attribute(name="x", description=text),)) for text in ("same", "other")
    )
    assert one.digest != two.digest
    assert one.digest == CategorySchema(name="A", attributes=(Attribute(name="x", description="same"),)).digest


def test_names_are_found_however_they_are_joined() -> None:
    category = CategorySchema(name="A", attributes=(Attribute(name="Screen Size", synonyms=("Display",)),))
    assert category.find("screen_size") is category.attributes[0]
    assert category.find("DISPLAY") is category.attributes[0]
    assert category.find("Size") is None


def test_merging_keeps_the_first_entry() -> None:
    mine = AttributeSchema.from_dict({"categories": {"A": {"attributes": {"x": {"description": "mine"}}}}})
    other = AttributeSchema.from_dict({"categories": {"A": ["X", "y"], "B": ["z"]}})
    merged = mine.merged(other)
    assert [a.name for a in merged.categories["A"].attributes] == ["x", "y"]
    assert merged.categories["A"].attributes[0].description == "mine"
    assert list(merged.categories) == ["A", "B"]


@pytest.mark.parametrize(("listed", "read"), [("[yes, no]", ["yes", "no"]), ("{On: [yes], off: []}", ["On", "off"])])
def test_words_that_yaml_takes_for_truth_values_stay_words(tmp_path: Path, listed: str, read: list[str]) -> None:
    path = tmp_path / "schema.yaml"
    path.write_text(
        f"categories: {{Lamps: {{attributes: {{Dimmable: {{type: enum, several: no, allowed: {listed}}}}}}}}}"
    )
    (lamps,) = AttributeSchema.from_file(path).categories.values()
    assert list(lamps.attributes[0].allowed) == read
    assert lamps.attributes[0].several is False
    again = tmp_path / "again.yaml"
    AttributeSchema.from_file(path).to_yaml(again)
    assert AttributeSchema.from_file(again) == AttributeSchema.from_file(path)


def test_truth_values_among_allowed_words_are_refused() -> None:
    entry = {"type": "enum", "allowed": [True, False]}
    with pytest.raises(SchemaError, match='write "yes" and "no" in quotation marks'):
        AttributeSchema.from_dict({"categories": {"Lamps": {"attributes": {"Dimmable": entry}}}})
