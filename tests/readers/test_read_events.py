from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgrec.data import DEFAULT_WEIGHTS, Catalogue, Events, Product, count_reasons
from kgrec.errors import EventsError, SettingsError
from kgrec.readers import read_events
from kgrec.readers.events import event_type

Write = Callable[[str, str | bytes], Path]
T = 1_433_222_501


def rows(events: Events) -> list[tuple[str, int, str, float | None, float | None]]:
    def number(value: float) -> float | None:
        return None if np.isnan(value) else float(value)

    columns = zip(events.user, events.item, events.type, events.time, events.value, strict=True)
    return [(events.users[u], int(i), events.types[k], number(t), number(v)) for u, i, k, t, v in columns]


def lines_of(events: Events) -> list[tuple[int, str]]:
    return [(row.line, row.reason.split(":")[0]) for row in events.set_aside]


CSV = (
    f"visitorid,itemid,event,timestamp,quantity\nu1,a,view,{T},\n"
    f"u2,b,transaction,{T}.5,3\nu1,a,Add to Cart,,\nu1,z,view,{T},\n"
)
EXPECTED = [("u1", 0, "view", T, None), ("u2", 1, "purchase", T + 0.5, 3.0), ("u1", 0, "cart", None, None)]


@pytest.mark.parametrize("form", ["csv", "csv.gz", "tsv", "jsonl", "parquet", "pandas", "polars", "arrow"])
def test_every_source(write: Write, shop: Catalogue, form: str, tmp_path: Path) -> None:
    cells = [line.split(",") for line in CSV.splitlines()]
    records = [
        {k: float(v) if k == "quantity" and v else v or None for k, v in zip(cells[0], row, strict=True)}
        for row in cells[1:]
    ]
    table = pa.Table.from_pylist(records)
    table = table.set_column(3, "timestamp", table["timestamp"].cast(pa.float64()))
    pq.write_table(table, tmp_path / "e.parquet")
    source = {
        "csv": lambda: write("e.csv", CSV),
        "csv.gz": lambda: write("e.csv.gz", gzip.compress(CSV.encode())),
        "tsv": lambda: write("e.tsv", CSV.replace(",", "\t")),
        "jsonl": lambda: write("e.jsonl", "\n".join(map(json.dumps, records))),
        "parquet": lambda: tmp_path / "e.parquet",
        "pandas": table.to_pandas,
        "polars": lambda: pl.DataFrame(table.to_pydict()),
        "arrow": lambda: table,
    }[form]()
    events = read_events(source, shop)
    assert rows(events) == EXPECTED
    assert events.unknown_products == {"z": 1}
    assert events.set_aside == ()
    assert (events.user.dtype, events.item.dtype, events.type.dtype) == (np.int32, np.int32, np.int16)
    assert (events.time.dtype, events.value.dtype) == (np.float64, np.float64)
    assert events.weights == DEFAULT_WEIGHTS


def test_event_types() -> None:
    assert [event_type(name) for name in ("buy", "ORDER", "add_to_cart", "basket", "page-view", "click", "detail")] == [
        "purchase", "purchase", "cart", "cart", "view", "view", "view",
    ]  # fmt: skip
    assert [event_type(name) for name in ("review", "rate", " Wish ", "view")] == ["rating", "rating", "Wish", "view"]


def test_default_type(write: Write, shop: Catalogue) -> None:
    path = write("e.csv", "user,item\nu,a\n")
    assert read_events(path, shop).types == ("purchase",)
    assert read_events(path, shop, default_type="click").types == ("view",)
    with pytest.raises(SettingsError, match="default_type"):
        read_events(path, shop, default_type=" ")
    mixed = write(
        "e.jsonl",
        '{"user": "u", "item": "a"}\n{"user": "u", "item": "a", "type": "cart"}\n'
        '{"user": "u", "item": "a", "type": null}',
    )
    events = read_events(mixed, shop)
    assert [row[2] for row in rows(events)] == ["purchase", "cart"]
    assert lines_of(events) == [(3, "no event type")]


def test_weights(write: Write, shop: Catalogue) -> None:
    path = write("e.csv", "user,item,event\nu,a,wish\nu,b,view\nu,b,gaze\n")
    events = read_events(path, shop, weights={"wish": 3, "pageview": 0.5, "purchase": 9})
    assert events.weights == {**DEFAULT_WEIGHTS, "wish": 3.0, "view": 0.5, "purchase": 9.0, "gaze": 1.0}
    assert events.event_weights().tolist() == [3.0, 0.5, 1.0]
    with pytest.raises(SettingsError, match=r"'wsh'; .* has 'wish', 'view', 'gaze'"):
        read_events(path, shop, weights={"wsh": 3})
    for weight in (0, -1, float("nan"), float("inf"), True, "2"):
        with pytest.raises(SettingsError, match="weight of 'wish'"):
            read_events(path, shop, weights={"wish": weight})  # type: ignore[dict-item]


