"""Where a value stands in a text: the same words after folding, as code points of the text as it was given."""

from __future__ import annotations

import html
import re
import unicodedata
from functools import lru_cache
from typing import Literal, NamedTuple

__all__ = ["MARKUP", "FoldedText", "Likeness", "Span", "align", "folded", "without_hidden", "without_markup"]

Likeness = Literal["exact", "folded", "loose"]

_ALIKE = {"’": "'", "‘": "'", "`": "'", "´": "'", "“": '"', "”": '"', "″": '"', "′": "'", "×": "x", "✕": "x"}
_ALIKE |= dict.fromkeys("‐‑‒–—―−", "-") | {"⁄": "/", "∕": "/", "‹": "<", "›": ">"}
# Scripts without blanks between words: kana, Han, Hangul (particles follow), Thai, Lao, Khmer, Burmese.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]"
)
MARKUP = re.compile(
    r"<(script|style)\b.{0,20000}?</\1\s*>|<!--.{0,20000}?-->|</?[a-z][^<>]{0,2000}>"
    r"|&(?:#x[0-9a-f]{1,6}|#[0-9]{1,7}|[a-z][a-z0-9]{1,30});",
    re.DOTALL | re.IGNORECASE,
)
"""Tags, comments, scripts and entities."""
_ENDING = re.compile(r"(?:'?s|es|ren|d|ed)(?![^\W_])")
_SHORTEST_GLUED = 3
_GAP = re.compile(r"[\s_-]+")
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


class Span(NamedTuple):
    """Code points ``start … end`` of a text, and how alike the words there and the value are.

    ``"exact"``: the same code points. ``"folded"``: the same after folding. ``"loose"``: blanks or hyphens differ too.
    """

    start: int
    end: int
    likeness: Likeness


def align(value: str, text: str) -> Span | None:
    """Return where a value stands in a text, or None.

    Text and value are compared in compatibility form (NFKC) without case, quotation marks and dashes of all kinds
    alike, HTML entities decoded, tags as blanks, hidden characters (zero width, direction, tags) left out. Blanks,
    hyphens and underscores may differ. In scripts that put blanks between words a value begins and ends where words do:
    ``"red"`` does not stand in ``"shredded"``; a number may be followed by its unit, a word by the ending of its plural
    or past (``"Mens"``, ``"printed"``), and words may be run together in camel case. Of several places the most alike
    counts, then the first. Never inside what folds as one: ``"i"`` does not stand in ``"ﬁ"``.
    """
    return FoldedText(text).find(value)


def folded(text: str) -> str:
    """Return the form in which values and texts are compared; its length may differ."""
    return FoldedText(text).folded


