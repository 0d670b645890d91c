"""JSON-LD in a file of its own or in the scripts of a web page: nodes with the line each stands on."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from kgrec.errors import DataError
from kgrec.readers.rows import Row, RowSource
from kgrec.readers.schema_org import product_rows
from kgrec.readers.text_lines import opened

__all__ = ["read_json_ld", "read_page"]

_BLANK = re.compile(r"[ \t\n\r]*")
_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)
_WRAPPING = re.compile(r"\s*(//\s*<!\[CDATA\[|<!\[CDATA\[|<!--)|(//\s*\]\]>|\]\]>|-->)\s*$")
_DECODER = json.JSONDecoder()

Node = tuple[int, Any]
"""Line from 1, and what JSON has there."""


def read_json_ld(path: Path, failure: type[DataError]) -> RowSource:
    """Return the products of a JSON-LD document: one node, a list of nodes, or a graph. It is read as a whole.

    Args:
        path: the file, plain or ``.gz``.
        failure: the error to raise.

    Raises:
        DataError: ``failure``, while rows are read, where the file is missing, damaged, not JSON, or names no product.
    """

    def rows() -> Iterator[Row]:
        text = _text(path, failure)
        try:
            nodes = list(_nodes(text, 1))
        except (ValueError, RecursionError) as error:
            raise failure(f"{str(path)!r} is not JSON ({_reason(error)}); expected one JSON-LD document") from None
        yield from _some(product_rows(nodes), path, failure)

    return RowSource(name=str(path), columns=None, rows=rows())


def read_page(path: Path, failure: type[DataError]) -> RowSource:
    """Return the products in the ``<script type="application/ld+json">`` blocks of a web page.

    A block that is not JSON is set aside, and the others count.

    Args:
        path: the file, plain or ``.gz``.
        failure: the error to raise.

    Raises:
        DataError: ``failure``, while rows are read, where the file is missing or damaged, or names no product.
    """

    def rows() -> Iterator[Row]:
        page = _Scripts()
        page.feed(_text(path, failure))
        page.close()
        nodes: list[Node] = []
        broken: list[Row] = []
        for line, text in page.found:
            try:
                nodes += _nodes(_unwrapped(text), line)
            except (ValueError, RecursionError) as error:
                broken.append(Row(line, {}, text, f"not JSON: {_reason(error)}"))
        if not page.found:
            raise failure(
                f'{str(path)!r} has no <script type="application/ld+json">; expected a page that describes its '
                "products with schema.org"
            )
        yield from _some([*broken, *product_rows(nodes)], path, failure)

    return RowSource(name=str(path), columns=None, rows=rows())


def _some(rows: list[Row], path: Path, failure: type[DataError]) -> list[Row]:
    if not rows:
        raise failure(f"{str(path)!r} has no node of type Product or ProductGroup; expected schema.org JSON-LD")
    return rows


def _text(path: Path, failure: type[DataError]) -> str:
    """Return a whole file as text, in UTF-8 or the encoding that a page names."""
    with opened(path, failure) as stream:
        raw = stream.read()
    named = _CHARSET.search(raw[:4096])
    for encoding in ("utf-8-sig", named[1].decode() if named else ""):
        try:
            return raw.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    raise failure(
        f"{str(path)!r} is not UTF-8; expected JSON-LD in UTF-8, or a page that names its encoding: save it so"
    )


def _nodes(text: str, line: int) -> Iterator[Node]:
    """Yield the nodes of a document: those of its list or ``@graph`` one by one, with their lines.

    Raises:
        ValueError: it is not JSON.
    """
    start = _after_blank(text, 0)
    if text[start : start + 1] == "{":
        found = _in_object(text, start)
    elif text[start : start + 1] == "[":
        found = _in_list(text, start)
    else:
        raise ValueError("a document begins with { or [")
    at, before, end = 0, line, start
    for begin, stop, node in found:
        if node is not None:
            # The object around a graph is met last and began before it.
            line = line + text.count("\n", at, begin) if begin >= at else before + text.count("\n", 0, begin)
            at = begin
            yield line, node
        end = stop
    if (rest := _after_blank(text, end)) < len(text):
        raise json.JSONDecodeError("more after the document", text, rest)


def _in_list(text: str, start: int) -> Iterator[tuple[int, int, Any]]:
    """Yield begin, end and value of each element, and at last the end of the list with None."""
    at = _after_blank(text, start + 1)
    while text[at : at + 1] != "]":
        value, end = _DECODER.raw_decode(text, at)
        yield at, end, value
        at = _after_comma(text, end, "]")
    yield at, at + 1, None


def _in_object(text: str, start: int) -> Iterator[tuple[int, int, Any]]:
    """Yield the elements of ``@graph``, then the object with its other members."""
    whole: dict[str, Any] = {}
    at = _after_blank(text, start + 1)
    while text[at : at + 1] != "}":
        if text[at : at + 1] != '"':
            raise json.JSONDecodeError("expected a name in double quotes", text, at)
        name, at = _DECODER.raw_decode(text, at)
        at = _after_blank(text, at)
        if text[at : at + 1] != ":":
            raise json.JSONDecodeError("expected :", text, at)
        at = _after_blank(text, at + 1)
        if name == "@graph" and text[at : at + 1] == "[":
            for begin, end, value in _in_list(text, at):
                at = end
                yield begin, end, value
        else:
            whole[name], at = _DECODER.raw_decode(text, at)
        at = _after_comma(text, at, "}")
    yield start, at + 1, whole if "@type" in whole or "@graph" in whole else None


def _after_comma(text: str, at: int, closing: str) -> int:
    """Return where the next member begins, or where the closing bracket stands."""
    at = _after_blank(text, at)
    if text[at : at + 1] == closing:
        return at
    if text[at : at + 1] != ",":
        raise json.JSONDecodeError(f"expected , or {closing}", text, at)
    at = _after_blank(text, at + 1)
    if text[at : at + 1] == closing:
        raise json.JSONDecodeError(f"comma before {closing}", text, at)
    return at


def _after_blank(text: str, at: int) -> int:
    match = _BLANK.match(text, at)
    return match.end() if match else at


def _unwrapped(text: str) -> str:
    """Take away what old pages put around a script; line ends stay."""
    return _WRAPPING.sub(lambda match: "\n" * match[0].count("\n"), text)


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "nested too deeply"
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg}, line {error.lineno}"
    return str(error)


class _Scripts(HTMLParser):
    """Finds the JSON-LD scripts of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[int, str]] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note whether a script is one of ours."""
        kind = next((value or "" for name, value in attrs if name == "type"), "")
        self._inside = tag == "script" and kind.split(";")[0].strip().lower() == "application/ld+json"
        self._began = False

    def handle_endtag(self, tag: str) -> None:
        """Leave the script."""
        self._inside = False

    _began = False

    def handle_data(self, data: str) -> None:
        """Keep the text of a script."""
        if not self._inside:
            return
        if self._began:
            line, before = self.found[-1]
            self.found[-1] = (line, before + data)
        else:
            self.found.append((self.getpos()[0], data))
            self._began = True
