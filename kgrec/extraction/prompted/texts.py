"""The texts of a product as a model sees them, and as values are looked for in them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from kgrec.data import Product
from kgrec.extraction.aligning import FoldedText, Span, without_hidden, without_markup

__all__ = ["ProductTexts", "product_element", "shown"]

_FIELDS = ("title", "description")
_LONGEST_WORD = 60


def shown(text: str) -> str:
    """Return a text as it may stand in a prompt: one line, nothing hidden, no markup, no angle brackets.

    Angle brackets become ``‹`` and ``›``, so that no text can end the element it stands in or begin another;
    ``align`` treats them alike.
    """
    plain = " ".join(without_hidden(without_markup(text)).split())
    return plain.replace("<", "‹").replace(">", "›")


def product_element(product: Product, most: int) -> str:
    """Return a product's texts as elements, for a prompt, at most so many characters of each."""
    fields, _ = _read(product, most)
    return "\n".join(["<product>", *(f"<{name}>{shown(text)}</{name}>" for name, text in fields.items()), "</product>"])


@dataclass(frozen=True, slots=True)
class ProductTexts:
    """Title and description of a product, cut to what is read.

    Attributes:
        fields: name → folded text, those that are empty left out.
        prompt: both as elements, for a prompt.
        cut: a sentence for each field that was cut.
    """

    fields: dict[str, FoldedText]
    prompt: str
    cut: tuple[str, ...]

    @classmethod
    def of(cls, product: Product, most: int) -> ProductTexts:
        """Read a product's texts, at most so many characters of each."""
        fields, notes = _read(product, most)
        prompt = product_element(product, most)
        return cls({name: FoldedText(text) for name, text in fields.items()}, prompt, tuple(notes))

    def find(self, value: str) -> tuple[str, Span] | None:
        """Return where a value stands, field and span; the title comes first."""
        for name, text in self.fields.items():
            if (span := text.find(value)) is not None:
                return name, span
        return None

    def surface(self, field: str, span: Span) -> str:
        """Return the words at a span."""
        return self.fields[field].text[span.start : span.end]


def _read(product: Product, most: int) -> tuple[dict[str, str], list[str]]:
    """Return the beginning of each text that shows anything, and a note of each that was cut."""
    fields, notes = {}, []
    for name in _FIELDS:
        text = getattr(product, name)
        read = _head(text, most)
        if len(read) < len(text):
            notes.append(f"text was cut: {len(read):,} of {len(text):,} characters of the {name} were read")
        if shown(read):
            fields[name] = read
    return fields, notes


def _head(text: str, most: int) -> str:
    """Return the beginning of a text, no half word and no half tag at its end."""
    if len(text) <= most:
        return text
    head = text[:most]
    if (tag := head.rfind("<")) > head.rfind(">"):
        head = head[: max(tag, most - 2_000)]
    last = max((match.start() for match in re.finditer(r"\s", head[-_LONGEST_WORD:])), default=None)
    return head if last is None else head[: max(0, len(head) - _LONGEST_WORD) + last]
