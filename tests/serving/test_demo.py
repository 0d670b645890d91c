"""The demo from end to end, with the encoder that needs no weights."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from io import StringIO
from typing import NamedTuple

import pytest
from rich.console import Console

import kgrec
from kgrec.serving import demo
from kgrec.serving.online_retail import load_online_retail

VOID = {"meta", "link", "br", "img", "input", "hr"}


class Ran(NamedTuple):
    files: demo.DemoFiles
    output: str


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """Run it once; the search looks at few products, so that it takes seconds."""
    written = StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo, "SEARCH_PRODUCTS", 150)
        files = demo.run_demo(
            tmp_path_factory.mktemp("demo") / "new" / "folder",
            console=Console(file=written, width=120),
            encoder=kgrec.HashingEncoder(),
        )
    return Ran(files, written.getvalue())


class Page(HTMLParser):
    """Reads a page and fails where a tag is not closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.addresses: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_it_writes_its_files(ran: Ran) -> None:
    assert ran.files.page.name == "demo.html"
    assert ran.files.picture.read_text(encoding="utf-8").startswith("<svg")
    assert (ran.files.shop / "manifest.json").is_file()
    assert {file.parent for file in ran.files.page.parent.iterdir()} == {ran.files.page.parent}


def test_the_page_is_whole_and_loads_nothing_from_elsewhere(ran: Ran) -> None:
    page = Page(ran.files.page.read_text(encoding="utf-8"))
    assert {address for address in page.addresses if not address.startswith(("#", "data:"))} == {demo.ATTRIBUTION_URL}


def test_three_customers_with_ten_recommendations_each(ran: Ran) -> None:
    customers = re.findall(r"^customer (\S+) has (\d+) products", ran.output, re.MULTILINE)
    assert len({user for user, _ in customers}) == 3
    parts = re.split(r"^customer ", ran.output, flags=re.MULTILINE)[1:]
    for part in parts:
        assert re.findall(r"^ *(\d+)\. ", part, re.MULTILINE) == [str(rank) for rank in range(1, 11)]


def test_the_saved_shop_answers_as_it_was_shown(ran: Ran) -> None:
    loaded = kgrec.load(ran.files.shop)
    page = ran.files.page.read_text(encoding="utf-8")
    for user in re.findall(r"^customer (\S+) has", ran.output, re.MULTILINE):
        assert user in page
        for found in loaded.recommend(user, k=10):
            assert re.search(rf"\. {re.escape(found.title)}\s+{found.score:.3f}\s+{found.source}", ran.output)


def test_it_says_that_the_loaded_shop_answers_alike(ran: Ran) -> None:
    assert "answers of the loaded shop are identical" in ran.output


def test_it_reports_every_row(ran: Ran) -> None:
    for reason, rows in load_online_retail().report.items():
        assert re.search(rf"{re.escape(reason)}\s+│\s+{rows:,} ", ran.output)


def test_it_measures_itself_against_the_peers(ran: Ran) -> None:
    for model in ("kgrec", "TF-IDF item-kNN", "popularity"):
        assert re.search(rf"{re.escape(model)}\s+│\s+0\.\d+ \[0\.\d+, 0\.\d+\]", ran.output)


def test_it_names_the_source_of_the_data(ran: Ran) -> None:
    for text in (ran.output, ran.files.page.read_text(encoding="utf-8")):
        assert "Online Retail II" in text
        assert "CC BY 4.0" in text


def test_every_stage_tells_its_seconds(ran: Ran) -> None:
    assert len(re.findall(r"^✓ .+ \d+\.\d s", ran.output, re.MULTILINE)) >= 9
