"""The shop of the demo: a year of a British gift wholesaler, from the file bundled here (see ATTRIBUTION.txt)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import as_file, files
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from kgrec.data import Catalogue, Events, Product
from kgrec.errors import CatalogueError

__all__ = ["KEPT", "OnlineRetail", "load_online_retail", "set_aside_rows"]

KEPT = "kept"
_FILE = "online_retail_2009_2010.parquet"
_NO_PRODUCT = re.compile(
    r"^(?:POST|DOT|D|M|C[0-9]|B|S|PADS|BANK CHARGES|AMAZONFEE|CRUK|ADJUST[0-9]?|GIFT|GIFT_[0-9]+_[0-9]+|TEST[0-9]+)$"
)
_NOTE = re.compile(
    r"(?i)^\W*$|damage|missing|wrong|amazon|adjust|\bebay\b|dotcom|faulty|broken|smashed|\blost\b|given away|thrown|"
    r"mailout|invoice|invcd|test product|^(?:check|checked|counted|found|show|temp|display|update|sample)s?$|\?"
)
_SUMMER_TIME = (np.datetime64("2010-03-28T02:00:00", "s"), np.datetime64("2010-10-31T02:00:00", "s"))


@dataclass(frozen=True, kw_only=True, eq=False)
class OnlineRetail:
    """The demo shop.

    Attributes:
        catalogue: one product a stock code that has a title and a price, ordered by code.
        events: one purchase a kept row, in the order of the file.
        report: reason → number of rows set aside for it, in the order the reasons are tried, then ``"kept"``;
            the numbers sum to the rows of the file.
    """

    catalogue: Catalogue
    events: Events
    report: Mapping[str, int]


def load_online_retail() -> OnlineRetail:
    """Read the bundled shop.

    - A product's title is its commonest description that reads as one: product names are in capitals, clerks' notes
      ("damaged", "wrong code") are not. Its price is the median of the positive ones, in GBP.
    - A customer is the user, written as a whole number (``"13085"``); every row an event of type ``"purchase"`` with
      the quantity as value. The clock times of the file have no zone and are taken as Europe/London.

    Raises:
        CatalogueError: the bundled file is missing or does not have the columns expected.
    """
    table = _with_codes(_read())
    titles = _titles(table)
    reasons = set_aside_rows(table, frozenset(titles))
    kept = np.ones(len(table), bool)
    report: dict[str, int] = {}
    for reason, mask in reasons.items():
        report[reason] = int((mask & kept).sum())
        kept &= ~mask
    report[KEPT] = int(kept.sum())
    catalogue = _catalogue(titles, _prices(table))
    return OnlineRetail(
        catalogue=catalogue, events=_events(table.filter(pa.array(kept)), catalogue), report=MappingProxyType(report)
    )


def set_aside_rows(table: pa.Table, titled: frozenset[str]) -> dict[str, NDArray[np.bool_]]:
    """Return reason → bool (rows,): which rows it concerns. A row may have several; the first one counts.

    Args:
        table: the rows, with the product's code in the column ``code``.
        titled: the codes that have a title.
    """
    code = table["code"]
    return {
        "cancellation": _mask(pc.starts_with(table["Invoice"], "C")),
        "no customer": _mask(pc.is_null(table["Customer ID"])),
        "no product: postage, fee, discount, adjustment, voucher, sample or test": _mask(
            pc.match_substring_regex(code.cast(pa.string()), _NO_PRODUCT.pattern)
        ),
        "quantity is not positive": _mask(pc.less_equal(table["Quantity"], 0)),
        "price is not positive": _mask(pc.less_equal(table["Price"], 0)),
        "no title": ~_mask(pc.is_in(code.cast(pa.string()), pa.array(sorted(titled), pa.string()))),
    }


def _read() -> pa.Table:
    try:
        with as_file(files(__package__) / _FILE) as path:
            return (
                pq.ParquetFile(path, read_dictionary=["StockCode", "Description"])
                .read(
                    columns=["Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID"]
                )
                .combine_chunks()
            )
    except (OSError, pa.ArrowInvalid, KeyError) as error:
        raise CatalogueError(f"the bundled demo shop {_FILE} cannot be read ({error}); install kgrec again") from error


def _with_codes(table: pa.Table) -> pa.Table:
    """Add the column ``code``: the stock code in capitals without blanks around it, as a dictionary."""
    written = table["StockCode"].combine_chunks()
    tidy = pc.utf8_upper(pc.utf8_trim_whitespace(written.dictionary)).dictionary_encode()
    code = pa.DictionaryArray.from_arrays(tidy.indices.take(written.indices), tidy.dictionary)
    return table.append_column("code", code)


def _mask(values: pa.ChunkedArray) -> NDArray[np.bool_]:
    return np.asarray(values.to_numpy(), dtype=bool)


def _titles(table: pa.Table) -> dict[str, str]:
    """Return code → title, ordered by code: capitals before mixed case, then the commonest, then by code points."""
    priced = table.filter(pc.and_(pc.greater(table["Price"], 0), pc.greater(table["Quantity"], 0)))
    counts = priced.group_by(["code", "Description"]).aggregate([([], "count_all")]).to_pydict()
    best: dict[str, tuple[bool, int, str]] = {}
    for code, description, count in zip(counts["code"], counts["Description"], counts["count_all"], strict=True):
        title = " ".join(description.split())
        if _reads_as_title(title):
            rank = (not _in_capitals(title), -count, title)
            best[code] = min(best.get(code, rank), rank)
    return {code: best[code][2] for code in sorted(best) if not _NO_PRODUCT.match(code)}


def _reads_as_title(title: str) -> bool:
    letters = sum(map(str.isalpha, title))
    return letters >= 3 and _NOTE.search(title) is None


def _in_capitals(title: str) -> bool:
    return sum(map(str.isupper, title)) > 2 * sum(map(str.islower, title))


def _prices(table: pa.Table) -> dict[str, float]:
    """Return code → median of its positive prices."""
    priced = table.filter(pc.greater(table["Price"], 0))
    code, price = priced["code"].combine_chunks().indices.to_numpy(), priced["Price"].to_numpy()
    order = np.lexsort((price, code))
    code, price = code[order], price[order]
    present, first, count = np.unique(code, return_index=True, return_counts=True)
    median = (price[first + (count - 1) // 2] + price[first + count // 2]) / 2
    names = priced["code"].combine_chunks().dictionary.to_pylist()
    return {names[num]: round(float(amount), 4) for num, amount in zip(present, median, strict=True)}


def _catalogue(titles: Mapping[str, str], prices: Mapping[str, float]) -> Catalogue:
    return Catalogue(
        Product(id=code, title=title, price=prices[code], currency="GBP", language="en")
        for code, title in titles.items()
        if code in prices
    )


def _events(rows: pa.Table, catalogue: Catalogue) -> Events:
    item = pc.index_in(rows["code"].cast(pa.string()), pa.array(catalogue.ids, pa.string()))
    customers = rows["Customer ID"].combine_chunks().dictionary_encode()
    count = len(rows)
    return Events(
        users=tuple(map(str, customers.dictionary.to_pylist())),
        user=customers.indices.to_numpy().astype(np.int32),
        item=item.to_numpy().astype(np.int32),
        types=("purchase",),
        type=np.zeros(count, np.int16),
        time=_london_seconds(rows["InvoiceDate"].to_numpy()),
        value=rows["Quantity"].to_numpy().astype(np.float64),
    )


def _london_seconds(clock: NDArray[np.datetime64]) -> NDArray[np.float64]:
    """Return seconds since 1970 UTC of clock times in London; the one summer time of the year is known here."""
    seconds = clock.astype("datetime64[s]")
    summer = (seconds >= _SUMMER_TIME[0]) & (seconds < _SUMMER_TIME[1])
    return seconds.astype(np.int64).astype(np.float64) - 3600.0 * summer
