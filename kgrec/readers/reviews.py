"""Review files and tables → reviews."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from kgrec.data import Review, Reviews
from kgrec.errors import ReviewsError
from kgrec.protocols import Progress, silent
from kgrec.readers.columns import Layout
from kgrec.readers.fields import FormUnknown, id_of, long_text_of, text_of
from kgrec.readers.gathering import gather
from kgrec.readers.rows import Row, RowFault, RowSource, quoted
from kgrec.readers.sources import Source, open_source
from kgrec.readers.tables import rows_of

__all__ = ["MAX_REVIEW", "read_reviews"]

MAX_REVIEW = 100_000
"""Longest review that is accepted, in characters."""

_MAX_HEADLINE = 10_000
_SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "product": ("product", "productid", "asin", "parentasin", "item", "itemid", "sku", "stockcode", "articleid"),
    "text": ("text", "reviewtext", "review", "reviewbody", "content", "comment", "body"),
    "title": ("title", "summary", "headline", "reviewtitle", "subject"),
    "stars": ("stars", "overall", "rating", "starrating", "score"),
    "user": ("user", "userid", "reviewerid", "customerid", "author"),
    "id": ("id", "reviewid"),
}


def read_reviews(
    source: Source,
    *,
    columns: Mapping[str, str] | None = None,
    most_stars: float = 5.0,
    progress: Progress = silent,
) -> Reviews:
    """Read reviews from a file or table; rows that cannot be used are set aside and the rest goes on.

    The fields are product, text, title, stars, user and id; common synonyms of their column names are understood
    (``asin``, ``reviewText``, ``summary``, ``overall``, ``reviewerID``, …), other columns are not read. A review
    without an id is named ``line 17``.

    A row is set aside for: no product, no words, stars that are not a number from 0 to ``most_stars``, an id seen
    before (the first stays), a text over ``MAX_REVIEW`` characters, and broken text or rows as in ``read_catalogue``.

    Args:
        source: a path to .jsonl, .ndjson, .csv or .tsv (each also .gz) in UTF-8, or to .parquet; or any table with
            ``__arrow_c_stream__`` (pandas, polars, duckdb, pyarrow).
        columns: field → column name in the source, for example ``{"text": "Comment"}``.
        most_stars: the best rating of the source; ``Review.stars`` is brought to a scale that ends at 5.
        progress: is told ("reading reviews", rows read, rows in all or None).

    Raises:
        ReviewsError: the source is missing, empty, damaged or of an unknown kind, has no product or text column or
            lacks a column that was named, or none of its rows can be used.
        SettingsError: ``columns`` names an unknown field.
    """
    layout = Layout(_SYNONYMS, columns, ("product", "text"), ReviewsError)
    opened = open_source(source, ReviewsError)
    rows = opened if isinstance(opened, RowSource) else rows_of(opened)

    def review(own_id: str, row: Row, column: Mapping[str, str]) -> Review:
        return _review(own_id, row.values, column, most_stars)

    gathered = gather(rows, layout, _id, review, stage="reading reviews", failure=ReviewsError, progress=progress)
    return Reviews(gathered.found.values(), gathered.aside)


def _id(row: Row, column: Mapping[str, str]) -> str:
    return _words(row.values.get(column.get("id", ""))) or f"line {row.line}"


def _review(own_id: str, values: Mapping[str, Any], column: Mapping[str, str], most_stars: float) -> Review:
    """Make a review of a row.

    Raises:
        RowFault: the row cannot be used.
    """
    cell = {field: values[name] for field, name in column.items()}
    product = id_of(cell.get("product"), "product")
    title = long_text_of(cell.get("title"), "title", _MAX_HEADLINE).strip()
    text = long_text_of(cell.get("text"), "text", MAX_REVIEW)
    if not title and not text.strip():
        raise RowFault("no words")
    return Review(
        id=own_id,
        product=product,
        text=text,
        title=title,
        stars=_stars(cell.get("stars"), most_stars),
        user=_words(cell.get("user")),
    )


def _words(value: object) -> str:
    try:
        return text_of(value) or ""
    except FormUnknown as error:
        raise RowFault(f"unreadable user or id: {error} is not text") from None


def _stars(value: object, most: float) -> float | None:
    try:
        text = text_of(value)
        if text is None:
            return None
        stars = float(text)
    except (FormUnknown, ValueError):
        raise RowFault(f"unreadable stars: {quoted(value)}") from None
    if not (math.isfinite(stars) and 0 <= stars <= most):
        raise RowFault(f"stars out of range: {quoted(value)} is not between 0 and {most:g}")
    return stars * 5.0 / most
