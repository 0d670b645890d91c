from __future__ import annotations

import datetime
from decimal import Decimal

import pytest

from kgrec.readers.fields import FormUnknown, attributes_of, availability_of, categories_of, id_of, text_of
from kgrec.readers.rows import RowFault


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("85048", "85048"),
        (" x ", " x "),
        (17850, "17850"),
        (17850.0, "17850"),
        (Decimal("12.0"), "12"),
        (10**20, "1" + "0" * 20),
    ],
)
def test_id(given: object, expected: str) -> None:
    assert id_of(given) == expected


@pytest.mark.parametrize("given", [None, "", "  ", float("nan")])
def test_missing_id(given: object) -> None:
    with pytest.raises(RowFault, match=r"^no id$"):
        id_of(given)


@pytest.mark.parametrize("given", [True, 1.5, float("inf"), 1e20, Decimal("1.5"), Decimal("NaN"), [], {}, b"x"])
def test_unreadable_id(given: object) -> None:
    with pytest.raises(RowFault, match=r"^unreadable id: "):
        id_of(given)


@pytest.mark.parametrize(
    ("given", "paths"),
    [
        (None, ()),
        (float("nan"), ()),
        ("", ()),
        ("Beauty", (("Beauty",),)),
        ("Beauty > Nails", (("Beauty", "Nails"),)),
        ("Beauty>Nails|Gifts", (("Beauty", "Nails"), ("Gifts",))),
        ("Beauty > Nails | Beauty > Nails", (("Beauty", "Nails"),)),
        (["Beauty", "Nails"], (("Beauty", "Nails"),)),
        (["Beauty > Nails", "Gifts"], (("Beauty", "Nails"), ("Gifts",))),
        ([["Beauty", "Nails"], ["Gifts", None, " "]], (("Beauty", "Nails"), ("Gifts",))),
        ([["Beauty"], "Gifts"], (("Beauty",), ("Gifts",))),
        ('[["Beauty", "Nails"]]', (("Beauty", "Nails"),)),
        ("['Beauty', 'Nails']", (("Beauty", "Nails"),)),
        ("[Sale]", (("[Sale]",),)),
        ([7, 8.0], (("7", "8"),)),
    ],
)
def test_categories(given: object, paths: object) -> None:
    assert categories_of(given) == paths


@pytest.mark.parametrize("given", [7, {"a": 1}, [{"a": 1}]])
def test_unknown_categories(given: object) -> None:
    with pytest.raises(FormUnknown):
        categories_of(given)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (True, True), (0, False), (12, True), (1.0, True), (None, None), ("", None), (float("nan"), None),
        ("in stock", True), ("Out of Stock", False), ("TRUE", True), ("no", False), ("1", True), ("0", False),
        ("0.0", False), ("1.0", True), ("37", True), ("https://schema.org/InStock", True), ("out_of_stock", False),
    ],
)  # fmt: skip
def test_availability(given: object, expected: bool | None) -> None:
    assert availability_of(given) is expected


def test_unknown_availability() -> None:
    with pytest.raises(FormUnknown):
        availability_of("ask us")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, {}),
        ("", {}),
        (
            {"colour": "red", "size": ["S", "M", "S"], "x": None, " ": "y", "z": ""},
            {"colour": ("red",), "size": ("S", "M")},
        ),
        ('{"colour": ["red", "blue"]}', {"colour": ("red", "blue")}),
        ([("colour", "red"), ("size", ["S"])], {"colour": ("red",), "size": ("S",)}),
        (["OPI", "Nails"], {"attribute": ("OPI", "Nails")}),
        (
            {"watts": 5, "litres": 2.0, "height": 1.5, "new": True},
            {"watts": ("5",), "litres": ("2",), "height": ("1.5",), "new": ("true",)},
        ),
    ],
)
def test_attributes(given: object, expected: object) -> None:
    assert attributes_of(given) == expected


@pytest.mark.parametrize("given", ["red", 7, {"a": {"b": 1}}, '{"a": {"b": 1}}', "[" * 100_000])
def test_unknown_attributes(given: object) -> None:
    with pytest.raises(FormUnknown):
        attributes_of(given)


def test_text() -> None:
    assert text_of(datetime.date(2020, 1, 2)) == "2020-01-02"
    assert text_of(" a ") == "a"
    with pytest.raises(FormUnknown):
        text_of({})
