"""A product's texts, cut up once and read many times: by every attribute, and in every fold of the training."""

from __future__ import annotations

import re
from functools import cached_property, lru_cache
from itertools import pairwise
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from kgrec.data import Product
from kgrec.extraction.choosing.amounts import amount
from kgrec.extraction.choosing.mentions import Mention, Piece, find_mentions, pattern_of, pieces_of

__all__ = ["LONGEST", "TELLING", "ProductText", "hashed", "spelling_of"]

LONGEST = 9
TELLING = 9
"""So many of the features of a mention, from the first, are counted for each transform apart."""

_READ = 4_000
_NUMBER = re.compile(r"\d+")
_MARKS = re.compile(r"[\W_]+")


@lru_cache(maxsize=262_144)
def hashed(feature: str) -> int:
    """Return a number for a feature, the same on every machine."""
    return crc32(feature.encode("utf-8", "surrogatepass"))


@lru_cache(maxsize=65_536)
def spelling_of(text: str) -> str:
    """Return the letters and digits of a text, in small letters."""
    return _MARKS.sub("", text).casefold()


class ProductText:
    """The title and description of a product with their words and mentions.

    Args:
        product: what is read. Of each field the first 4,000 characters are.
        longest: the mentions have at most so many pieces.
    """

    def __init__(self, product: Product, longest: int = LONGEST) -> None:
        """Cut the texts up."""
        self.product = product
        self.pieces: dict[str, list[Piece]] = {}
        self.mentions: list[Mention] = []
        for field, text in (("title", product.title), ("description", product.description)):
            text = text[:_READ]
            self.pieces[field] = pieces_of(text)
            self.mentions.extend(find_mentions(field, text, self.pieces[field], longest))
        self._around: dict[int, NDArray[np.uint64]] = {}

    @cached_property
    def words(self) -> tuple[str, ...]:
        """What the classifier reads: words and pairs of words, those of the title once more and marked."""
        found: list[str] = []
        for field, pieces in self.pieces.items():
            words = [_NUMBER.sub("#", piece.folded) for piece in pieces if piece.folded.isalnum()]
            pairs = [f"{a} {b}" for a, b in pairwise(words)]
            found.extend((*words, *pairs))
            if field == "title":
                found.extend(f"title {word}" for word in (*words, *pairs))
        return tuple(found)

    @cached_property
    def patterns(self) -> dict[str, list[tuple[tuple[str, ...], int]]]:
        """Pattern of a run of at most six pieces → its numbers and the number of the mention, each time it stands."""
        found: dict[str, list[tuple[tuple[str, ...], int]]] = {}
        for at, mention in enumerate(self.mentions):
            if mention.number or mention.last - mention.first > 6:
                continue
            pattern, numbers = pattern_of(mention.text)
            if not numbers and mention.last - mention.first > 3:
                continue
            found.setdefault(pattern, []).append((numbers, at))
        return found

    @cached_property
    def spellings(self) -> dict[str, list[int]]:
        """Letters and digits in small letters → the numbers of the mentions that have just these."""
        found: dict[str, list[int]] = {}
        for at, mention in enumerate(self.mentions):
            if not mention.number:
                found.setdefault(spelling_of(mention.text), []).append(at)
        return found

    @cached_property
    def amounts(self) -> tuple[list[int], NDArray[np.float64]]:
        """The numbers of the mentions that are numbers, and how much they are, float64."""
        exact = [(at, amount(mention.text)) for at, mention in enumerate(self.mentions) if mention.number]
        known = [(at, float(number)) for at, number in exact if number is not None]
        return [at for at, _ in known], np.array([number for _, number in known], dtype=np.float64)

    def around(self, at: int) -> NDArray[np.uint64]:
        """Return the features of a mention and its surroundings, hashed, uint64 (f,), the ``TELLING`` ones first."""
        known = self._around.get(at)
        if known is None:
            known = np.array([hashed(feature) for feature in self._features(self.mentions[at])], dtype=np.uint64)
            self._around[at] = known
        return known

    def _features(self, mention: Mention) -> list[str]:
        pieces = self.pieces[mention.field]
        text = getattr(self.product, mention.field)
        first, last = mention.first, mention.last
        before = ["<", "<", "<", "<"] + [_NUMBER.sub("#", piece.folded) for piece in pieces[max(0, first - 4) : first]]
        after = [_NUMBER.sub("#", piece.folded) for piece in pieces[last : last + 4]] + [">", ">", ">", ">"]
        own = [_NUMBER.sub("#", piece.folded) for piece in pieces[first:last]]
        field = mention.field[0]
        b1, b2, b3, b4 = before[-1], before[-2], before[-3], before[-4]
        a1, a2, a3 = after[:3]
        left = text[mention.start - 1 : mention.start] or "<"
        right = text[mention.end : mention.end + 1] or ">"
        begins, ends = min(first, 6), min(len(pieces) - last, 6)
        low = mention.text.casefold()
        chain, unit = _chain(text, mention), _unit(text, mention)
        return [
            "bias",
            f"b1 {b1}",
            f"a1 {a1}",
            f"left {'alnum' if left.isalnum() else left}",
            f"right {'alnum' if right.isalnum() else right} {right.isupper()}",
            f"chain {chain}",
            f"unit {unit}",
            f"shape {mention.shape}",
            f"own {' '.join(own)}",
            f"field {field}",
            f"b2 {b2} {b1}",
            f"b3 {b3} {b2} {b1}",
            f"a2 {a1} {a2}",
            f"a3 {a1} {a2} {a3}",
            f"in b {b2}",
            f"in b3 {b3} {b4}",
            f"in a {a2}",
            f"ba {b1} {a1}",
            f"shape {field} {mention.shape}",
            f"first {own[0] if own else low}",
            f"last {own[-1] if own else low}",
            f"size {len(own)}",
            f"begins {field} {begins}",
            f"ends {field} {ends}",
            f"head {low[:3]}",
            f"chain unit {chain} {unit}",
        ]


_SIDE_BEFORE = re.compile(r"[x×*]\s?$", re.IGNORECASE)
_SIDE_AFTER = re.compile(
    r"\s?(?:-?\s?(?:inch(?:es)?|in\.?|\"|''|”|cm|mm|ft\.?|'|[wdhl])\.?){0,2}\s?[x×*]\s?[\d.]", re.IGNORECASE
)
_UNIT = re.compile(r"[\s-]{0,2}(\"|''|[^\W\d_]{1,12}|”|'|%|#)(?:\s?([A-Za-z]{1,8}))?")


def _chain(text: str, mention: Mention) -> str:
    """Say whether a number is the first, a middle or the last side in ``30 x 40 x 2 cm``."""
    before = _SIDE_BEFORE.search(text[max(0, mention.start - 3) : mention.start]) is not None
    after = _SIDE_AFTER.match(text, mention.end) is not None
    if before and not after:
        sides = len(
            re.findall(
                r"\d\W{0,2}\s?(?:[a-z.]{0,6}\s?)[x×*]\s?(?=[\d.])",
                text[max(0, mention.start - 40) : mention.start] + "1",
                re.IGNORECASE,
            )
        )
        return f"last of {min(sides + 1, 4)}"
    return "first" if after and not before else "middle" if after else "alone"


def _unit(text: str, mention: Mention) -> str:
    match = _UNIT.match(text, mention.end)
    return f"{match[1]} {match[2] or ''}".casefold() if match else ""
