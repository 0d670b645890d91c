"""Prices as shops write them: only forms with one meaning are read."""

from __future__ import annotations

import math
import re
from decimal import Decimal

from kgrec.readers.rows import RowFault, quoted

__all__ = ["currency_of", "price_of"]

_SYMBOLS = {"€": "EUR", "£": "GBP", "US$": "USD", "A$": "AUD", "C$": "CAD", "CA$": "CAD", "AU$": "AUD", "NZ$": "NZD"}
_SYMBOLS |= {"HK$": "HKD", "R$": "BRL", "₹": "INR", "₩": "KRW", "₽": "RUB", "₺": "TRY", "zł": "PLN", "₫": "VND"}
_SYMBOLS |= {"₪": "ILS", "₴": "UAH", "฿": "THB", "元": "CNY", "RMB": "CNY", "CN¥": "CNY", "JP¥": "JPY", "円": "JPY"}
_SHARED = ("$", "¥", "￥", "kr", "kr.", "Rs", "Rs.")
"""Symbols of several currencies: the price is read, the currency is not guessed."""
_SHARED_BY = {
    "$": frozenset({"USD", "AUD", "CAD", "NZD", "HKD", "SGD", "TWD", "MXN", "ARS", "CLP", "COP", "UYU", "JMD", "FJD"}),
    "¥": frozenset({"CNY", "JPY"}),
    "￥": frozenset({"CNY", "JPY"}),
    "kr": frozenset({"SEK", "NOK", "DKK", "ISK"}),
    "kr.": frozenset({"SEK", "NOK", "DKK", "ISK"}),
}

_MARK = "|".join(re.escape(mark) for mark in sorted([*_SYMBOLS, *_SHARED], key=len, reverse=True)) + "|[A-Z]{3}"
_PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?(nan|inf(inity)?)", re.ASCII | re.IGNORECASE)
_MARKED = re.compile(
    rf"(?P<sign>-?)\s*(?P<before>{_MARK})?\s*(?P<number>-?[\d.,'’\s]*\d)\s*(?P<after>{_MARK})?", re.ASCII
)
_GROUPS = re.compile(r"\d{1,3}(?P<sep>[.,' ])\d{3}((?P=sep)\d{3})*")


def price_of(value: object) -> tuple[float | None, str | None]:
    """Read a price.

    A plain number keeps its decimal point (``"1.299"`` is about one). With a currency or a comma, one
    separator before exactly three digits could mean either and is refused; ``1.299,00``, ``1,299.00`` and ``12,50``
    have one meaning.

    Args:
        value: a number or a string such as ``"12.50"``, ``"£3.99"`` or ``"EUR 1.299,00"``; None and ``""`` mean none.

    Returns:
        The price, finite and ≥ 0, and its currency (ISO 4217); None where not given.

    Raises:
        RowFault: it is NaN, infinite, negative, ambiguous or no price.
    """
    currency = None
    if value is None or (isinstance(value, str) and not value.strip()):
        return None, None
    if isinstance(value, str):
        price, currency = _parsed(value.strip())
    elif isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        try:
            price = float(value)
        except OverflowError:
            price = math.inf
    else:
        raise RowFault(f"unreadable price: {quoted(value)}")
    if math.isnan(price):
        raise RowFault(f"NaN price: {quoted(value)}")
    if math.isinf(price):
        raise RowFault(f"infinite price: {quoted(value)}")
    if price < 0:
        raise RowFault(f"negative price: {value if isinstance(value, int | float) else quoted(value)}")
    return abs(price), currency


def may_be_in(value: object, currency: str) -> bool:
    """Tell whether a price that was read may be in a currency: ``"$12.50"`` is in some dollar, and not in euros."""
    marks = [mark for mark in _SHARED_BY if isinstance(value, str) and mark in value]
    return all(currency in _SHARED_BY[mark] for mark in marks)


def currency_of(text: str) -> str | None:
    """Return the ISO 4217 code a column gives as a code or a symbol, or None where it is neither."""
    text = text.strip()
    code = _SYMBOLS.get(text)
    if code is None and len(text) == 3 and text.isascii() and text.isalpha():
        code = _SYMBOLS.get(text.upper(), text.upper())
    return code


def _parsed(text: str) -> tuple[float, str | None]:
    if _PLAIN.fullmatch(text):
        return float(text), None
    match = _MARKED.fullmatch(text[:64]) if len(text) <= 64 else None
    if match is None or (match["before"] and match["after"]):
        raise RowFault(f"unreadable price: {quoted(text)}")
    mark = match["before"] or match["after"]
    digits = match["number"]
    negative = bool(match["sign"]) or digits.startswith("-")
    price = _amount(re.sub(r"\s", " ", digits.lstrip("-").strip()).replace("’", "'"), text)
    return -price if negative else price, currency_of(mark) if mark else None


def _amount(digits: str, text: str) -> float:
    """Read digits with ``.``, ``,``, ``'`` and spaces between them."""
    if digits.isdigit():
        return float(digits)
    whole, mark, fraction = _split_last(digits)
    if fraction.isdigit() and mark in ".," and mark not in whole:
        if whole.isdigit() and len(fraction) != 3:
            return float(f"{whole}.{fraction}")
        if whole.isdigit() and len(whole) <= 3 and whole != "0":
            raise RowFault(f"ambiguous price: {quoted(text)}")
        if whole.isdigit() or _GROUPS.fullmatch(whole):
            return float(f"{''.join(filter(str.isdigit, whole))}.{fraction}")
    if _GROUPS.fullmatch(digits):
        return float("".join(filter(str.isdigit, digits)))
    raise RowFault(f"unreadable price: {quoted(text)}")


def _split_last(digits: str) -> tuple[str, str, str]:
    at = max(digits.rfind(mark) for mark in ".,' ")
    return digits[:at], digits[at], digits[at + 1 :]
