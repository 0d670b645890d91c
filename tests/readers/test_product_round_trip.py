"""Any list of valid products, written to any format, comes back equal."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from kgrec.data import Product
from kgrec.readers import read_catalogue

LETTERS = st.characters(codec="utf-8", exclude_characters="\0")
PLAIN = st.text(LETTERS, max_size=12)
FILLED = PLAIN.map(str.strip).filter(bool)
VALUES = st.lists(FILLED, min_size=1, max_size=3, unique=True).map(tuple)
PRODUCTS = st.lists(
    st.builds(
        Product,
        id=PLAIN.filter(str.strip),
        title=PLAIN,
        description=PLAIN,
        brand=st.none() | FILLED,
        categories=st.lists(st.lists(FILLED, min_size=1, max_size=3).map(tuple), max_size=2, unique=True).map(tuple),
        price=st.none() | st.floats(0, allow_nan=False, allow_infinity=False),
        currency=st.none() | st.sampled_from(["EUR", "GBP"]),
        available=st.none() | st.booleans(),
        language=st.none() | st.sampled_from(["en", "zh"]),
        image=st.none() | FILLED,
        attributes=st.dictionaries(FILLED, VALUES, max_size=2),
        extra=st.dictionaries(st.sampled_from(["weight", "note"]), PLAIN.filter(bool)),
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda product: product.id,
)  # fmt: skip
FIELDS = [field for field in Product.__dataclass_fields__ if field != "extra"]


def plain(product: Product) -> dict[str, Any]:
    row = {field: getattr(product, field) for field in FIELDS}
    return {**row, "attributes": dict(product.attributes), **product.extra}


def read_back(name: str, content: bytes) -> list[Product]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        catalogue = read_catalogue(path)
    assert catalogue.set_aside == ()
    return list(catalogue)


@settings(max_examples=60, deadline=None)
@given(PRODUCTS, st.booleans())
def test_json_lines(products: list[Product], ascii_only: bool) -> None:
    lines = "\n".join(json.dumps(plain(product), ensure_ascii=ascii_only) for product in products)
    assert read_back("p.jsonl", lines.encode()) == products


@settings(max_examples=60, deadline=None)
@given(PRODUCTS, st.sampled_from([("p.csv", ","), ("p.csv", ";"), ("p.tsv", "\t")]), st.sampled_from(["\n", "\r\n"]))
def test_delimited(products: list[Product], form: tuple[str, str], end: str) -> None:
    name, delimiter = form
    text = io.StringIO(newline="")
    # With \n alone the csv writer leaves a \r at the end of a line unquoted, where no reader can tell it from CRLF.
    quoting = csv.QUOTE_MINIMAL if end == "\r\n" else csv.QUOTE_ALL
    writer = csv.DictWriter(text, [*FIELDS, "weight", "note"], delimiter=delimiter, lineterminator=end, quoting=quoting)
    writer.writeheader()
    for product in products:
        row = plain(product)
        writer.writerow(
            {**row, "categories": json.dumps(row["categories"]), "attributes": json.dumps(row["attributes"])}
        )
    assert read_back(name, text.getvalue().encode()) == products


@settings(max_examples=30, deadline=None)
@given(PRODUCTS)
def test_parquet_and_arrow(products: list[Product]) -> None:
    kinds = {field: pa.string() for field in [*FIELDS, "weight", "note"]}
    nested = {"categories": pa.list_(pa.list_(pa.string())), "attributes": pa.map_(pa.string(), pa.list_(pa.string()))}
    schema = pa.schema({**kinds, **nested, "price": pa.float64(), "available": pa.bool_()})
    rows = [{**plain(product), "attributes": list(product.attributes.items())} for product in products]
    table = pa.Table.from_pylist(rows, schema=schema)
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    assert read_back("p.parquet", buffer.getvalue()) == products
    assert list(read_catalogue(table)) == products
