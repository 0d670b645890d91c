"""Values and products of a graph that are nearly equal, and so perhaps one."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from kgrec.graph.graph import Graph

__all__ = ["AlikeProducts", "AlikeValues", "alike_products", "alike_values"]

_BLOCK = 150
_CROWD = 40
_START = 4
_LONGEST = 60
_SHORT = 2
_WORDS = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class AlikeValues:
    """Two values of a relation whose letters are nearly the same.

    Attributes:
        relation: of both.
        rarer: the one that fewer products have.
        commoner: the other.
        likeness: of their letters, 0 … 1.
        products: that have the rarer one.
    """

    relation: str
    rarer: str
    commoner: str
    likeness: float
    products: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlikeProducts:
    """Two products that have nearly the same values: how many both have, and the share of all that is (0 … 1)."""

    first: str
    second: str
    shared: int
    likeness: float


def alike_values(graph: Graph, *, likeness: float, most: int) -> tuple[AlikeValues, ...]:
    """Return pairs of values that may be one, the most alike first, then those that concern most products.

    Values are compared within blocks that begin or end alike. Left out are values with a digit (16 GB is not 18 GB) and
    pairs that differ in a word of one or two letters (type A is not type C).

    Args:
        graph: the graph.
        likeness: pairs at least as alike in letters, 0 … 1.
        most: at most so many pairs.
    """
    counts = graph.value_counts()
    found = []
    for relation in graph.relations:
        labels = {number: graph.label(number)[1] for number in graph.values_in(relation)}
        plain = {
            number: label.casefold()
            for number, label in labels.items()
            if len(label) <= _LONGEST and not any(sign.isnumeric() for sign in label) and " > " not in label
        }
        for one, other, alike in _pairs(plain, likeness):
            if _differ_in_short_words(plain[one], plain[other]):
                continue
            rarer, commoner = sorted((one, other), key=lambda number: (int(counts[number]), labels[number]))
            found.append(
                AlikeValues(
                    relation=relation,
                    rarer=labels[rarer],
                    commoner=labels[commoner],
                    likeness=round(alike, 4),
                    products=int(counts[rarer]),
                )
            )
    found.sort(key=lambda pair: (-pair.likeness, -pair.products, pair.relation, pair.rarer, pair.commoner))
    return tuple(found[:most])


def alike_products(graph: Graph, *, likeness: float, least: int, most: int) -> tuple[AlikeProducts, ...]:
    """Return pairs of products that have nearly the same values, the most alike first.

    Products are compared where the rarest value that each shares with another is the same one.

    Args:
        graph: the graph.
        likeness: the share of their values, taken together, that both have is at least this, 0 … 1.
        least: they share at least so many values.
        most: at most so many pairs.
    """
    counts = graph.value_counts()
    blocks: defaultdict[int, list[int]] = defaultdict(list)
    for num in range(len(graph.product_ids)):
        values = graph.values_of(num)
        shared = values[counts[values] > 1]
        if len(shared) >= least:
            blocks[int(shared[np.argmin(counts[shared])])].append(num)
    found = []
    for members in blocks.values():
        for one, other in combinations(members[:_CROWD], 2):
            common = len(graph.shared(one, other))
            alike = common / (len(graph.values_of(one)) + len(graph.values_of(other)) - common)
            if common >= least and alike >= likeness:
                found.append(
                    AlikeProducts(
                        first=graph.product_ids[one],
                        second=graph.product_ids[other],
                        shared=common,
                        likeness=round(alike, 4),
                    )
                )
    found.sort(key=lambda pair: (-pair.likeness, -pair.shared, pair.first, pair.second))
    return tuple(found[:most])


def _differ_in_short_words(one: str, other: str) -> bool:
    mine, theirs = set(_WORDS.findall(one)), set(_WORDS.findall(other))
    return mine != theirs and any(word.isascii() and len(word) <= _SHORT for word in mine ^ theirs)


def _pairs(texts: dict[int, str], likeness: float) -> list[tuple[int, int, float]]:
    """Return (number, number, likeness) of texts that are alike, each pair once."""
    from rapidfuzz import fuzz, process

    blocks: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for number, text in texts.items():
        joined = text.replace(" ", "")
        blocks["start", joined[:_START]].append(number)
        blocks["end", joined[-_START:]].append(number)
    found: dict[tuple[int, int], float] = {}
    for members in blocks.values():
        members.sort(key=lambda number: texts[number])
        for start in range(0, max(len(members) - _BLOCK // 2, 1), _BLOCK // 2):
            stretch = members[start : start + _BLOCK]
            words = [texts[number] for number in stretch]
            if len(stretch) > 1:
                scores = process.cdist(words, words, scorer=fuzz.ratio, score_cutoff=100 * likeness, workers=1)
                for one, other in np.argwhere(np.triu(scores, 1) > 0).tolist():
                    first, second = sorted((stretch[one], stretch[other]))
                    found[first, second] = float(scores[one, other]) / 100
    return [(one, other, alike) for (one, other), alike in sorted(found.items())]
