from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgrec.extraction.tagging.lexicon import Lexicon
from kgrec.extraction.tagging.sheets import LONGEST, Sheet, SheetMaker, Text
from kgrec.extraction.tagging.words import cut_words

LEXICON = Lexicon.learned_from(
    [
        ("Hats", {"Pattern": ("Print",), "Color": ("Red",)}, ["Printed Red hat"]),
        ("Hats", {"Pattern": ("Print",)}, ["Printing"]),
    ]
)


@pytest.fixture(scope="session")
def tokenizer(encoder: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(encoder)


@cache
def maker_of(tokenizer: Any, max_pieces: int) -> SheetMaker:
    return SheetMaker(tokenizer, LEXICON, {"red": 2, "printed": 1}, max_pieces=max_pieces)


def sheets_of(tokenizer: Any, text: str, *, max_pieces: int = 128, **further: Any) -> list[Sheet]:
    return list(maker_of(tokenizer, max_pieces).make([Text(0, "title", "Hats", text)], **further))


def test_words_and_their_shapes() -> None:
    text = "ACME Über 3pcs/lot 红色 mug_2 X i9"
    words = cut_words(text)
    cut = [text[start:end] for start, end in zip(words.starts, words.ends, strict=True)]
    assert cut == ["ACME", "Über", "3pcs", "/", "lot", "红", "色", "mug", "_", "2", "X", "i9"]
    shape = dict(zip(cut, words.shapes, strict=True))
    assert len({shape[word] for word in ("ACME", "Über", "3pcs", "/", "lot", "红", "2", "X")}) == 8
    assert shape["i9"] == shape["3pcs"]
    assert shape["/"] == shape["_"]


def test_candidates(tokenizer: Any) -> None:
    (sheet,) = sheets_of(tokenizer, "Printing Red hats")
    whole = ["Printing", "Printing Red", "Printing Red hats", "Red", "Red hats", "hats"]
    assert sheet.surfaces == [*whole, "Printing Red hat", "Red hat", "hat", "Print"]
    assert sheet.spans[:, 2].tolist() == [0] * 6 + [1] * 3 + [2]
    assert {(sheet.surfaces[num], attribute) for num, attribute, _ in sheet.hits} == {
        ("Print", "Pattern"),
        ("Red", "Color"),
    }
    assert len(sheet.features) == len(sheet.spans) == len(sheet.places)


def test_a_value_known_from_this_product_alone_is_no_candidate(tokenizer: Any) -> None:
    lexicon = Lexicon.learned_from([("Hats", {"Pattern": ("Print",)}, ["Printed hat"])])
    maker = SheetMaker(tokenizer, lexicon, {"printed": 1}, max_pieces=64)
    text = Text(0, "title", "Hats", "Printed hat")
    (reading,) = maker.make([text])
    (learning,) = maker.make([text], {0: {"Pattern": ("Print",)}})
    assert "Print" in reading.surfaces
    assert "Print" not in learning.surfaces
    assert reading.hits
    assert not learning.hits
    assert reading.rarity[0] > learning.rarity[0] == 0


def test_pieces_carry_the_category_and_the_marks(tokenizer: Any) -> None:
    (sheet,) = sheets_of(tokenizer, "Red hat")
    pieces = tokenizer.convert_ids_to_tokens(sheet.pieces.tolist())
    assert pieces == ["[CLS]", "h", "##a", "##t", "##s", "[SEP]", "red", "h", "##a", "##t", "[SEP]"]
    assert [pieces[at] for at in sheet.first] == ["red", "h"]
    assert [pieces[at] for at in sheet.last] == ["red", "##t"]


def test_nothing_to_read(tokenizer: Any) -> None:
    assert sheets_of(tokenizer, " \t\u200b") == []
    assert list(maker_of(tokenizer, 64).make([])) == []


@settings(deadline=None, max_examples=60)
@given(
    text=st.text(
        st.one_of(st.sampled_from("ab9 Rs-红é/\u0301\u200b😀İ"), st.characters(codec="utf-8", max_codepoint=0x3FFF)),
        max_size=120,
    )
)
def test_spans_stand_in_any_text(tokenizer: Any, text: str) -> None:
    for sheet in sheets_of(tokenizer, text, max_pieces=32):
        assert len(sheet.pieces) <= 32
        assert [text[start:end] for start, end in sheet.places] == sheet.surfaces
        assert all(sheet.surfaces)
        assert np.all(sheet.spans[:, 1] - sheet.spans[:, 0] < LONGEST)
        assert sheet.first.max(initial=0) < len(sheet.pieces)
        assert np.all(sheet.first <= sheet.last)
        assert np.all(np.isfinite(sheet.features))


def test_windows_cover_a_long_text(tokenizer: Any) -> None:
    text = "Red Printed hat " * 60
    sheets = sheets_of(tokenizer, text, max_pieces=48)
    assert len(sheets) > 10
    words = [place for sheet in sheets for place in sheet.places[sheet.spans[:, 0] == sheet.spans[:, 1]].tolist()]
    starts = {start for start, _ in words}
    assert starts == set(cut_words(text).starts)