def test_set_aside(write: Write, shop: Catalogue) -> None:
    content = (
        "user,item,type,time,value\n"
        ",a,view,,\n"
        "u,,view,,\n"
        "u,a,,,\n"
        "u,a,view,03/04/2010,\n"
        "u,a,view,yesterday,\n"
        "u,a,view,5,\n"
        "u,a,view,0001-01-01T00:00:00Z,\n"
        'u,a,view,,"1\nx"\n'
        "u,a,view,,inf\n"
        "u,a,view,1e999,\n"
        "u,a,view\n"
        f"u,a,view,{T},1.5\n"
        "  ,z,view,,\n"
    )
    path = write("e.csv", content.encode() + b"u\xff,a,view,,\n")
    events = read_events(path, shop)
    assert rows(events) == [("u", 0, "view", T, 1.5)]
    assert lines_of(events) == [
        (2, "no user"), (3, "no item"), (4, "no event type"), (5, "ambiguous time"), (6, "unreadable time"),
        (7, "implausible time"), (8, "implausible time"), (9, "unreadable value"), (11, "infinite value"),
        (12, "infinite time"), (13, "too few cells"), (15, "no user"), (16, "invalid UTF-8"),
    ]  # fmt: skip
    assert events.unknown_products == {}
    assert events.set_aside[3].reason == "ambiguous time: '03/04/2010'"
    assert events.set_aside[3].excerpt == "u,a,view,03/04/2010,"
    assert count_reasons(events.set_aside)["no user"] == 2


def test_mixed_json(write: Write, shop: Catalogue) -> None:
    lines = [
        {"user": 1, "item": 17850, "time": T},
        {"user": "1", "item": 17850.0, "time": str(T), "value": "2"},
        {"user": 2.0, "item": "a", "time": "2015-06-02T05:21:41Z", "value": 3},
        {"user": True, "item": "a"},
        {"user": "u", "item": ["a"]},
        {"user": "u", "item": "a", "time": {"day": 1}},
        {"user": "u", "item": "a", "value": [1]},
        {"user": None, "item": "a"},
        {"user": 10**30, "item": "a"},
    ]
    events = read_events(write("e.jsonl", "\n".join(map(json.dumps, lines))), shop)
    assert rows(events) == [
        ("1", 2, "purchase", T, None),
        ("1", 2, "purchase", T, 2.0),
        ("2", 0, "purchase", T, 3.0),
        (str(10**30), 0, "purchase", None, None),
    ]
    assert lines_of(events) == [
        (4, "unreadable user"), (5, "unreadable item"), (6, "unreadable time"), (7, "unreadable value"), (8, "no user"),
    ]  # fmt: skip


def test_ids_of_tables(shop: Catalogue, write: Write) -> None:
    table = pa.table({"Customer ID": [17850.0, None, 1.5, 2e17], "sku": [17850, 17850, 17850, 17850]})
    events = read_events(table, shop)
    assert rows(events) == [("17850", 2, "purchase", None, None)]
    assert lines_of(events) == [(2, "no user"), (3, "unreadable user"), (4, "unreadable user")]
    assert events.set_aside[0].excerpt == "Customer ID=None, sku=17850"
    frame = pd.DataFrame({"user": [1.0, np.nan], "item": pd.Categorical(["a", "b"])})
    assert rows(read_events(frame, shop)) == [("1", 0, "purchase", None, None)]
    assert read_events(write("e.csv", "user,item\n17850.0,a\n"), shop).users == ("17850.0",)
    odd = pa.table({"user": pa.array([True, False]), "item": ["a", "a"]})
    with pytest.raises(EventsError, match="2 × unreadable user"):
        read_events(odd, shop)
    decimals = pa.table({"user": pa.array([5], pa.int64()).cast(pa.decimal128(21, 2)), "item": ["a"]})
    assert read_events(decimals, shop).users == ("5",)


def test_broken_text_of_tables(shop: Catalogue) -> None:
    broken = pa.array([b"a", b"\xff", b"a\0"], pa.binary())
    for item in (broken, broken.view(pa.string())):
        events = read_events(pa.table({"user": ["u", "v", "w"], "item": item}), shop)
        assert events.users == ("u",)
        assert lines_of(events) == [(2, "invalid UTF-8"), (3, "NUL character")]


