from __future__ import annotations

import json

import pytest

from kgrec.extraction.tagging.lexicon import HIT_FEATURES, Lexicon

ROWS = [
    ("Mugs", {"Color": ("Red",), "Brand": ("Red",)}, ["Red mug"]),
    ("Mugs", {"Color": ("Red",)}, ["Red cup"]),
    ("Mugs", {"Color": ()}, ["Red Lion mug"]),
    ("Hats", {"Color": ("RED",), "Print": ("Letter",)}, ["RED hat with Letters"]),
    ("Hats", {"Print": ("M",)}, ["M hat"]),
]


def test_counts() -> None:
    lexicon = Lexicon.learned_from(ROWS)
    assert lexicon.right["Mugs", "Color"] == {"Red": 2}
    assert lexicon.seen["Mugs", "Color"] == {"Red": 3}
    assert lexicon.values_in("Letters for Reds and M, not Mini") == {"Letter", "Red", "M"}


def test_own_labels_are_left_out() -> None:
    lexicon = Lexicon.learned_from(ROWS)
    category, own, _ = ROWS[0]
    all_of, others = dict(lexicon.hits("Red", category)), dict(lexicon.hits("Red", category, own))
    assert set(all_of) == {"Color", "Brand"}
    assert set(others) == {"Color"}, "only the product itself has it as brand"
    without = Lexicon.learned_from(ROWS[1:])
    assert others["Color"] == pytest.approx(dict(without.hits("Red", category))["Color"])
    assert len(all_of["Color"]) == HIT_FEATURES


def test_values_known_from_the_product_alone() -> None:
    lexicon = Lexicon.learned_from(ROWS)
    assert not lexicon.known_without("Letter", ROWS[3][1])
    assert lexicon.known_without("Letter", None)
    assert lexicon.known_without("Red", ROWS[0][1])


def test_there_and_back() -> None:
    lexicon = Lexicon.learned_from(ROWS)
    again = Lexicon.from_json(json.loads(json.dumps(lexicon.as_json())))
    assert (again.right, again.seen) == (lexicon.right, lexicon.seen)
    assert again.hits("red", "Hats") == lexicon.hits("red", "Hats")
