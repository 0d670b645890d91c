from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgrec.extraction.rules.quantities import find_quantities
from kgrec.extraction.rules.roles import AGED, COUNT, DIGIT, PACKED, SIZED, SPF, quantity_roles
from kgrec.language.remembered import Remembered
from kgrec.language.singular import singular
from kgrec.language.tokens import Tokens, fold, tokenise, word_key
from kgrec.language.units import UNITS, canonical_number, unit_of
from kgrec.language.word_set import word_set

ROLES = Remembered(lambda word: (word_key(word), quantity_roles(word)))


def words_of(folded: str) -> Tokens:
    return tokenise(folded, ROLES)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("15CM", ["size=15 cm"]),
        ('7"', ["size=7 in"]),
        ("7''", ["size=7 in"]),
        ("30x40 cm", ["size=30 x 40 cm"]),
        ("65CMx65CM", ["size=65 x 65 cm"]),
        ("25 × 24 × 12 cm", ["size=25 x 24 x 12 cm"]),
        ("0.5 fluid ounces", ["volume=0.5 fl oz"]),
        ("1 FL. OZ.", ["volume=1 fl oz"]),
        ("3.4-Ounce", ["weight=3.4 oz"]),
        ("250 ml", ["volume=250 ml"]),
        ("1,5 l", ["volume=1.5 l"]),
        ("500g", ["weight=500 g"]),
        ("2.4GHz", ["frequency=2.4 ghz"]),
        ("12,000mAh", ["battery=12000 mah"]),
        ("60cm long", ["length=60 cm"]),
        ("height: 60cm", ["height=60 cm"]),
        ("高15厘米", ["height=15 cm"]),
        ("２５０ｍｌ", ["volume=250 ml"]),
        ("½ inch", ["size=0.5 in"]),
        ("1 1/2 inch", ["size=1.5 in"]),
        ("4 x 50ml", ["pack_size=4", "volume=50 ml"]),
        ("SET OF 6", ["pack_size=6"]),
        ("SET/3", ["pack_size=3"]),
        ("S/4", ["pack_size=4"]),
        ("PK/10", ["pack_size=10"]),
        ("Pack of two", ["pack_size=2"]),
        ("12 pcs", ["pack_size=12"]),
        ("三件套", ["pack_size=3"]),
        ("2支装", ["pack_size=2"]),
        ("Ages 3-6 years", ["age=3-6 years"]),
        ("0-3 months", ["age=0-3 months"]),
        ("SPF 30", ["spf=30"]),
        ("size XL", ["size=xl"]),
        ("2 year warranty", []),
        ("3 in 1", []),
        ("model 5", []),
        ('"Top 5" hits', []),
        ("24 w", []),
        ("no numbers here", []),
        ("", []),
    ],
)
def test_quantities(text: str, expected: list[str]) -> None:
    folded = fold(text)
    assert [f"{found.relation}={found.value}" for found in find_quantities(words_of(folded))] == expected


def test_quantities_never_overlap() -> None:
    folded = fold('Pack of 12, 4 x 50 ml, 30 x 40 cm, 3-6 years, size XL, 7" SPF 15')
    found = find_quantities(words_of(folded))
    assert len(found) >= 7
    assert all(left.end <= right.start for left, right in pairwise(found))


PIECES = sorted(
    word_set("""
        set pack pk box bag lots of / - s/ 12 3 1,000 .5 7 x X ( ) , two eleven a dozen pcs 5pcs pieces pair tea bags
        count years 3yrs months age ages to + spf spf15 size sizes : xl 2xl xxs a4 uk us5 5.5 cm 40mm ml oz in " ' '' &
        """)
)


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=9), st.lists(st.sampled_from(["", " "]), min_size=9))
def test_no_word_that_takes_part_in_a_quantity_is_overlooked(pieces: list[str], blanks: list[str]) -> None:
    folded = fold("".join(map("".join, zip(pieces, blanks, strict=False))))
    every = DIGIT | COUNT | PACKED | AGED | SPF | SIZED
    assert find_quantities(words_of(folded)) == find_quantities(words_of(folded)._replace(any_role=every))


def test_a_number_in_words_is_enough_for_a_pack() -> None:
    assert [found.value for found in find_quantities(words_of("set of eleven mugs"))] == ["11"]


@pytest.mark.parametrize(
    ("text", "number"),
    [("1,000", "1000"), (".50", "0.5"), ("007", "7"), ("2.50", "2.5"), ("1/4", "0.25"), ("1/3", "1/3"), ("2½", "2.5")],
)
def test_canonical_number(text: str, number: str) -> None:
    assert canonical_number(text) == number


def test_every_unit_spelling_leads_to_its_unit() -> None:
    for spelling, unit in UNITS.items():
        assert unit_of(spelling) == unit
    assert unit_of("fl. oz").symbol == "fl oz"


@pytest.mark.parametrize(
    ("plural", "single"),
    [
        ("boxes", "box"), ("glasses", "glass"), ("knives", "knife"), ("daisies", "daisy"), ("ties", "tie"),
        ("dishes", "dish"), ("roses", "rose"), ("child's", "child"), ("women's", "woman"), ("dress", "dress"),
        ("christmas", "christmas"), ("jeans", "jeans"), ("potatoes", "potato"), ("shoes", "shoe"), ("s", "s"),
    ],
)  # fmt: skip
def test_singular(plural: str, single: str) -> None:
    assert singular(plural) == single


@pytest.mark.parametrize(
    "text", ["İstanbul ß ﬁ ½", "<b>x</b> &amp; y", "ＡＢＣ　１", "a\u0301bc 红色", "<script>x", "&#39;"]
)
def test_folding_moves_nothing(text: str) -> None:
    folded = fold(text)
    assert len(folded) == len(text)
    tokens = tokenise(folded)
    for at in range(len(tokens.keys)):
        assert tokens.words[at] == folded[tokens.starts[at] : tokens.ends[at]] != ""
