"""The quality report as a page and as a command."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

import kgrec
from kgrec.data import Fact, Facts
from kgrec.graph import Graph, reliability_of, report
from kgrec.serving import cli
from kgrec.serving.report_page import report_page
from tests.serving.test_page import EVIL, Page


def graph(texts: tuple[str, ...]) -> Graph:
    facts = []
    for num in range(12):
        text = texts[num % len(texts)]
        name = f"{text}{num}"
        facts += [
            Fact(product=name, relation="category", value=f"{text} {num % 2}", field="categories"),
            Fact(
                product=name,
                relation=text,
                value=f"{text} word",
                field="t",
                confidence=0.5,
                surface=text,
                extractor=text,
            ),
            Fact(product=name, relation="alike", value=f"{text} stainless ste{'e' * (num // 2 % 2)}l", field="t"),
            Fact(product=name, relation="c", value=f"{text}!", field="t", extractor=text, standing="overruled"),
        ]
    return Graph.from_facts([f"{texts[num % len(texts)]}{num}" for num in range(12)], Facts.of(facts))


def test_the_page_is_well_formed_and_shows_every_part() -> None:
    judged = reliability_of([0.9, 0.8, 0.2], [True, True, False])
    page = report_page(report(graph(("tin", "mug")), reliability=judged), names={"tin0": "RED TIN"})
    read = Page(page)
    headings = [text for tag, text in read.text if tag == "h2"]
    assert headings == [
        "Look at these first",
        "Sources disagree",
        "Coverage",
        "Coverage by category",
        "Confidence",
        "Values that may be one",
        "Values that say nothing",
    ]
    assert sum(tag == "svg" for tag, _ in read.tags) == 3
    assert any("RED TIN" in text for _, text in read.text)
    assert page == report_page(report(graph(("tin", "mug")), reliability=judged), names={"tin0": "RED TIN"})


def test_texts_of_strangers_stay_texts() -> None:
    page = report_page(report(graph(EVIL)), title=EVIL[0], names={f"{EVIL[0]}0": EVIL[1]})
    read = Page(page)
    assert {tag for tag, _ in read.tags}.isdisjoint({"script", "img", "iframe", "object"})
    assert not [name for _, attributes in read.tags for name in attributes if name.startswith("on")]
    assert "\x00" not in page
    links = [attributes.get("href") or "" for _, attributes in read.tags if "href" in attributes]
    assert all(link.startswith(("#", "data:,")) for link in links)
    assert not re.findall(r"(?:src|url)\s*[=(]", re.sub(r"<style>.*?</style>", "", page).replace("&lt;img src=x", ""))


def test_an_empty_graph_has_a_page() -> None:
    assert "0" in report_page(report(Graph.from_facts([], Facts.of([]))))


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop") / "shop"
    catalogue = kgrec.Catalogue(
        kgrec.Product(id=f"p{num}", title=f"RED {noun}", brand="Acme", categories=((noun,),))
        for num, noun in enumerate(["LAMP", "MUG"] * 6)
    )
    kgrec.build(catalogue, encoder=kgrec.HashingEncoder(16)).save(folder)
    return folder


def test_the_command_writes_text_json_and_a_page(saved: Path, tmp_path: Path) -> None:
    page, document = tmp_path / "r.html", tmp_path / "r.json"
    answer = CliRunner().invoke(
        cli.app, ["graph", "report", str(saved), "--json", str(document), "--html", str(page), "--most", "3"]
    )
    assert answer.exit_code == 0, answer.output
    assert answer.output.startswith("12 products, ")
    assert "brand = Acme: 100.0% of products" in answer.output
    found = json.loads(document.read_text("utf-8"))
    assert found["products"] == 12
    assert len(found["hubs"]) == 3
    assert "RED LAMP" in page.read_text("utf-8")
    Page(page.read_text("utf-8"))


def test_the_command_alone_has_help_and_refuses_what_is_no_shop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "report" in CliRunner().invoke(cli.app, ["graph", "--help"]).output
    monkeypatch.setattr("sys.argv", ["kgrec", "graph", "report", str(tmp_path / "none")])
    with pytest.raises(SystemExit) as left:
        cli.main()
    assert left.value.code == 1
