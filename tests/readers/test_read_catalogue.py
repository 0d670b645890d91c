from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import kgrec.readers
from kgrec.data import count_reasons
from kgrec.errors import CatalogueError, SettingsError
from kgrec.readers import read_catalogue
from kgrec.readers.catalogue import MAX_DESCRIPTION, MAX_TITLE

Write = Callable[[str, str | bytes], Path]


def test_public_names() -> None:
    assert kgrec.readers.__all__ == ["read_catalogue", "read_events", "read_reviews"]


def lines_of(catalogue: object) -> list[tuple[int, str]]:
    return [(row.line, row.reason.split(":")[0]) for row in catalogue.set_aside]  # type: ignore[attr-defined]


FULL = {
    "id": "a1", "title": "Mug", "description": "A mug.", "brand": "Acme",
    "categories": [["Home", "Kitchen"], ["Gifts"]], "price": 3.5, "currency": "gbp",
    "available": True, "language": "en", "image": "https://x/1.png",
    "attributes": {"colour": ["red", "blue"], "material": "tin"}, "weight": 12,
}  # fmt: skip


def test_json_lines(write: Write) -> None:
    product = read_catalogue(write("p.jsonl", json.dumps(FULL) + "\n\n")).product("a1")
    assert (product.title, product.description, product.brand) == ("Mug", "A mug.", "Acme")
    assert product.categories == (("Home", "Kitchen"), ("Gifts",))
    assert (product.price, product.currency, product.available) == (3.5, "GBP", True)
    assert (product.language, product.image) == ("en", "https://x/1.png")
    assert product.attributes == {"colour": ("red", "blue"), "material": ("tin",)}
    assert product.extra == {"weight": 12}


CSV = (
    "sku;Product Name;category;price;Availability;image URL;attribute:colour;attributes;note\n"
    'a1;"Mug; blue";Home > Kitchen|Gifts;£3.50;in stock;u;"[""red"", ""blue""]";"{""m"": ""tin""}";n\n'
)


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("name", ["p.csv", "p.CSV.gz"])
def test_csv(write: Write, name: str, bom: bytes) -> None:
    content = bom + CSV.encode()
    product = read_catalogue(write(name, gzip.compress(content) if name.endswith("gz") else content)).product("a1")
    assert product.title == "Mug; blue"
    assert product.categories == (("Home", "Kitchen"), ("Gifts",))
    assert (product.price, product.currency, product.available, product.image) == (3.5, "GBP", True, "u")
    assert product.attributes == {"colour": ("red", "blue"), "m": ("tin",)}
    assert product.extra == {"note": "n"}


@pytest.mark.parametrize("name", ["p.ndjson", "p.ndjson.gz", "p.json-lines"])
def test_json_suffixes_and_bom(write: Write, name: str) -> None:
    content = b'\xef\xbb\xbf{"id": 1}\n'
    assert read_catalogue(write(name, gzip.compress(content) if name.endswith("gz") else content)).ids == ("1",)


def test_tsv_and_tab_in_csv(write: Write) -> None:
    assert read_catalogue(write("p.tsv", "id\ttitle\r\n1\tA, B\r\n"))[0].title == "A, B"
    assert read_catalogue(write("p.csv", "id\ttitle\n1\tA, B\n"))[0].title == "A, B"


def test_json_lines_set_aside(write: Write) -> None:
    rows = [
        b'{"id": "ok", "title": "A"}',
        b"",
        b'{"id": "x", "title": "\xff\xfe"}',
        b'{"id": "x", "title": "a\x00b"}',
        b'{"id": "x", "title": "a\\u0000b"}',
        b'{"id": "x", "extra": {"k": ["\\ud800"]}}',
        b'{"id": ""}',
        b'{"title": "no id"}',
        b'{"id": "ok", "title": "B"}',
        b'{"id": "x", "price": NaN}',
        b'{"id": "x", "price": -3.0}',
        b'{"id": "x", "price": Infinity}',
        b'{"id": "x", "price": "soon"}',
        b"[1]",
        b"{broken",
        b'{"id": "x", "title": {"en": "x"}}',
        b"[" * 100_000,
        b'{"id": "x", "price": "3 EUR", "currency": "GBP"}',
        b'{"id": "last"}',
    ]
    path = write("p.jsonl", b"\n".join(rows))
    catalogue = read_catalogue(path)
    assert catalogue.ids == ("ok", "last")
    assert catalogue[0].title == "A"
    assert lines_of(catalogue) == [
        (3, "invalid UTF-8"), (4, "NUL character"), (5, "NUL character"), (6, "lone surrogate"), (7, "no id"),
        (8, "no id"), (9, "duplicate id"), (10, "NaN price"), (11, "negative price"), (12, "infinite price"),
        (13, "unreadable price"), (14, "not a JSON object"), (15, "not JSON"), (16, "unreadable title"),
        (17, "not JSON"), (18, "price and currency disagree"),
    ]  # fmt: skip
    assert all(row.file == str(path) and len(row.excerpt) <= 200 for row in catalogue.set_aside)
    assert "\0" not in "".join(row.excerpt + row.reason for row in catalogue.set_aside)
    assert count_reasons(catalogue.set_aside)["no id"] == 2
    assert catalogue.set_aside[8].reason == "negative price: -3.0"


