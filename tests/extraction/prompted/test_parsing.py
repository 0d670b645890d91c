"""Replies as models write them."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgrec.extraction.prompted.parsing import UnreadableReplyError, parse_reply


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": "x", "b": null}', {"a": "x", "b": None}),
        ('[{"a": "x"}]', {"a": "x"}),
        ('```json\n{"a": "x"}\n```', {"a": "x"}),
        ('```\n{"a": "x"}', {"a": "x"}),
        ('Sure! Here it is:\n{"a": "x"}\nHope that helps {:-)', {"a": "x"}),
        ('Using {braces} in prose: {"a": "x", "b": "y"}', {"a": "x", "b": "y"}),
        ('<think>Is it {"a": "w"}? No.</think>\n{"a": "x"}', {"a": "x"}),
        ('{"a": "x", "b": ["y", "z",],}', {"a": "x", "b": ["y", "z"]}),
        ("{'a': 'x', 'b': None, 'c': True}", {"a": "x", "b": None, "c": True}),
        ("{'a': 'Men's watch', 'b': 'y'}", {"a": "Men's watch", "b": "y"}),
        ('{"a": "7" tablet", "b": "y"}', {"a": '7" tablet', "b": "y"}),
        ("{a: x y, b: 12}", {"a": "x y", "b": 12}),
        ('{"a": "x" "b": "y"}', {"a": "x", "b": "y"}),
        ('{"a": "x"\n"b": "y"}', {"a": "x", "b": "y"}),
        ("{“a”: “x”}", {"a": "x"}),
        ('{"a": "x", // the brand\n "b": /* none */ "y"}', {"a": "x", "b": "y"}),
        ('{"a": "\\u7ea2\\ud83d\\ude00"  "b": 1}', {"a": "红😀", "b": 1}),
        ('{"a": "x", "b": NaN}', {"a": "x"}),
        ('\ufeff{"a": "x"}', {"a": "x"}),
        ('{"a": "line\nbreak"}', {"a": "line\nbreak"}),
    ],
)
def test_repaired(text: str, expected: dict[str, Any]) -> None:
    found = parse_reply(text)
    assert {key: value for key, value in found.values.items() if key in expected} == expected
    assert not found.cut


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": "x", "b": "y', {"a": "x"}),
        ('{"a": "x", "b": ["y", "z', {"a": "x", "b": ["y"]}),
        ('{"a": "x", "b": 12', {"a": "x"}),
        ('{"a": "x", "b"', {"a": "x"}),
        ('{"a": "x",', {"a": "x"}),
        ('{"a": {"value": "x", "evidence": "y"}, "b": {"value": "z', {"a": {"value": "x", "evidence": "y"}}),
        ('```json\n{"a": "x", "b": nul', {"a": "x"}),
        ('{"a": "x", "b": "\\u7e', {"a": "x"}),
    ],
)
def test_cut(text: str, expected: dict[str, Any]) -> None:
    found = parse_reply(text)
    assert found.cut
    assert {key: found.values[key] for key in expected} == expected


@pytest.mark.parametrize(
    "text", ["", "  ", "I cannot help with that.", "[1, 2]", '"x"', "12", "[" * 50_000, "{" * 50_000, "{]", "1" * 6_000]
)
def test_unreadable(text: str) -> None:
    with pytest.raises(UnreadableReplyError):
        parse_reply(text)


def test_a_cut_list_value_keeps_no_half_item() -> None:
    assert parse_reply('{"a": ["whole", "hal').values == {"a": ["whole"]}


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-999, 999) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text(max_size=6), JSON_VALUES, max_size=5)


@settings(max_examples=150, deadline=None)
@given(OBJECTS, st.booleans())
def test_json_within_prose_is_read_as_it_is(content: dict[str, Any], escaped: bool) -> None:
    text = json.dumps(content, ensure_ascii=escaped)
    assert parse_reply(text).values == content
    if not any(char in text for char in "'“”‘’`\\/") and '"{' not in text and '"}' not in text:
        assert parse_reply(f"Here you are:\n```json\n{text}\n```\nDone.").values == content


@settings(max_examples=150, deadline=None)
@given(OBJECTS, st.integers(0, 200))
def test_a_cut_reply_gives_no_value_that_was_not_written(content: dict[str, Any], at: int) -> None:
    plain = {f"key{num}": "".join(c for c in str(value) if c.isalnum()) for num, value in enumerate(content.values())}
    text = json.dumps(plain, ensure_ascii=False)[:at]
    try:
        found = parse_reply(text)
    except UnreadableReplyError:
        return
    assert all(plain[key] == value for key, value in found.values.items())


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="{}[]\":,'\\ \nab1u`“”/*tn", max_size=40))
def test_nothing_else_is_raised(text: str) -> None:
    with contextlib.suppress(UnreadableReplyError):
        assert isinstance(parse_reply(text).values, dict)
