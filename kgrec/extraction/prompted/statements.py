"""A reply's fields as plain statements: value and evidence, whatever form the model chose."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kgrec.extraction.aligning import without_hidden
from kgrec.extraction.declared import is_placeholder
from kgrec.extraction.schema import Attribute, CategorySchema

__all__ = ["Refusal", "Statement", "statements_of"]

_VALUE_KEYS = ("value", "values", "answer")
_LISTS = re.compile(r"\s*[,;，；、]\s*")


@dataclass(frozen=True, slots=True)
class Statement:
    """One value as a model stated it; ``value`` is a bool where JSON's true or false was given."""

    attribute: Attribute
    value: str | bool
    evidence: str | None = None

    def parts(self) -> tuple[Statement, ...]:
        """Return what the value lists, where it is written like a list of several."""
        pieces = [piece for piece in _LISTS.split(self.value) if piece] if isinstance(self.value, str) else []
        return tuple(Statement(self.attribute, piece, None) for piece in pieces) if len(pieces) > 1 else ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A field or value that is no fact, and why; ``invalid`` where another reply may be better."""

    attribute: str
    value: str
    reason: str
    invalid: bool = False

    @property
    def excerpt(self) -> str:
        """What was refused, in a line."""
        return " ".join(without_hidden(f"{self.attribute} = {self.value}").split())[:160]


def statements_of(
    reply: Mapping[str, Any], category: CategorySchema, most: int
) -> tuple[list[Statement], list[Refusal]]:
    """Return what a reply states of the attributes of a category, and what it states beside them.

    Read are the plain form, ``{"Colour": "red"}``, and ``{"Colour": {"value": "red", "evidence": "crimson"}}``, lists
    of both, and an object around the whole. ``null``, ``""``, ``"n/a"``, ``"none"``, ``"unknown"`` and the like are
    absent. So is a ``false`` without evidence: a text seldom says what a product is not.
    """
    statements: list[Statement] = []
    refusals: list[Refusal] = []
    for key, given in _unwrapped(reply, category).items():
        attribute = category.find(key)
        if attribute is None:
            if not _is_absent(given):
                refusals.append(Refusal(key[:60], _text(given), "attribute is not in the schema"))
            continue
        found: list[Statement | Refusal] = list(_stated(attribute, given))
        if len(found) > most:
            refusals.append(Refusal(attribute.name, _text(given), f"more than {most} values were stated"))
        for entry in found[:most]:
            if isinstance(entry, Refusal):
                refusals.append(entry)
            else:
                statements.append(entry)
    return statements, refusals


def _unwrapped(reply: Mapping[str, Any], category: CategorySchema) -> Mapping[str, Any]:
    """Return the object of attributes where a reply wraps it in another one."""
    while len(reply) == 1:
        key, inner = next(iter(reply.items()))
        if category.find(key) is not None or not isinstance(inner, Mapping):
            break
        reply = inner
    return reply


def _stated(attribute: Attribute, given: Any) -> Iterator[Statement | Refusal]:
    if _is_absent(given) or (given is False and not attribute.inferred):
        return
    if isinstance(given, list):
        for entry in given:
            if isinstance(entry, list):
                yield Refusal(attribute.name, _text(entry), "value is a list within a list", True)
            else:
                yield from _stated(attribute, entry)
    elif isinstance(given, Mapping):
        yield from _with_evidence(attribute, given)
    elif (value := _plain(given)) is not None:
        yield Statement(attribute, value)


def _with_evidence(attribute: Attribute, given: Mapping[str, Any]) -> Iterator[Statement | Refusal]:
    key = next((key for key in _VALUE_KEYS if key in given), None)
    if key is None:
        yield Refusal(attribute.name, _text(given), "value is an object without the key 'value'", True)
        return
    inner = given[key]
    evidence = given.get("evidence")
    if not isinstance(evidence, str) or is_placeholder(evidence.strip()):
        evidence = None
    for entry in inner if isinstance(inner, list) else [inner]:
        if _is_absent(entry) or (entry is False and evidence is None and not attribute.inferred):
            continue
        value = _plain(entry)
        if value is None:
            yield Refusal(attribute.name, _text(entry), "value is neither text, number nor boolean", True)
            continue
        unit = given.get("unit")
        if isinstance(value, str) and isinstance(unit, str) and unit.strip() and not is_placeholder(unit.strip()):
            value = f"{value} {unit.strip()}"
        yield Statement(attribute, value, evidence)


def _is_absent(given: Any) -> bool:
    if given is None or (isinstance(given, float) and not math.isfinite(given)):
        return True
    if isinstance(given, str):
        return is_placeholder(" ".join(given.split()))
    if isinstance(given, Mapping):
        keys = [key for key in _VALUE_KEYS if key in given]
        return all(map(_is_absent, (given[key] for key in keys))) if keys else not given
    return isinstance(given, list) and all(map(_is_absent, given))


def _plain(given: Any) -> str | bool | None:
    if isinstance(given, bool):
        return given
    if isinstance(given, int | float):
        return f"{given:.12g}" if isinstance(given, float) else _text(given)
    return " ".join(without_hidden(given).split()) if isinstance(given, str) else None


def _text(given: Any) -> str:
    try:
        return str(given)[:200]
    except (ValueError, RecursionError):  # an integer of thousands of digits
        return "a value that cannot be shown"
