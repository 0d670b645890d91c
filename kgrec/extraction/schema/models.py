"""Schemas written as pydantic models."""

from __future__ import annotations

import types
from collections.abc import Mapping
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from kgrec.errors import SchemaError
from kgrec.extraction.schema.attributes import Attribute, AttributeSchema, CategorySchema, ValueType

__all__ = ["read_models"]

_EXTRA = frozenset({"inferred", "synonyms", "unit", "relation", "allowed"})


def read_models(models: type[BaseModel] | Mapping[str, type[BaseModel]]) -> AttributeSchema:
    """Make a schema of one model, which becomes the default category, or of category → model.

    Raises:
        SchemaError: a field has a type that no attribute has; the message names the model and the field.
    """
    if isinstance(models, Mapping):
        return AttributeSchema([_category(name, model) for name, model in models.items()])
    return AttributeSchema([_category(models.__name__, models)], default=models.__name__)


def _category(name: str, model: type[BaseModel]) -> CategorySchema:
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        raise SchemaError(f"category {name!r}: expected a pydantic model class; got {model!r}")
    attributes = tuple(_attribute(model, key, info) for key, info in model.model_fields.items())
    return CategorySchema(name=name, attributes=attributes, description=(model.__doc__ or "").strip())


def _attribute(model: type[BaseModel], key: str, info: FieldInfo) -> Attribute:
    place = f"{model.__name__}.{key}"
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    if unknown := sorted(set(extra) - _EXTRA):
        raise SchemaError(f"{place}: unknown entries {unknown} in json_schema_extra; known are {sorted(_EXTRA)}")
    kind, several, allowed = _kind(info.annotation, place)
    others: Any = extra.get("allowed", {})
    try:
        return Attribute(
            name=info.alias or key,
            type=kind,
            several=several,
            inferred=bool(extra.get("inferred", False)),
            description=info.description or "",
            synonyms=_texts(extra.get("synonyms", ())),
            examples=tuple(str(example) for example in info.examples or ()),
            allowed={value: _texts(others.get(value, ())) for value in allowed},
            unit=None if extra.get("unit") is None else str(extra["unit"]),
            relation=str(extra.get("relation", "")),
        )
    except SchemaError as error:
        raise SchemaError(f"{place}: {error}") from None


def _texts(values: Any) -> tuple[str, ...]:
    return (values,) if isinstance(values, str) else tuple(str(value) for value in values)


def _kind(annotation: Any, place: str) -> tuple[ValueType, bool, tuple[str, ...]]:
    """Return type, whether there are several values, and the allowed ones."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _kind(inner[0], place)
    if origin in (Union, types.UnionType):
        given = [part for part in inner if part is not type(None)]
        if len(given) == 1:
            return _kind(given[0], place)
    elif origin in (list, tuple, set, frozenset) and inner:
        kind, _, allowed = _kind(inner[0], place)
        return kind, True, allowed
    elif origin is Literal:
        return "enum", False, tuple(str(value) for value in inner if value is not None)
    elif isinstance(annotation, type) and issubclass(annotation, Enum):
        return "enum", False, tuple(str(member.value) for member in annotation)
    plain: dict[Any, ValueType] = {str: "text", bool: "boolean", int: "number", float: "number"}
    if annotation in plain:
        return plain[annotation], False, ()
    raise SchemaError(
        f"{place}: no attribute has the type {annotation!r}; use str, bool, int, float, Literal, an Enum or a list"
    )
