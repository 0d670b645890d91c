"""``kgrec graph export``, as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

import networkx as nx
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

import kgrec
from kgrec.serving import cli


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows = [{"id": f"{colour}-mug", "title": f"{colour} mug", "attribute:colour": colour} for colour in ("red", "blue")]
    folder = tmp_path_factory.mktemp("shop")
    (folder / "p.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    catalogue = kgrec.read_catalogue(folder / "p.jsonl")
    kgrec.build(catalogue, encoder=kgrec.HashingEncoder()).save(folder / "shop")
    return folder / "shop"


def invoke(*words: object) -> Result:
    return CliRunner().invoke(cli.app, ["graph", "export", *map(str, words)])


def test_every_format(shop: Path, tmp_path: Path) -> None:
    for name in ("g.graphml", "g.jsonld", "g.nt", "g.parquet"):
        answer = invoke(shop, tmp_path / "new" / name)
        assert answer.exit_code == 0, answer.output
        assert f"{len(kgrec.load(shop).graph):,} triples" in answer.output
    out = tmp_path / "new"
    assert "red-mug" in nx.read_graphml(out / "g.graphml")
    assert kgrec.read_catalogue(out / "g.jsonld").product("red-mug").title == "red mug"
    assert '<urn:kgrec:product/red-mug> <https://schema.org/color> "red" .' in (out / "g.nt").read_text("utf-8")
    assert pq.read_table(out / "g.parquet").num_rows == len(kgrec.load(shop).graph)
    assert invoke(shop, tmp_path / "neo4j", "--format", "neo4j").exit_code == 0
    assert '"red-mug","red mug","Product"' in (tmp_path / "neo4j" / "products.csv").read_text("utf-8")


def test_options_of_n_triples(shop: Path, tmp_path: Path) -> None:
    answer = invoke(shop, tmp_path / "g.rdf", "--format", "ntriples", "--base", "https://s/", "--confidences")
    assert answer.exit_code == 0, answer.output
    text = (tmp_path / "g.rdf").read_text("utf-8")
    assert "<https://s/product/red-mug>" in text
    assert "<https://s/confidence>" in text


def test_a_name_that_does_not_tell_the_format(shop: Path, tmp_path: Path) -> None:
    answer = invoke(shop, tmp_path / "g.txt")
    assert isinstance(answer.exception, kgrec.errors.SettingsError)
    assert "--format graphml|jsonld|ntriples|neo4j|parquet" in str(answer.exception)
    assert list(tmp_path.iterdir()) == []
