"""The nouns of a schema: an attribute, the attributes of a category, and all categories."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from kgrec.data import Catalogue, Product
from kgrec.errors import SchemaError
from kgrec.extraction.declared import clean_value, snake_case

if TYPE_CHECKING:
    from pydantic import BaseModel

    from kgrec.extraction.labelled import LabelledProduct

__all__ = ["VALUE_TYPES", "Attribute", "AttributeSchema", "CategorySchema", "ValueType", "category_key"]

ValueType = Literal["text", "enum", "number", "boolean"]
VALUE_TYPES: tuple[ValueType, ...] = get_args(ValueType)
DEFAULT_CATEGORY = "default"


def category_key(name: str) -> str:
    """Return what equal names of a category have in common: the clean text whatever its case."""
    return clean_value(name).casefold()


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """One attribute. A product that does not state it has no value of it: absent is always a legal answer.

    Attributes:
        name: as it is shown to the model and matched in its replies, for example ``"Screen Size"``.
        type: ``"text"``: words of the product; ``"enum"``: one of ``allowed``; ``"number"``: a number, with its unit
            where there is one; ``"boolean"``: ``"yes"`` or ``"no"``, with the words that say so.
        several: whether a product may have several values.
        inferred: whether values are concluded (who it is for, occasion, use, goes with) and need not stand in the text.
        description: what the attribute means, for the model.
        synonyms: other names of the attribute; for a boolean also the words that state it ("waterproof").
        examples: values as products state them.
        allowed: for an enum, value → its other spellings.
        unit: for a number, the unit that values are expected in, such as ``"cm"``.
        relation: the relation of its facts; by default the name in snake case.

    Raises:
        SchemaError: the name is empty, the type is not known, or another entry does not go with the type.
    """

    name: str
    type: ValueType = "text"
    several: bool = False
    inferred: bool = False
    description: str = ""
    synonyms: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    allowed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unit: str | None = None
    relation: str = ""

    def __post_init__(self) -> None:
        """Check the entries, and name the relation."""
        if not clean_value(self.name) or not snake_case(self.name):
            raise SchemaError(f"an attribute needs a name with a letter or digit; got {self.name!r}")
        if self.type not in VALUE_TYPES:
            raise SchemaError(f"attribute {self.name!r} has the type {self.type!r}; known are {', '.join(VALUE_TYPES)}")
        if (self.type == "enum") != bool(self.allowed):
            raise SchemaError(
                f"attribute {self.name!r} is {self.type}: an enum, and nothing else, lists allowed values"
            )
        if self.unit is not None and self.type != "number":
            raise SchemaError(f"attribute {self.name!r} has a unit and is no number but {self.type}")
        if any(not clean_value(value) for value in (*self.allowed, *self.synonyms, *self.examples)):
            raise SchemaError(f"attribute {self.name!r} has an empty allowed value, synonym or example")
        self._check_spellings()
        object.__setattr__(self, "relation", self.relation or snake_case(self.name))

    def _check_spellings(self) -> None:
        seen: dict[str, str] = {}
        for value, others in self.allowed.items():
            for spelling in (value, *others):
                if seen.setdefault(clean_value(spelling).casefold(), value) != value:
                    first = seen[clean_value(spelling).casefold()]
                    raise SchemaError(
                        f"attribute {self.name!r}: {spelling!r} is a spelling of {first!r} and of {value!r}"
                    )

    @property
    def names(self) -> tuple[str, ...]:
        """The name and its synonyms."""
        return (self.name, *self.synonyms)

    def as_dict(self) -> dict[str, Any]:
        """Return the entries that differ from their defaults, the name left out."""
        entries: dict[str, Any] = {"type": self.type}
        for name in ("several", "inferred", "description", "unit"):
            if getattr(self, name):
                entries[name] = getattr(self, name)
        for name in ("synonyms", "examples"):
            if getattr(self, name):
                entries[name] = list(getattr(self, name))
        if any(self.allowed.values()):
            entries["allowed"] = {value: list(others) for value, others in self.allowed.items()}
        elif self.allowed:
            entries["allowed"] = list(self.allowed)
        if self.relation != snake_case(self.name):
            entries["relation"] = self.relation
        return entries


@dataclass(frozen=True, slots=True, kw_only=True)
class CategorySchema:
    """The attributes of one category.

    Attributes:
        name: the category, as a level of the products' category paths names it.
        attributes: at least one; their names, synonyms and relations differ.
        description: what belongs to the category, for the model.

    Raises:
        SchemaError: there is no attribute, or two share a name or a relation.
    """

    name: str
    attributes: tuple[Attribute, ...]
    description: str = ""
    _by_name: dict[str, Attribute] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Check that names tell attributes apart."""
        if not self.attributes:
            raise SchemaError(f"category {self.name!r} has no attributes; give at least one, or leave the category out")
        for what, keys in (("name", _name_keys(self.attributes)), ("relation", _relations(self.attributes))):
            seen: dict[str, str] = {}
            for key, name in keys:
                if key in seen:
                    pair = f"{seen[key]!r} and {name!r}"
                    raise SchemaError(f"category {self.name!r}: the attributes {pair} share the {what} {key!r}")
                seen[key] = name
        for attribute in self.attributes:
            self._by_name.update(dict.fromkeys(map(snake_case, attribute.names), attribute))

    def find(self, name: str) -> Attribute | None:
        """Return the attribute of a name or synonym, however it is cased or joined, or None."""
        return self._by_name.get(snake_case(name))

    @property
    def digest(self) -> str:
        """Identifies the content: 32 hexadecimal digits, equal for equal schemas."""
        content = [self.name, self.description, [(a.name, a.as_dict()) for a in self.attributes]]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]


