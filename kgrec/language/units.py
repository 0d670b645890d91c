"""Units of measure: how shops write them, the one way we do, and which property they measure."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import NamedTuple

__all__ = ["UNITS", "UNIT_PATTERN", "Unit", "canonical_number", "unit_of"]


class Unit(NamedTuple):
    """A unit of measure.

    ``loose`` tells whether a blank may stand between number and unit: ``5 kg`` may, ``5 m`` is too often something
    else. Nothing is converted: ``7 in`` stays in inches.
    """

    symbol: str
    relation: str
    loose: bool


# Symbol, property, other spellings; ! marks a spelling that must touch its number, · stands for a blank.
_TABLE = """
    mm      size        millimetre millimeter mms 毫米
    cm      size        centimetre centimeter cms 厘米 公分
    m       size        !m metre meter mtr mtrs 米
    in      size        !in inch inche " '' 英寸 寸
    ft      size        foot feet
    yd      size        yard yds
    ml      volume      millilitre milliliter mls 毫升
    cl      volume      centilitre centiliter
    l       volume      litre liter ltr ltrs 升
    fl·oz   volume      fluid·ounce fl·ounce fluid·oz floz 液盎司
    pt      volume      pint
    gal     volume      gallon gal 加仑
    mg      weight      milligram 毫克
    g       weight      gm gms gr gram gramme 克
    kg      weight      kilo kilogram kgs 千克 公斤
    oz      weight      ounce ozs 盎司
    lb      weight      pound lbs 磅
    jin     weight      斤
    w       power       !w watt 瓦
    kw      power       kilowatt 千瓦
    v       voltage     !v volt 伏
    mah     battery     毫安 毫安时
    hz      frequency   hertz
    khz     frequency   kilohertz
    mhz     frequency   megahertz
    ghz     frequency   gigahertz
    mb      storage     megabyte
    gb      storage     gigabyte
    tb      storage     terabyte
    mp      resolution  megapixel mpx 万像素
    lm      brightness  lumen 流明
    dpi     resolution
    """


def _read_table() -> dict[str, Unit]:
    units: dict[str, Unit] = {}
    for line in _TABLE.strip().splitlines():
        symbol, relation, *spellings = (word.replace("·", " ") for word in line.split())
        for spelling in (symbol, *(other.lstrip("!") for other in spellings)):
            units[spelling] = Unit(symbol, relation, f"!{spelling}" not in spellings)
            if len(spelling) > 2 and spelling.replace(" ", "").isascii() and not spelling.endswith("s"):
                units.setdefault(spelling + "s", units[spelling])
    return units


UNITS = _read_table()
"""Spelling in lower case → unit."""


def _spelling(text: str) -> str:
    return re.escape(text).replace(r"\ ", r"[\s.-]{1,2}").replace('"', '\\0{0,5}"')


def _pattern() -> str:
    """Put the spellings together by their first character, so that a search tries a dozen ways and not a hundred."""
    of_first: defaultdict[str, list[str]] = defaultdict(list)
    for text in sorted(UNITS, key=lambda text: (-len(text), text)):
        spelling = _spelling(text)
        first = text[0] if text[0] != '"' else ""
        of_first[first].append(spelling[len(first) :])
    return "|".join(f"{first}(?:{'|'.join(others)})" for first, others in of_first.items())


UNIT_PATTERN = f"(?:{_pattern()})"
"""Matches every spelling, the longest first."""


def unit_of(spelling: str) -> Unit:
    """Return the unit that a match of ``UNIT_PATTERN`` names."""
    spelling = spelling.lstrip("\0")
    plain = spelling if spelling in UNITS else re.sub(r"[\s.-]+", " ", spelling).strip()
    return UNITS.get(plain) or UNITS["fl oz"]


_FRACTIONS = {"½": 0.5, "¼": 0.25, "¾": 0.75}


def canonical_number(text: str) -> str:
    """Return a number as plain digits: ``"1,000"`` → ``"1000"``, ``".50"`` → ``"0.5"``, ``"1 1/2"`` → ``"1.5"``.

    A fraction that decimal digits cannot hold in three places stays as it is: ``"1/3"``.
    """
    if text.isascii() and text.isdecimal():
        return text.lstrip("0") or "0"
    text = text.strip().replace(" -", "-")
    for sign, amount in _FRACTIONS.items():
        if text.endswith(sign):
            whole = text[:-1].strip(" -")
            return f"{(float(_decimal(whole)) if whole else 0.0) + amount:g}"
    if "/" in text:
        *whole_part, fraction = re.split(r"[ -]", text)
        above, below = (int(part) for part in fraction.split("/"))
        exact = above * 1000 / below if below else 0.5
        if exact != int(exact):
            return text
        return f"{(float(_decimal(whole_part[0])) if whole_part else 0.0) + above / below:g}"
    return _decimal(text)


def _decimal(text: str) -> str:
    text = re.sub(r",(?=\d{3}(?:\D|$))", "", text).replace(",", ".")
    whole, _, fraction = text.partition(".")
    fraction = fraction.rstrip("0")
    whole = whole.lstrip("0") or "0"
    return f"{whole}.{fraction}" if fraction else whole
