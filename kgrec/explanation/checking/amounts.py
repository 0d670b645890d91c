"""Numbers in a text: prices, amounts with units, packs, shoppers, parts of the score, and plain ones."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from kgrec.explanation.checking.known import NUMBER, PACK
from kgrec.explanation.checking.words.chinese import NUMBER_WORDS as CHINESE_NUMBERS
from kgrec.explanation.checking.words.english import NUMBER_WORDS
from kgrec.language.measures import Measure, measures_in
from kgrec.language.tokens import Tokens
from kgrec.language.units import canonical_number

__all__ = ["DIRECTIONS", "Amount", "AmountKind", "amounts"]

AmountKind = Literal["price", "measure", "pack", "shoppers", "percent", "number", "together", "others", "products"]
Bound = Literal["exactly", "more", "less", "least", "most", "about"]

_WORDS = "|".join(NUMBER_WORDS)
_COUNT = rf"(?:\d{{1,3}}(?:,\d{{3}})+|\d+|{_WORDS}|an? (?:few|couple of|dozen|hundred|thousand))"
_CURRENCIES = {
    **{
        "$": "USD",
        "us$": "USD",
        "£": "GBP",
        "€": "EUR",
        "¥": "CNY",
        "元": "CNY",
        "块": "CNY",
        "人民币": "CNY",
    },
    **{"dollar": "USD", "dollars": "USD", "euro": "EUR", "euros": "EUR", "pounds": "GBP", "yuan": "CNY", "rmb": "CNY"},
    **{
        "美元": "USD",
        "英镑": "GBP",
        "欧元": "EUR",
        "日元": "JPY",
        "yen": "JPY",
        "cents": "",
        "pence": "",
        "块钱": "CNY",
    },
    **{code: code.upper() for code in ("usd", "gbp", "eur", "cny", "jpy", "aud", "cad", "inr", "chf", "sek")},
}
_SIGN = "|".join(sorted(map(re.escape, _CURRENCIES), key=len, reverse=True))
_DECIMAL = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_PRICE = re.compile(
    rf"(?<![a-z0-9])({_SIGN})\s?({_DECIMAL})|(?<![\w.,])({_DECIMAL})\s?({_SIGN})(?![a-z])"
    rf"|(?:priced? (?:at|of|is)|costs?|售价|价格|定价|price:|只要|仅需)\s?[:：]?\s?({_DECIMAL})"
    r"(?![\w.,]*\d|\s?[a-z%\u3400-\u9fff])",
    re.ASCII,
)
_SHOPPERS = re.compile(
    rf"(?<![\w.,])({_COUNT})(?: (?:of (?:our|the)|other|more|different|of them|such))*"
    r" (?:shoppers?|customers?|people|persons?|buyers?|clients?|users?|others|visitors?|households?|shoppers'|fans)\b"
    r"|(\d[\d,]*|[两二三四五六七八九十]+)\s?(?:多)?(?:位|名|个|人次)?(?:其他)?(?:顾客|用户|客人|买家|消费者|人)"
    r"|(?:顾客|用户|买家|人)(?:有|共|共有|达|为)?\s?(\d[\d,]*)\s?(?:位|名|人|个)",
    re.ASCII,
)
_TOGETHER = re.compile(
    rf"\ball (?:of (?:the )?)?({_WORDS}|\d+)\b|连同本商品[，,]?\s?(\d+|[一二三四五六七八九十]+)件"
    r"|(\d+|[三四五六七八九十])件(?=都|均|全)",
    re.ASCII,
)
_OTHERS = re.compile(
    rf"(?<![\w.,])(\d[\d,]*|{_WORDS}|one) (?:more|others?|further)\b(?! shoppers| customers| people)"
    r"|另外\s?(\d+)\s?件(?:商品)?",
    re.ASCII,
)
_PRODUCTS = re.compile(
    r"(?<![\w.,])(\d[\d,]*) (?:other )?(?:products?|(?:items?|articles?)(?= here| (?:in|of) (?:the|this|our) shop))\b"
    r"|本店有\s?(\d[\d,]*)\s?件(?:商品)?",
    re.ASCII,
)
_PERCENT = re.compile(
    r"(?<![\w.,])(\d+(?:\.\d+)?)\s?(?:%|％|per ?cent|个百分点)|百分之(\d+(?:\.\d+)?)"
    r"|\b(a|one) (half|third|quarter|fifth|tenth)\b|\b(half)\b",
    re.ASCII,
)
DIRECTIONS = {
    **{"high": "height", "tall": "height", "wide": "width", "deep": "depth", "long": "length", "across": "diameter"},
    **{"height": "height", "width": "width", "depth": "depth", "length": "length", "diameter": "diameter"},
    **{"高": "height", "宽": "width", "长": "length", "深": "depth"},
}
"""Words beside an amount that say which side it is."""
_PARTS = {"half": 50.0, "third": 100 / 3, "quarter": 25.0, "fifth": 20.0, "tenth": 10.0}
_OF_SCORE = re.compile(
    r"score|reason|weight|counts?|account|influence|recommendation|suggestion|speaks|得分|占|影响|理由|推荐"
)
_PLAIN_WORD = re.compile(rf"\b(?:{_WORDS})\b")
_COUNTING = frozenset((*NUMBER_WORDS, *CHINESE_NUMBERS, "one", "few", "couple", "一"))
_ROUGH = re.compile(
    r"(?:(?P<more>more than|over|above|upwards of|超过|多于)|(?P<less>less than|fewer than|under|below|不到|少于)"
    r"|(?P<least>at least|no fewer than|no less than|至少|不少于)|(?P<most>at most|up to|no more than|至多|最多)"
    r"|(?P<about>about|around|roughly|some|nearly|almost|close to|approximately|circa|just|only|大约|约|近|将近"
    r"|差不多))\s*$"
)


@dataclass(frozen=True, slots=True)
class Amount:
    """A number in a text: words ``first`` … ``last − 1``, code points ``start`` … ``end − 1``.

    ``number`` is what it says (NaN where it says "a few"), ``bound`` how exactly; ``currency`` is of prices,
    ``measure`` of amounts with a unit, ``text`` of plain numbers.
    """

    first: int
    last: int
    start: int
    end: int
    kind: AmountKind
    number: float
    bound: Bound = "exactly"
    currency: str = ""
    measure: Measure | None = None
    text: str = ""


def amounts(tokens: Tokens, free: list[bool]) -> list[Amount]:
    """Return the numbers in the free words of a text, in order; their words are no longer free afterwards."""
    folded = tokens.folded
    found: list[Amount] = []
    words = {word for word, at_hand in zip(tokens.words, free, strict=True) if at_hand}
    digits = any(char.isdigit() for word in words for char in word)
    counting = digits or not _COUNTING.isdisjoint(words)

    def add(start: int, end: int, kind: AmountKind, number: float, **more: object) -> None:
        first, last = bisect_left(tokens.ends, start + 1), bisect_left(tokens.starts, end)
        if first < last and all(free[first:last]):
            if kind == "measure" and last < len(free) and free[last] and tokens.words[last] in DIRECTIONS:
                last, end = last + 1, tokens.ends[last]
            found.append(Amount(first, last, start, end, kind, number, _bound(folded, start), **more))  # type: ignore[arg-type]
            free[first:last] = [False] * (last - first)

    for match in _SHOPPERS.finditer(folded) if counting else ():
        add(match.start(), match.end(), "shoppers", _number(match[1] or match[2] or match[3]))
    for match in _PRODUCTS.finditer(folded) if digits else ():
        add(match.start(), match.end(), "products", _number(match[1] or match[2]))
    for match in _TOGETHER.finditer(folded) if "all" in words or "件" in words else ():
        add(match.start(), match.end(), "together", _number(match[1] or match[2] or match[3]))
    for match in _OTHERS.finditer(folded) if counting else ():
        add(match.start(), match.end(), "others", _number(match[1] or match[2]))
    if digits or not _PARTS.keys().isdisjoint(words):
        for start, end, number in _percents(folded):
            add(start, end, "percent", number)
    if digits:
        for match in _PRICE.finditer(folded):
            sign, price = match[1] or match[4] or "", match[2] or match[3] or match[5]
            add(
                match.start(5) if match[5] else match.start(),
                match.end(),
                "price",
                float(Decimal(price.replace(",", ""))),
                currency=_CURRENCIES.get(sign, ""),
            )
        for match in PACK.finditer(folded):
            add(match.start(), match.end(), "pack", float(next(filter(None, match.groups()))))
        for start, end, measure in measures_in(folded):
            add(start, end, "measure", measure.in_base_units, measure=measure)
        for match in NUMBER.finditer(folded):
            text = canonical_number(match[0])
            add(match.start(), match.end(), "number", _plain(text), text=text)
    for match in _PLAIN_WORD.finditer(folded) if counting else ():
        add(match.start(), match.end(), "number", float(NUMBER_WORDS[match[0]]), text=str(NUMBER_WORDS[match[0]]))
    return sorted(found, key=lambda amount: amount.first)


def _percents(folded: str) -> Iterator[tuple[int, int, float]]:
    """Yield the parts of a score: a percentage of something else is an amount like others."""
    for match in _PERCENT.finditer(folded):
        around = folded[max(0, match.start() - 40) : match.end() + 40]
        if not _OF_SCORE.search(around):
            continue
        digits, word = match[1] or match[2], match[4] or match[5]
        yield match.start(), match.end(), float(digits) if digits else _PARTS[word]


def _bound(folded: str, start: int) -> Bound:
    found = _ROUGH.search(folded, max(0, start - 18), start)
    if found is None:
        return "exactly"
    kind = next(name for name, text in found.groupdict().items() if text)
    return "about" if kind == "about" and found[0].strip() not in ("just", "only", "some") else _exactly(kind)


def _exactly(kind: str) -> Bound:
    return "exactly" if kind == "about" else kind  # type: ignore[return-value]


def _number(text: str) -> float:
    if text[0].isdigit():
        return float(text.replace(",", ""))
    if text in NUMBER_WORDS:
        return float(NUMBER_WORDS[text])
    if text in CHINESE_NUMBERS or text == "一":
        return float(CHINESE_NUMBERS.get(text, 1))
    if text == "one":
        return 1.0
    return {"dozen": 12.0, "hundred": 100.0, "thousand": 1000.0}.get(text.split()[-1], float("nan"))


def _plain(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        above, _, below = text.partition("/")
        return float(above) / float(below or 1)
