"""Which reader a product file needs: the formats of tables and rows, and those made for products alone."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path

from kgrec.errors import CatalogueError
from kgrec.readers.feeds import read_feed
from kgrec.readers.json_ld import read_json_ld, read_page
from kgrec.readers.merchant import is_merchant_header, merchant_rows
from kgrec.readers.rows import RowSource
from kgrec.readers.sources import Source, open_source
from kgrec.readers.tables import rows_of

__all__ = ["open_products"]

_READERS = {
    **dict.fromkeys((".jsonld", ".json-ld"), read_json_ld),
    **dict.fromkeys((".html", ".htm", ".xhtml"), read_page),
    **dict.fromkeys((".xml", ".rss", ".atom"), read_feed),
}


def open_products(source: Source, columns: Mapping[str, str] | None) -> RowSource:
    """Open a product file or table as rows.

    Args:
        source: a path, or a table with ``__arrow_c_stream__``.
        columns: what the caller said of columns; with any, a table with the header of a Merchant feed is read like
            every other table.

    Raises:
        CatalogueError: it is of no known kind, or is missing, empty or damaged (that may show only in the rows).
    """
    if isinstance(source, str | PathLike) and not hasattr(source, "__arrow_c_stream__"):
        path = Path(source)
        suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() != ".gz"]
        if (read := _READERS.get("".join(suffixes[-1:]))) is not None:
            return read(path, CatalogueError)
    opened = open_source(source, CatalogueError, also=", or for products .jsonld, .html, .xml, .rss or .atom")
    rows = opened if isinstance(opened, RowSource) else rows_of(opened)
    if isinstance(opened, RowSource) and not columns and rows.columns and is_merchant_header(rows.columns):
        return merchant_rows(rows)
    return rows
