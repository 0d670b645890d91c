"""Histories, profiles and candidates as text: what a re-ranker that reads is given."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from html import unescape
from math import log
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from kgrec.errors import RerankError, SettingsError

if TYPE_CHECKING:
    from kgrec.data import Pool
    from kgrec.protocols import Shelf

__all__ = ["TextSettings", "checked_numbers", "plain", "product_text", "profile_values", "value_text"]

_JOINERS = "\u200c\u200d"
"""Persian and emoji are written with them; all other format characters are taken out."""
_NAMELESS = frozenset({"brand", "category"})
"""Relations whose values speak for themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSettings:
    """How much of what is written out, in tokens of the encoder.

    A pair is the history, newest last, then the profile, then the candidate. Where the whole is too long, the oldest
    items of the history go first.

    Attributes:
        max_tokens: of one pair, the encoder's own marks included.
        candidate_tokens: of the candidate, at most.
        profile_tokens: of the values that items of the history share, at most.
        item_tokens: of one item of the history, at most.
        history_items: of the history, at most, newest first.
        profile_items: newest items that the profile is made from.
        profile_values: of the profile, at most.
        max_characters: of a product's text, before it is cut into tokens.

    Raises:
        SettingsError: a setting is impossible, or profile and candidate leave no room for an item.
    """

    max_tokens: int = 64
    candidate_tokens: int = 24
    profile_tokens: int = 8
    item_tokens: int = 10
    history_items: int = 6
    profile_items: int = 50
    profile_values: int = 4
    max_characters: int = 400

    def __post_init__(self) -> None:
        """Check the ranges."""
        for name in ("candidate_tokens", "item_tokens", "history_items", "max_characters"):
            if getattr(self, name) < 1:
                raise SettingsError(f"{name} must be at least 1; got {getattr(self, name)!r}")
        for name in ("profile_tokens", "profile_items", "profile_values"):
            if getattr(self, name) < 0:
                raise SettingsError(f"{name} must be at least 0; got {getattr(self, name)!r}")
        needed = self.candidate_tokens + self.profile_tokens + self.item_tokens + 4
        if self.max_tokens < needed:
            raise SettingsError(
                f"max_tokens must hold candidate, profile, one item and 4 marks, {needed} in all; got {self.max_tokens}"
            )


def plain(text: str, most: int) -> str:
    """Return the beginning of a text on one line: no entities, no control or format characters, no lone surrogates.

    Args:
        text: a stranger's.
        most: characters that are read.
    """
    read = unescape(text[: 2 * most])[:most]
    kept = (" " if c.isspace() else c for c in read if c in _JOINERS or c.isspace() or not _hidden(c))
    return " ".join("".join(kept).split())


@lru_cache(maxsize=8_192)
def _hidden(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn")


def product_text(shelf: Shelf, num: int, most: int = 400) -> str:
    """Write a product out: title, brand, its most special category, then the facts that add words.

    Nothing but the shop's own words and names of relations, so that it is the same for any language; empty where
    nothing is known of the product.

    Args:
        shelf: where it stands.
        num: its number, 0 … n−1.
        most: characters, at most.
    """
    product = shelf.catalogue[num]
    parts: list[str] = []
    said = ""
    for text in (product.title, product.brand or "", *(path[-1] for path in product.categories if path)):
        line = plain(text, most)
        if line and line.casefold() not in said:
            parts.append(line)
            said += f" {line.casefold()}"
    known = {name for name, given in (("brand", product.brand), ("category", product.categories)) if given}
    for relation, values in _facts(shelf, num):
        if relation in known:
            continue
        fresh = [value for value in (plain(value, most) for value in values) if value and value.casefold() not in said]
        if fresh:
            prefix = "" if relation in _NAMELESS else f"{relation.replace('_', ' ')}: "
            parts.append(prefix + ", ".join(fresh))
            said += " " + " ".join(fresh).casefold()
    if description := plain(product.description, most):
        parts.append(description)
    return "; ".join(parts)[:most]


def value_text(shelf: Shelf, value: int) -> str:
    """Write a value of the graph out; of a path of categories the most special one."""
    relation, text = shelf.graph.label(value)
    return plain(text.rsplit(" > ", 1)[-1] if relation == "category" else text, 80)


def profile_values(shelf: Shelf, history: NDArray[np.int32], settings: TextSettings) -> list[int]:
    """Return the values that at least two of the newest items carry, the most telling first.

    A value counts as often as it was met times ln(products / products that carry it): one that half the shop carries
    tells little. Ties break by number.

    Args:
        shelf: of n products.
        history: int32 (m,), oldest first.
        settings: how many items are looked at, and how many values are returned.
    """
    if not settings.profile_items or not settings.profile_values:
        return []
    graph = shelf.graph
    newest = list(dict.fromkeys(history[-settings.profile_items :].tolist()))
    counts = Counter(value for num in newest for value in graph.values_of(num).tolist())
    n = max(len(graph.product_ids), 1)
    worth = {
        value: count * log(n / carriers)
        for value, count in counts.items()
        if count > 1 and (carriers := int(graph.value_indptr[value + 1] - graph.value_indptr[value])) < n
    }
    return sorted(worth, key=lambda value: (-worth[value], value))[: settings.profile_values]


def checked_numbers(pool: Pool, shelf: Shelf) -> None:
    """Check that all products of a pool stand on the shelf.

    Raises:
        RerankError: a number is out of range.
    """
    n = len(shelf.catalogue)
    for name, nums in (("history", pool.history), ("candidates", pool.candidates)):
        if len(nums) and not (int(nums.min()) >= 0 and int(nums.max()) < n):
            wrong = int(nums.min()) if int(nums.min()) < 0 else int(nums.max())
            raise RerankError(
                f"{name} of a pool names product {wrong}, and the shelf has "
                f"products 0 to {n - 1}; give the shelf that the pool was made from"
            )


def _facts(shelf: Shelf, num: int) -> Iterator[tuple[str, list[str]]]:
    """Yield each relation of a product with its values, relations in order of name."""
    graph = shelf.graph
    if num >= len(graph.product_ids):
        return
    relation, values = "", list[str]()
    for value in graph.values_of(num).tolist():
        name, text = graph.label(value)
        if name != relation and values:
            yield relation, values
            values = []
        relation = name
        if name == "category":
            values = [text.rsplit(" > ", 1)[-1]]  # values are sorted, so that the last path is no other's beginning
        else:
            values.append(text)
    if values:
        yield relation, values
