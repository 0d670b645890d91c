"""From what a model wrote to a JSON object: fences, prose, loose JSON and cut replies are repaired, never guessed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["ParsedReply", "UnreadableReplyError", "parse_reply"]

_DEEPEST = 24
_LONGEST = 200_000
_FENCE = re.compile(r"```[a-zA-Z0-9_-]*[ \t]*\r?\n?(.*?)(?:```|\Z)", re.DOTALL)
_THOUGHTS = re.compile(r"<(think|thinking|reasoning)>.*?</\1>", re.DOTALL | re.IGNORECASE)
_QUOTES = {'"': '"', "'": "'", "“": "”", "”": "”", "‘": "’", "`": "`"}
_BARE = re.compile(r"[^\s,:{}\[\]\"'“”]+(?:[ \t]+[^\s,:{}\[\]\"'“”]+)*")
_WORDS = {"true": True, "false": False, "null": None, "none": None, "nan": None, "undefined": None}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


class UnreadableReplyError(ValueError):
    """A reply holds no JSON object; the message says why, for the model to read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedReply:
    """A reply's object.

    Attributes:
        values: the object; where a reply was cut, what had been written in full.
        cut: whether the reply ends in the middle of the object.
        repaired: whether it was not plain JSON.
    """

    values: Mapping[str, Any]
    cut: bool = False
    repaired: bool = False


def parse_reply(text: str) -> ParsedReply:
    """Return the JSON object of a reply.

    Repaired are: thoughts, code fences and prose around the object, single and curly quotes, trailing and missing
    commas, bare keys and words, Python's ``None``, ``True`` and ``False``, comments, and an end that is missing. A
    value that was cut is left out.

    Raises:
        UnreadableReplyError: there is no object.
    """
    text = _THOUGHTS.sub("", text[:_LONGEST]).strip().removeprefix("\ufeff")
    if not text:
        raise UnreadableReplyError("the reply is empty")
    try:
        return ParsedReply(values=_as_object(json.loads(text)))
    except (ValueError, RecursionError):
        pass  # repaired below
    problem = "it holds no JSON object"
    best: ParsedReply | None = None
    for candidate in _candidates(text):
        reader = _LooseReader(candidate)
        try:
            found = ParsedReply(values=_as_object(reader.value()), cut=reader.cut, repaired=True)
        except ValueError as error:
            problem = str(error)
            continue
        if best is None or (len(found.values), not found.cut) > (len(best.values), not best.cut):
            best = found
    if best is None:
        raise UnreadableReplyError(f"the reply cannot be read: {problem}")
    return best


def _as_object(value: Any) -> dict[str, Any]:
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, dict):
        kind = "a list" if isinstance(value, list) else "a text" if isinstance(value, str) else "no object"
        raise UnreadableReplyError(f"expected one JSON object, the reply holds {kind}")
    return value


def _candidates(text: str) -> list[str]:
    """Return where an object could begin: in each code fence, then at the first braces of the text."""
    found = [match.group(1).strip() for match in _FENCE.finditer(text)]
    starts = [match.start() for match in re.finditer(r"\{", text)][:8]
    outer, last = [], -1
    for start in starts:
        if start > last:
            outer.append(text[start:])
            last = start + _length_of_object(text[start:]) - 1
    return [candidate for candidate in found if "{" in candidate] + outer


def _length_of_object(text: str) -> int:
    """Return where the object at the start ends, by its braces outside of double quotes."""
    depth, quoted, escaped = 0, False, False
    for place, char in enumerate(text):
        if escaped:
            escaped = False
        elif char == "\\":
            escaped = quoted
        elif char == '"':
            quoted = not quoted
        elif not quoted and char in "{}":
            depth += 1 if char == "{" else -1
            if depth == 0:
                return place + 1
    return len(text)


class _EndReached(ValueError):  # noqa: N818 - a signal between methods
    """The text ended within a value."""


