from __future__ import annotations

import json
import operator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgrec.data import Catalogue, Fact, Facts, Product
from kgrec.errors import SettingsError
from kgrec.graph import Graph
from kgrec.retrieval import FaissIndex, Filter, ProductTable, field, nearest_allowed, parse_filter
from kgrec.retrieval.filters import AllOf, AnyOf, Condition

COMPARE = {"==": operator.eq, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
BRANDS = ("OPI", "Essie", "Zoya")
PATHS = (("Beauty",), ("Beauty", "Nails"), ("Beauty", "Nails", "Glue"), ("Beauty", "Nailsets"), ("Home", "Nails"))
COLOURS = ("red", "blue", "dark blue")


def table_of(products: list[Product], facts: list[Fact] | None = None) -> ProductTable:
    catalogue = Catalogue(products)
    return ProductTable(catalogue, Graph.from_facts(catalogue.ids, Facts.of(facts or [])))


def kept(table: ProductTable, where: Filter | dict[str, Any]) -> list[int]:
    return np.flatnonzero(table.mask(parse_filter(where))).tolist()


@cache
def shop() -> tuple[list[Product], dict[int, set[str]], ProductTable]:
    """Return 400 random products, the colours of each as the graph has them, and their table."""
    rng = np.random.default_rng(0)
    products, colours = [], {}
    for num in range(400):
        paths = [PATHS[at] for at in rng.choice(len(PATHS), rng.integers(0, 3), replace=False)]
        products.append(
            Product(
                id=f"p{num}",
                brand=None if rng.random() < 0.3 else BRANDS[rng.integers(3)],
                price=None if rng.random() < 0.3 else float(rng.integers(0, 30)),
                available=(None, True, False)[rng.integers(3)],
                currency="EUR",
                categories=tuple(paths),
                attributes={} if rng.random() < 0.5 else {"height": (f"{rng.integers(1, 30)} cm",)},
                extra={} if rng.random() < 0.5 else {"stock": int(rng.integers(0, 9)), "note": ["x", None, {}]},
            )
        )
        colours[num] = set(rng.choice(COLOURS, rng.integers(0, 3), replace=False).tolist())
    facts = [
        Fact(product=f"p{num}", relation="colour", value=value, field="title")
        for num, values in colours.items()
        for value in sorted(values)
    ]
    return products, colours, table_of(products, facts)


def values_of(num: int, name: str) -> list[Any]:
    products, colours, _ = shop()
    product = products[num]
    if name == "colour":
        return sorted(colours[num])
    if name == "height":
        return [float(text.removesuffix(" cm")) for text in product.attributes.get("height", ())]
    if name == "stock":
        return [float(product.extra["stock"])] if product.extra else []
    if name == "category":
        return [" > ".join(path) for path in product.categories]
    value = getattr(product, name)
    return [] if value is None else [value]


def holds(num: int, where: Any) -> bool:
    """Say whether a JSON filter holds for a product, one product at a time."""
    for key, value in where.items():
        if key == "not":
            good = not holds(num, value)
        elif key in ("any", "all"):
            good = (any if key == "any" else all)(holds(num, part) for part in value)
        else:
            stated = value if isinstance(value, dict) else {"in": value} if isinstance(value, list) else {"==": value}
            good = all(compares(values_of(num, key), key, op, wanted) for op, wanted in stated.items())
        if not good:
            return False
    return True


def compares(values: list[Any], key: str, op: str, wanted: Any) -> bool:
    if op == "exists":
        return bool(values) == wanted
    if key == "category" and op != "under":
        values = [*values, *(level for value in values for level in value.split(" > "))]  # one level says: any path
    if op == "in":
        return any(value in wanted for value in values)
    if op == "under":
        return any((value + " > ").startswith(wanted + " > ") for value in values)
    if key == "height":
        wanted = float(wanted.removesuffix(" cm"))
    if op == "!=":
        return bool(values) and all(value != wanted for value in values)
    return any(COMPARE[op](value, wanted) for value in values)


NUMBER = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
LEAVES = st.one_of(
    st.builds(lambda op, v: {"price": {op: v}}, NUMBER, st.integers(0, 30)),
    st.builds(lambda a, b: {"price": {">": a, "<=": b}}, st.integers(0, 30), st.integers(0, 30)),
    st.builds(lambda op, v: {"stock": {op: v}}, NUMBER, st.integers(0, 9)),
    st.builds(lambda op, v: {"height": {op: f"{v} cm"}}, NUMBER, st.integers(0, 30)),
    st.builds(lambda v: {"available": v}, st.booleans()),
    st.builds(lambda v: {"brand": v}, st.sampled_from([*BRANDS, "nobody"])),
    st.builds(lambda op, v: {"colour": {op: v}}, st.sampled_from(["==", "!="]), st.sampled_from(COLOURS)),
    st.builds(lambda v: {"colour": v}, st.lists(st.sampled_from(COLOURS), max_size=3)),
    st.builds(lambda v: {"brand": v}, st.lists(st.sampled_from(BRANDS), max_size=3)),
    st.builds(
        lambda op, v: {"category": {op: " > ".join(v)}}, st.sampled_from(["under", "==", "!="]), st.sampled_from(PATHS)
    ),
    st.builds(
        lambda name, v: {name: {"exists": v}},
        st.sampled_from(["price", "brand", "category", "available", "height"]),
        st.booleans(),
    ),
)
FILTERS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(lambda part: {"not": part}, inner),
        st.builds(lambda parts: {"any": parts}, st.lists(inner, max_size=3)),
        st.builds(lambda parts: {"all": parts}, st.lists(inner, max_size=3)),
        st.builds(lambda a, b: {**a, **b}, inner, inner),
    ),
    max_leaves=6,
)


