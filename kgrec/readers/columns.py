"""Which column holds which field: names given by the caller first, then the common synonyms."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from kgrec.errors import DataError, SettingsError

__all__ = ["Layout", "unique_names"]

_PUNCTUATION = re.compile(r"[\W_]+")
_MANY = 4096


def unique_names(header: Iterable[str]) -> tuple[str, ...]:
    """Return usable column names: stripped, ``column 3`` for a nameless one, ``name (2)`` for a repeated one."""
    names: dict[str, None] = {}
    for position, given in enumerate(header, 1):
        name = base = given.strip() or f"column {position}"
        copy = 2
        while name in names:
            name = f"{base} ({copy})"
            copy += 1
        names[name] = None
    return tuple(names)


class Layout:
    """Finds the column of each field.

    Names are compared without case, spaces and punctuation: ``Product ID``, ``product_id`` and ``productId`` are one.

    Args:
        synonyms: field → names it goes by, squashed (``productid``), best first.
        given: field → column name exactly as in the source; such a field has no synonyms.
        required: fields without which no row is usable; once found, their column is the same for the whole source.
        failure: the error for a source that does not fit.

    Raises:
        SettingsError: ``given`` names a field that does not exist, or one column twice.
    """

    def __init__(
        self,
        synonyms: Mapping[str, Sequence[str]],
        given: Mapping[str, str] | None,
        required: Sequence[str],
        failure: type[DataError],
    ) -> None:
        """Check what the caller gave."""
        self._synonyms = synonyms
        self._given = dict(given or {})
        self._fixed = dict(self._given)
        self._required = required
        self._failure = failure
        self._seen: dict[str, str] = {}
        self._found: dict[tuple[str, ...], dict[str, str]] = {}
        if unknown := sorted(set(self._given) - set(synonyms)):
            raise SettingsError(
                f"columns names the fields {', '.join(map(repr, unknown))}; expected some of {', '.join(synonyms)}: "
                "write columns={field: column name in the file}"
            )
        if len(set(self._given.values())) < len(self._given):
            raise SettingsError(f"columns uses one column for two fields: {self._given}; expected a column each")

    @property
    def any_seen(self) -> bool:
        """Whether any column has been seen."""
        return bool(self._seen)

    def of(self, names: Iterable[str]) -> Mapping[str, str]:
        """Return field → column for a row that has the columns ``names``."""
        key = tuple(names)
        found = self._found.get(key)
        if found is None:
            found = self._choose(key)
            if len(self._found) < _MANY:
                self._found[key] = found
        return found

    def check(self, source: str, names: Iterable[str] | None = None) -> None:
        """Check that the source has the required fields and every column that the caller named.

        Args:
            source: name of the file or table, for the message.
            names: its columns; None checks against all columns seen so far.

        Raises:
            DataError: the ``failure`` class, listing the columns seen.
        """
        if names is not None:
            self.of(names)
        seen = ", ".join(map(repr, list(self._seen)[:30])) or "none"
        if absent := [f"{column!r} (for {field})" for field, column in self._given.items() if column not in self._seen]:
            raise self._failure(
                f"{source} has no column {', '.join(absent)}; columns seen: {seen}: correct columns={{...}}"
            )
        if missing := [field for field in self._required if field not in self._fixed]:
            field = missing[0]
            also = ", ".join(self._synonyms[field][1:5])
            raise self._failure(
                f"{source} has no {field} column; columns seen: {seen}; expected {field!r} or a synonym ({also}, …): "
                f'name it with columns={{"{field}": "…"}}'
            )

    def _choose(self, names: tuple[str, ...]) -> dict[str, str]:
        squashed: dict[str, str] = {}
        taken = set(self._fixed.values())
        for name in names:
            if name not in self._seen:
                self._seen[name] = _PUNCTUATION.sub("", name).lower()
            if name not in taken:
                squashed.setdefault(self._seen[name], name)
        present = set(names)
        found = {field: column for field, column in self._fixed.items() if column in present}
        for field, known in self._synonyms.items():
            if field not in self._fixed:
                column = next((squashed.pop(synonym) for synonym in known if synonym in squashed), None)
                if column is not None:
                    found[field] = column
        self._fixed.update({field: found[field] for field in self._required if field in found})
        return found