class _LooseReader:
    """Reads one value of loosely written JSON; ``cut`` tells whether the text ended before the value did."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = max(text.find("{"), 0) if "{" in text else 0
        self._depth = 0
        self.cut = False

    def value(self) -> Any:
        """Return the next value.

        Raises:
            ValueError: there is none here, or it is nested too deep.
        """
        self._skip()
        char = self._peek()
        if char == "{":
            return self._object()
        if char == "[":
            return self._array()
        if char in _QUOTES:
            return self._string()
        return self._bare()

    def _peek(self) -> str:
        if self._at >= len(self._text):
            self.cut = True
            raise _EndReached("the reply ends too soon")
        return self._text[self._at]

    def _skip(self) -> None:
        """Pass blanks and comments."""
        match = re.compile(r"(?:\s+|//[^\n]*|/\*.*?\*/)*", re.DOTALL).match(self._text, self._at)
        self._at = match.end() if match else self._at

    def _object(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        self._open()
        try:
            while True:
                self._skip()
                if self._peek() == "}":
                    self._at += 1
                    break
                if self._peek() in ",;":
                    self._at += 1
                    continue
                key = str(self.value())
                self._skip()
                if self._peek() not in ":=":
                    raise ValueError(f"expected a colon after the key {key[:40]!r}")
                self._at += 1
                found[key] = self.value()
        except _EndReached:
            pass  # what was written in full counts
        self._depth -= 1
        return found

    def _array(self) -> list[Any]:
        found: list[Any] = []
        self._open()
        try:
            while True:
                self._skip()
                if self._peek() == "]":
                    self._at += 1
                    break
                if self._peek() == ",":
                    self._at += 1
                    continue
                if self._peek() == "}":
                    break
                found.append(self.value())
        except _EndReached:
            pass
        self._depth -= 1
        return found

    def _open(self) -> None:
        self._at += 1
        self._depth += 1
        if self._depth > _DEEPEST:
            raise ValueError(f"the reply is nested deeper than {_DEEPEST} levels")

    def _string(self) -> str:
        opening = self._text[self._at]
        closing = {_QUOTES[opening], '"'} if opening in "“”" else {_QUOTES[opening]}
        pieces: list[str] = []
        self._at += 1
        while True:
            char = self._peek()
            self._at += 1
            if char == "\\":
                pieces.append(self._escape())
            elif char in closing and self._closes(char):
                return "".join(pieces)
            else:
                pieces.append(char)

    def _closes(self, quote: str) -> bool:
        """Tell whether a quote ends the string: an apostrophe or an inch sign within one is not followed by syntax."""
        rest = self._text[self._at : self._at + 40].lstrip()
        return not rest or rest[0] in ",:}]" or (quote == '"' and rest[0] in "\"'/\n")

    def _escape(self) -> str:
        char = self._peek()
        self._at += 1
        if char == "u":
            digits = self._text[self._at : self._at + 4]
            if not re.fullmatch("[0-9a-fA-F]{4}", digits):
                if len(digits) < 4:
                    self.cut = True
                    raise _EndReached("the reply ends too soon")
                return "u"
            self._at += 4
            code = int(digits, 16)
            low = re.compile(r"\\u([dD][c-fC-F][0-9a-fA-F]{2})").match(self._text, self._at)
            if 0xD800 <= code < 0xDC00 and low:
                self._at += 6
                code = 0x10000 + ((code - 0xD800) << 10) + int(low.group(1), 16) - 0xDC00
            return chr(code)
        return _ESCAPES.get(char, char)

    def _bare(self) -> Any:
        match = _BARE.match(self._text, self._at)
        if match is None:
            raise ValueError(f"expected a value, found {self._text[self._at : self._at + 20]!r}")
        self._at = match.end()
        if self._at >= len(self._text):
            self.cut = True
            raise _EndReached("the reply ends too soon")
        word = match.group()
        if word.lower() in _WORDS:
            return _WORDS[word.lower()]
        try:
            return json.loads(word)
        except (ValueError, RecursionError):
            return word
