"""Sentences and what is known of their words → the numbers that the chain works on."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from kgrec.extraction.labelled import LabelledProduct
from kgrec.extraction.tagging.chain import Places
from kgrec.extraction.tagging.character_features import Clues, Match, Sentence, WordList
from kgrec.language.words.chinese import CHINESE_PRODUCT_TYPES, CHINESE_WORDS
from kgrec.language.words.chinese_fashion import CHINESE_FASHION, CHINESE_FASHION_OTHER

__all__ = ["AttributeLists", "Spans", "encoded", "labels_of", "numbered", "places_of"]

Spans = Sequence[tuple[str, int, int]]
"""(attribute, start, end) in a text, in code points."""

_SAME = {
    **{"colour": "颜色", "color": "颜色", "颜色分类": "颜色", "主要颜色": "颜色", "material": "材质", "面料": "材质"},
    **{"材料": "材质", "面料材质": "材质", "鞋面材质": "材质", "pattern": "图案", "图案类型": "图案", "花纹": "图案"},
    **{"style": "风格", "领口": "领型", "领子": "领型", "衣领": "领型", "季节": "适用季节", "适合季节": "适用季节"},
    **{"衣门襟": "闭合方式", "门襟": "闭合方式", "袖口": "袖型", "腰围": "腰型", "裙型": "裙长", "跟高": "鞋跟高度"},
    **{"鞋跟": "鞋跟高度", "鞋头": "鞋头款式", "鞋帮": "鞋帮高度", "筒高": "靴筒高度", "口袋": "口袋类型"},
}
"""Other names of the attributes that the built-in lists are of."""


class AttributeLists:
    """The built-in word lists, and the number of each attribute that is read."""

    def __init__(self, attributes: Sequence[str]) -> None:
        """Number the attributes, and the lists' own names of them."""
        self.number = {name: at for at, name in enumerate(attributes)}
        for name, at in list(self.number.items()):
            self.number.setdefault(_SAME.get(name, name), at)

    def match(self, tokens: Sequence[str]) -> list[Match]:
        """Return the words of the lists that stand in a sentence."""
        return [match for words in _built_in() for match in words.match(tokens)]


@cache
def _built_in() -> tuple[WordList, ...]:
    fashion = [(attribute, word) for attribute, words in CHINESE_FASHION.items() for word in words.split()]
    other = [("", word) for word in CHINESE_FASHION_OTHER.split()]
    general = [
        (_SAME.get(relation, relation), word)
        for relation, values in (*CHINESE_WORDS.items(), ("product_type", CHINESE_PRODUCT_TYPES))
        for spellings in values.values()
        for word in spellings.split("|")
    ]
    return WordList([*fashion, *other], "fashion"), WordList(general, "general")


def places_of(sentence: Sentence, row: LabelledProduct, stated: Spans | None) -> list[tuple[str, int, int]]:
    """Return the values of a sentence as (attribute, first place, last place), none of which overlap."""
    if stated is None:
        candidates = list(_wherever(sentence, row))
    else:
        found = ((name, sentence.place_of(start, end)) for name, start, end in stated)
        candidates = [(name, *place) for name, place in found if place is not None]
    kept: list[tuple[str, int, int]] = []
    for name, first, last in sorted(candidates, key=lambda one: (one[1] - one[2], one[1])):
        if all(last <= a or b <= first for _, a, b in kept):
            kept.append((name, first, last))
    return sorted(kept, key=lambda one: one[1])


def _wherever(sentence: Sentence, row: LabelledProduct) -> Iterator[tuple[str, int, int]]:
    words = WordList(((name, value) for name, values in row.values.items() for value in values), "own")
    for match in words.match(sentence.tokens):
        yield match.attribute, match.first, match.last


def labels_of(sentence: Sentence, own: Sequence[tuple[str, int, int]], number: Mapping[str, int]) -> NDArray[np.int64]:
    """Return the chain's label of each place of a sentence, int64, given its values by places."""
    labels = np.zeros(len(sentence.tokens), np.int64)
    for name, first, last in own:
        labels[first:last] = 2 * number[name] + 2
        labels[first] = 2 * number[name] + 1
    return labels


def numbered(names: Iterable[str], least: int) -> dict[str, int]:
    """Number names that occur often enough, in the order of their first appearance."""
    counts: dict[str, int] = {}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
    return {name: at for at, name in enumerate(name for name, count in counts.items() if count >= least)}


def encoded(
    clues: Sequence[Clues],
    lengths: Sequence[int],
    features: Mapping[str, int],
    tied: Mapping[str, int],
    number: Mapping[str, int],
) -> Places:
    """Return the clues of all places as the chain wants them.

    Args:
        clues: of the places of all sentences, one after the other.
        lengths: number of places of each sentence.
        features: name → number of the plain features; others are left out.
        tied: name → number of the tied ones.
        number: attribute, by its own and by the lists' name → its number.
    """
    from scipy.sparse import csr_matrix

    n_labels = 1 + 2 * (max(number.values()) + 1)
    plain, tied_pairs = array("q"), array("q")
    for at, clue in enumerate(clues):
        for num in sorted({features[name] for name in clue.plain if name in features}):
            plain.extend((at, num))
        shared = {
            (at * n_labels + 2 * number[attribute] + (1 if begins else 2), tied[name])
            for attribute, begins, name in clue.tied
            if attribute in number and name in tied
        }
        for pair in sorted(shared):
            tied_pairs.extend(pair)
    shapes = (len(clues), len(features)), (len(clues) * n_labels, max(len(tied), 1))
    matrices = []
    for pairs, shape in zip((plain, tied_pairs), shapes, strict=True):
        where = np.frombuffer(pairs, np.int64).reshape(-1, 2).T if pairs else np.zeros((2, 0), np.int64)
        matrices.append(csr_matrix((np.ones(where.shape[1]), (where[0], where[1])), shape=shape))
    return Places(matrices[0], matrices[1], np.array(lengths, np.int64))
