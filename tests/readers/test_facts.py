"""Facts in a file: written, read, and refused where the file is something else."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import kgrec
from kgrec.errors import FactsError

FACTS = [
    kgrec.Fact(
        product="a", relation="colour", value="red", field="title", start=0, end=3, surface="RED", confidence=0.5
    ),
    kgrec.Fact(product="b", relation="brand", value="Acme", field="brand", surface="ACME"),
]


def test_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "facts.parquet"
    kgrec.write_facts(kgrec.Facts.of(FACTS), path)
    assert list(kgrec.read_facts(path)) == FACTS
    assert [file.name for file in tmp_path.iterdir()] == ["facts.parquet"]


def test_three_columns_are_enough(tmp_path: Path) -> None:
    path = tmp_path / "facts.parquet"
    pq.write_table(pa.table({"product": ["a"], "relation": ["colour"], "value": ["red"]}), path)
    (fact,) = kgrec.read_facts(path)
    assert (fact.product, fact.relation, fact.value, fact.start, fact.confidence) == ("a", "colour", "red", -1, 1.0)


def test_other_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "facts.parquet"
    path.write_text("product,relation,value\n")
    with pytest.raises(FactsError, match="no Parquet file"):
        kgrec.read_facts(path)
    pq.write_table(pa.table({"product": ["a"], "relation": ["colour"]}), path)
    with pytest.raises(FactsError, match="lacks the column value"):
        kgrec.read_facts(path)
    pq.write_table(pa.table({"product": ["a"], "relation": ["colour"], "value": [[1]]}), path)
    with pytest.raises(FactsError, match="another type"):
        kgrec.read_facts(path)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(FactsError, match="there is no file"):
        kgrec.read_facts(tmp_path / "nope.parquet")