def test_long_texts(write: Write) -> None:
    rows = [
        {"id": "1", "description": "d" * MAX_DESCRIPTION},
        {"id": "2", "description": "d" * 10_000_000},
        {"id": "3", "title": "t" * (MAX_TITLE + 1)},
        {"id": "4", "description": "d" * 17 * 2**20},
        {"id": "5"},
    ]
    catalogue = read_catalogue(write("p.jsonl", "\n".join(map(json.dumps, rows))))
    assert catalogue.ids == ("1", "5")
    assert lines_of(catalogue) == [(2, "description too long"), (3, "title too long"), (4, "row too long")]
    text = io.StringIO()
    writer = csv.DictWriter(text, ["id", "title", "description"])
    writer.writeheader()
    writer.writerows(rows)
    catalogue = read_catalogue(write("p.csv", text.getvalue()))
    assert catalogue.ids == ("1", "5")
    assert lines_of(catalogue) == [(3, "description too long"), (4, "title too long"), (5, "row too long")]
    catalogue = read_catalogue(
        pa.Table.from_pylist(rows[:2], schema=pa.schema({"id": pa.string(), "description": pa.string()}))
    )
    assert lines_of(catalogue) == [(2, "description too long")]


def test_csv_line_numbers_and_cells(write: Write) -> None:
    content = 'id,title,price\n1,"two\nlines",2\n2,x\n\n3,"a ""q"" b\n\nc",-1\n4,x,1,9\n5,5" nail,3\n6,last,\n'
    catalogue = read_catalogue(write("p.csv", content))
    assert [(p.id, p.title, p.price) for p in catalogue] == [
        ("1", "two\nlines", 2.0),
        ("5", '5" nail', 3.0),
        ("6", "last", None),
    ]
    assert [(row.line, row.reason) for row in catalogue.set_aside] == [
        (4, "too few cells: 2, the header has 3"),
        (6, "negative price: '-1'"),
        (9, "too many cells: 4, the header has 3"),
    ]


@pytest.mark.parametrize("after", ['3,"C",1\n4,D,1\n', "3,C,1\n4,D,1\n"])
def test_open_quote_loses_one_row(write: Write, after: str) -> None:
    catalogue = read_catalogue(write("p.csv", f'id,title,price\n1,A,1\n2,"open,1\n{after}'))
    assert catalogue.ids == ("1", "3", "4")
    assert lines_of(catalogue) == [(3, "quote never closed")]


def test_csv_broken_bytes_cost_one_row(write: Write) -> None:
    content = b'id,title\n1,caf\xe9\n2,caf\xc3\xa9\n3,"x\n\xff"\n4,a\0b\n5,a\rb\n6,"a\rb"\n'
    catalogue = read_catalogue(write("p.csv", content))
    assert [(p.id, p.title) for p in catalogue] == [("2", "café"), ("5", "a\rb"), ("6", "a\rb")]
    assert lines_of(catalogue) == [(2, "invalid UTF-8"), (4, "invalid UTF-8"), (6, "NUL character")]


def test_repeated_and_nameless_columns(write: Write) -> None:
    product = read_catalogue(write("p.csv", "id,title,title,\n1,A,B,C\n"))[0]
    assert product.title == "A"
    assert product.extra == {"title (2)": "B", "column 4": "C"}


def test_row_with_id_alone_and_integral_ids() -> None:
    table = pa.table({"item_id": pa.array([17850.0, 5.5, None])})
    catalogue = read_catalogue(table)
    assert catalogue.ids == ("17850",)
    assert lines_of(catalogue) == [(2, "unreadable id"), (3, "no id")]