# Times --------------------------------------------------------------------------------------------------------------


def times(shop: Catalogue, column: object, **settings: str) -> list[float | None]:
    table = pa.table({"user": ["u"] * len(column), "item": ["a"] * len(column), "time": column})  # type: ignore[arg-type]
    return [row[3] for row in rows(read_events(table, shop, **settings))]  # type: ignore[arg-type]


@pytest.mark.parametrize("column", [[T * 1000], [float(T * 1000)], [str(T * 1000)]])
def test_milliseconds_are_not_guessed(shop: Catalogue, column: list[object]) -> None:
    with pytest.raises(
        EventsError, match=r"1433222501000, which looks like milliseconds \(2015-06-02\).*time_unit='ms'"
    ):
        times(shop, column)
    assert times(shop, column, time_unit="ms") == [T]
    assert times(shop, column, time_unit="s") == [T * 1000.0]


def test_nanoseconds_are_refused(shop: Catalogue) -> None:
    with pytest.raises(EventsError, match="micro- or nanoseconds"):
        times(shop, [T * 10**9])


def test_relative_seconds_need_the_unit(shop: Catalogue) -> None:
    with pytest.raises(EventsError, match=r"implausible time: 0 as seconds.*time_unit='s' takes any"):
        times(shop, [0, 5])
    assert times(shop, [0, 5, None], time_unit="s") == [0.0, 5.0, None]


@pytest.mark.parametrize(
    "text",
    [
        "2015-06-02T05:21:41Z",
        "2015-06-02 05:21:41 UTC",
        "2015-06-02T07:21:41+02:00",
        "2015-06-02 07:21:41 +0200",
        " 2015-06-02T05:21:41.000z ",
    ],
)
def test_zoned_text(shop: Catalogue, text: str) -> None:
    assert times(shop, [text, "", None]) == [T, None, None]


@pytest.mark.parametrize(
    "text", ["2015-06-02T05:21:41", "2015-06-02 05:21:41", "2015/06/02 05:21:41", "20150602T052141"]
)
def test_text_without_zone(shop: Catalogue, text: str) -> None:
    with pytest.raises(EventsError, match=r"without a zone; .*timezone='UTC'"):
        times(shop, [text])
    assert times(shop, [text], timezone="UTC") == [T]
    assert times(shop, [text], timezone="Europe/Berlin") == [T - 7200]
    assert times(shop, [text, "2015-06-02T05:21:41Z"], timezone="Europe/Berlin") == [T - 7200, T]


def test_date_alone(shop: Catalogue) -> None:
    assert times(shop, ["2015-06-02"], timezone="UTC") == [T - 5 * 3600 - 21 * 60 - 41]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_timestamp_columns(shop: Catalogue, unit: str) -> None:
    count = T * {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    assert times(shop, pa.array([count, None], pa.timestamp(unit, "Asia/Tokyo"))) == [T, None]
    naive = pa.array([count], pa.timestamp(unit))
    with pytest.raises(EventsError, match=r"2015-06-02 05:21:41.* without a zone"):
        times(shop, naive)
    assert times(shop, naive, timezone="Europe/Berlin") == [T - 7200]


def test_dates_and_other_columns(shop: Catalogue) -> None:
    assert times(shop, pa.array([16588], pa.date32()), timezone="UTC") == [16588 * 86400.0]
    with pytest.raises(EventsError, match="unreadable time: a column of bool"):
        times(shop, [True])
    with pytest.raises(EventsError, match="implausible time"):
        times(shop, pa.array([2**60], pa.timestamp("s")), timezone="UTC")
    assert times(shop, pa.nulls(2)) == [None, None]


@pytest.mark.parametrize("text", ["03/04/2010", "3.4.10", "12-25-2010 10:00", "02 28, 2014"])
def test_ambiguous_dates(shop: Catalogue, text: str) -> None:
    with pytest.raises(EventsError, match="1 × ambiguous time"):
        times(shop, [text])


def test_time_settings(write: Write, shop: Catalogue) -> None:
    path = write("e.csv", "user,item\nu,a\n")
    with pytest.raises(SettingsError, match="timezone is 'Mars/Olympus'"):
        read_events(path, shop, timezone="Mars/Olympus")
    with pytest.raises(SettingsError, match="time_unit is 'us'"):
        read_events(path, shop, time_unit="us")  # type: ignore[arg-type]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.datetimes(pd.Timestamp("1991-01-01").to_pydatetime(), pd.Timestamp("2099-01-01").to_pydatetime()), min_size=1
    ),
    st.sampled_from(["Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]),
)
def test_local_times_are_those_of_the_standard_library(moments: list[object], zone: str) -> None:
    from zoneinfo import ZoneInfo

    shop = Catalogue([Product(id="a")])
    expected = [moment.replace(tzinfo=ZoneInfo(zone)).timestamp() for moment in moments]  # type: ignore[attr-defined]
    for column in (pa.array(moments, pa.timestamp("us")), [str(moment) for moment in moments]):
        np.testing.assert_allclose(times(shop, column, timezone=zone), expected, atol=1e-5, rtol=0)  # type: ignore[arg-type]


# Errors -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("e.txt", "", "expected .jsonl"),
        ("e.csv", "", "is empty"),
        ("e.csv", "user,item\n", "has no rows"),
        ("e.csv", "user,thing\nu,a\n", r"no item column; columns seen: 'user', 'thing'.*columns=\{\"item\""),
        ("e.jsonl", '{"item": "a"}', r"no user column; columns seen: 'item'"),
        ("e.csv", "user,item\n,a\n,b\n", "none of the 2 rows .* 2 × no user"),
        (
            "e.csv",
            "user,item\nu,x\nu,x\n,y\n",
            "all 2 readable events name products .* lacks, 1 rows set aside; .*'x'.*'a'",
        ),
    ],
)
def test_unusable(write: Write, shop: Catalogue, name: str, content: str, message: str) -> None:
    with pytest.raises(EventsError, match=message):
        read_events(write(name, content), shop)


