"""Product feeds in XML: RSS 2.0 and Atom with Google's ``g:`` elements, one item in memory at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import Locator

from kgrec.errors import DataError
from kgrec.readers.merchant import merchant_row
from kgrec.readers.rows import Row, RowSource
from kgrec.readers.text_lines import MAX_ROW, opened

__all__ = ["read_feed"]

_CHUNK = 1 << 16
_DEEPEST = 32
_GOOGLE = "http://base.google.com/"
_PLAIN = {"summary": "description", "content": "description"}
_PROSE = ("title", "description", "summary", "content")


def read_feed(path: Path, failure: type[DataError]) -> RowSource:
    """Return the items of a feed as product rows.

    Elements of Google's namespace (or with the prefix ``g:``, declared or not) win over plain ones of the same name,
    so ``g:title`` over ``title``. An item of more than 16 Mi characters or with elements nested more than 32 deep is
    set aside.

    Args:
        path: the file, plain or ``.gz``.
        failure: the error to raise.

    Raises:
        DataError: ``failure``, while rows are read, where the file is missing, damaged, no well-formed XML or no feed,
            or has a document type, an entity or an external reference: feeds need none, and they are ways to make a
            reader fetch files or fill its memory.
    """
    return RowSource(name=str(path), columns=None, rows=_rows(path, failure))


def _rows(path: Path, failure: type[DataError]) -> Iterator[Row]:
    from defusedxml.common import DefusedXmlException
    from defusedxml.sax import make_parser

    parser = make_parser()
    parser.forbid_dtd = parser.forbid_entities = parser.forbid_external = True
    items = _Items(parser)
    parser.setContentHandler(items)
    try:
        with opened(path, failure) as stream:
            while chunk := stream.read(_CHUNK):
                parser.feed(chunk)
                yield from items.taken()
            parser.close()
        yield from items.taken()
    except DefusedXmlException as error:
        raise failure(
            f"{str(path)!r} has a document type or entity ({error}), which is not read from feeds; expected RSS 2.0 or "
            "Atom without <!DOCTYPE …>: export it again without"
        ) from error
    except SAXParseException as error:
        raise failure(
            f"{str(path)!r} is no well-formed XML at line {error.getLineNumber()} ({error.getMessage()}); expected "
            "RSS 2.0 or Atom: mend that line, or export the feed again"
        ) from error
    if not items.root:
        raise failure(f"{str(path)!r} is empty; expected a product feed in RSS 2.0 or Atom: check that it is the file")
    if not items.seen:
        raise failure(
            f"{str(path)!r} has no <item> or <entry>; its first element is <{items.root}>: expected a product feed in "
            "RSS 2.0 or Atom"
        )


class _Element:
    """An element that is still open inside an item."""

    __slots__ = ("address", "children", "name", "texts")

    def __init__(self, name: str, address: str = "") -> None:
        self.name = name
        self.address = address
        self.texts: list[str] = []
        self.children: dict[str, list[Any]] = {}

    def value(self) -> tuple[Any, str]:
        """Return the parts, or the text where there are none, and all text inside."""
        text = "".join(self.texts).strip() or self.address
        return (self.children if self.children and self.name not in _PROSE else text), text


class _Items(ContentHandler):
    """Collects items as the parser meets their ends."""

    def __init__(self, place: Locator) -> None:
        super().__init__()
        self._place = place
        self.seen = 0
        self.root = ""
        self._ready: list[Row] = []
        self._depth = self._start = 0
        self._open: list[_Element] = []
        self._line = 0
        self._size = 0
        self._fault = ""
        self._google = {"g"}

    def taken(self) -> list[Row]:
        """Return the items that are complete since the last call."""
        ready, self._ready = self._ready, []
        return ready

    def startElement(self, name: str, attrs: Any) -> None:  # noqa: N802 - a name of xml.sax
        """Open an element."""
        self._depth += 1
        self.root = self.root or name
        self._google |= {key[6:] for key, value in attrs.items() if key[:6] == "xmlns:" and value.startswith(_GOOGLE)}
        if self._open:
            if len(self._open) > _DEEPEST:
                self._fault = f"nested too deeply: more than {_DEEPEST} elements in one another"
            else:
                self._open.append(_Element(self._named(name), _address(attrs)))
        elif self._depth <= 3 and name.rpartition(":")[2] in ("item", "entry"):
            self._open = [_Element("")]
            self._line = self._place.getLineNumber() or 1
            self._size, self._fault = 0, ""
            self.seen += 1
            self._start = self._depth

    def characters(self, content: str) -> None:
        """Keep text inside an item, up to the limit."""
        if self._open:
            self._size += len(content)
            if self._size > MAX_ROW:
                self._fault = f"row too long: more than {MAX_ROW:,} characters"
            else:
                self._open[-1].texts.append(content)

    def endElement(self, name: str) -> None:  # noqa: N802 - a name of xml.sax
        """Close an element, and the item with its last one."""
        inside = self._depth - self._start if self._open else -1
        self._depth -= 1
        if inside == 0:
            self._close()
        elif inside > 0 and len(self._open) > inside:
            element = self._open.pop()
            value, text = element.value()
            around = self._open[-1]
            name = element.name.removeprefix("g:") if around.name else element.name
            if value:
                around.children.setdefault(name, []).append(value)
            if around.name:
                around.texts.append(text)

    def _named(self, name: str) -> str:
        prefix, _, local = name.rpartition(":")
        return f"g:{local}" if prefix in self._google else name

    def _close(self) -> None:
        given = self._open[0].children
        self._open = []
        cells = {_PLAIN.get(name, name): values for name, values in given.items() if not name.startswith("g:")}
        cells |= {name[2:]: values for name, values in given.items() if name.startswith("g:")}
        first = (cells[name][0] for name in ("id", "title") if name in cells)
        text = f"<item> {' '.join(map(str, first))}"
        if self._fault:
            self._ready.append(Row(self._line, {}, text, self._fault))
        else:
            self._ready.append(Row(self._line, merchant_row(cells), text))


def _address(attributes: Mapping[str, str]) -> str:
    """Return where an Atom ``<link href="…"/>`` leads, if it is to the product's page."""
    return attributes.get("href", "") if attributes.get("rel", "alternate") == "alternate" else ""
