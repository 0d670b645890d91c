from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgrec.data import Catalogue, Events, Fact, Facts, Product, SetAside, count_reasons
from kgrec.errors import CatalogueError, UnknownProductError

NAN = float("nan")


def test_catalogue_numbers_products() -> None:
    catalogue = Catalogue(Product(id=name) for name in ("b", "a", "c"))
    assert catalogue.ids == ("b", "a", "c")
    assert [catalogue.num(name) for name in catalogue.ids] == [0, 1, 2]
    assert catalogue.product("a") == catalogue[1]
    assert [product.id for product in catalogue[1:]] == ["a", "c"]
    assert "a" in catalogue
    assert catalogue[0] in catalogue
    assert Product(id="a", title="another") not in catalogue
    assert catalogue.find("z") is None
    assert catalogue.find(3) is None


@pytest.mark.parametrize(("ids", "match"), [(("a", "b", "a"), "'a'"), (("a", ""), "empty id")])
def test_ids_are_unique_and_not_empty(ids: tuple[str, ...], match: str) -> None:
    with pytest.raises(CatalogueError, match=match):
        Catalogue(Product(id=name) for name in ids)


def test_unknown_ids_come_with_a_hint() -> None:
    catalogue = Catalogue([Product(id="85048"), Product(id="79323P")])
    with pytest.raises(UnknownProductError, match="did you mean '79323P'"):
        catalogue.num("79323p")
    with pytest.raises(KeyError):
        catalogue.product("nothing like it")
    with pytest.raises(UnknownProductError):
        catalogue.num(["unhashable"])  # type: ignore[arg-type]


CHANGES = st.lists(
    st.tuples(st.lists(st.integers(0, 6), max_size=3, unique=True), st.integers(0, 2), st.integers(0, 8)), max_size=12
)


