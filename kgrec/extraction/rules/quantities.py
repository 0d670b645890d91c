"""Numbers that say something: measures with units, how many are in a pack, ages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from operator import attrgetter

from kgrec.extraction.rules.roles import AGED, COUNT, DIGIT, PACKED, SIZED, SPF
from kgrec.extraction.rules.statements import Statement
from kgrec.language.tokens import Tokens
from kgrec.language.units import UNIT_PATTERN, UNITS, Unit, canonical_number, unit_of
from kgrec.language.word_set import word_set

__all__ = ["find_quantities"]

_ENGLISH_DIGITS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_COUNT_WORDS = {
    **dict(zip(_ENGLISH_DIGITS, range(1, 11), strict=True)),
    **{"eleven": 11, "twelve": 12, "dozen": 12},
    **dict(zip("一二三四五六七八九十", range(1, 11), strict=True)),
    "两": 2,
}
_NUMBER = (
    r"(?:\d{1,2}/\d{1,2}|(?:\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d{1,4})?|\d{1,7}(?:[.,]\d{1,4})?|\.\d{1,4})"
    r"(?:[ -]?[½¼¾]|[ -]\d/\d{1,2}(?!\d))?|[½¼¾])"
)
_ENGLISH_COUNT = r"(?:\d{1,5}|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|a?\s?dozen)(?![\w.]*\d)"
_CHINESE_COUNT = r"(?:\d{1,5}|[一二三四五六七八九十两])"
_MEASURE = re.compile(
    rf"(?<![\w.])(?P<n1>{_NUMBER})(?P<g1>\s?-?\s?)(?P<u1>{UNIT_PATTERN})?(?![a-z](?<!x))"
    rf"(?:\s?[x*]\s?(?P<n2>{_NUMBER})\s?(?P<u2>{UNIT_PATTERN})?(?![a-z](?<!x))"
    rf"(?:\s?[x*]\s?(?P<n3>{_NUMBER})\s?(?P<u3>{UNIT_PATTERN})?(?![a-z]))?)?",
    re.ASCII,
)
_PACK = re.compile(
    rf"""
    (?<![\w])(?:
        (?P<kind>set|pack|pk|box|bag|case|lot|pkt|packet|card|bundle|tub|tube|jar)s?\s?(?:of|/)\s?(?P<a>{_ENGLISH_COUNT})(?!\d|\s?(?:cm|mm|ml|oz)\b)
      | s/(?P<b>\d{{1,3}})(?!\d)
      | (?:set|pack|pk)\s?(?P<c>\d{{1,4}})(?![\d"'.a-z]|\s?(?:cm|mm|ml|oz|g|x\s?\d)\b)
      | (?P<d>{_ENGLISH_COUNT})(?:\s?-?\s?)(?:pieces?|pcs?|pack|packs|pk|count|ct|counts|set|pairs?|units?|tablets?|
            capsules?|caps|sheets|sachets|tea\s?bags|servings|rolls|wipes)\b
      | x\s?(?P<e>\d{{1,4}})(?=\s*(?:$|[),])) | (?<=[(])(?P<f>\d{{1,4}})\s?x(?=[)])
    )
    | (?P<g>{_CHINESE_COUNT})(?:件套|[支个個片只隻瓶件条條盒袋粒张張枚包双雙卷]装?|件|入)(?![a-z])
    """,
    re.VERBOSE | re.ASCII,
)
_AGE = re.compile(
    r"(?<![\w.])(?:ages?\s?)?(?P<from>\d{1,2})(?:\s?(?:-|to)\s?(?P<to>\d{1,2}))?(?P<up>\s?\+)?\s?-?"
    r"(?P<unit>years?|yrs?|months?|mths?|岁|个月)(?![a-z])(?!\s?(?:warrant|guarantee|diar|calend|plan|battery))",
    re.ASCII,
)
_SPF = re.compile(r"(?<!\w)spf[ -]?(?P<spf>\d{1,3})(?!\d)", re.ASCII)
_SIZE = re.compile(
    r"(?<!\w)(?:size(?:\s?:\s?|\s)(?P<named>[2-6]?x{0,3}[sml]|\d{1,2}(?:\.5)?|a\d)|(?P<bare>x{1,3}[sl]|[2-6]xl)"
    r"|(?P<paper>a[3-7])(?=\s|$)|(?P<shoe>(?:uk|us|eu)\s?\d{1,2}(?:\.5)?))(?![\w\"'.])",
    re.ASCII,
)
_ANY_COUNT_WORD = re.compile(
    r"\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen)\b|[二三四五六七八九十两][件支个片只瓶条双]"
)
_DIRECTION = {
    **dict.fromkeys(word_set("long length"), "length"),
    **dict.fromkeys(word_set("high tall height"), "height"),
    **dict.fromkeys(word_set("wide width"), "width"),
    **dict.fromkeys(word_set("deep depth"), "depth"),
    **dict.fromkeys(word_set("diameter diam dia"), "diameter"),
    **{"长": "length", "高": "height", "宽": "width", "深": "depth", "直径": "diameter"},
}
_DIRECTION_AFTER = re.compile(
    r"[ -]{0,2}(?:in )?(long|length|high|tall|height|wide|width|deep|depth|diameter|diam|dia|长|高|宽|深)(?![a-z])"
)
_DIRECTION_BEFORE = re.compile(r"(length|height|width|depth|diameter|长|高|宽|深|直径)[ :：度]{0,2}$")
_HAS_DIGIT = re.compile(r"[0-9½¼¾]")
_GOES_ON = "".join(sorted({re.escape(spelling[0]) for spelling in UNITS}))
_NUMBER_STARTS = re.compile(
    # A number after which nothing can be a unit or another side is no measure.
    rf"[0-9.½¼¾](?<![\w.].)(?!\d*[\s-]{{0,3}}(?:$|[^{_GOES_ON}x*\d.,/½¼¾\s\0-]))",
    re.ASCII,
)
_SIZE_WORD = re.compile(r"\b(?:size|x{1,3}[sl])\b")
_place = attrgetter("start")
_Reader = Callable[[str], Iterator[Statement]]


def find_quantities(tokens: Tokens) -> list[Statement]:
    """Return the quantities of a text, by place; none overlap.

    Where two readings overlap, the pack wins over the age, the age over the measure, the measure over the size.

    Args:
        tokens: the words of the text with their roles, see ``quantity_roles``.
    """
    folded = tokens.folded
    found: list[Statement] = []
    taken = bytearray()
    for reader in _readers(tokens):
        for quantity in reader(folded):
            taken = taken or bytearray(len(folded))
            if 1 not in taken[quantity.start : quantity.end]:
                taken[quantity.start : quantity.end] = b"\1" * (quantity.end - quantity.start)
                found.append(quantity)
    found.sort(key=_place)
    return found


def _readers(tokens: Tokens) -> list[_Reader]:
    """Return the readers that may find something, in the order in which they go first."""
    folded = tokens.folded
    if not folded.isascii():
        if _HAS_DIGIT.search(folded) is not None:
            return [_packs, _ages, _spf, _measures, _sizes]
        return [_packs, _sizes] if _ANY_COUNT_WORD.search(folded) or _SIZE_WORD.search(folded) else []
    # In ASCII whatever a reader finds holds one of its words, so most need not search the whole text.
    clues = tokens.any_role
    readers: list[_Reader] = []
    if clues & (DIGIT | COUNT) and (clues & PACKED or "s/" in folded):
        readers.append(_packs)
    if clues & DIGIT:
        if clues & AGED:
            readers.append(_ages)
        if clues & SPF:
            readers.append(_spf)
        readers.append(_measures)
    if clues & SIZED:
        readers.append(_sizes)
    return readers


def _packs(folded: str) -> Iterator[Statement]:
    for match in _PACK.finditer(folded):
        group = match.lastgroup or "g"
        text = match[group].removeprefix("a").strip() if "dozen" in match[group] else match[group]
        count = _COUNT_WORDS[text] if text in _COUNT_WORDS else int(text)
        if count >= 2 or (count == 1 and group in "d"):
            yield Statement("pack_size", str(count), *match.span(), 0.95 if group in "abg" else 0.85)


def _ages(folded: str) -> Iterator[Statement]:
    for match in _AGE.finditer(folded):
        unit = "months" if match["unit"][0] in "m个" else "years"
        upper = f"-{int(match['to'])}" if match["to"] else "+" if match["up"] else ""
        if match["unit"] in ("months", "month", "years", "year") and not upper and not match.group().startswith("age"):
            continue
        yield Statement("age", f"{int(match['from'])}{upper} {unit}", *match.span(), 0.85)


def _spf(folded: str) -> Iterator[Statement]:
    for match in _SPF.finditer(folded):
        yield Statement("spf", match["spf"], *match.span(), 0.95)


def _sizes(folded: str) -> Iterator[Statement]:
    for match in _SIZE.finditer(folded):
        value = match.group(match.lastgroup or 0).replace(" ", "")
        value = f"{value[:2]} {value[2:]}" if match["shoe"] else value
        yield Statement("size", value, *match.span(), 0.9 if match["named"] else 0.7)


def _measures(folded: str) -> Iterator[Statement]:
    end = 0
    for begin in _NUMBER_STARTS.finditer(folded):
        match = _MEASURE.match(folded, begin.start()) if begin.start() >= end else None
        if match is None:
            continue
        end = match.end()
        n1, _, u1, n2, u2, n3, u3 = match.groups()
        if u1 or u2 or u3:
            yield from _measure(folded, match, [n1, n2, n3], [u1, u2, u3])


def _measure(
    folded: str, match: re.Match[str], numbers: list[str | None], spellings: list[str | None]
) -> Iterator[Statement]:
    """Read one match: a single measure, sides such as 30 x 40 cm, or a multiple such as 4 x 50 ml."""
    units: list[Unit | None] = [unit_of(text) if text else None for text in spellings]
    start, end = match.span()
    sides = [number for number in numbers if number]
    if len(sides) == 1 and units[0] is not None:
        if _plausible(folded, match, units[0]):
            value = f"{canonical_number(sides[0])} {units[0].symbol}"
            yield Statement(_directed(folded, units[0], start, end), value, start, end, 0.95)
        return
    last = next(unit for unit in reversed(units) if unit is not None)
    known = [unit.symbol for unit in units if unit is not None]
    if last.relation == "size" and len(set(known)) == 1:
        if units[len(sides) - 1] is None and units[0] is None:
            return
        value = " x ".join(canonical_number(side) for side in sides)
        yield Statement("size", f"{value} {last.symbol}", start, end, 0.95)
    elif len(sides) == 2 and units[0] is None and units[1] is not None and sides[0].isdigit():
        yield Statement("pack_size", str(int(sides[0])), start, match.end("n1"), 0.9)
        yield Statement(
            units[1].relation, f"{canonical_number(numbers[1] or '')} {last.symbol}", match.start("n2"), end, 0.95
        )


def _plausible(folded: str, match: re.Match[str], unit: Unit) -> bool:
    """Tell a measure from what only looks like one: a closing quotation mark, ``3 in 1``, ``24 w``."""
    spelling, gap = match["u1"].lstrip("\0"), match["g1"]
    if spelling in ('"', "'"):
        return (
            gap == ""
            and folded.count(spelling, 0, match.start()) % 2 == 0
            and (spelling == '"' or re.match(r"\s?\d{1,2}(?:\"|'')", folded[match.end() :]) is not None)
        )
    if gap.strip(" ") == "" and gap and not unit.loose:
        return False
    if spelling == "in" and re.match(r"[ -]?\d", folded[match.end() :]):
        return False
    return not (spelling in ("g", "m", "l") and folded[match.end() : match.end() + 1] in ("&", "'", "/"))


def _directed(folded: str, unit: Unit, start: int, end: int) -> str:
    """Return what a length measures: its height, width … where a word beside it says so, else the size."""
    if unit.relation != "size":
        return unit.relation
    match = _DIRECTION_AFTER.match(folded, end) or _DIRECTION_BEFORE.search(folded, max(0, start - 12), start)
    return _DIRECTION[match[1]] if match else "size"