@given(FILTERS)
@settings(max_examples=150, deadline=None)
def test_masks_against_one_product_at_a_time(where: dict[str, Any]) -> None:
    products, _, table = shop()
    expected = [num for num in range(len(products)) if holds(num, where)]
    assert kept(table, where) == expected
    assert kept(table, json.loads(json.dumps(where))) == expected


# --- the two forms


@pytest.mark.parametrize(
    ("expression", "stated"),
    [
        (field("price") <= 20, {"price": {"<=": 20}}),
        (field("price") == 20, {"price": 20}),
        (field("price") != 20, {"price": {"!=": 20}}),
        (field("price") < 20, {"price": {"<": 20}}),
        ((field("price") > 5) & (field("price") <= 20), {"price": {">": 5, "<=": 20}}),
        (field("brand").isin(["OPI", "Essie"]), {"brand": ["OPI", "Essie"]}),
        (field("brand").isin(["OPI", "Essie"]), {"brand": {"in": ["OPI", "Essie"]}}),
        (field("category").under("Beauty > Nails"), {"category": {"under": "Beauty > Nails"}}),
        (field("category").under(["Beauty", "Nails"]), {"category": {"under": ["Beauty", "Nails"]}}),
        (field("available") == True, {"available": True}),  # noqa: E712
        (~(field("price") > 20), {"not": {"price": {">": 20}}}),
        (~field("brand").exists(), {"brand": {"exists": False}}),
        ((field("price") < 5) | (field("brand") == "OPI"), {"any": [{"price": {"<": 5}}, {"brand": "OPI"}]}),
        ((field("price") < 5) & (field("brand") == "OPI"), {"price": {"<": 5}, "brand": "OPI"}),
        ((field("price") < 5) & (field("brand") == "OPI"), {"all": [{"price": {"<": 5}}, {"brand": "OPI"}]}),
        (AllOf(()), {}),
        (AnyOf(()), {"any": []}),
    ],
)
def test_both_forms_are_one_expression(expression: Filter, stated: dict[str, Any]) -> None:
    assert hash(parse_filter(stated)) == hash(expression)
    assert (parse_filter(stated) == expression) is True
    assert parse_filter(expression) is expression


def test_expressions_are_values() -> None:
    where = (field("price") <= 20) & (field("brand") == "OPI") & ~field("colour").exists()
    assert str(where) == "(price <= 20.0 and brand == 'OPI' and not colour exists)"
    assert ~~where is where
    assert parse_filter({"all": [where, {"price": 3}]}) is not where
    assert ((field("stock") == 1) == (field("stock") == True)) is False  # noqa: E712
    with pytest.raises(SettingsError, match=r"& \|"):
        bool(where)
    with pytest.raises(SettingsError, match="5 < f < 20"):
        5 < field("price") < 20  # noqa: B015
    with pytest.raises(TypeError):
        where & True  # type: ignore[operator]


def test_numpy_values() -> None:
    _, _, table = shop()
    assert kept(table, field("price") <= np.float32(7)) == kept(table, field("price") <= 7)
    assert kept(table, field("available") == np.True_) == kept(table, {"available": True})
    assert kept(table, {"brand": np.array(["OPI"])}) == kept(table, {"brand": "OPI"})


# --- what fields hold


def test_missing_values() -> None:
    table = table_of([Product(id="a", price=10.0), Product(id="b"), Product(id="c", price=30.0)])
    price = field("price")
    assert kept(table, price <= 20) == [0]
    assert kept(table, ~(price > 20)) == [0, 1]
    assert kept(table, price != 10) == [2]
    assert kept(table, ~(price == 10)) == [1, 2]
    assert kept(table, price.exists()) == [0, 2]
    assert kept(table, {}) == [0, 1, 2]
    assert kept(table, {"any": []}) == []
    assert kept(table, {"price": []}) == []
    assert kept(table, {"available": False}) == []


