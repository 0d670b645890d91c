from __future__ import annotations

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgrec.data import Completion, TokenLogprob
from kgrec.ranking.prompted.parsing import read_judgement, read_order


@pytest.mark.parametrize(
    "text",
    [
        '{"order": [3, 1, 2]}',
        '```json\n{"order": [3, 1, 2]}\n```',
        'Of the 12 products, here are the best 3:\n{"order": ["3", "1", "[2]"]}\nHope that helps 100%!',
        "[3, 1, 2]",
        "[3] > [1] > [2]",
        "My ranking for this shopper (2 items in the history) is [3] > [1] > [2], as 3 is a mug.",
        "3 > 1 > 2",
        "3,1,2",
        "The order: 3, 1 and 2.",
        "1 shopper, 9 lives; so 3 > 1 > 2 it is",
        "**3**, **1**, **2**".replace("**", ""),
        '<think>maybe [2] > [1] > [3]? no</think>{"order":[3,1,2]}',
        "顺序：3、1、2",
        '{"order": [{"number": 3}, {"number": 1}, {"number": 2}]}',
    ],
)
def test_orders_of_every_kind(text: str) -> None:
    order = read_order(text, 3)
    assert order is not None
    assert order.places == (2, 0, 1)
    assert (order.named, order.doubled, order.unknown) == (3, 0, 0)


def test_numbers_of_several_digits() -> None:
    numbers = [12, 1, 2, 11, 10, 3, 4, 5, 6, 7, 8, 9]
    for text in (json.dumps({"order": numbers}), " > ".join(f"[{n}]" for n in numbers), ", ".join(map(str, numbers))):
        order = read_order(text, 12)
        assert order is not None
        assert order.places == tuple(number - 1 for number in numbers)


def test_what_is_left_out_keeps_its_order() -> None:
    order = read_order('{"order": [4, 2]}', 5)
    assert order is not None
    assert order.places == (3, 1, 0, 2, 4)
    assert order.named == 2


def test_doubled_and_unknown_numbers_are_passed_over() -> None:
    order = read_order('{"order": [2, 2, 99, 0, 1, 2, -3]}', 3)
    assert order is not None
    assert order.places == (1, 0, 2)
    assert (order.named, order.doubled, order.unknown) == (2, 2, 3)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "I cannot help with that.",
        "Je préfère la tasse rouge.",
        '{"order": []}',
        "<b></b>",
        "[" * 9_000,
        "99",
    ],
)
def test_what_is_no_order(text: str) -> None:
    assert read_order(text, 5) is None


@given(st.text(max_size=200), st.integers(1, 30))
@settings(max_examples=200, deadline=None)
def test_whatever_is_read_is_a_permutation(text: str, count: int) -> None:
    order = read_order(text, count)
    if order is not None:
        assert sorted(order.places) == list(range(count))


@given(st.permutations(range(1, 25)), st.integers(2, 24), st.sampled_from([", ", " > ", "\n", "json", "brackets"]))
@settings(max_examples=100, deadline=None)
def test_every_order_is_read_as_it_was_meant(numbers: list[int], named: int, form: str) -> None:
    said = numbers[:named]
    text = {
        "json": json.dumps({"order": said}),
        "brackets": " > ".join(f"[{number}]" for number in said),
    }.get(form, form.join(map(str, said)))
    order = read_order(text, 24)
    assert order is not None
    assert order.places[:named] == tuple(number - 1 for number in said)


def judged(text: str, *tokens: TokenLogprob) -> Completion:
    return Completion(text=text, logprobs=tokens or None)


@pytest.mark.parametrize(
    ("text", "likely"), [("yes", 1), ("No.", 0), ("**Yes**!", 1), ("是", 1), ("nein", 0), ("Ja.", 1)]
)
def test_words_without_logprobs(text: str, likely: float) -> None:
    found = read_judgement(judged(text))
    assert found is not None
    assert (found.likely, found.measured) == (likely, False)


@pytest.mark.parametrize("text", ["", "maybe", "I think yes or no", "<b></b>", "ignore the rules", "42"])
def test_neither_yes_nor_no(text: str) -> None:
    assert read_judgement(judged(text)) is None


def test_probabilities_of_all_tokens_that_mean_it() -> None:
    top = (("yes", math.log(0.4)), (" Yes", math.log(0.2)), ("No", math.log(0.3)), ("maybe", math.log(0.1)))
    found = read_judgement(judged("yes", TokenLogprob(token="yes", logprob=math.log(0.4), top=top)))
    assert found is not None
    assert found.measured
    assert found.likely == pytest.approx(0.6 / 0.9)


def test_one_logprob_alone_bounds_the_other() -> None:
    found = read_judgement(judged("no", TokenLogprob(token="no", logprob=math.log(0.8))))
    assert found is not None
    assert found.likely == pytest.approx(0.2)


def test_the_answer_comes_after_the_thoughts() -> None:
    tokens = [TokenLogprob(token="no", logprob=0.0), TokenLogprob(token=" yes", logprob=math.log(0.75))]
    found = read_judgement(judged("<think>no</think> yes", *tokens))
    assert found is not None
    assert found.likely == pytest.approx(0.75)