def _name_keys(attributes: Iterable[Attribute]) -> Iterator[tuple[str, str]]:
    for attribute in attributes:
        # A synonym that is the name again says nothing new and collides with nothing.
        for key in dict.fromkeys(map(snake_case, attribute.names)):
            yield key, attribute.name


def _relations(attributes: Iterable[Attribute]) -> Iterator[tuple[str, str]]:
    return ((attribute.relation, attribute.name) for attribute in attributes)


class AttributeSchema:
    """The attributes of each category of a shop.

    Args:
        categories: with different names.
        default: the category whose attributes are looked for in products of no other; None: such products are not read.
            A category with the name ``"default"`` is taken where nothing is given.

    Raises:
        SchemaError: there is no category, two share a name, or the default is none of them.
    """

    def __init__(self, categories: Iterable[CategorySchema], *, default: str | None = None) -> None:
        """Index the categories."""
        entries = tuple(categories)
        if not entries:
            raise SchemaError("a schema needs at least one category with at least one attribute; got none")
        self._by_key: dict[str, CategorySchema] = {}
        for category in entries:
            if (other := self._by_key.setdefault(category_key(category.name), category)) is not category:
                raise SchemaError(f"two categories share the name {other.name!r} (the other is {category.name!r})")
        if default is None and category_key(DEFAULT_CATEGORY) in self._by_key:
            default = self._by_key[category_key(DEFAULT_CATEGORY)].name
        if default is not None and category_key(default) not in self._by_key:
            raise SchemaError(f"the default category {default!r} is not among {[c.name for c in entries]}")
        self.categories = {category.name: category for category in entries}
        self.default = default

    def __eq__(self, other: object) -> bool:
        """Tell whether both look for the same."""
        if not isinstance(other, AttributeSchema):
            return NotImplemented
        return (self.categories, self.default) == (other.categories, other.default)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        """Return a short description."""
        attributes = sum(len(category.attributes) for category in self.categories.values())
        return f"<AttributeSchema: {len(self.categories):,} categories, {attributes:,} attributes>"

    def category(self, name: str) -> CategorySchema | None:
        """Return the category of a name, whatever its case, or None."""
        return self._by_key.get(category_key(name))

    def category_of(self, product: Product) -> CategorySchema | None:
        """Return the category whose attributes a product is read for, or None where there is none.

        Of the levels of all its category paths the deepest that has a schema counts, then the default.
        """
        depth = max((len(path) for path in product.categories), default=0)
        for level in range(depth - 1, -1, -1):
            for path in product.categories:
                if level < len(path) and (found := self.category(path[level])) is not None:
                    return found
        return None if self.default is None else self.category(self.default)

    def merged(self, other: AttributeSchema) -> AttributeSchema:
        """Return both; where both have an attribute or a category, this one's entry stays."""
        categories = dict(self.categories)
        for category in other.categories.values():
            mine = self.category(category.name)
            if mine is None:
                categories[category.name] = category
                continue
            taken = {key for key, _ in _name_keys(mine.attributes)} | {a.relation for a in mine.attributes}
            new = tuple(
                a for a in category.attributes if a.relation not in taken and taken.isdisjoint(map(snake_case, a.names))
            )
            categories[mine.name] = replace(mine, attributes=mine.attributes + new)
        return AttributeSchema(categories.values(), default=self.default or other.default)

    def as_dict(self) -> dict[str, Any]:
        """Return the schema in the form that ``from_dict`` reads."""
        categories: dict[str, Any] = {}
        for category in self.categories.values():
            entry: dict[str, Any] = {"description": category.description} if category.description else {}
            entry["attributes"] = {attribute.name: attribute.as_dict() for attribute in category.attributes}
            categories[category.name] = entry
        implied = self.default is None or category_key(self.default) == category_key(DEFAULT_CATEGORY)
        return {"categories": categories} if implied else {"default": self.default, "categories": categories}

    def to_yaml(self, path: str | Path | None = None) -> str:
        """Return the schema as YAML, and write it to a file where one is given."""
        from kgrec.extraction.schema.reading import written

        text = written(self)
        if path is not None:
            Path(path).write_text(text, encoding="utf-8")
        return text

    @classmethod
    def from_file(cls, path: str | Path) -> AttributeSchema:
        """Read a schema from a YAML or JSON file; see ``docs/extraction.md`` for its form.

        Raises:
            SchemaError: the file cannot be read or is malformed; the message names the file and the place in it.
        """
        from kgrec.extraction.schema.reading import read_file

        return read_file(Path(path))

    @classmethod
    def from_dict(cls, content: Mapping[str, Any], *, source: str = "schema") -> AttributeSchema:
        """Read a schema from plain values, as a file holds them.

        Raises:
            SchemaError: as above; ``source`` stands for the file.
        """
        from kgrec.extraction.schema.reading import read_dict

        return read_dict(content, source)

    @classmethod
    def from_pydantic(cls, models: type[BaseModel] | Mapping[str, type[BaseModel]]) -> AttributeSchema:
        """Read a schema from one pydantic model, which becomes the default category, or from category → model.

        ``str`` is text, ``Literal`` and ``Enum`` are an enum, ``int`` and ``float`` a number, ``bool`` a boolean, and
        a list, tuple or set of them has several values. The other entries stand in ``description``, ``examples`` and
        ``json_schema_extra`` of a field: ``Field(json_schema_extra={"unit": "cm", "inferred": True})``.

        Raises:
            SchemaError: a field has another type; the message names the model and the field.
        """
        from kgrec.extraction.schema.models import read_models

        return read_models(models)

    @classmethod
    def from_catalogue(
        cls, catalogue: Catalogue | Sequence[Product], *, minimum_products: int = 3, minimum_share: float = 0.05
    ) -> AttributeSchema:
        """Infer a schema from the attributes that products declare; types are guessed from their values.

        A category is the deepest level of the first path that at least ``minimum_products`` products share. An
        attribute counts where at least ``minimum_share`` (0 … 1) of the category's products, and two, declare it.
        Numbers are told by their digits and units, booleans by yes and no, enums by values that repeat.

        Raises:
            SchemaError: no attribute is declared often enough.
        """
        from kgrec.extraction.schema.guessing import guess_from_catalogue

        return guess_from_catalogue(catalogue, minimum_products, minimum_share)

    @classmethod
    def from_labelled(cls, labelled: Iterable[LabelledProduct]) -> AttributeSchema:
        """Infer a schema from labelled products: their categories, attributes and commonest values as examples.

        All attributes are text: labels say what was found and not what else would be legal.

        Raises:
            SchemaError: there is no labelled product, or none with an attribute.
        """
        from kgrec.extraction.schema.guessing import guess_from_labelled

        return guess_from_labelled(labelled)
