"""Numbers and transforms: exact, pure, and the same again under their names."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgrec.errors import SettingsError
from kgrec.extraction.choosing.amounts import AMOUNT, amount, rounded
from kgrec.extraction.choosing.transforms import SCALES, WORDINGS, Counting, Scaling, Slice, read_transform

ALL = [*WORDINGS, *SCALES, Counting(), Slice(1, 6)]


@pytest.mark.parametrize(
    ("text", "exact"),
    [
        ("12", Fraction(12)),
        ("1,000", Fraction(1000)),
        (".5", Fraction(1, 2)),
        ("47-1/4", Fraction(189, 4)),
        ("2 3/8", Fraction(19, 8)),
        ("7½", Fraction(15, 2)),
        ("¾", Fraction(3, 4)),
        ("1/0", None),
        ("x", None),
        ("7" * 25, None),
        ("7" * 5000, None),
        ("", None),
    ],
)
def test_amounts(text: str, exact: Fraction | None) -> None:
    assert amount(text) == exact


def test_numbers_are_found_with_their_fractions() -> None:
    text = '47 1/4w x 29-7/8h, 12x26" 1,000/Box .5 v1.2.3 100/200GB'
    assert AMOUNT.findall(text) == ["47 1/4", "29-7/8", "12", "26", "1,000", ".5"]


@given(st.integers(0, 9999), st.integers(1, 63), st.sampled_from([2, 4, 8, 16, 32, 64]))
def test_a_mixed_number_is_the_sum_of_its_parts(whole: int, above: int, below: int) -> None:
    for sign in (" ", "-"):
        text = f"{whole}{sign}{above}/{below}"
        assert amount(text) == whole + Fraction(above, below)
        assert AMOUNT.findall(f"about {text} in") == [text]


@given(st.fractions(0, 10**6), st.integers(0, 4))
def test_rounding_is_never_off_by_more_than_half(exact: Fraction, decimals: int) -> None:
    text = rounded(exact, decimals)
    assert abs(Fraction(text) - exact) <= Fraction(1, 2 * 10**decimals)
    assert len(text.partition(".")[2]) == decimals


def test_halves_are_rounded_up() -> None:
    assert rounded(Fraction("0.25"), 1) == "0.3"
    assert rounded(Fraction("2.5"), 0) == "3"


@pytest.mark.parametrize("transform", ALL, ids=lambda transform: transform.name)
def test_a_transform_is_found_again_under_its_name(transform: object) -> None:
    assert read_transform(transform.name) == transform  # type: ignore[attr-defined]


def test_names_differ() -> None:
    assert len({transform.name for transform in ALL}) == len(ALL)


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(SettingsError, match="no transform is named 'backwards'"):
        read_transform("backwards")


@given(st.text(max_size=30))
def test_transforms_take_any_text(text: str) -> None:
    for transform in (*WORDINGS, Counting(), Slice(1, 6), *SCALES[:8]):
        value = transform(text)
        assert value is None or (isinstance(value, str) and value)


@given(st.text(max_size=30))
def test_respelling_twice_is_respelling_once(text: str) -> None:
    for wording in WORDINGS:
        once = wording(text)
        if once is not None and wording.name not in {"title", "upper", "upper without marks"}:
            assert wording(once) == once


@given(st.from_regex(r"[0-9]{8,14}", fullmatch=True))
def test_a_slice_is_a_part(digits: str) -> None:
    assert Slice(1, 6)(digits) == digits[1:6]
    assert Slice(1, 6)(digits[:7]) is None


@given(st.integers(1, 10**6))
def test_a_change_of_unit_and_back(number: int) -> None:
    there = Scaling(Fraction("2.54"), None)(str(number))
    assert there is not None
    assert Scaling(1 / Fraction("2.54"), None)(there) == str(number)


def test_known_changes_of_unit() -> None:
    assert Scaling(Fraction("2.54"), 1)("34-1/2") == "87.6"
    assert Scaling(Fraction(1000), 0)("7.2") == "7200"
    assert Counting()("Dual") == "2"
