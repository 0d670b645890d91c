"""What a model says → an order or a probability, whatever stands around it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kgrec.data import Completion, TokenLogprob

__all__ = ["Judgement", "Order", "read_judgement", "read_order"]

_THOUGHT = re.compile(r"<(think|thinking|reasoning)>.*?(</\1>|\Z)", re.DOTALL | re.IGNORECASE)
_BRACKETED = re.compile(r"\[\s*(\d{1,6})\s*\]")
_RUN = re.compile(r"(?<![\w.])#?\d{1,6}(?:[\s,;>|/→≻、，；=-]{1,8}(?:and\s{1,3})?#?\d{1,6})+(?!\w|\.\d)")
_NUMBER = re.compile(r"\d{1,6}")
_OPENERS = re.compile(r"[\[{]")
_TRIED = 50
"""Brackets at which JSON is looked for."""
_YES = frozenset({"yes", "y", "true", "是", "是的", "会", "oui", "ja", "sí", "si", "sim", "да", "はい", "예", "네"})
_NO = frozenset({"no", "n", "false", "否", "不", "不是", "不会", "non", "nein", "não", "нет", "いいえ", "아니요"})
_WORDS = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order that a model gave, made whole.

    Attributes:
        places: numbers 0 … count−1, each once, best first; those the model left out come last, in their own order.
        named: how many of them the model named.
        doubled: numbers that it named again; the first time counts.
        unknown: numbers that it named and that nobody has.
    """

    places: tuple[int, ...]
    named: int
    doubled: int
    unknown: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Yes or no.

    Attributes:
        likely: probability of yes, 0 … 1; 1 or 0 where only the word is known.
        measured: whether log-probabilities say so.
    """

    likely: float
    measured: bool


def read_order(text: str, count: int) -> Order | None:
    """Read an order of candidates 1 … ``count``; None where the text names none of them.

    An object or list in JSON is believed first, then numbers in square brackets, then the longest run of numbers with
    nothing but separators between them: prose around them may hold numbers too.
    """
    plain = _THOUGHT.sub(" ", text)
    for numbers in _readings(plain):
        found = _whole(numbers, count)
        if found.named >= min(2, count):
            return found
    return None


def _readings(text: str) -> Iterable[list[int]]:
    """Yield what the text may mean, the surest reading first."""
    yield from _json_lists(text)
    if bracketed := [int(number) for number in _BRACKETED.findall(text)]:
        yield bracketed
    runs = [[int(number) for number in _NUMBER.findall(run[0])] for run in _RUN.finditer(text)]
    yield from sorted(runs, key=len, reverse=True)
    lone = _NUMBER.findall(text)
    if len(lone) == 1:
        yield [int(lone[0])]


def _json_lists(text: str) -> Iterable[list[int]]:
    decoder = json.JSONDecoder()
    for opened in list(_OPENERS.finditer(text))[:_TRIED]:
        try:
            found, _ = decoder.raw_decode(text, opened.start())
        except (ValueError, RecursionError):
            continue
        held = (
            next((value for value in found.values() if isinstance(value, list)), None)
            if isinstance(found, dict)
            else found
        )
        if isinstance(held, list) and len(held) > 1 and (numbers := _numbers(held)):
            yield numbers


def _numbers(values: Sequence[object]) -> list[int]:
    """Return the whole numbers of a list, also those written as texts such as ``"[3]"`` or as ``{"number": 3}``."""
    found = []
    for value in values:
        if isinstance(value, dict):
            value = next((part for part in value.values() if isinstance(part, int)), None)
        if isinstance(value, str) and (held := re.fullmatch(r"\D{0,12}(\d{1,6})\D{0,3}", value)):
            found.append(int(held[1]))
        elif isinstance(value, int) and not isinstance(value, bool):
            found.append(value)
    return found


def _whole(numbers: Sequence[int], count: int) -> Order:
    inside = [number - 1 for number in numbers if 1 <= number <= count]
    named = tuple(dict.fromkeys(inside))
    given = set(named)
    rest = tuple(place for place in range(count) if place not in given)
    return Order(
        places=(*named, *rest),
        named=len(named),
        doubled=len(inside) - len(named),
        unknown=len(numbers) - len(inside),
    )


def read_judgement(reply: Completion) -> Judgement | None:
    """Read yes or no; None where the reply is neither, or both.

    Where there are log-probabilities, the probabilities of all likely tokens that mean yes are added up at the place of
    the answer, and compared with those that mean no.
    """
    words = [word.casefold() for word in _WORDS.findall(_THOUGHT.sub(" ", reply.text))]
    said = {word in _YES for word in words[:1] if word in _YES or word in _NO}
    if not said:
        said = {word in _YES for word in words if word in _YES or word in _NO}
    if len(said) != 1:
        return None
    yes = said.pop()
    answer = _answer(reply.logprobs or (), yes=yes)
    if answer is None:
        return Judgement(likely=float(yes), measured=False)
    return Judgement(likely=_likely(answer, yes=yes), measured=True)


def _answer(tokens: Sequence[TokenLogprob], *, yes: bool) -> TokenLogprob | None:
    """Return the token that the answer is in: the last that means it, as thoughts may come before."""
    return next((token for token in reversed(tokens) if _means(token.token) is yes), None)


def _means(token: str) -> bool | None:
    word = token.strip(" \t\r\n\"'*_`.,:;!#▁Ġ()[]{}").casefold()
    return True if word in _YES else False if word in _NO else None


def _likely(answer: TokenLogprob, *, yes: bool) -> float:
    own = math.exp(min(answer.logprob, 0.0))
    shares = {True: 0.0, False: 0.0}
    for token, logprob in answer.top:
        if (means := _means(token)) is not None:
            shares[means] += math.exp(min(logprob, 0.0))
    shares[yes] = max(shares[yes], own)
    if shares[not yes] == 0:  # the other word is not among the likely ones: what is left bounds it
        shares[not yes] = max(1.0 - shares[yes], 1e-9) if not answer.top else 1e-9
    return shares[True] / (shares[True] + shares[False])
