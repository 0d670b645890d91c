"""What a shop has agreed to call its values: learned once, then applied to all facts, those of later products too."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any

from kgrec.data import Facts
from kgrec.errors import DataError
from kgrec.extraction.canonical.columns import pairs_of, renamed
from kgrec.extraction.canonical.conflicts import resolved
from kgrec.extraction.canonical.corrections import Corrections
from kgrec.extraction.canonical.keys import words_key
from kgrec.extraction.canonical.merging import Merge, exact_keys, rules_name
from kgrec.extraction.canonical.settings import CanonicalSettings

__all__ = ["Conventions"]

_VERSION = 1
_KEPT_SETTINGS = ("names", "left_alone", "longest")


@dataclass(frozen=True, kw_only=True, eq=False)
class Conventions:
    """How stated values become those of the graph: merges, then corrections, then the settling of conflicts.

    They travel with the facts (:attr:`kgrec.data.Facts.conventions`), so a shop that was saved and loaded reads later
    products as it read the first. A value that was there when they were learned goes by the name it was given then. A
    new one goes by the name of a value that is written alike or is the same quantity; else it stays as it is.

    Attributes:
        merges: which value goes by which, and why.
        canonical: whether values are merged at all.
        single: relations of one value, in which conflicts are settled.
        corrections: what a person has said.
        aliases: the shop's own: relation → key of a value → value.
        settings: how values were merged.
        known: relation → the values that stand.
    """

    merges: tuple[Merge, ...] = ()
    canonical: bool = True
    single: frozenset[str] = frozenset()
    corrections: Corrections = field(default_factory=Corrections)
    aliases: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    settings: CanonicalSettings = field(default_factory=CanonicalSettings)
    known: Mapping[str, frozenset[str]] = field(default_factory=dict)

    # --- applying

    def apply(self, facts: Facts, products: Collection[str] | None = None, *, report: bool = False) -> Facts:
        """Return facts under their canonical values, corrected, with conflicts settled; applied twice is as once.

        Products are treated one by one: the facts of some are those of all, cut to some.

        Args:
            facts: any, of any products.
            products: ids that facts may be added to which a person accepted; those that ``facts`` names by default.
            report: whether corrections that match nothing are added to ``set_aside``.
        """
        if self.canonical:
            facts = renamed(facts, self.name_of)
        if self.corrections:
            corrected = self.corrections.apply(facts, products)
            unknown = corrected.facts.set_aside if report else facts.set_aside
            facts = Facts(corrected.facts.table, unknown)
        if self.single:
            facts = resolved(facts, self.single)
        return facts.with_conventions(self.to_document())

    def name_of(self, relation: str, value: str) -> str:
        """Return what a value goes by."""
        if relation in self.settings.left_alone or value in self.known.get(relation, ()):
            return value
        if (name := self._names.get((relation, value))) is not None:
            return name
        own = {**self.aliases.get("*", {}), **self.aliases.get(relation, {})}
        if (name := own.get(words_key(value))) is not None:
            return name
        for step, key in exact_keys(value, relation, self.settings):
            if (name := self._by_key.get((relation, step, key))) is not None:
                return name
        return rules_name(relation, value)

    @cached_property
    def _names(self) -> dict[tuple[str, str], str]:
        """Merged value → the one it goes by in the end."""
        next_of = {(merge.relation, merge.old): merge.new for merge in self.merges}
        names: dict[tuple[str, str], str] = {}
        for relation, old in next_of:
            name, passed = next_of[relation, old], {old}
            while (relation, name) in next_of and name not in passed:
                passed.add(name)
                name = next_of[relation, name]
            names[relation, old] = name
        return names

    @cached_property
    def _by_key(self) -> dict[tuple[str, str, str], str]:
        """(Relation, step, key) of every value ever met → the name it goes by, the first by letters where several."""
        found: dict[tuple[str, str, str], str] = {}
        standing = ((relation, value, value) for relation, values in self.known.items() for value in values)
        merged = ((relation, old, name) for (relation, old), name in self._names.items())
        for relation, value, name in (*standing, *merged):
            for step, key in exact_keys(value, relation, self.settings):
                place = (relation, step, key)
                found[place] = min(name, found.get(place, name))
        return found

    # --- changing

    def without(self, undone: Iterable[tuple[str, str]]) -> Conventions:
        """Return the conventions after some merges were taken back.

        Args:
            undone: (relation, old value) of each merge that is not to be.
        """
        gone = set(undone)
        kept = tuple(merge for merge in self.merges if (merge.relation, merge.old) not in gone)
        known = {relation: set(values) for relation, values in self.known.items()}
        for relation, old in gone & {(merge.relation, merge.old) for merge in self.merges}:
            known.setdefault(relation, set()).add(old)
        return replace(self, merges=kept, known={name: frozenset(values) for name, values in known.items()})

    # --- keeping

    def to_document(self) -> dict[str, Any]:
        """Return everything but ``known`` as plain JSON values; ``known`` is read from the facts again."""
        settings = {name: getattr(self.settings, name) for name in _KEPT_SETTINGS}
        return {
            "version": _VERSION,
            "canonical": self.canonical,
            "merges": [list(asdict(merge).values()) for merge in self.merges],
            "single": sorted(self.single),
            "corrections": self.corrections.to_document(),
            "aliases": {relation: dict(pairs) for relation, pairs in self.aliases.items()},
            "settings": {
                name: sorted(value) if isinstance(value, frozenset) else value for name, value in settings.items()
            },
        }

    @classmethod
    def of(cls, facts: Facts, document: Mapping[str, Any] | None = None) -> Conventions | None:
        """Return the conventions that facts carry, or those of a document; None where nothing was agreed.

        Raises:
            DataError: the document has another form.
        """
        document = facts.conventions if document is None else document
        if not document:
            return None
        known: dict[str, set[str]] = {}
        for relation, value in pairs_of(facts)[0]:
            known.setdefault(relation, set()).add(value)
        try:
            if document["version"] != _VERSION:
                raise DataError(f"conventions of version {document['version']!r}; this library reads {_VERSION}")
            names = tuple(Merge.__dataclass_fields__)
            merges = tuple(Merge(**dict(zip(names, row, strict=True))) for row in document["merges"])
            for merge in merges:
                known.get(merge.relation, set()).discard(merge.old)
            kept = document["settings"]
            return cls(
                merges=merges,
                canonical=bool(document["canonical"]),
                single=frozenset(document["single"]),
                corrections=Corrections.of_document(document["corrections"]),
                aliases=document["aliases"],
                settings=CanonicalSettings(
                    names=frozenset(kept["names"]),
                    left_alone=frozenset(kept["left_alone"]),
                    longest=int(kept["longest"]),
                ),
                known={relation: frozenset(values) for relation, values in known.items()},
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise (
                error if isinstance(error, DataError) else DataError(f"no conventions of a shop: {error!r}")
            ) from error

    def write(self, path: str | PathLike[str]) -> None:
        """Write everything, ``known`` too, as JSON: to be read by a person, replayed, or reversed."""
        document = self.to_document() | {"known": {name: sorted(values) for name, values in sorted(self.known.items())}}
        Path(path).write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: str | PathLike[str]) -> Conventions:
        """Read what :meth:`write` wrote.

        Raises:
            DataError: the file cannot be read, or holds something else.
        """
        try:
            document = json.loads(Path(path).read_text("utf-8"))
            known = {name: frozenset(values) for name, values in document["known"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise DataError(f"{path}: no conventions of a shop: {error}") from error
        found = cls.of(Facts.of([]), document)
        assert found is not None
        return replace(found, known=known)
