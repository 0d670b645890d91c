"""Facts that readers make in numbers are facts like any other."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError, fields, replace

import pytest

from kgrec.data import Fact
from kgrec.data.facts import fact_from_text


def test_it_is_the_fact_that_the_class_makes() -> None:
    made = fact_from_text("1", "colour", "red", "title", 2, 5, "Red", 0.5, "rules")
    plain = Fact(
        product="1",
        relation="colour",
        value="red",
        field="title",
        start=2,
        end=5,
        surface="Red",
        confidence=0.5,
        extractor="rules",
    )
    assert type(made) is Fact
    assert (made, hash(made), repr(made)) == (plain, hash(plain), repr(plain))
    assert all(getattr(made, field.name) == getattr(plain, field.name) for field in fields(Fact))
    assert pickle.loads(pickle.dumps(made)) == plain
    assert replace(made, value="blue").value == "blue"
    with pytest.raises(FrozenInstanceError):
        made.value = "blue"  # type: ignore[misc]