def test_texts_are_equal_without_regard_to_case_and_width() -> None:
    table = table_of(
        [Product(id="a", brand="O.P.I  Nails"), Product(id="b", brand="ＯＰＩ"), Product(id="c", brand="")]
    )
    assert kept(table, {"brand": "o.p.i nails"}) == [0]
    assert kept(table, {"brand": "opi"}) == [1]
    assert kept(table, field("brand").exists()) == [0, 1]
    assert kept(table, {"id": ["B", "c"]}) == [1, 2]


def test_categories_at_whole_levels() -> None:
    products = [
        Product(id="a", categories=(("Beauty", "Nails", "Glue"), ("Sale",))),
        Product(id="b", categories=(("Beauty", "Nailsets"),)),
        Product(id="c", categories=(("Hair > Care", "Oil"),)),
        Product(id="d"),
    ]
    facts = [
        Fact(product=p, relation="category", value=v, field="f") for p, v in (("a", "Beauty"), ("d", "beauty > Eyes"))
    ]
    table = table_of(products, facts)
    under = field("category").under
    assert kept(table, under("Beauty")) == [0, 1, 3]
    assert kept(table, under("beauty>nails")) == [0]
    assert kept(table, under("Nails")) == []
    assert kept(table, {"category": "Beauty"}) == [0, 1, 3]
    assert kept(table, {"category": "nails"}) == [0]
    assert kept(table, {"category": {"!=": "Nails"}}) == [1, 2, 3]
    assert kept(table, {"category": "Nail"}) == []
    assert kept(table, {"category": "Beauty > Nails"}) == []
    assert kept(table, {"category": "Beauty > Nails > Glue"}) == [0]
    assert kept(table, {"category": ["Sale", "Beauty > Nailsets"]}) == [0, 1]
    assert kept(table, {"category": {"!=": "Sale"}}) == [1, 2, 3]
    assert kept(table, under(["Hair > Care", "Oil"])) == [2]


def test_one_name_of_several_origins() -> None:
    products = [
        Product(id="a", brand="Alder"),
        Product(id="b", attributes={"colour": ("Red",)}),
        Product(id="c", extra={"colour": "green", "organic": True, "rating": 4.5}),
    ]
    facts = [
        Fact(product="b", relation="brand", value="Birch", field="title"),
        Fact(product="a", relation="colour", value="red", field="title"),
    ]
    table = table_of(products, facts)
    assert kept(table, {"brand": ["alder", "birch"]}) == [0, 1]
    assert kept(table, {"colour": "red"}) == [0, 1]
    assert kept(table, {"colour": {"exists": True}}) == [0, 1, 2]
    assert kept(table, {"organic": True}) == [2]
    assert kept(table, {"rating": {">": 4}}) == [2]
    assert kept(table, {"rating": 4.5}) == [2]


def test_numbers_in_texts_keep_their_units() -> None:
    heights = ("15 cm", "150 mm", "7", "tall", "15cm", "3 x 4 cm")
    table = table_of([Product(id=f"p{at}", attributes={"height": (text,)}) for at, text in enumerate(heights)])
    assert kept(table, field("height") >= "10 cm") == [0, 4]
    assert kept(table, field("height") >= 7) == [2]
    assert kept(table, {"height": 7}) == [2]
    assert kept(table, {"height": "tall"}) == [3]
    assert kept(table, field("height") < "10 miles") == []


def test_an_empty_catalogue() -> None:
    table = table_of([])
    for where in (
        {"price": 1},
        {"brand": "x"},
        {"category": {"under": "x"}},
        {"available": True},
        {"not": {"id": "x"}},
    ):
        assert kept(table, where) == []


# --- what is refused


@pytest.mark.parametrize("name", ["prize", "availability", "Brand", "colours", "categories"])
def test_unknown_fields_name_what_is_close(name: str) -> None:
    _, _, table = shop()
    close = {
        "prize": "price",
        "availability": "available",
        "Brand": "brand",
        "colours": "colour",
        "categories": "category",
    }
    with pytest.raises(SettingsError, match=f"unknown field '{name}': did you mean .*'{close[name]}'"):
        table.mask(field(name) == "x")
    with pytest.raises(SettingsError, match="unknown field 'xyzzy': the shop has price, available"):
        table.mask(field("xyzzy") == "x")


