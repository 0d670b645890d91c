"""Facts as columns of numbers, to be changed without a Python loop over facts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kgrec.data import FACT_SCHEMA, Facts

__all__ = ["Coded", "coded", "pairs_of", "renamed", "unstated", "with_column"]


class Coded:
    """A column of texts as numbers.

    Attributes:
        codes: int64 (f,), rows of ``texts``; −1 where there is no text.
        texts: the distinct texts; more may be appended with :meth:`code`.
    """

    def __init__(self, codes: NDArray[np.int64], texts: Sequence[str]) -> None:
        """Index the texts."""
        self.codes = codes
        self.texts = list(texts)
        self._code = {text: code for code, text in enumerate(self.texts)}

    def find(self, text: str) -> int:
        """Return the code of a text, −1 where it is not among them."""
        return self._code.get(text, -1)

    def code(self, text: str) -> int:
        """Return the code of a text, which joins the others where it is new."""
        if text not in self._code:
            self._code[text] = len(self.texts)
            self.texts.append(text)
        return self._code[text]

    def column(self, name: str) -> pa.Array:
        """Return an Arrow column of the type that facts have under this name."""
        wanted = FACT_SCHEMA.field(name).type
        codes = pa.array(self.codes, pa.int32(), mask=self.codes < 0)
        if pa.types.is_dictionary(wanted):
            return pa.DictionaryArray.from_arrays(codes, pa.array(self.texts, pa.string()))
        return pa.array(self.texts, pa.string()).take(codes)


def coded(facts: Facts, name: str) -> Coded:
    """Return a column of texts as numbers."""
    column = facts.table[name]
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode().unify_dictionaries()
    whole = column.combine_chunks()
    codes = whole.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    texts = whole.dictionary.to_pylist()
    distinct = list(dict.fromkeys(text for text in texts if text is not None))
    place = {text: at for at, text in enumerate(distinct)}
    of = np.array([place.get(text, -1) for text in texts] + [-1], np.int64)
    return Coded(of[codes], distinct)


def with_column(facts: Facts, name: str, column: pa.Array) -> Facts:
    """Return facts with another column in the place of one."""
    table = facts.table
    return Facts(table.set_column(table.column_names.index(name), name, column), facts.set_aside)


def pairs_of(facts: Facts) -> tuple[list[tuple[str, str]], NDArray[np.int64], NDArray[np.int64]]:
    """Return the distinct (relation, value), how many facts state each, int64 (p,), and each fact's pair, int64 (f,).

    A fact without relation or value has the pair −1.
    """
    relation, value = coded(facts, "relation"), coded(facts, "value")
    width = max(len(value.texts), 1)
    stated = (relation.codes >= 0) & (value.codes >= 0)
    keys, inverse, counts = np.unique(
        relation.codes[stated] * width + value.codes[stated], return_inverse=True, return_counts=True
    )
    of = np.full(len(facts), -1, np.int64)
    of[stated] = inverse
    pairs = [(relation.texts[key // width], value.texts[key % width]) for key in keys.tolist()]
    return pairs, counts.astype(np.int64), of


def renamed(facts: Facts, name_of: Callable[[str, str], str]) -> Facts:
    """Return facts whose values go by another name; ``stated`` keeps the first one.

    Args:
        facts: any.
        name_of: (relation, value) → value, asked once for each distinct pair.
    """
    pairs, _, of = pairs_of(facts)
    names = [name_of(relation, value) for relation, value in pairs]
    if all(name == value for name, (_, value) in zip(names, pairs, strict=True)):
        return facts
    value, stated = coded(facts, "value"), coded(facts, "stated")
    changed = np.array([name != old for name, (_, old) in zip(names, pairs, strict=True)] + [False])[of]
    fresh = changed & (np.array([text == "" for text in stated.texts] + [True])[stated.codes])
    old_as_stated = np.array([stated.code(text) for text in value.texts] + [-1], np.int64)
    stated.codes = np.where(fresh, old_as_stated[value.codes], stated.codes)
    new = np.array([value.code(name) for name in names] + [-1], np.int64)
    value.codes = np.where(of >= 0, new[of], value.codes)
    # A value that goes by its first name again has no other.
    back = (value.codes >= 0) & (
        np.array([stated.find(text) for text in value.texts] + [-2])[value.codes] == stated.codes
    )
    stated.codes = np.where(back, stated.code(""), stated.codes)
    return with_column(with_column(facts, "value", value.column("value")), "stated", stated.column("stated"))


def unstated(facts: Facts) -> Facts:
    """Return facts under the values that their sources stated."""
    stated = facts.table["stated"].cast(pa.string())
    first = pc.if_else(pc.equal(pc.fill_null(stated, ""), ""), facts.table["value"].cast(pa.string()), stated)
    nothing = pa.DictionaryArray.from_arrays(pa.array(np.zeros(len(facts), np.int32)), pa.array([""]))
    return with_column(with_column(facts, "value", first.dictionary_encode()), "stated", nothing)
