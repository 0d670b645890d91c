"""A person's word on facts, from a file that is applied at every build: accept, reject, rename, merge."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kgrec.data import Fact, Facts, SetAside
from kgrec.errors import CorrectionsError
from kgrec.extraction.canonical.columns import coded, with_column
from kgrec.extraction.canonical.corrections_file import ACTIONS, Correction, entries_of
from kgrec.extraction.canonical.keys import name_key

__all__ = ["NO_CORRECTIONS", "Applied", "Corrected", "Correction", "Corrections"]


class Applied(NamedTuple):
    """An entry and how many facts it met."""

    correction: Correction
    facts: int


class Corrected(NamedTuple):
    """Facts after the corrections, and what each entry did. Entries that met nothing are in ``facts.set_aside`` too."""

    facts: Facts
    applied: tuple[Applied, ...]


class Corrections:
    """A merchant's corrections, in order.

    Args:
        entries: in the order in which they are applied.
        source: the file they are from, for messages.

    Raises:
        CorrectionsError: an entry lacks something, or two contradict each other.
    """

    def __init__(self, entries: Sequence[Correction] = (), *, source: str = "corrections") -> None:
        """Check the entries against each other."""
        self.entries = tuple(entries)
        self.source = source
        _check(self.entries, source)

    @classmethod
    def read(cls, path: str | PathLike[str]) -> Corrections:
        """Read a YAML file: a list of entries of the forms below. Every scalar is a text, so ``no`` is ``"no"``.

        ::

            - accept: {relation: colour, value: pink, product: "79323P"}
            - reject: {relation: theme, value: rose}
            - rename: {relation: colour, value: off white, to: ivory}
            - merge: {relation: material, values: [pu leather, faux leather], to: imitation leather}

        Raises:
            CorrectionsError: the file cannot be read, is no such list, or its entries contradict each other.
        """
        source = fspath(path)
        try:
            text = Path(path).read_text("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise CorrectionsError(f"{source} cannot be read as UTF-8 text: {error}") from error
        return cls(entries_of(text, source), source=source)

    def __len__(self) -> int:
        """Return the number of entries."""
        return len(self.entries)

    def __repr__(self) -> str:
        """Return a short description."""
        return f"<Corrections: {len(self.entries)} from {self.source}>"

    def kept_values(self) -> dict[str, frozenset[str]]:
        """Return relation → values that a person wants to stand: accepted for all products, or made by an entry."""
        kept: defaultdict[str, set[str]] = defaultdict(set)
        for entry in self.entries:
            if entry.action == "accept" and not entry.product:
                kept[entry.relation].update(entry.values)
            elif entry.to:
                kept[entry.relation].add(entry.to)
        return {relation: frozenset(values) for relation, values in kept.items()}

    def apply(self, facts: Facts, products: Collection[str] | None = None) -> Corrected:
        """Return corrected facts.

        - accept: the facts are right: confidence 1, and no other source overrules them. With a product that states
          nothing of the kind, the fact is added.
        - reject: the facts are wrong. They are kept, marked, and are no edges.
        - rename, merge: the facts get another value; ``stated`` keeps the first.

        An entry names a value as it was stated or as it is; case, hyphens and blanks do not matter. Entries are applied
        in order, and applying them twice is as once.

        Args:
            facts: any.
            products: ids that may get a fact; those that ``facts`` names by default.
        """
        if not self.entries:
            return Corrected(facts, ())
        desk = _Desk(facts)
        applied = [Applied(entry, desk.apply(entry, products)) for entry in self.entries]
        missed = tuple(
            SetAside(file=self.source, line=entry.line, reason=f"correction meets no fact: {entry}", excerpt=str(entry))
            for entry, count in applied
            if count == 0
        )
        done = desk.facts()
        return Corrected(Facts(done.table, (*done.set_aside, *missed)), tuple(applied))

    def to_document(self) -> list[list[Any]]:
        """Return the entries as plain JSON values."""
        return [[e.action, e.relation, list(e.values), e.to, e.product, e.line] for e in self.entries]

    @classmethod
    def of_document(cls, document: Sequence[Sequence[Any]]) -> Corrections:
        """Return what :meth:`to_document` gave.

        Raises:
            CorrectionsError: the document has another form.
        """
        try:
            entries = [
                Correction(action=action, relation=relation, values=tuple(values), to=to, product=product, line=line)
                for action, relation, values, to, product, line in document
            ]
        except (TypeError, ValueError) as error:
            raise CorrectionsError(f"no corrections: {error}") from error
        return cls(entries)


class _Desk:
    """The columns of facts while they are corrected."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._relation, self._value, self._stated, self._standing, self._product = (
            coded(facts, name) for name in ("relation", "value", "stated", "standing", "product")
        )
        self._confidence = facts.table["confidence"].to_numpy().copy()
        self._by_key: defaultdict[str, set[str]] = defaultdict(set)
        for text in (*self._value.texts, *self._stated.texts):
            self._by_key[name_key(text)].add(text)
        self._order = np.argsort(self._product.codes, kind="stable")
        self._sorted = self._product.codes[self._order]
        self._added: list[Fact] = []

    def apply(self, entry: Correction, products: Collection[str] | None) -> int:
        """Apply one entry; return how many facts it met or added."""
        rows = self._rows(entry)
        if entry.action == "accept":
            self._standing.codes[rows] = self._standing.code("accepted")
            self._confidence[rows] = 1.0
            if not len(rows) and entry.product and self._is_there(entry.product, products):
                return self._add(entry)
        elif entry.action == "reject":
            self._standing.codes[rows] = self._standing.code("rejected")
        else:
            self._rename(rows, entry.to)
        return len(rows)

    def facts(self) -> Facts:
        """Return the facts as they stand now."""
        facts = self._facts
        for name, column in (("value", self._value), ("stated", self._stated), ("standing", self._standing)):
            facts = with_column(facts, name, column.column(name))
        facts = with_column(facts, "confidence", pa.array(self._confidence, pa.float32()))
        return facts + Facts.of(self._added) if self._added else facts

    def _rows(self, entry: Correction) -> NDArray[np.int64]:
        """Return the facts that an entry names, rising."""
        texts = {text for value in entry.values for text in self._by_key.get(name_key(value), ())}
        relation = self._relation.find(entry.relation)
        if not texts or relation < 0:
            return np.zeros(0, np.int64)
        values, stated = ([c for t in texts if (c := column.find(t)) >= 0] for column in (self._value, self._stated))
        rows = self._of_product(entry.product) if entry.product else np.arange(len(self._facts))
        named = np.isin(self._value.codes[rows], values) | np.isin(self._stated.codes[rows], stated)
        found: NDArray[np.int64] = rows[named & (self._relation.codes[rows] == relation)]
        return found

    def _of_product(self, product: str) -> NDArray[np.int64]:
        code = self._product.find(product)
        low, high = np.searchsorted(self._sorted, [code, code + 1]).tolist() if code >= 0 else (0, 0)
        rows: NDArray[np.int64] = np.sort(self._order[low:high])
        return rows

    def _is_there(self, product: str, products: Collection[str] | None) -> bool:
        return self._product.find(product) >= 0 if products is None else product in products

    def _add(self, entry: Correction) -> int:
        for value in entry.values:
            self._added.append(
                Fact(
                    product=entry.product,
                    relation=entry.relation,
                    value=value,
                    field="corrections",
                    extractor="corrections",
                    standing="accepted",
                )
            )
        return len(entry.values)

    def _rename(self, rows: NDArray[np.int64], name: str) -> None:
        nothing = self._stated.code("")
        old = np.array([self._stated.code(text) for text in self._value.texts] + [nothing], np.int64)
        first = rows[self._stated.codes[rows] == nothing]
        self._stated.codes[first] = old[self._value.codes[first]]
        self._value.codes[rows] = self._value.code(name)
        self._stated.codes[rows[self._stated.codes[rows] == self._stated.find(name)]] = nothing
        self._by_key[name_key(name)].add(name)


def _check(entries: Sequence[Correction], source: str) -> None:
    """Find two entries that cannot both be meant."""
    said: dict[tuple[str, str, str, str], tuple[str, Correction]] = {}
    for entry in entries:
        if entry.action not in ACTIONS or not entry.relation or not all(entry.values) or not entry.values:
            raise CorrectionsError(f"{source}:{entry.line}: no correction: {entry}")
        kind = "truth" if entry.action in ("accept", "reject") else "name"
        for value in entry.values:
            if entry.to and value == entry.to:
                continue
            verdict = entry.action if kind == "truth" else entry.to
            place = (kind, entry.relation, name_key(value), entry.product)
            other, earlier = said.setdefault(place, (verdict, entry))
            if other != verdict:
                raise CorrectionsError(
                    f"{source}:{entry.line}: {entry} contradicts line {earlier.line}: {earlier}; keep one of them"
                )


NO_CORRECTIONS = Corrections()
"""For a shop that nobody has corrected."""
