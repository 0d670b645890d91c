from __future__ import annotations

import math
from decimal import Decimal

import pytest

from kgrec.readers.prices import currency_of, may_be_in, price_of
from kgrec.readers.rows import RowFault


@pytest.mark.parametrize(
    ("given", "price", "currency"),
    [
        (None, None, None),
        ("", None, None),
        ("  ", None, None),
        (3, 3.0, None),
        (0, 0.0, None),
        (Decimal("2.50"), 2.5, None),
        ("12.50", 12.5, None),
        ("1.299", 1.299, None),
        ("1e-05", 1e-05, None),
        ("£3.99", 3.99, "GBP"),
        ("€ 5", 5.0, "EUR"),
        ("3,99 €", 3.99, "EUR"),
        ("EUR 1.299,00", 1299.0, "EUR"),
        ("1,299.00 USD", 1299.0, "USD"),
        ("US$1,299,000", 1_299_000.0, "USD"),
        ("1 299,00 zł", 1299.0, "PLN"),
        ("CHF 1'299.50", 1299.5, "CHF"),
        ("$4.5", 4.5, None),
        ("¥1,000,000", 1e6, None),
        ("12,5", 12.5, None),
        ("€0.125", 0.125, "EUR"),
        ("1,234,567", 1_234_567.0, None),
    ],
)
def test_price(given: object, price: float | None, currency: str | None) -> None:
    assert price_of(given) == (price, currency)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (math.nan, "NaN price"),
        ("NaN", "NaN price"),
        (math.inf, "infinite price"),
        ("inf", "infinite price"),
        ("1e999", "infinite price"),
        (10**400, "infinite price"),
        (-3.0, "negative price: -3.0"),
        ("-3.00", "negative price"),
        ("-£3", "negative price"),
        ("£-3", "negative price"),
        ("1,299", "ambiguous price"),
        ("€1.299", "ambiguous price"),
        ("call us", "unreadable price"),
        ("5-7", "unreadable price"),
        ("£5 EUR", "unreadable price"),
        ("1,2,3", "unreadable price"),
        ("1.299.00", "unreadable price"),
        (True, "unreadable price"),
        ({"amount": 3}, "unreadable price"),
        ("9" * 100 + " €", "unreadable price"),
    ],
)
def test_refused_price(given: object, reason: str) -> None:
    with pytest.raises(RowFault) as raised:
        price_of(given)
    assert str(raised.value).startswith(reason)
    assert len(str(raised.value)) < 120


def test_currency() -> None:
    assert [currency_of(text) for text in ("gbp", "£", "¥", "pounds")] == ["GBP", "GBP", None, None]


@pytest.mark.parametrize(
    ("price", "currency", "fits"),
    [
        ("$12.50", "USD", True),
        ("$12.50", "CAD", True),
        ("$12.50", "EUR", False),
        ("¥100", "JPY", True),
        (12, "EUR", True),
    ],
)
def test_a_shared_symbol_is_of_some_currencies_only(price: object, currency: str, fits: bool) -> None:
    assert may_be_in(price, currency) is fits