def test_columns(write: Write) -> None:
    path = write("p.csv", "Article,Description,asin\nx,A mug,B1\n")
    product = read_catalogue(path, columns={"id": "Article", "title": "Description"})[0]
    assert (product.id, product.title, product.description, product.extra) == ("x", "A mug", "", {"asin": "B1"})
    with pytest.raises(SettingsError, match="'sku'; expected some of id, title"):
        read_catalogue(path, columns={"sku": "Article"})
    with pytest.raises(SettingsError, match="one column for two fields"):
        read_catalogue(path, columns={"id": "Article", "title": "Article"})
    with pytest.raises(CatalogueError, match=r"no column 'sku' \(for id\); columns seen: 'Article', 'Desc"):
        read_catalogue(path, columns={"id": "sku"})
    with pytest.raises(CatalogueError, match=r"no column 'heading' \(for title\)"):
        read_catalogue(write("p.jsonl", '{"id": 1}'), columns={"title": "heading"})


def test_own_name_goes_before_synonym_and_id_column_stays(write: Write) -> None:
    rows = '{"asin": "B1", "name": "N", "title": "T"}\n{"id": 1, "asin": "B2"}\n{"id": 3}\n'
    catalogue = read_catalogue(write("p.jsonl", rows))
    assert catalogue.ids == ("B1", "B2")
    assert (catalogue[0].title, catalogue[0].extra, catalogue[1].extra) == ("T", {"name": "N"}, {"id": 1})
    assert lines_of(catalogue) == [(3, "no id")]


def test_what_is_not_understood_is_kept(write: Write) -> None:
    row = {
        "id": 1,
        "availability": "ask us",
        "currency": "beads",
        "category": {"a": 1},
        "attributes": "red",
        "brand": {},
        "image": ["u", "v"],
    }
    product = read_catalogue(write("p.jsonl", json.dumps(row)))[0]
    assert (product.available, product.currency, product.categories, product.attributes) == (None, None, (), {})
    assert product.image == "u"
    assert product.extra == {key: value for key, value in row.items() if key != "id"}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("p.xlsx", "", r"ends in '\.xlsx'; expected \.jsonl"),
        ("p.json", "", r"one object a line: rename to \.jsonl"),
        ("p", "", "has no suffix"),
        ("p.parquet.gz", "", r"ends in '\.parquet\.gz'"),
        ("p.csv", "", "is empty"),
        ("p.csv", "\n \n", "is empty"),
        ("p.csv", "id,title\n", "has no rows"),
        ("p.jsonl", "", "has no rows"),
        ("p.csv", "name,price\nA,1\n", r"no id column; columns seen: 'name', 'price'; .*columns=\{\"id\""),
        ("p.jsonl", '{"name": "A"}\n', r"no id column; columns seen: 'name'"),
        ("p.csv", "id,price\n1,-1\n2,x\n3,-2\n", r"the 3 rows .*: 2 × negative price, 1 × unreadable price .*:2"),
        ("p.jsonl", "[\n1\n]", r"2 × not JSON, 1 × not a JSON object \(first: .*:1: not JSON"),
        ("p.csv.gz", "id\n1\n", "not a whole gzip file"),
        ("p.parquet", "id\n1\n", "not a readable Parquet file"),
        ("p.csv", "id\n1\n".encode("utf-16"), "UTF-16"),
        ("p.csv", b"id,\xff\n1,2\n", "header of .* cannot be read .invalid UTF-8"),
        ("p.csv", "id,title\r1,A\r", "header of .* cannot be read"),
    ],
)  # fmt: skip
def test_unusable_file(write: Write, name: str, content: str | bytes, message: str) -> None:
    with pytest.raises(CatalogueError, match=message):
        read_catalogue(write(name, content))