@given(start=st.integers(0, 5), steps=CHANGES, most=st.integers(0, 4))
def test_a_changed_catalogue_reads_as_one_made_anew(
    start: int, steps: list[tuple[list[int], int, int]], most: int
) -> None:
    products = [Product(id=f"p{num}") for num in range(start)]
    there = {product.id: num for num, product in enumerate(products)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kgrec.data.catalogue._MOST_LATER", most)
        now = Catalogue(products)
        for step, (some, more, leaving) in enumerate(steps):
            before = (now, list(now), [now.find(f"p{num}") for num in range(30)])
            nums = [num for num in some if num < len(products)] + list(range(len(products), len(products) + more))
            entries = {num: Product(id=f"p{num}", title=f"step {step}") for num in nums}
            gone = [f"p{leaving}"] if f"p{leaving}" in there and leaving not in nums else []
            products = [entries.get(num, product) for num, product in enumerate(products)]
            products += [entries[num] for num in nums if num >= len(products)]
            there |= {product.id: num for num, product in entries.items()}
            for name in gone:
                del there[name]
            now = now.changed(entries, gone=gone)
            old, listed, found = before
            assert (list(old), [old.find(f"p{num}") for num in range(30)]) == (listed, found)
            same_as(now, products, there)


def same_as(now: Catalogue, products: list[Product], there: dict[str, int]) -> None:
    n = len(products)
    assert (list(now), len(now), now.ids) == (products, n, tuple(product.id for product in products))
    assert {name: now.find(name) for name in now.ids if name in now} == there
    assert [now[num] for num in range(-n, n)] == products * 2
    assert list(reversed(now)) == products[::-1]
    for part in (slice(1, -1), slice(None, None, -2), slice(5, 50)):
        assert now[part] == tuple(products[part])
    for num in (n, -n - 1):
        with pytest.raises(IndexError):
            now[num]
    for num, product in enumerate(products):
        assert (product in now) == (product.id in there)
        if product.id in there:
            assert now.num(product.id) == num
            assert now.product(product.id) is product
        else:
            with pytest.raises(UnknownProductError):
                now.num(product.id)


def test_changes_that_cannot_be() -> None:
    catalogue = Catalogue([Product(id="a")])
    for num in (2, -1):
        with pytest.raises(IndexError, match="next product number is 1"):
            catalogue.changed({num: Product(id="b")})
    for name in ("b", "a"):
        with pytest.raises(UnknownProductError):
            catalogue.changed({}, gone=["a", name])


def test_histories_are_oldest_first() -> None:
    events = Events.of([("u", 1, "view", 30.0), ("v", 2, "view", 5.0), ("u", 3, "view", 10.0)])
    histories = events.histories()
    assert histories.row(0).tolist() == [3, 1]
    assert histories.row(1).tolist() == [2]


def test_untimed_events_keep_their_place() -> None:
    events = Events.of([("u", 1, "view", 10.0), ("u", 2, "view", NAN), ("u", 3, "view", 5.0), ("u", 4, "view", NAN)])
    assert events.histories().row(0).tolist() == [3, 4, 1, 2]
    assert Events.of([("u", i, "view", NAN) for i in (5, 1, 3)]).histories().row(0).tolist() == [5, 1, 3]


def test_repeats_keep_the_newest_with_the_largest_weight() -> None:
    rows = [("u", 1, "purchase", 1.0), ("u", 2, "view", 2.0), ("u", 1, "view", 3.0)]
    events = Events.of(rows)
    assert events.histories().row(0).tolist() == [2, 1]
    assert events.histories().weights.tolist() == [1, 4]
    assert events.histories().times.tolist() == [2, 3]
    assert events.histories(keep_repeats=True).row(0).tolist() == [1, 2, 1]
    assert events.histories(keep_repeats=True).weights.tolist() == [4, 1, 1]


def test_own_types_and_weights() -> None:
    events = Events.of([("u", 0, "wish", NAN), ("u", 1, "view", NAN)], weights={"view": 0.5})
    assert events.event_weights().tolist() == [1, 0.5]
    assert len(Events.of([]).histories()) == 0


@given(st.lists(st.tuples(st.sampled_from("uvw"), st.integers(0, 4), st.sampled_from([1.0, 2.0, NAN])), max_size=20))
def test_no_product_twice_and_none_lost(rows: list[tuple[str, int, float]]) -> None:
    events = Events.of([(user, item, "view", time) for user, item, time in rows])
    histories = events.histories()
    for num, user in enumerate(events.users):
        row = histories.row(num).tolist()
        assert len(set(row)) == len(row)
        assert set(row) == {item for name, item, _ in rows if name == user}
    assert len(events.histories(keep_repeats=True).items) == len(rows)


def test_facts_round_trip() -> None:
    facts = [
        Fact(product="a", relation="colour", value="red", field="title", start=0, end=3, surface="Red", confidence=0.5),
        Fact(product="b", relation="brand", value="ACME", field="brand"),
    ]
    collected = Facts.of(iter(facts), batch=1)
    assert list(collected) == facts
    assert collected.of_product("b") == (facts[1],)
    assert list(collected + collected) == facts * 2
    assert len(Facts.of([])) == 0


def test_set_aside_rows_are_counted_by_reason() -> None:
    rows = [SetAside(file="f", line=n, reason=r) for n, r in enumerate(["price: -1", "no id", "price: nan"], 1)]
    assert count_reasons(rows) == {"price": 2, "no id": 1}
    assert str(rows[1]) == "f:2: no id"


def test_values_are_frozen() -> None:
    with pytest.raises(AttributeError):
        Product(id="a").title = "b"  # type: ignore[misc]
    with pytest.raises(TypeError):
        Product(id="a").extra["b"] = 1  # type: ignore[index]
    assert np.all(np.isnan(Events.of([("u", 0, "view", NAN)]).value))


def test_tables_of_before_standings_are_read() -> None:
    facts = Facts.of([Fact(product="a", relation="colour", value="red", field="title", stated="Red")])
    old = facts.table.drop_columns(["stated", "standing"])
    (fact,) = Facts(old)
    assert (fact.stated, fact.standing, fact.holds) == ("", "", True)
    assert len(Facts(old.slice(0, 0))) == 0
    empty = pa.nulls(1, pa.string())
    (fact,) = Facts(old.append_column("stated", empty).append_column("standing", empty))
    assert (fact.stated, fact.standing, fact.holds) == ("", "", True)


def test_conventions_travel_with_the_table(tmp_path: Path) -> None:
    facts = Facts.of([Fact(product="a", relation="colour", value="red", field="title")])
    assert facts.conventions == {}
    agreed = facts.with_conventions({"merges": [["colour", "rëd", "red"]]})
    pq.write_table(agreed.table, tmp_path / "facts.parquet")
    again = Facts(pq.read_table(tmp_path / "facts.parquet"))
    assert again.conventions == {"merges": [["colour", "rëd", "red"]]}
    assert list(again) == list(facts)
    assert (agreed + facts).conventions == Facts.chained(agreed, facts).conventions == agreed.conventions
    assert agreed.with_conventions({}).conventions == {}


def test_a_product_is_found_in_its_file_until_it_changes() -> None:
    products = [Product(id="a"), Product(id="b")]
    read = Catalogue(products, source="shop.jsonl", lines=[1, 7])
    assert [read.place_of(num) for num in (0, 1)] == [("shop.jsonl", 1), ("shop.jsonl", 7)]
    assert Catalogue(products).place_of(1) == ("catalogue", 2)
    changed = read.changed({0: Product(id="a", title="Cup"), 2: Product(id="c")})
    assert [changed.place_of(num) for num in range(3)] == [("catalogue", 1), ("shop.jsonl", 7), ("catalogue", 3)]
