from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgrec.data import Catalogue, Fact, Facts, Product
from kgrec.errors import DataError
from kgrec.extraction import extract
from kgrec.graph import Graph

PATHS = st.lists(
    st.tuples(st.integers(0, 5), st.lists(st.sampled_from(["A", "B", "C & D", "é"]), min_size=1, max_size=4)),
    max_size=15,
)


def named(graph: Graph, text: str) -> int:
    found = graph.find("category", text)
    assert found is not None
    return found


def texts(graph: Graph, values: object) -> list[str]:
    return [graph.label(int(value))[1] for value in values]  # type: ignore[attr-defined]


def test_a_product_is_under_every_level_of_its_path() -> None:
    products = [
        Product(id="polish", title="x", categories=(("Beauty", "Make-up", "Nails"),)),
        Product(id="cream", title="y", categories=(("Beauty", "Skin care"), ("Gifts",))),
        Product(id="tin", title="z", categories=(("Kitchen",),)),
    ]
    graph = Graph.from_facts([p.id for p in products], extract(Catalogue(products)))
    tree = graph.hierarchy()
    beauty = named(graph, "Beauty")
    assert texts(graph, tree.roots) == ["Beauty", "Gifts", "Kitchen"]
    assert texts(graph, tree.children(beauty)) == ["Beauty > Make-up", "Beauty > Skin care"]
    nails = named(graph, "Beauty > Make-up > Nails")
    assert texts(graph, tree.ancestors(nails)) == ["Beauty > Make-up", "Beauty"]
    assert tree.products_under(beauty).tolist() == graph.products_with(beauty).tolist() == [0, 1]
    with pytest.raises(DataError, match="not one of 'category'"):
        tree.ancestors(len(graph.values))


@given(PATHS)
@settings(deadline=None, max_examples=150)
def test_agrees_with_a_plain_model(stated: list[tuple[int, list[str]]]) -> None:
    """Also where only the deepest level is a value, as other extractors may state it."""
    ids = [f"p{num}" for num in range(6)]
    facts = [Fact(product=ids[num], relation="category", value=" > ".join(path), field="f") for num, path in stated]
    facts += [Fact(product=ids[0], relation="aaa", value="A > B", field="f")]
    facts += [Fact(product=ids[0], relation="zzz", value="A", field="f")]
    graph = Graph.from_facts(ids, Facts.of(facts))
    tree = graph.hierarchy()
    paths = {tuple(path) for _, path in stated}
    for path in paths:
        num = named(graph, " > ".join(path))
        above = [path[:depth] for depth in range(len(path) - 1, 0, -1) if path[:depth] in paths]
        assert texts(graph, tree.ancestors(num)) == [" > ".join(each) for each in above]
        below = sorted(" > ".join(each) for each in paths if each[: len(path)] == path and each != path)
        assert texts(graph, tree.descendants(num)) == below
        under = sorted({owner for owner, each in stated if tuple(each[: len(path)]) == path})
        assert tree.products_under(num).tolist() == under
    assert {tuple(text.split(" > ")) for text in texts(graph, tree.roots)} == {
        path for path in paths if not any(path[:depth] in paths for depth in range(1, len(path)))
    }


def test_an_unknown_relation_has_no_tree(graph: Graph) -> None:
    assert graph.hierarchy("nothing").roots.tolist() == []
