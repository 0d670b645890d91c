"""``kgrec schema`` and ``kgrec extract``, against a server on the loopback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import kgrec
from kgrec.serving import cli
from kgrec.testing import Answer, LoopbackEndpoint
from tests.extraction.tagging import tiny

SCHEMA = """
default: mugs
categories:
  mugs:
    attributes:
      Colour: {type: text}
      Volume: {type: number, unit: ml}
"""


@pytest.fixture
def products(tmp_path: Path) -> Path:
    """Write three products that declare a colour each."""
    rows = [
        {"id": str(num), "title": f"{colour} MUG 350 ml", "attributes": {"colour": colour.lower()}}
        for num, colour in enumerate(("RED", "BLUE", "RED"))
    ]
    return written(tmp_path / "products.jsonl", "\n".join(map(json.dumps, rows)))


def test_schema_is_guessed_and_can_be_read_again(tmp_path: Path, products: Path) -> None:
    out = tmp_path / "schema.yaml"
    assert invoke("schema", products, out).exit_code == 0
    names = {
        a.name for category in kgrec.AttributeSchema.from_file(out).categories.values() for a in category.attributes
    }
    assert "colour" in names


def test_rules_then_build_with_the_facts(tmp_path: Path, products: Path) -> None:
    facts, shop = tmp_path / "facts.parquet", tmp_path / "shop"
    answer = invoke("extract", products, facts)
    assert answer.exit_code == 0, answer.output
    assert {"declared", "rules"} == {fact.extractor for fact in kgrec.read_facts(facts)}
    assert invoke("build", products, shop, "--facts", facts, "--encoder", "hashing").exit_code == 0
    assert len(kgrec.load(shop).graph) == len(kgrec.read_facts(facts))


def test_a_model_is_asked_once_and_its_journal_answers_the_next_run(tmp_path: Path, products: Path) -> None:
    facts, aside = tmp_path / "facts.parquet", tmp_path / "aside.jsonl"
    schema = written(tmp_path / "schema.yaml", SCHEMA)
    options = ("--model", "m", "--schema", schema, "--journal", tmp_path / "j.jsonl", "--set-aside", aside)
    with LoopbackEndpoint('{"Colour": "RED", "Volume": "350 ml"}') as server:
        first = invoke("extract", products, facts, "--base-url", server.url, *options, "--price", "1,2")
        asked = server.count
        again = invoke("extract", products, tmp_path / "again.parquet", "--base-url", server.url, *options)
        assert server.count == asked
    assert first.exit_code == again.exit_code == 0, first.output + again.output
    read = list(kgrec.read_facts(facts))
    assert read == list(kgrec.read_facts(tmp_path / "again.parquet"))
    assert {fact.extractor for fact in read} == {"declared", "llm:m"}
    reasons = [json.loads(line) for line in aside.read_text().splitlines()]
    assert any("RED" in row["excerpt"] for row in reasons), "the blue mug is not red"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--base-url", "http://127.0.0.1:9/v1"), "--model"),
        (("--model", "nowhere"), "no folder"),
        (("--model", "m", "--base-url", "http://127.0.0.1:9/v1", "--price", "cheap"), "two numbers"),
        (("--model", "m", "--base-url", "http://127.0.0.1:9/v1", "--max-cost", "1"), "--price IN,OUT"),
    ],
)
def test_what_does_not_go_together(tmp_path: Path, products: Path, options: tuple[str, ...], said: str) -> None:
    answer = invoke("extract", products, tmp_path / "facts.parquet", *options)
    assert isinstance(answer.exception, kgrec.errors.SettingsError)
    assert said in str(answer.exception)


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(cli.app, [str(argument) for argument in arguments])


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_a_tagger_is_taught_by_facts_and_reads_on(tmp_path: Path) -> None:
    encoder = tiny.encoder(tmp_path / "weights")
    rows = [
        {"id": row.product.id, "title": row.product.title, "attributes": {"maker": "acme"}} for row in tiny.labelled(40)
    ]
    catalogue = written(tmp_path / "products.jsonl", "\n".join(map(json.dumps, rows)))
    facts, folder, out = tmp_path / "facts.parquet", tmp_path / "tagger", tmp_path / "out.parquet"
    assert invoke("extract", catalogue, facts).exit_code == 0
    taught = invoke("teach", catalogue, facts, folder, "--encoder", encoder)
    assert taught.exit_code == 0, taught.output
    answer = invoke("extract", catalogue, out, "--tagger", folder)
    assert answer.exit_code == 0, answer.output
    assert {fact.extractor for fact in kgrec.read_facts(out)} <= {"declared", "tagger"}


def test_corrections_are_applied(tmp_path: Path, products: Path) -> None:
    corrections = written(tmp_path / "said.yaml", "- reject: {relation: colour, value: blue}\n")
    out = tmp_path / "facts.parquet"
    answer = invoke("extract", products, out, "--corrections", corrections)
    assert answer.exit_code == 0, answer.output
    colours = {fact.value for fact in kgrec.read_facts(out) if fact.relation == "colour" and fact.holds}
    assert colours == {"red"}


def test_a_server_that_never_answers_is_an_error_and_writes_nothing(tmp_path: Path, products: Path) -> None:
    out = tmp_path / "facts.parquet"
    with LoopbackEndpoint(Answer(status=404, text="no such model")) as server:
        answer = invoke("extract", products, out, "--model", "m", "--base-url", server.url)
    assert isinstance(answer.exception, kgrec.errors.LanguageModelError)
    assert "no such model" in str(answer.exception)
    assert not out.exists()


def test_the_folder_is_looked_for_before_anything_is_read(tmp_path: Path, products: Path) -> None:
    answer = invoke("extract", products, tmp_path / "nowhere" / "facts.parquet")
    assert isinstance(answer.exception, kgrec.errors.SettingsError)
    assert "nowhere" in str(answer.exception)