def without_hidden(text: str) -> str:
    """Return the text without control, format, private and unassigned characters; blanks and line ends stay."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(char for char in text if char.isspace() or not _is_hidden(char))


@lru_cache(maxsize=8_192)
def _is_hidden(char: str) -> bool:
    if unicodedata.category(char) in _HIDDEN:
        return True
    # Variation selectors, the grapheme joiner and fillers are marks or letters by category, and nothing to see.
    return char in "\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0" or "\ufe00" <= char <= "\ufe0f" or char >= "\U000e0100"


@lru_cache(maxsize=65_536)
def _fold_cluster(cluster: str) -> str:
    """Fold a character with what combines with it; until nothing changes, since each step can undo another."""
    result = "".join(char for char in cluster if not _is_hidden(char) or char.isspace())
    for _ in range(4):
        before = result
        result = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", result).casefold())
        result = "".join([_ALIKE.get(char, char) for char in result])
        if result == before:
            break
    shown = "".join([" " if char.isspace() else char for char in result if char.isspace() or not _is_hidden(char)])
    solid = _GAP.sub("", shown)
    if not solid:
        return shown
    if unicodedata.category(solid[0]).startswith("M"):
        # An accent with no letter: it must not combine with the letter that stands before it in the folded text.
        return " " if solid != shown else ""
    return solid


@lru_cache(maxsize=8_192)
def _joins(char: str) -> bool:
    """Tell whether a character can combine with the one before it."""
    first = unicodedata.normalize("NFKD", char)[:1]
    return unicodedata.category(first).startswith("M") or "\u1160" <= first <= "\u11ff" or _is_hidden(char)


class FoldedText:
    """A text in folded form, with the way back; fold once, find often.

    Attributes:
        text: as it was given.
        folded: what is compared.
    """

    def __init__(self, text: str) -> None:
        """Fold a text."""
        self.text = text
        pieces: list[str] = []
        self._starts: list[int] | range = []
        self._ends: list[int] | range = []
        if text.isascii() and text.isprintable() and "&" not in text and "<" not in text and "`" not in text:
            self.folded = text.lower()
            self._starts, self._ends = range(len(text)), range(1, len(text) + 1)
        else:
            for start, end, piece in _clusters(text):
                pieces.append(piece)
                self._starts.extend([start] * len(piece))
                self._ends.extend([end] * len(piece))
            self.folded = "".join(pieces)
        self._solid: list[int] | None = None
        self._squeezed = ""

    def find(self, value: str) -> Span | None:
        """Return where a value stands, as :func:`align` does."""
        wanted = folded(value)
        squeezed = _GAP.sub("", wanted)
        if not any(char.isalnum() for char in squeezed):
            return None
        if self._solid is None:
            # The same without gaps: a value is found there, whatever the blanks and hyphens, and judged in ``folded``.
            if self.folded.isascii():
                self._solid = [place for place, char in enumerate(self.folded) if char not in _ASCII_GAPS]
            else:
                self._solid = [place for place, char in enumerate(self.folded) if not _is_gap(char)]
            self._squeezed = "".join([self.folded[place] for place in self._solid])
        best: tuple[int, Span] | None = None
        at = self._squeezed.find(squeezed)
        while at >= 0:
            rank, span = self._judged(value, wanted, self._solid[at], self._solid[at + len(squeezed) - 1] + 1)
            if rank is not None and (best is None or rank < best[0]):
                best = rank, span
                if rank == 0:
                    break
            at = self._squeezed.find(squeezed, at + 1)
        return None if best is None else best[1]

    def _judged(self, value: str, wanted: str, first: int, last: int) -> tuple[int | None, Span]:
        """Return how good a place in the folded text is, 0 the best and None unusable, and the span it stands for."""
        start, end = self._starts[first], self._ends[last - 1]
        span = Span(start, end, "folded")
        cut = (first > 0 and self._ends[first - 1] > start) or (last < len(self.folded) and self._starts[last] < end)
        edge = None if cut else self._edge(first, last)
        if edge is None:
            return None, span
        surface, here = self.text[start:end], self.folded[first:last]
        if " ".join(here.split()) == " ".join(wanted.split()):
            rank, span = (0, span._replace(likeness="exact")) if surface == value else (1, span)
        elif _GAP.sub("-", here) == _GAP.sub("-", wanted.strip()):
            rank, span = 2, span._replace(likeness="loose")
        elif _gaps_are_plausible(here, wanted):
            rank, span = 3, span._replace(likeness="loose")
        else:
            return None, span
        return rank + edge, span._replace(likeness="loose") if edge else span

    def _edge(self, first: int, last: int) -> int | None:
        """Return 0 where words begin and end where the place does, more where they nearly do, else None."""
        before, after = self.folded[first - 1 : first], self.folded[last : last + 1]
        here = self.folded[first:last]
        number = all(char.isdigit() or char in ".,/" for char in here)
        if number and _goes_on_as_number(self.folded, first, last):
            return None
        left = not _one_word(before, here[0]) or (
            number and before == "x" and self.folded[first - 2 : first - 1].isdigit()
        )
        right = not _one_word(here[-1], after) or (number and after.isalpha())
        if left and right:
            return 0
        if len(here) < _SHORTEST_GLUED:
            return None
        left = left or self._is_camel(first)
        if left and not right and not number and _ENDING.match(self.folded, last):
            return 4
        return 8 if left and (right or self._is_camel(last)) else None

    def _is_camel(self, place: int) -> bool:
        """Tell whether a capital follows a small letter there, as in ``GuitarJ45``."""
        start = self._starts[place]
        return self.text[start - 1 : start].islower() and self.text[start : start + 1].isupper()


def _clusters(text: str) -> list[tuple[int, int, str]]:
    """Cut a text into what folds together: (start, end, folded)."""
    found: list[tuple[int, int, str]] = []
    at = 0
    for match in MARKUP.finditer(text) if "<" in text or "&" in text else ():
        found += _plain_clusters(text, at, match.start())
        found.append((match.start(), match.end(), _markup(match.group())))
        at = match.end()
    return found + _plain_clusters(text, at, len(text))


def _markup(found: str) -> str:
    decoded = _plain(found)
    return found.lower() if decoded == found else _fold_cluster(decoded)


def _plain_clusters(text: str, first: int, last: int) -> list[tuple[int, int, str]]:
    found: list[tuple[int, int, str]] = []
    start = first
    for place in range(first + 1, last + 1):
        if place == last or not (_joins(text[place]) and not text[place].isspace()):
            found.append((start, place, _fold_cluster(text[start:place])))
            start = place
    return found


def without_markup(text: str) -> str:
    """Return the text with blanks for tags and the characters that entities stand for."""
    return MARKUP.sub(lambda match: _plain(match.group()), text) if "<" in text or "&" in text else text


def _plain(found: str) -> str:
    return " " if found.startswith("<") else html.unescape(found)


def _is_gap(char: str) -> bool:
    return char in " -_" or char.isspace()


_ASCII_GAPS = frozenset(char for char in map(chr, range(128)) if _is_gap(char))


def _one_word(left: str, right: str) -> bool:
    """Tell whether two neighbours belong to one word of a script that puts blanks between words."""
    if not left or not right or not (_is_letter(left) and _is_letter(right)):
        return False
    return not (_UNSPACED.match(left) or _UNSPACED.match(right))


def _is_letter(char: str) -> bool:
    return char.isalnum() or unicodedata.category(char).startswith("M")


def _goes_on_as_number(text: str, first: int, last: int) -> bool:
    """Tell whether digits go on before or behind: ``5`` is not in ``15``, ``1.5`` or ``5,000``."""
    left = text[max(0, first - 2) : first]
    right = text[last : last + 2]
    return (
        left[-1:].isdigit()
        or right[:1].isdigit()
        or (len(left) == 2 and left[1] in ".,/" and left[0].isdigit())
        or (len(right) == 2 and right[0] in ".,/" and right[1].isdigit())
    )


def _gaps_are_plausible(here: str, wanted: str) -> bool:
    """Tell whether gaps that only one side has are a matter of spelling (``T-shirt``, ``tshirt``; ``5cm``, ``5 cm``).

    Short words run together by chance (``a s`` is not ``as``), and never may digits (``1 2`` is not ``12``).
    """
    mine, theirs = _gap_places(here), _gap_places(wanted)
    solid = _GAP.sub("", wanted)
    for place in mine ^ theirs:
        left, right = solid[place - 1], solid[place]
        if left.isdigit() and right.isdigit():
            return False
        mixed = left.isdigit() != right.isdigit() or bool(_UNSPACED.match(left) or _UNSPACED.match(right))
        if not mixed and len(solid) < 5:
            return False
    return True


def _gap_places(text: str) -> set[int]:
    places, seen = set(), 0
    for char in text.strip():
        if _is_gap(char):
            places.add(seen)
        else:
            seen += 1
    return places - {0, seen}
