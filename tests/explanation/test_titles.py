from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgrec.explanation.plurals import plural
from kgrec.explanation.titles import clean, readable


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("WHITE HANGING HEART T-LIGHT HOLDER", "White Hanging Heart T-Light Holder"),
        ("SET/6 RED SPOTTY PAPER PLATES 15CM", "Set/6 Red Spotty Paper Plates 15cm"),
        ("CHILDREN'S APRON WITH A DOLL ", "Children's Apron with a Doll"),
        ("RETRO LED TV", "Retro LED TV"),
        ("iPhone 12 case", "iPhone 12 case"),
        ("OPI", "OPI"),
        ("三层蛋糕架", "三层蛋糕架"),
        ("a\x00b\u202e c\n\n d\ud800", "ab c d"),
        ("say “hi”", "say ‘hi’"),
        ("A" * 100, "A" + "a" * 59 + "…"),
        ("word " * 30, "word " * 11 + "word…"),
        ("", ""),
    ],
)
def test_titles_are_made_readable(title: str, expected: str) -> None:
    assert readable(title, 60) == expected


@given(st.text(), st.integers(8, 80))
def test_any_text_becomes_one_clean_line(text: str, length: int) -> None:
    for shown in (clean(text, length), readable(text, length)):
        # Capital letters of some scripts become two small ones.
        assert len(clean(text, length)) <= length + 1
        assert isinstance(shown.encode(), bytes)
        assert not any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in shown)
        assert not set(shown) & set("“”\u202e")


def test_no_cut_inside_a_character() -> None:
    family = "👨\u200d👩\u200d👧"
    assert clean(family * 30, 12).rstrip("…").replace(family, "") == ""
    assert clean("e\u0301" * 40, 9) == "e\u0301" * 4 + "…"
    assert len(readable("x" * 10_000_000, 60)) == 61


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("cake stand", "cake stands"),
        ("string lights", "string lights"),
        ("dress", "dresses"),
        ("candy", "candies"),
        ("toy", "toys"),
        ("bookshelf", "bookshelves"),
        ("penknife", "penknives"),
        ("snowman", "snowmen"),
        ("brush", "brushes"),
        ("scissors", "scissors"),
        ("wall canvas", "wall canvases"),
        ("jewellery", "jewellery"),
        ("set of cards", "sets of cards"),
        ("bus", "buses"),
        ("蛋糕架", "蛋糕架"),
        ("", ""),
    ],
)
def test_plurals(one: str, many: str) -> None:
    assert plural(one) == many
