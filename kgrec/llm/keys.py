"""The key of a language model's server, which must never be seen."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import NoReturn

from kgrec.errors import SettingsError

__all__ = ["Key"]

_HIDDEN = "[key]"
_LIKE_A_KEY = re.compile(r"\bsk-[\w*.-]{6,}|(?i:(?<=bearer )|(?<=api[-_]key=))[\w.~+/=*-]{6,}")
_REMEMBERED = 8


class Key:
    """A key from a string, a function or an environment variable. It is in no representation and no pickle."""

    __slots__ = ("_read", "_seen")

    def __init__(self, given: str | Callable[[], str] | None, variable: str | None) -> None:
        """Take a key, the function that fetches it, or the name of the variable that holds it; or none of them.

        Raises:
            SettingsError: both are given, the variable is not set, or the key cannot be one.
        """
        if given is not None and variable is not None:
            raise SettingsError("give either key or key_variable, not both")
        self._seen: list[str] = []
        self._read: Callable[[], str]
        if variable is not None:
            self._read = lambda: _from_environment(variable)
        elif callable(given):
            self._read = given
        else:
            self._read = lambda: given or ""
        if not callable(given):
            self.read()

    def read(self) -> str:
        """Return the key as it is now, which may differ each time; empty where there is none.

        Raises:
            SettingsError: the variable is not set, or the key cannot be one.
        """
        key = self._read()
        key = key.strip() if isinstance(key, str) else None
        if key is None or not (key.isascii() and key.isprintable()) or " " in key:
            raise SettingsError("a key is printable ASCII text without spaces; what was given is not (it is not shown)")
        if key and key not in self._seen:
            self._seen = [*self._seen, key][-_REMEMBERED:]
        return key

    def scrub(self, text: str) -> str:
        """Return the text without any of the last keys, and without what looks like one."""
        for key in sorted(self._seen, key=len, reverse=True):
            text = text.replace(key, _HIDDEN)
        return _LIKE_A_KEY.sub(_HIDDEN, text)

    def __repr__(self) -> str:
        return "Key(hidden)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key is not written to files; make the model anew where it is needed")


def _from_environment(variable: str) -> str:
    key = os.environ.get(variable, "")
    if not key.strip():
        raise SettingsError(f"the environment variable {variable} is not set; it has to hold the key of the model")
    return key