def test_truncated_gzip(write: Write) -> None:
    whole = gzip.compress(b"id\n" + b"".join(b"%d\n" % n for n in range(5000)))
    with pytest.raises(CatalogueError, match="not a whole gzip file"):
        read_catalogue(write("p.csv.gz", whole[:-200]))


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_missing_file_and_folder(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(CatalogueError, match=r"no file|does not exist"):
        read_catalogue(tmp_path / f"none.{suffix}")
    (tmp_path / f"folder.{suffix}").mkdir()
    with pytest.raises(CatalogueError, match="is a folder"):
        read_catalogue(str(tmp_path / f"folder.{suffix}"))


def test_other_objects() -> None:
    with pytest.raises(CatalogueError, match="got list; expected a path, or a table"):
        read_catalogue([{"id": 1}])


def test_tables(tmp_path: Path) -> None:
    rows = {"sku": ["1", "2", "2"], "name": ["A", None, "C"], "price": [1.5, None, 2.0], "tags": [["x"], None, ["y"]]}
    table = pa.table(rows)
    pq.write_table(table, tmp_path / "p.parquet")
    frame = pd.DataFrame(rows)
    sources = {
        str(tmp_path / "p.parquet"): tmp_path / "p.parquet",
        "<pyarrow.Table>": table,
        "<pandas.DataFrame>": frame,
        "<polars.DataFrame>": pl.DataFrame(rows),
        "<pyarrow.RecordBatch>": table.to_batches()[0],
    }
    for name, source in sources.items():
        catalogue = read_catalogue(source)
        assert [(p.id, p.title, p.price) for p in catalogue] == [("1", "A", 1.5), ("2", "", None)]
        assert list(catalogue[0].extra["tags"]) == ["x"]
        assert catalogue[1].extra == {}
        [aside] = catalogue.set_aside
        assert aside.file.replace("pyarrow.lib", "pyarrow") == name
        assert (aside.line, aside.reason, aside.excerpt[:7]) == (3, "duplicate id: '2'", "sku='2'")


def test_pandas_index_and_categoricals() -> None:
    frame = pd.DataFrame({"id": [5, 6], "brand": pd.Categorical(["A", None])}, index=[7, 9])
    catalogue = read_catalogue(frame)
    assert [(p.id, p.brand, dict(p.extra)) for p in catalogue] == [("5", "A", {}), ("6", None, {})]
    assert [dict(p.extra) for p in read_catalogue(pa.Table.from_pandas(frame))] == [{}, {}]


def test_table_that_is_no_table() -> None:
    with pytest.raises(CatalogueError, match="cannot be turned into an Arrow table"):
        read_catalogue(pd.DataFrame({"id": ["a", 1, {}]}))


def test_broken_text_in_tables() -> None:
    broken = pa.array([b"a", b"\xff", b"c", b"d\0"], pa.binary()).view(pa.string())
    assert lines_of(read_catalogue(pa.table({"id": ["1", "2", "3", "4"], "title": broken}))) == [
        (2, "invalid UTF-8"),
        (4, "NUL character"),
    ]
    catalogue = read_catalogue(pa.table({"id": pa.array([b"1", b"\xff"], pa.binary())}))
    assert catalogue.ids == ("1",)
    assert lines_of(catalogue) == [(2, "invalid UTF-8")]


def test_arrow_types() -> None:
    table = pa.table(
        {
            "id": pa.array(["1"]).dictionary_encode(),
            "price": pa.array([1], pa.int64()).cast(pa.decimal128(21, 2)),
            "attributes": pa.array([[("colour", "red")]], pa.map_(pa.string(), pa.string())),
            "categories": pa.array([[["A", "B"]]]),
            "added": pa.array([1], pa.timestamp("ns")),
        }
    )
    product = read_catalogue(table)[0]
    assert (product.price, product.attributes, product.categories) == (1.0, {"colour": ("red",)}, (("A", "B"),))
    assert product.extra["added"].year == 1970


def test_nan_in_polars_is_set_aside_and_parquet_repeats(tmp_path: Path) -> None:
    catalogue = read_catalogue(pl.DataFrame({"id": ["1", "2"], "price": [float("nan"), 1.0]}))
    assert lines_of(catalogue) == [(1, "NaN price")]
    table = pa.Table.from_arrays([pa.array(["1"]), pa.array(["A"]), pa.array(["B"])], names=["id", "title", "title"])
    pq.write_table(table, tmp_path / "p.parquet")
    for source in (table, tmp_path / "p.parquet"):
        product = read_catalogue(source)[0]
        assert (product.title, product.extra) == ("A", {"title (2)": "B"})


def test_progress(write: Write) -> None:
    told: list[tuple[str, int, int | None]] = []
    read_catalogue(
        write("p.csv", "id\n" + "".join(f"{n}\n" for n in range(2500))), progress=lambda *step: told.append(step)
    )
    assert told == [
        ("reading catalogue", 1024, None),
        ("reading catalogue", 2048, None),
        ("reading catalogue", 2500, 2500),
    ]


def test_csv_limit_is_never_lowered(write: Write) -> None:
    before = csv.field_size_limit(2**30)
    try:
        read_catalogue(write("p.csv", "id\n1\n"))
        assert csv.field_size_limit() == 2**30
    finally:
        csv.field_size_limit(before)
