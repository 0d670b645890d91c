from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from kgrec.data import Review
from kgrec.errors import ReviewsError, SettingsError
from kgrec.readers import read_reviews

Write = Callable[[str, str | bytes], Path]


def lines(*rows: object) -> str:
    return "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)


def test_the_layout_of_amazon_reviews(write: Write) -> None:
    row = {
        "reviewerID": "u",
        "asin": "p",
        "reviewText": " Fine. ",
        "overall": 5.0,
        "summary": "good",
        "helpful": [0, 1],
    }
    (review,) = read_reviews(write("r.jsonl", lines(row)))
    assert review == Review(id="line 1", product="p", text=" Fine. ", title="good", stars=5.0, user="u")
    assert review.words == "good\n Fine. "


def test_other_names_a_table_and_named_columns(write: Write) -> None:
    (review,) = read_reviews(write("r.csv", "review_id,product,rating,text\nr1,17,4,很好\n"))
    assert review == Review(id="r1", product="17", text="很好", stars=4.0)
    table = pd.DataFrame({"product": [17.0], "Comment text": ["ok"], "stars": [8]})
    (review,) = read_reviews(table, columns={"text": "Comment text"}, most_stars=10)
    assert review == Review(id="line 1", product="17", text="ok", stars=4.0)


def test_rows_that_are_set_aside(write: Write) -> None:
    reviews = read_reviews(
        write(
            "r.jsonl",
            lines(
                {"product": "p", "text": "fine", "id": "1"},
                {"product": "p", "text": "again", "id": "1"},
                {"text": "of nothing"},
                {"product": "p", "text": " "},
                {"product": "p", "text": "x", "stars": "many"},
                {"product": "p", "text": "x", "stars": 7},
                {"product": "p", "text": "x", "stars": float("nan")},
                {"product": "p", "text": "x" * 100_001},
                {"product": "p", "text": ["a"], "user": {"a": 1}},
                "not JSON",
                {"product": "p", "text": None, "title": "headline only", "stars": None},
            ),
        )
    )
    assert [review.id for review in reviews] == ["1", "line 7", "line 11"]
    assert reviews[1].stars is None
    assert [(row.line, row.reason.split(":")[0]) for row in reviews.set_aside] == [
        (2, "duplicate id"),
        (3, "no product"),
        (4, "no words"),
        (5, "unreadable stars"),
        (6, "stars out of range"),
        (8, "text too long"),
        (9, "unreadable user or id"),
        (10, "not JSON"),
    ]
    assert repr(reviews) == "<Reviews: 3, 8 set aside>"
    assert len(reviews[:2]) == 2


def test_what_cannot_be_read(write: Write) -> None:
    with pytest.raises(ReviewsError, match="no text column"):
        read_reviews(write("r.jsonl", lines({"product": "p", "stars": 3})))
    with pytest.raises(ReviewsError, match="1 × no words"):
        read_reviews(write("s.jsonl", lines({"product": "p", "text": ""})))
    with pytest.raises(ReviewsError, match="no file"):
        read_reviews("nowhere.jsonl")
    with pytest.raises(SettingsError, match="'colour'"):
        read_reviews(write("t.jsonl", lines({"product": "p", "text": "a"})), columns={"colour": "x"})


def test_progress(write: Write) -> None:
    told: list[tuple[str, int, int | None]] = []
    read_reviews(write("r.jsonl", lines({"product": "p", "text": "a"})), progress=lambda *given: told.append(given))
    assert told == [("reading reviews", 1, 1)]