def test_missing_file_empty_table_and_catalogue(tmp_path: Path, write: Write, shop: Catalogue) -> None:
    with pytest.raises(EventsError, match="no file"):
        read_events(tmp_path / "e.csv", shop)
    with pytest.raises(EventsError, match="has no rows"):
        read_events(pa.table({"user": pa.array([], pa.string()), "item": pa.array([], pa.string())}), shop)
    with pytest.raises(EventsError, match="the catalogue is empty"):
        read_events(write("e.csv", "user,item\nu,a\n"), Catalogue([]))


def test_too_many_types(shop: Catalogue) -> None:
    table = pa.table({"user": ["u"] * 1001, "item": ["a"] * 1001, "type": [str(n) for n in range(1001)]})
    with pytest.raises(EventsError, match="more than 1,000 event types"):
        read_events(table, shop)


def test_columns(write: Write, shop: Catalogue) -> None:
    path = write("e.csv", "who,what,item,when\nu,a,b,2015-06-02T05:21:41Z\n")
    events = read_events(path, shop, columns={"user": "who", "item": "what", "time": "when"})
    assert rows(events) == [("u", 0, "purchase", T, None)]
    with pytest.raises(SettingsError, match="expected some of user, item, type, time, value"):
        read_events(path, shop, columns={"users": "who"})
    with pytest.raises(EventsError, match=r"no column 'whom' \(for user\)"):
        read_events(path, shop, columns={"user": "whom"})


def test_many_batches_keep_order_and_lines(write: Write, shop: Catalogue) -> None:
    count = 70_000
    content = "user,item\n" + "".join(f"u{n % 7},{'a' if n != 65_000 else ''}\n" for n in range(count))
    told: list[tuple[str, int, int | None]] = []
    events = read_events(write("e.csv", content), shop, progress=lambda *step: told.append(step))
    assert len(events) == count - 1
    assert [(row.line, row.reason) for row in events.set_aside] == [(65_002, "no item")]
    assert events.users == tuple(f"u{n}" for n in range(7))
    np.testing.assert_array_equal(events.user, np.delete(np.arange(count) % 7, 65_000))
    assert told[0] == ("reading events", 0, None)
    assert told[-1] == ("reading events", count, None)


def test_many_batches_of_a_table(shop: Catalogue) -> None:
    count = 1_200_000
    user = pa.array(np.arange(count) % 1000)
    item = pa.array(np.where(np.arange(count) == 1_100_000, None, "a"), pa.string())
    events = read_events(pa.table({"user": user, "item": item}), shop)
    assert (len(events), len(events.users)) == (count - 1, 1000)
    assert [(row.line, row.reason) for row in events.set_aside] == [(1_100_001, "no item")]


def test_users_without_usable_events_are_left_out(write: Write, shop: Catalogue) -> None:
    events = read_events(write("e.csv", "user,item\nghost,z\nu,a\n"), shop)
    assert events.users == ("u",)
