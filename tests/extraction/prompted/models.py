"""Models that say what a test wants."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kgrec.data import Message, Product
from kgrec.extraction.schema import AttributeSchema
from kgrec.llm import CallableModel, Calls, CallSettings

__all__ = ["SCHEMA", "Recorder", "calls_of", "first_word", "product", "title_of"]

SCHEMA = AttributeSchema.from_dict({"categories": {"default": ["Brand", "Colour"]}})


def product(num: int, title: str = "") -> Product:
    return Product(id=f"p{num}", title=title or f"Brand{num} red mug number {num}")


def title_of(messages: Sequence[Message]) -> str:
    found = re.findall(r"<title>(.*)</title>", messages[-1].content)
    return found[-1] if found else ""


def first_word(messages: Sequence[Message]) -> str:
    """Reply with the first word of the title as the brand."""
    words = title_of(messages).split()
    return json.dumps({"Brand": words[0] if words else None, "Colour": "red"}, ensure_ascii=False)


class Recorder:
    """A function for ``CallableModel`` that keeps what it was asked.

    Args:
        answer: a reply to all, replies in order (the last repeated), or a function of the messages.
    """

    def __init__(self, answer: Any = first_word) -> None:
        self.asked: list[tuple[Message, ...]] = []
        self.schemas: list[Mapping[str, Any] | None] = []
        self._answer = answer

    def __call__(self, messages: Sequence[Message], schema: Mapping[str, Any] | None) -> Any:
        self.asked.append(tuple(messages))
        self.schemas.append(schema)
        if isinstance(self._answer, list):
            found = self._answer[min(len(self.asked), len(self._answer)) - 1]
        else:
            found = self._answer(messages) if isinstance(self._answer, Callable) else self._answer  # type: ignore[arg-type]
        if isinstance(found, Exception):
            raise found
        return found


def calls_of(function: Any, **settings: Any) -> Calls:
    """Return calls of one function, one at a time, with no waits."""
    usual: dict[str, Any] = {"concurrency": 1, "first_wait": 0.0, "max_attempts": 1} | settings
    budget = usual.pop("budget", None)
    return Calls(CallableModel(function, name="model", threads=1), settings=CallSettings(**usual), budget=budget)
