"""What is never put in words: a list that the merchant owns.

Contributions stay exact and complete. What the list names is no evidence and stands in no text:

- no fact of a listed relation, with a listed value, or whose value says a listed word;
- no product of the history whose title, or the value of one of whose facts, says a listed word;
- of a recommended product that says one it is not told what led to it.

As a file, YAML or JSON::

    relations: [religion, skin_concern]
    values: ["occasion: ramadan", kosher]
    words: [pregnancy, "blood sugar", 糖尿病]
    defaults: true
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from kgrec.errors import SettingsError
from kgrec.explanation.sensitive_words import RELATIONS, WORDS

__all__ = ["Sensitive"]

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff]")
_KEYS = ("relations", "values", "words", "defaults")


@dataclass(frozen=True, kw_only=True)
class Sensitive:
    """Relations, values and words on health, religion, sexuality, politics, origin and the like.

    Attributes:
        relations: names of relations of which no fact is told.
        values: values that are not told; ``"relation: value"`` for one relation only. Case does not matter.
        words: words and phrases that make a value, or the title of a product, sensitive. Case and a plural ``s`` do
            not matter; whole words count, in scripts without blanks every occurrence.

    Raises:
        SettingsError: an entry is no text, or empty.
    """

    relations: frozenset[str] = frozenset(RELATIONS)
    values: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset(WORDS)
    _folded: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Check the entries, and fold them once."""
        for name in ("relations", "values", "words"):
            object.__setattr__(self, name, _entries(name, getattr(self, name)))
        object.__setattr__(self, "_folded", frozenset(map(_folded, self.values)))

    @classmethod
    def nothing(cls) -> Sensitive:
        """Return the empty list: everything may be told."""
        return cls(relations=frozenset(), words=frozenset())

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Sensitive:
        """Read a list from a YAML or JSON file; see the top of this module.

        ``defaults: false`` leaves out the library's own list, to which the entries are added otherwise.

        Raises:
            SettingsError: the file cannot be read, or is no such list.
        """
        import yaml

        try:
            stated = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise SettingsError(f"the list of sensitive matters {os.fspath(path)} cannot be read: {error}") from error
        return cls.of({} if stated is None else stated)

    @classmethod
    def of(cls, stated: Mapping[str, Any]) -> Sensitive:
        """Return a list from its JSON form; the keys are those of the file.

        Raises:
            SettingsError: a key is unknown, or an entry is no text.
        """
        if not isinstance(stated, Mapping) or set(stated) - set(_KEYS):
            raise SettingsError(
                f"a list of sensitive matters maps {', '.join(_KEYS)} and nothing else; got {stated!r:.120}"
            )
        if not isinstance(keep := stated.get("defaults", True), bool):
            raise SettingsError(f"defaults of a list of sensitive matters is true or false; got {keep!r:.80}")
        base = cls() if keep else cls.nothing()
        return base.plus(**{name: stated.get(name) or () for name in ("relations", "values", "words")})

    def plus(
        self, *, relations: Iterable[str] = (), values: Iterable[str] = (), words: Iterable[str] = ()
    ) -> Sensitive:
        """Return the list with further entries.

        Raises:
            SettingsError: an entry is no text, or empty.
        """
        return Sensitive(
            relations=self.relations | _entries("relations", relations),
            values=self.values | _entries("values", values),
            words=self.words | _entries("words", words),
        )

    def minus(self, *entries: str) -> Sensitive:
        """Return the list without some entries, whichever part they stand in."""
        gone = frozenset(entries)
        return Sensitive(relations=self.relations - gone, values=self.values - gone, words=self.words - gone)

    def holds_fact(self, relation: str, value: str) -> bool:
        """Tell whether a fact must not be told."""
        if relation in self.relations:
            return True
        if self._folded:
            plain = _folded(value)
            if plain in self._folded or f"{_folded(relation)}: {plain}" in self._folded:
                return True
        return self.holds_text(value)

    def holds_text(self, text: str) -> bool:
        """Tell whether a text says a sensitive word."""
        spaced, unspaced = self._by_script
        if spaced and not text.isspace():
            tokens = [_singular(token) for token in _WORD.findall(text.casefold())]
            for at, token in enumerate(tokens):
                for phrase in spaced.get(token, ()):
                    if tuple(tokens[at : at + len(phrase)]) == phrase:
                        return True
        return bool(unspaced and _UNSPACED.search(text) and any(word in text for word in unspaced))

    @cached_property
    def _by_script(self) -> tuple[dict[str, list[tuple[str, ...]]], tuple[str, ...]]:
        """Return phrases by their first word, and the words of scripts without blanks."""
        spaced: dict[str, list[tuple[str, ...]]] = {}
        unspaced = []
        for word in sorted(self.words):
            tokens = tuple(_singular(token) for token in _WORD.findall(word.casefold()))
            if _UNSPACED.search(word):
                unspaced.append(word)
            elif tokens:
                spaced.setdefault(tokens[0], []).append(tokens)
        return spaced, tuple(unspaced)


def _singular(token: str) -> str:
    return token[:-1] if len(token) > 3 and token[-1] == "s" and token[-2] != "s" else token


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _entries(name: str, given: object) -> frozenset[str]:
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise SettingsError(f"{name} of a list of sensitive matters must be a list of texts; got {given!r:.80}")
    entries = tuple(given)
    if wrong := [entry for entry in entries if not isinstance(entry, str) or not entry.strip()]:
        raise SettingsError(f"{name} of a list of sensitive matters must be texts; got {wrong[0]!r:.80}")
    return frozenset(entries)
