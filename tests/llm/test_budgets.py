from __future__ import annotations

import pytest

from kgrec.data import Message, Usage
from kgrec.llm import Price, Spending
from kgrec.llm.estimating import message_tokens, text_tokens


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("", 0), ("a", 1), ("abcd", 1), ("x" * 400, 100), ("青花瓷茶杯", 5), ("é" * 8, 5), ("\ud83d", 1)],
)
def test_tokens_are_guessed_from_characters(text: str, tokens: int) -> None:
    assert text_tokens(text) == tokens


def test_each_message_costs_a_little_more() -> None:
    assert message_tokens([Message(role="system", content="abcd"), Message(role="user", content="")]) == 5 + 4


def test_prices_are_for_a_million() -> None:
    price = Price(input=3.0, output=15.0)
    assert price.cost(Usage(input_tokens=1_000_000, output_tokens=100_000)) == pytest.approx(4.5)
    assert price.cost(Usage()) == 0


@pytest.mark.parametrize(
    ("seconds", "left"),
    [(10.0, "1 min 30 s left"), (1.0, "9 s left"), (4_000.0, "10 h 00 min left"), (0.01, "0 s left")],
)
def test_time_left_is_for_people(seconds: float, left: str) -> None:
    assert Spending(done=80, failed=20, total=1_000, seconds=seconds).describe().endswith(left)


def test_everything_is_in_one_line() -> None:
    spending = Spending(
        attempts=1_250,
        failed_attempts=30,
        usage=Usage(input_tokens=900_000, output_tokens=100_000),
        estimated=Usage(input_tokens=20_000),
        cost=0.195,
        currency="USD",
        done=1_190,
        failed=10,
        total=10_000,
        seconds=100.0,
    )
    assert spending.describe() == (
        "1,190 of 10,000 done, 10 failed, 12.0 a second, 1,250 requests (30 failed), "
        "1,000,000 tokens (2% estimated), 0.1950 USD, 12 min 13 s left"
    )


def test_what_is_not_known_is_not_said() -> None:
    assert Spending(done=3).describe() == "3 done, 0 requests, 0 tokens"
    assert Spending(done=3, seconds=1.0).seconds_left is None
    assert Spending(total=5).seconds_left is None


def test_what_is_postponed_takes_no_time() -> None:
    assert Spending(done=5, postponed=5, total=10, seconds=1.0).seconds_left == 0
