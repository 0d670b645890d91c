from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from kgrec.sentiment.features import features_of, folded, portions


def words(text: str) -> list[str]:
    found = features_of([text])
    return [text[start:end] for start, end in zip(found.start, found.end, strict=True)]


def test_words_pairs_and_signs() -> None:
    assert words("Great sound, buy!") == ["Great", "Great sound", "sound", "buy", "!"]


def test_chinese_runs() -> None:
    assert words("屏幕好 ok") == ["屏", "屏幕", "屏幕好", "幕", "幕好", "好", "ok"]
    assert features_of(["屏幕好"], longest=1).end.tolist() == [1, 2, 3]


def test_what_a_negation_reaches() -> None:
    said = words("I don't really like it. Good")
    assert {"don't really", "don't really like", "don't really like it"} <= set(said)
    assert not any(one.startswith("don't") and one.endswith("Good") for one in said)
    plain, turned = features_of(["like"]), features_of(["never like"])
    assert len(set(turned.code.tolist())) == 4  # never, never like, like, ¬like
    assert set(plain.code.tolist()) < set(turned.code.tolist())


def test_case_width_and_quotes_are_folded() -> None:
    codes = [features_of([text]).code.tolist() for text in ("don't GREAT", "DON’T ｇｒｅａｔ")]
    assert codes[0] == codes[1]


def test_equal_words_equal_codes_wherever_they_stand() -> None:
    alone = features_of(["sturdy", "屏幕"])
    among = features_of(["x", "a very sturdy stand", "这个屏幕"])
    assert set(alone.code.tolist()) <= set(among.code.tolist())


def test_kinds_and_orders_do_not_meet() -> None:
    found = features_of(["ab ba", "a b", "b a", "甲乙", "乙甲"])
    by_text = {}
    for text, code, start, end in zip(*found, strict=True):
        by_text.setdefault(code, set()).add((["ab ba", "a b", "b a", "甲乙", "乙甲"][text])[start:end])
    assert all(len(surfaces) == 1 for surfaces in by_text.values())


def test_no_texts_and_texts_without_words() -> None:
    assert len(features_of([]).code) == 0
    assert len(features_of(["", " \n", "。"]).code) == 0


@settings(deadline=None)
@given(st.lists(st.text(max_size=30), max_size=6))
def test_spans_lie_in_their_text_and_batches_do_not_matter(texts: list[str]) -> None:
    found = features_of(texts)
    assert np.all(np.diff(found.text) >= 0)
    for text, start, end in zip(found.text, found.start, found.end, strict=True):
        assert 0 <= start < end <= len(texts[text])
    alone = [features_of([text]).code.tolist() for text in texts]
    together = [found.code[found.text == at].tolist() for at in range(len(texts))]
    assert alone == together


@settings(deadline=None)
@given(st.text(max_size=40))
def test_folding_keeps_every_code_point(text: str) -> None:
    assert len(folded(text)) == len(text)


def test_only_the_beginning_is_read() -> None:
    assert len(features_of(["word " * 1000], max_characters=10).code) == 3


def test_portions_are_bounded_and_leave_nothing_out() -> None:
    texts = ["a" * 700_000, "b" * 700_000, "c" * 5_000_000, *["d"] * 10_000]
    for limit, sizes in ((10_000_000, [2, 1, 8192, 1808]), (1_000, [8192, 1811])):
        parts = list(portions(texts, limit))
        assert [len(part) for part in parts] == sizes
        assert [text for part in parts for text in part] == texts
    assert list(portions([], 10)) == []
