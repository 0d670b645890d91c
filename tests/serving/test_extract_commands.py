"""``kgrec schema`` and ``kgrec extract``, against a server on the loopback."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
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
    assert {(Path(row["file"]).name, row["line"]) for row in reasons} == {("products.jsonl", 2)}


def test_an_interrupt_says_how_to_go_on(tmp_path: Path, products: Path) -> None:
    schema, journal = written(tmp_path / "schema.yaml", SCHEMA), tmp_path / "j.jsonl"
    with LoopbackEndpoint(["{}", Answer(seconds=60)]) as server:
        command = ["extract", products, tmp_path / "f.parquet", "--model", "m", "--base-url", server.url]
        command += ["--schema", schema, "--journal", journal, "--concurrency", "1"]
        run = subprocess.Popen(
            [sys.executable, "-m", "kgrec", *map(str, command)],
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(600):
            if server.count == 2:
                break
            time.sleep(0.1)
        run.send_signal(signal.SIGINT)
        _, said = run.communicate(timeout=30)
    assert run.returncode == 130, said
    line = said.splitlines()[-1]
    assert line.startswith("stopped:")
    assert line.endswith(f"run the same command again: the replies in {journal} are not paid for again")
    assert "Traceback" not in said


def test_reviews_become_facts_beside_others(tmp_path: Path, products: Path) -> None:
    rows = [{"product": "1", "text": f"The handle is great, mug number {num}."} for num in range(4)]
    reviews = written(tmp_path / "reviews.jsonl", "\n".join(map(json.dumps, [*rows, {"text": "of nothing"}])))
    aside, facts, read = tmp_path / "aside.jsonl", tmp_path / "aspects.parquet", tmp_path / "facts.parquet"
    answer = invoke("reviews", reviews, facts, "--catalogue", products, "--set-aside", aside)
    assert answer.exit_code == 0, answer.output
    assert [(fact.product, fact.relation, fact.value) for fact in kgrec.read_facts(facts)] == [
        ("1", "praised_for", "handle")
    ]
    assert json.loads(aside.read_text())["line"] == 5
    assert invoke("reviews", reviews, tmp_path / "said.jsonl", "--minimum-reviews", "2").exit_code == 0
    said = json.loads((tmp_path / "said.jsonl").read_text())
    assert said["support"] == 4
    assert said["sentences"][0]["text"] == "The handle is great, mug number 0."
    assert invoke("extract", products, read).exit_code == 0
    both = invoke("build", products, tmp_path / "s", "--facts", read, "--facts", facts, "--encoder", "hashing")
    assert both.exit_code == 0, both.output
    graph = kgrec.load(tmp_path / "s").graph
    assert {"praised_for", "colour"} <= set(graph.relations)


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
