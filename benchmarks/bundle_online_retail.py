"""Make the Parquet file of the demo shop from the published CSV: the same rows in the same order, only smaller.

    KGREC_DATA=../shared/data python benchmarks/bundle_online_retail.py

Outside this project the source is the sheet "Year 2009-2010" of https://doi.org/10.24432/C5CG6D, saved as CSV.
"""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as pq

SOURCE = Path(os.environ.get("KGREC_DATA", "../shared/data")) / "online-retail" / "online_retail_II_2009_2010.csv.gz"
TARGET = Path(__file__).parents[1] / "kgrec" / "serving" / "online_retail" / "online_retail_2009_2010.parquet"
LARGEST = 5_000_000
TEXT = ("Invoice", "StockCode", "Description", "Country")


def read_source(path: Path) -> pa.Table:
    types = {name: pa.string() for name in TEXT} | {"Quantity": pa.int32(), "Price": pa.float64()}
    types |= {"InvoiceDate": pa.timestamp("ms"), "Customer ID": pa.float64()}
    options = csv.ConvertOptions(column_types=types, strings_can_be_null=False)
    table = csv.read_csv(path, convert_options=options)
    customer = table["Customer ID"].cast(pa.int32())
    return table.set_column(table.schema.get_field_index("Customer ID"), "Customer ID", customer)


def main() -> None:
    table = read_source(SOURCE)
    pq.write_table(
        table,
        TARGET,
        compression="zstd",
        compression_level=22,
        row_group_size=len(table),
        dictionary_pagesize_limit=1 << 24,
        data_page_size=1 << 24,
        use_dictionary=["StockCode", "Description", "Country", "Price", "Customer ID", "Quantity"],
        column_encoding={"Invoice": "DELTA_BYTE_ARRAY", "InvoiceDate": "DELTA_BINARY_PACKED"},
        write_statistics=False,
        store_schema=False,
    )
    written = pq.read_table(TARGET)
    if not written.equals(table.cast(written.schema)):
        raise SystemExit("the written file does not hold the rows of the source; nothing should be published")
    size = TARGET.stat().st_size
    print(f"{TARGET.name}: {len(table):,} rows, {size:,} bytes")
    if size > LARGEST:
        raise SystemExit(f"larger than {LARGEST:,} bytes")


if __name__ == "__main__":
    main()
