"""Answers about words are worked out once, in bounded memory."""

from __future__ import annotations

import pickle

import pytest

from kgrec.language import remembered
from kgrec.language.remembered import Remembered
from kgrec.language.singular import singular


def test_an_answer_is_worked_out_once() -> None:
    asked: list[str] = []
    lengths = Remembered(lambda word: asked.append(word) or len(word))
    assert [lengths[word] for word in ("cats", "dog", "cats")] == [4, 3, 4]
    assert asked == ["cats", "dog"]


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "_MOST", 3)
    lengths = Remembered(len)
    assert [lengths[str(num)] for num in range(100)] == [1] * 10 + [2] * 90
    assert len(lengths) <= 3
    assert lengths["x" * 10_000] == 10_000
    assert all(len(word) < 100 for word in lengths)


def test_it_travels_empty() -> None:
    words = Remembered(singular)
    assert words["mugs"] == "mug"
    again = pickle.loads(pickle.dumps(words))
    assert len(again) == 0
    assert again["mugs"] == "mug"