@pytest.mark.parametrize(
    "where",
    [
        {"price": {"<": "cheap"}},
        {"price": "cheap"},
        {"price": True},
        {"price": [1, "2"]},
        {"price": {"<": True}},
        {"price": {"<": float("nan")}},
        {"price": None},
        {"price": {"under": "x"}},
        {"available": 1},
        {"available": "yes"},
        {"available": {"<": 1}},
        {"brand": {"<": "OPI"}},
        {"brand": {">": 5}},
        {"brand": 5},
        {"brand": {"under": "x"}},
        {"brand": {}},
        {"brand": {"like": "O"}},
        {"brand": {"in": "OPI"}},
        {"brand": {"exists": 1}},
        {"brand": [["OPI"]]},
        {"brand": b"OPI"},
        {"category": 5},
        {"category": {"<": "Beauty"}},
        {"category": {"under": []}},
        {"category": {"under": " > "}},
        {"category": {"under": 5}},
        {"any": {"price": 1}},
        {"all": "price"},
        {"any": [5]},
        {"not": [{"price": 1}]},
        {"": 5},
        {5: 5},
        "price <= 20",
        ["price"],
        field("available"),
    ],
)
def test_malformed_filters(where: Any) -> None:
    _, _, table = shop()
    with pytest.raises(SettingsError):
        table.mask(parse_filter(where))


def test_malformed_conditions() -> None:
    for op, values in (("==", ()), ("<", (1, 2)), ("exists", (1,)), ("under", ()), ("~", (1,))):
        with pytest.raises(SettingsError):
            Condition("price", op, values)  # type: ignore[arg-type]
    _, _, table = shop()
    with pytest.raises(SettingsError, match=r"kgrec\.field"):
        table.mask(Filter())
    deep: dict[str, Any] = {"price": 1}
    for _ in range(100):
        deep = {"all": [deep]}
    with pytest.raises(SettingsError, match="nested"):
        parse_filter(deep)


# --- kept masks


def test_masks_are_kept_and_bounded() -> None:
    products, _, _ = shop()
    table = table_of(products)
    first = table.mask(field("price") <= 3)
    assert table.mask(parse_filter({"price": {"<=": 3}})) is first
    assert not first.flags.writeable
    for price in range(200):
        table.mask(field("price") <= price)
    assert len(table._masks) == 64
    assert table.mask(field("price") <= 3) is not first


def test_sixteen_threads() -> None:
    products, _, _ = shop()
    table, expected = (
        table_of(products),
        {v: [n for n in range(400) if holds(n, {"price": {"<": v}})] for v in range(30)},
    )

    def ask(value: int) -> bool:
        where = (field("price") < value) & (field("currency") == "eur")
        return np.flatnonzero(table.mask(where)).tolist() == expected[value]

    with ThreadPoolExecutor(max_workers=16) as pool:
        assert all(pool.map(ask, [*range(30)] * 20))


# --- nearest vectors


@cache
def vectors() -> tuple[np.ndarray, FaissIndex]:
    drawn = np.random.default_rng(0).standard_normal((12_000, 12)).astype(np.float32)
    drawn[::50] = 0
    unit = np.divide(drawn, np.linalg.norm(drawn, axis=1, keepdims=True), out=drawn, where=drawn.any(1, keepdims=True))
    return unit, FaissIndex(unit)


@pytest.mark.parametrize("share", [1.0, 0.999, 0.5, 0.1, 0.01, 0.001, 0.0])
@pytest.mark.parametrize("k", [1, 10, 300])
def test_nearest_of_the_kept_against_brute_force(share: float, k: int) -> None:
    unit, index = vectors()
    rng = np.random.default_rng(1)
    for _ in range(5):
        query = rng.standard_normal(12).astype(np.float32)
        allowed = rng.random(len(unit)) < share
        nums, cosines = nearest_allowed(index.search, unit, query, allowed, k)
        truth = np.where(allowed, unit @ (query / np.linalg.norm(query)), -1.0)
        best = np.sort(truth[truth > 0])[::-1][:k]
        assert len(nums) == len(best) == len(set(nums.tolist()))
        assert allowed[nums].all()
        np.testing.assert_allclose(cosines, best, atol=1e-6)
        np.testing.assert_allclose(truth[nums], best, atol=1e-6)


def test_a_filter_against_the_query_is_scanned() -> None:
    """Half of the products are kept, but only those the query is farthest from: the index would not reach them."""
    unit, index = vectors()
    query = unit[1]
    allowed = unit @ query < np.median(unit @ query)
    allowed[np.argsort(-(unit @ query))[2_000:2_005]] = True
    nums, _ = nearest_allowed(index.search, unit, query, allowed, 5)
    assert sorted(nums.tolist()) == sorted(np.argsort(-(unit @ query))[2_000:2_005].tolist())


def test_an_index_that_forgets_is_not_believed() -> None:
    unit, index = vectors()

    def forgetful(queries: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        cosines, nums = index.search(queries, k)
        return cosines, np.where(nums % 2, nums, -1)

    allowed = np.ones(len(unit), np.bool_)
    allowed[:100] = False
    assert len(nearest_allowed(forgetful, unit, unit[1], allowed, 150)[0]) == 150
