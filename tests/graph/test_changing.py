from __future__ import annotations

from collections import defaultdict
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgrec.data import Fact, Facts
from kgrec.errors import DataError
from kgrec.graph import Graph

FACTS = st.lists(
    st.tuples(st.integers(0, 7), st.sampled_from(["a", "b", "c", "ä"]), st.sampled_from(["", "x", "y", "z", "é", "0"])),
    max_size=25,
)
STEPS = st.lists(st.tuples(st.sets(st.integers(0, 7), max_size=3), st.integers(0, 2), FACTS), max_size=5)


def facts_of(stated: list[tuple[int, str, str]], wanted: set[int]) -> dict[int, list[Fact]]:
    found: dict[int, list[Fact]] = defaultdict(list)
    for at, (num, relation, value) in enumerate(stated):
        if num in wanted:
            sure = 0.5 + 0.01 * (at % 20)
            standing = "overruled" if value == "0" else "rejected" if value == "z" and num % 2 else ""
            found[num].append(
                Fact(
                    product=f"p{num}",
                    relation=relation,
                    value=value,
                    field="title",
                    confidence=sure,
                    surface=value,
                    standing=standing,  # type: ignore[arg-type]
                )
            )
    return found


@given(start=st.integers(1, 6), first=FACTS, steps=STEPS, sources=st.booleans())
@settings(max_examples=150, deadline=None)
def test_equal_to_the_graph_of_all_facts(
    start: int,
    first: list[tuple[int, str, str]],
    steps: list[tuple[set[int], int, list[tuple[int, str, str]]]],
    sources: bool,
) -> None:
    n = start
    held = facts_of(first, set(range(n)))
    graph = Graph.from_facts(ids(n), flat(held), keep_sources=sources)
    for some, more, stated in steps:
        nums = {num for num in some if num < n} | set(range(n, n + more))
        n += more
        before = [graph.label(value) for value in range(len(graph.values))]
        had = {label: len(graph.products_with(at)) for at, label in enumerate(before)}
        given_now = facts_of(stated, nums)
        held = {num: found for num, found in held.items() if num not in nums} | given_now
        graph, renumbered = graph.with_products(ids(n), sorted(nums), flat(given_now))
        whole = Graph.from_facts(ids(n), flat(held), keep_sources=sources)
        assert graph == whole
        Graph(**{field.name: getattr(graph, field.name) for field in fields(graph)})  # checks the arrays
        after = {label: at for at, label in enumerate(map(graph.label, range(len(graph.values))))}
        assert renumbered.new_of.tolist() == [after.get(label, -1) for label in before]
        touched = {at for label, at in after.items() if len(graph.products_with(at)) != had.get(label, 0)}
        assert touched <= set(renumbered.values.tolist())
        for num in range(n):
            assert graph.set_aside(num) == whole.set_aside(num)
            assert bool(whole.set_aside(num)) == (sources and any(not f.holds and f.value for f in held.get(num, [])))
            for value in graph.values_of(num).tolist():
                stated_by = graph.sources(num, value)
                assert sources == bool(stated_by)
                assert all(fact.holds for fact in stated_by)
                assert set(stated_by) == set(whole.sources(num, whole.find(*graph.label(value))))
        if sources:
            again = Graph.from_arrays(ids(n), graph.to_arrays(), graph.to_tables())
            assert again == graph
            assert [again.set_aside(num) for num in range(n)] == [graph.set_aside(num) for num in range(n)]


def ids(n: int) -> tuple[str, ...]:
    return tuple(f"p{num}" for num in range(n))


def flat(held: dict[int, list[Fact]]) -> Facts:
    return Facts.of(fact for found in held.values() for fact in found)


def test_new_products_must_be_named() -> None:
    graph = Graph.from_facts(("a",), Facts.of([]))
    for product_ids, nums in ((("a", "b"), [0]), ((), []), (("a",), [1]), (("a",), [-1])):
        with pytest.raises(DataError):
            graph.with_products(product_ids, np.array(nums, np.int64), Facts.of([]))
