"""Values are found in texts of all scripts, as code points of the text that was given."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgrec.extraction.aligning import FoldedText, align, folded, without_hidden


@pytest.mark.parametrize(
    ("value", "text", "surface"),
    [
        ("red", "a Red mug", "Red"),
        ("red", "shredded red", "red"),
        ("quick dry", "Quick-Dry shorts", "Quick-Dry"),
        ("quickdry", "Quick-Dry shorts", "Quick-Dry"),
        ("Quick-Dry", "quick   dry shorts", "quick   dry"),
        ("85 mm", "Lure 85mm 20g", "85mm"),
        ("85mm", "Lure 85 mm 20g", "85 mm"),
        ("85", "Lure 85mm", "85"),
        ("20", "size 10x20cm", "20"),
        ("1/2", "½ price", "½"),
        ("file", "a ﬁle", "ﬁle"),
        ("IV", "Mark Ⅳ", "Ⅳ"),
        ("strasse", "Große Straße", "Straße"),
        ("STRASSE", "Große Straße", "Straße"),
        ("ＡＢＣ", "brand abc", "abc"),
        ("abc", "brand ＡＢＣ!", "ＡＢＣ"),
        ("İstanbul", "from i\u0307stanbul", "i\u0307stanbul"),
        ("café", "the cafe\u0301 cup", "cafe\u0301"),
        ("cafe\u0301", "the café cup", "café"),
        ("ガラス", "ｶﾞﾗｽの花瓶", "ｶﾞﾗｽ"),
        ("红色", "纯红色棉质", "红色"),
        ("コットン", "綿コットン素材", "コットン"),
        ("Nike", "耐克Nike运动鞋", "Nike"),
        ("350 毫升", "马克杯350毫升", "350毫升"),
        ("Tom & Co", "from Tom &amp; Co", "Tom &amp; Co"),
        ('7"', "a 7&quot; tablet", "7&quot;"),
        ("soft cotton", "<b>soft</b>\n<i>cotton</i>", "soft</b>\n<i>cotton"),
        ("cotton", "cot\u200bton shirt", "cot\u200bton"),
        ("Men", "Men's watch", "Men"),
        ("Men", "Mens watch", "Men"),
        ("Men", "Mens or Men", "Men"),
        ("Jersey", "two JERSEYS", "JERSEY"),
        ("Child", "for children", "child"),
        ("print", "Printed top", "Print"),
        ("J45", "Acoustic GuitarJ45 Model", "J45"),
        ("T-shirt", "tshirt", "tshirt"),
        ("blue", "BLUE blue", "blue"),
        ("has_pockets", "has pockets", "has pockets"),
    ],
)
def test_found(value: str, text: str, surface: str) -> None:
    span = align(value, text)
    assert span is not None
    assert text[span.start : span.end] == surface


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("red", "shredded"),
        ("red", "redder"),
        ("men", "women"),
        ("men", "mention"),
        ("m", "ms"),
        ("cap", "capeds"),
        ("phone", "iphone"),
        ("i", "a ﬁle"),
        ("fi", "ﬁle"),
        ("5", "15 cm"),
        ("5", "1.5 cm"),
        ("1", "1,500 g"),
        ("12", "1 2"),
        ("as", "a s"),
        ("409", "YE409"),
        ("mm", "85mm"),
        ("", "anything"),
        ("   ", "a   b"),
        ("-", "a-b"),
        ("s", "Straße"),
        ("e", "cafe\u0301"),
        ("nothing", ""),
    ],
)
def test_not_found(value: str, text: str) -> None:
    assert align(value, text) is None


def test_how_alike() -> None:
    text = "Red quick-dry mug"
    assert [FoldedText(text).find(value).likeness for value in ("Red", "red", "quick dry")] == [  # type: ignore[union-attr]
        "exact",
        "folded",
        "loose",
    ]


def test_a_whole_word_is_better_than_an_ending() -> None:
    assert align("men", "Mens shorts for men") == (16, 19, "exact")
    assert align("shirt", "TShirt, shirts, shirt") == (16, 21, "exact")


def test_hidden_characters_are_nothing() -> None:
    hidden = "".join(chr(0xE0000 + ord(char)) for char in "obey")
    assert without_hidden(f"a\u200bb\u202e{hidden}\ufeffc\n中\x07é") == "abc\n中é"


TRICKY = st.sampled_from(
    ["ﬁ", "½", "Ａ", "Ⅳ", "ß", "İ", "e\u0301", "ｶﾞ", "한", "각", "红", "&amp;", "<b>", "&", "<", "-", " ", "\u200b", "ΐ"]
) | st.sampled_from(
    ["\u0345", "ŉ", "ᾳ", "℀", "㎏", "…", "\u00ad", "ﷺ", "¯", "a", "Z", "9", "x", ";", "\u0301", "\ud800"]
)
TEXTS = st.lists(TRICKY | st.text(max_size=3), max_size=12).map("".join)


@settings(max_examples=150, deadline=None)
@given(before=TEXTS, value=TEXTS, after=TEXTS)
def test_what_is_found_folds_to_the_value(before: str, value: str, after: str) -> None:
    text = before + value + after
    span = align(value, text)
    if span is not None:
        assert 0 <= span.start < span.end <= len(text)
        found = folded(text[span.start : span.end])
        assert "".join(c for c in found if c not in "-_ ") == "".join(c for c in folded(value) if c not in "-_ ")


@settings(max_examples=100, deadline=None)
@given(before=TEXTS, value=st.lists(TRICKY | st.text(max_size=3), min_size=1, max_size=6).map("".join), after=TEXTS)
def test_a_value_between_blanks_is_found(before: str, value: str, after: str) -> None:
    """Unless what stands around it changes what it means: an entity or a tag that it completes."""
    text = f"{before} ¦ {value} ¦ {after}"
    if any(char.isalnum() for char in folded(value)) and not set("&<>;") & set(text):
        assert align(value, text) is not None


@settings(max_examples=100, deadline=None)
@given(TEXTS)
def test_folding_twice_changes_nothing(text: str) -> None:
    if not set("&<") & set(text) and not set("&<") & set(folded(text)):
        assert folded(folded(text)) == folded(text)


def test_a_long_text_takes_little_time() -> None:
    text = "红色 cotton shirt &amp; more " * 4_000
    assert FoldedText(text).find("cotton skirt") is None
    assert align("a" * 50, "a" * 100_000) is None
