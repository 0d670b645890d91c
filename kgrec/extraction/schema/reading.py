"""Schema files: YAML or JSON, checked entry by entry; what is wrong is named with its place."""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from kgrec.errors import SchemaError
from kgrec.extraction.schema.attributes import Attribute, AttributeSchema, CategorySchema, ValueType

__all__ = ["read_dict", "read_file", "written"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str | int | float) and not isinstance(value, bool) else value


def _as_texts(value: object) -> object:
    """YAML reads 42 as a number and ``on`` as true; a schema means the words."""
    if not isinstance(value, list):
        return value
    return [str(entry) if isinstance(entry, int | float) and not isinstance(entry, bool) else entry for entry in value]


class _AttributeEntry(_Strict):
    type: ValueType = "text"
    several: bool = False
    inferred: bool = False
    description: str = ""
    synonyms: list[str] = Field(default_factory=list)
    examples: list[str] = Field(default_factory=list)
    allowed: dict[str, list[str]] = Field(default_factory=dict)
    unit: str | None = None
    relation: str = ""

    @field_validator("synonyms", "examples", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        return _as_texts(_as_list(value))

    @field_validator("allowed", mode="before")
    @classmethod
    def _spellings(cls, value: object) -> object:
        if isinstance(value, list | dict) and any(isinstance(entry, bool) for entry in value):
            raise ValueError('allowed values are words: write "yes" and "no" in quotation marks, not true and false')
        if isinstance(value, list):
            texts = _as_texts(value)
            assert isinstance(texts, list)
            if len(set(map(repr, texts))) != len(texts):
                raise ValueError("an allowed value is listed twice")
            return {text: [] for text in texts}
        if isinstance(value, dict):
            return {
                str(k) if isinstance(k, int | float) and not isinstance(k, bool) else k: _as_texts(_as_list(v or []))
                for k, v in value.items()
            }
        return value


class _CategoryEntry(_Strict):
    description: str = ""
    attributes: dict[str, _AttributeEntry]

    @field_validator("attributes", mode="before")
    @classmethod
    def _named(cls, value: object) -> object:
        if isinstance(value, list):
            return _by_name(value)
        if isinstance(value, dict):
            return {
                str(name): {"type": entry} if isinstance(entry, str) else entry or {} for name, entry in value.items()
            }
        return value


def _by_name(entries: list[Any]) -> dict[str, Any]:
    """Turn a list of names, or of entries with a name each, into name → entry."""
    named: dict[str, Any] = {}
    for entry in entries:
        name = entry.get("name") if isinstance(entry, dict) else entry
        if not isinstance(name, str):
            raise ValueError(f"an attribute of a list is a name or has one; got {entry!r}")
        if name in named:
            raise ValueError(f"the attribute {name!r} is listed twice")
        named[name] = {key: value for key, value in entry.items() if key != "name"} if isinstance(entry, dict) else {}
    return named


class _SchemaEntry(_Strict):
    default: str | None = None
    categories: dict[str, _CategoryEntry]

    @field_validator("categories", mode="before")
    @classmethod
    def _short_form(cls, value: object) -> object:
        if isinstance(value, dict):
            return {
                str(name): {"attributes": entry} if isinstance(entry, list) else entry for name, entry in value.items()
            }
        return value


_OF_WORDS = ("allowed", "examples", "synonyms")


def _take_as_written(node: yaml.Node) -> None:
    """Let yes, no, on and off be the words that stand there, where YAML makes truth values of them."""
    if isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:bool":
        node.tag = "tag:yaml.org,2002:str"
    elif isinstance(node, yaml.SequenceNode):
        for entry in node.value:
            _take_as_written(entry)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            _take_as_written(key)
            _take_as_written(value)


class _NoTwice(yaml.SafeLoader):
    """Refuses a key that is given twice, where YAML would keep the last, and takes words of lists as written."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Build a mapping."""
        seen: set[Hashable] = set()
        for key_node, value_node in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                continue
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, Hashable) and key in seen:
                raise SchemaError(f"line {key_node.start_mark.line + 1}: the key {key!r} is given twice")
            seen.add(key)
            if key in _OF_WORDS:
                _take_as_written(value_node)
        return super().construct_mapping(node, deep)


def _pairs_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        twice = next(key for place, (key, _) in enumerate(pairs) if key in dict(pairs[:place]))
        raise SchemaError(f"the key {twice!r} is given twice")
    return content


def read_file(path: Path) -> AttributeSchema:
    """Read a YAML file, or a JSON file (told by its suffix).

    Raises:
        SchemaError: it cannot be read or is malformed; the message names the place.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SchemaError(f"{path}: the schema file cannot be read: {error}") from error
    try:
        if path.suffix.lower() == ".json":
            content = json.loads(text, object_pairs_hook=_pairs_once)
        else:
            content = yaml.load(text, _NoTwice)
    except SchemaError as error:
        raise SchemaError(f"{path}: {error}") from None
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        raise SchemaError(f"{path}: neither YAML nor JSON: {' '.join(str(error).split())[:300]}") from error
    return read_dict(content, str(path))


def read_dict(content: object, source: str) -> AttributeSchema:
    """Check plain values and make a schema of them.

    Raises:
        SchemaError: an entry is malformed, unknown or missing; the message names its place.
    """
    if not isinstance(content, Mapping):
        raise SchemaError(f"{source}: expected a mapping with the key 'categories'; got {type(content).__name__}")
    try:
        entries = _SchemaEntry.model_validate(dict(content))
    except ValidationError as error:
        raise SchemaError("; ".join(_complaints(error, source))) from None
    try:
        return AttributeSchema(
            [_category(name, entry) for name, entry in entries.categories.items()], default=entries.default
        )
    except SchemaError as error:
        raise SchemaError(f"{source}: {error}") from None


def _complaints(error: ValidationError, source: str) -> list[str]:
    complaints = []
    for entry in error.errors(include_url=False)[:5]:
        place = ".".join(str(part) for part in entry["loc"] if part != "[key]")
        given = (
            "" if entry["type"] in ("missing", "extra_forbidden", "value_error") else f"; got {entry['input']!r:.80}"
        )
        message = "unknown key" if entry["type"] == "extra_forbidden" else entry["msg"].removeprefix("Value error, ")
        complaints.append(f"{source}: {place}: {message}{given}")
    return complaints


def _category(name: str, entry: _CategoryEntry) -> CategorySchema:
    attributes = []
    for attribute, details in entry.attributes.items():
        try:
            attributes.append(_attribute(attribute, details))
        except SchemaError as error:
            raise SchemaError(f"categories.{name}.attributes.{attribute}: {error}") from None
    return CategorySchema(name=name, description=entry.description, attributes=tuple(attributes))


def _attribute(name: str, entry: _AttributeEntry) -> Attribute:
    return Attribute(
        name=name,
        type=entry.type,
        several=entry.several,
        inferred=entry.inferred,
        description=entry.description,
        synonyms=tuple(entry.synonyms),
        examples=tuple(entry.examples),
        allowed={value: tuple(others) for value, others in entry.allowed.items()},
        unit=entry.unit,
        relation=entry.relation,
    )


def written(schema: AttributeSchema) -> str:
    """Return a schema as YAML that ``read_file`` reads back."""
    return str(yaml.safe_dump(schema.as_dict(), sort_keys=False, allow_unicode=True, width=100))
