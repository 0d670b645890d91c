"""Facts: what is known of a product, and the words it was read from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from itertools import islice
from operator import attrgetter
from typing import Any, Literal

import pyarrow as pa

from kgrec.data.rows import SetAside

__all__ = ["FACT_SCHEMA", "NO_EDGE", "Fact", "Facts", "Standing", "fact_from_text"]

Standing = Literal["", "chosen", "overruled", "accepted", "rejected"]
NO_EDGE = ("overruled", "rejected")
"""Standings of facts that are kept, with their source, and are no edges of the graph."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One typed statement of a product: ``(product, relation, value)`` and where it stands.

    Attributes:
        product: the product's id.
        relation: the attribute's name in snake_case, for example ``"colour"``.
        value: the canonical value, for example ``"red"`` or ``"15 cm"``.
        field: the product field it was read from (``"title"``, ``"description"``), or the declared attribute's name.
        start: first code point of the words in that field; −1 where the fact was declared and not read from a text.
        end: one past the last code point, −1 as above. ``text[start:end]`` is ``surface``.
        surface: the words as they stand in the field.
        confidence: 0 … 1.
        extractor: which extractor stated it; ``"declared"`` for the shop's own attributes.
        stated: the value as its source stated it, where it now goes by another; empty where it does not.
        standing: ``""`` where nobody disputes it. Where sources disagree on a relation of one value, ``"chosen"`` or
            ``"overruled"``; where a person has spoken, ``"accepted"`` or ``"rejected"``. Overruled and rejected facts
            are kept and are no edges.
    """

    product: str
    relation: str
    value: str
    field: str
    start: int = -1
    end: int = -1
    surface: str = ""
    confidence: float = 1.0
    extractor: str = "declared"
    stated: str = ""
    standing: Standing = ""

    @property
    def holds(self) -> bool:
        """Whether the fact is an edge of the graph: neither overruled nor rejected."""
        return self.standing not in NO_EDGE


class _Draft:
    """A fact whose fields can still be set; laid out in memory as a ``Fact`` is."""

    __slots__ = Fact.__slots__


def fact_from_text(
    product: str, relation: str, value: str, field: str, start: int, end: int, surface: str, confidence: float, by: str
) -> Fact:
    """Return ``Fact(…)`` of words in a text, for readers that state many facts: ``by`` is the extractor.

    A frozen dataclass sets each field by a guarded call, which for eleven fields takes longer than reading a word. A
    draft is filled plainly and then frozen, by making it a Fact; the result is the same in every way.
    """
    draft: Any = _Draft()
    draft.product = product
    draft.relation = relation
    draft.value = value
    draft.field = field
    draft.start = start
    draft.end = end
    draft.surface = surface
    draft.confidence = confidence
    draft.extractor = by
    draft.stated = ""
    draft.standing = ""
    draft.__class__ = Fact
    made: Fact = draft
    return made


_WORD = pa.dictionary(pa.int32(), pa.string())
FACT_SCHEMA = pa.schema(
    [
        ("product", pa.string()),
        ("relation", _WORD),
        ("value", _WORD),
        ("field", _WORD),
        ("start", pa.int32()),
        ("end", pa.int32()),
        ("surface", pa.string()),
        ("confidence", pa.float32()),
        ("extractor", _WORD),
        ("stated", _WORD),
        ("standing", _WORD),
    ]
)
_LATER = ("stated", "standing")  # columns that tables of older versions do not have
_CONVENTIONS = b"kgrec.conventions"
_NAMES = tuple(f.name for f in fields(Fact))
_row = attrgetter(*_NAMES)


class Facts:
    """Facts in Arrow columns: small in memory, written to Parquet as they are.

    Args:
        table: with the columns of ``FACT_SCHEMA``; ``stated`` and ``standing`` may be missing.
        set_aside: facts and products that could not be used, and why.
    """

    def __init__(self, table: pa.Table, set_aside: Iterable[SetAside] = ()) -> None:
        """Wrap a table with the columns of ``FACT_SCHEMA``."""
        kept = (table.schema.metadata or {}).get(_CONVENTIONS)
        for name in _LATER:
            if name not in table.column_names:
                table = table.append_column(name, pa.repeat(pa.scalar("", pa.string()), len(table)))
            elif table[name].null_count:
                whole = table[name].cast(pa.string()).fill_null("")
                table = table.set_column(table.column_names.index(name), name, whole)
        table = table.select(_NAMES).cast(FACT_SCHEMA).unify_dictionaries()
        self.table = table.replace_schema_metadata(None if kept is None else {_CONVENTIONS: kept})
        self.set_aside = tuple(set_aside)

    @property
    def conventions(self) -> Mapping[str, Any]:
        """What the shop has agreed to call its values, as plain JSON; empty where nothing was agreed.

        It travels with the table, into a snapshot too, so that products that come later are read alike; see
        :class:`kgrec.extraction.canonical.Conventions`.
        """
        kept = (self.table.schema.metadata or {}).get(_CONVENTIONS)
        found: dict[str, Any] = {} if kept is None else json.loads(kept)
        return found

    def with_conventions(self, conventions: Mapping[str, Any]) -> Facts:
        """Return the same facts with other conventions (JSON values); an empty mapping takes them away."""
        text = json.dumps(dict(conventions), ensure_ascii=False, separators=(",", ":")).encode()
        table = self.table.replace_schema_metadata({_CONVENTIONS: text} if conventions else None)
        return Facts(table, self.set_aside)

    @classmethod
    def of(cls, facts: Iterable[Fact], *, batch: int = 50_000) -> Facts:
        """Collect facts from any iterable, in batches, so that a stream stays small."""
        return cls.of_rows(map(_row, facts), batch=batch)

    @classmethod
    def of_rows(cls, rows: Iterable[tuple[Any, ...]], *, batch: int = 50_000) -> Facts:
        """Collect facts that are given as tuples of the columns of ``FACT_SCHEMA``, in batches as above.

        For readers of many texts, which make no ``Fact`` that only a column would be filled from.
        """
        remaining = iter(rows)
        batches = [_as_batch(list(islice(remaining, batch)))]
        while part := list(islice(remaining, batch)):
            batches.append(_as_batch(part))
        return cls(pa.Table.from_batches(batches))

    def __len__(self) -> int:
        """Return the number of facts."""
        return int(self.table.num_rows)

    def __iter__(self) -> Iterator[Fact]:
        """Iterate over facts in order."""
        for batch in self.table.to_batches(max_chunksize=10_000):
            columns = [batch.column(name).to_pylist() for name in _NAMES]
            for row in zip(*columns, strict=True):
                values = dict(zip(_NAMES, row, strict=True))
                values["confidence"] = round(values["confidence"], 6)  # float32 would show .95 as .949999988
                yield Fact(**values)

    def __add__(self, other: Facts) -> Facts:
        """Return both, self first."""
        return Facts(pa.concat_tables([self.table, other.table]), (*self.set_aside, *other.set_aside))

    @classmethod
    def chained(cls, first: Facts, then: Facts) -> Facts:
        """Return both, sharing their columns as they are: quick, however many facts the first holds."""
        chained = cls.__new__(cls)
        chained.table = pa.concat_tables([first.table, then.table])
        chained.set_aside = (*first.set_aside, *then.set_aside)
        return chained

    def of_product(self, product_id: str) -> tuple[Fact, ...]:
        """Return the facts of one product, in order (a scan; the graph answers faster)."""
        mask = pa.compute.equal(self.table["product"], product_id)
        return tuple(Facts(self.table.filter(mask)))

    def __repr__(self) -> str:
        """Return a short description."""
        aside = f", {len(self.set_aside)} set aside" if self.set_aside else ""
        return f"<Facts: {len(self):,}{aside}>"


def _as_batch(rows: list[tuple[Any, ...]]) -> pa.RecordBatch:
    columns = zip(*rows, strict=True) if rows else [()] * len(_NAMES)
    arrays = [
        pa.array(column, type=kept.type.value_type).dictionary_encode()
        if pa.types.is_dictionary(kept.type)
        else pa.array(column, type=kept.type)
        for column, kept in zip(columns, FACT_SCHEMA, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=FACT_SCHEMA)
