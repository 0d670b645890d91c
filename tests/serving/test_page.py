"""The page: balanced, self-contained, escaped, and its figures add up."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from math import nan

import pytest

from kgrec.data import (
    Catalogue,
    Contribution,
    Evidence,
    Explanation,
    Fact,
    Facts,
    Product,
    Recommendation,
    Recommendations,
)
from kgrec.errors import SettingsError
from kgrec.graph import Graph
from kgrec.serving.page import CustomerSection, DemoContent, ExampleFact, QualityRow, demo_page
from kgrec.serving.page_markup import apportioned, figure
from kgrec.serving.picture import neighbourhood_svg

EVIL = ("<script>alert(1)</script>", '"><img src=x onerror=alert(2)>', "' onmouseover='x", "</style></title>&amp;\x00")
VOID = {"meta", "link", "br", "img", "input", "hr"}
TITLES = {"b1": "RED BUNTING", "b2": "PINK BUNTING", "t1": "RED TIN"}
Attributes = list[tuple[str, str | None]]


class Page(HTMLParser):
    """Reads a page and fails where a tag is not closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[tuple[str, str]] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: Attributes) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append((self.open[-1] if self.open else "", data))

    def said(self, *inside: str) -> list[str]:
        return [text for tag, text in self.text if tag in inside]


def graph_of(titles: dict[str, str], relation: str = "product_type", value: str = "bunting") -> Graph:
    facts = [Fact(product=item, relation=relation, value=value, field="title") for item in list(titles)[:2]]
    facts += [Fact(product=item, relation="colour", value="red", field="title") for item in ("b1", "t1")]
    return Graph.from_facts(list(titles), Facts.of(facts))


def explanation(text: str = "Because of “Red Bunting” in your history.", history_item: str = "b1") -> Explanation:
    return Explanation(
        product="b2",
        score=3.0,
        text=text,
        language="en",
        contributions=(
            Contribution(history_item, "behaviour", 2.0),
            Contribution(history_item, "graph:product_type", 1.3),
            Contribution("t1", "text", -0.3),
        ),
        evidence=(
            Evidence(kind="behaviour", history_item=history_item, amount=2.0, share=2 / 3, count=17),
            Evidence(
                kind="fact",
                history_item=history_item,
                amount=1.0,
                share=1 / 3,
                relation="product_type",
                value="bunting",
                count=2,
            ),
        ),
    )


def customer(user: str = "17850", why: Explanation | None = None, titles: dict[str, str] = TITLES) -> CustomerSection:
    why = why or explanation()
    found = Recommendation(item="b2", title=titles["b2"], score=why.score, source="item-item", explanation=why)
    history = (Product(id="t1", title=titles["t1"]), Product(id="b1", title=titles["b1"]))
    return CustomerSection(user=user, history=history, recommendations=Recommendations(items=(found,)))


def content(**changes: object) -> DemoContent:
    graph = graph_of(TITLES)
    catalogue = Catalogue(Product(id=item, title=title) for item, title in TITLES.items())
    keys = ("recall@10", "ndcg@10", "hit_rate@10")
    given = DemoContent(
        title="A shop, explained",
        kept={"purchases": 406297},
        set_aside={"cancellation": 10206, "no customer": 107560},
        graph=graph,
        example=ExampleFact(
            fact=Fact(product="b1", relation="colour", value="red", field="title", start=0, end=3, surface="RED"),
            product=Product(id="b1", title="RED BUNTING"),
        ),
        customers=[customer()],
        quality=[
            QualityRow(
                name="kgrec", metrics=dict(zip(keys, (0.1, 0.06, nan), strict=True)), intervals={keys[0]: (0.09, 0.11)}
            ),
            QualityRow(name="popularity", metrics={keys[0]: 0.02, keys[1]: 0.06}, p_value=0.0002),
        ],
        metric_keys=keys,
        picture_svg=neighbourhood_svg(graph, catalogue, explanation(), history=["b1"]),
        picture_caption="Why the pink one",
        settings={"ridge": 50.0, "text_weight": 6.5, "ordered": True},
        relation_weights={"colour": 3.0},
        seconds={"fit": 12.34},
        attribution="Online Retail II, CC BY 4.0",
        attribution_url="https://example.org/data?a=1&b=2",
    )
    return replace(given, **changes)


def test_is_well_formed_and_says_everything() -> None:
    source = demo_page(content())
    page = Page(source)
    everything = " ".join(text for _, text in page.text)
    for words in (
        *("A shop, explained", "406,297", "107,560", "117,766", "Customer 17850", "Pink Bunting", "3.000"),
        *(
            "Because of “Red Bunting” in your history.",
            "Recall@10",
            "NDCG@10",
            "Hit rate@10",
            "0.1000",
            "0.0900 – 0.1100",
        ),
        *("< 0.001", "text weight", "6.5", "12.3", "Online Retail II, CC BY 4.0", "Why the pink one"),
    ):
        assert words in everything, words
    assert page.said("mark") == ["RED"]
    assert page.said("strong") == ["0.1000", "0.0600", "0.0600"]  # the best of each column, both where they tie
    assert source.startswith("<!doctype html>")
    assert demo_page(content()) == source


def test_loads_and_runs_nothing() -> None:
    source = demo_page(content())
    page = Page(source)
    for tag, attributes in page.tags:
        assert tag not in ("script", "img", "iframe", "object", "embed", "base", "form")
        assert not any(name.startswith("on") for name in attributes)
        assert not {"src", "srcset", "action", "xlink:href"} & set(attributes)
        href = attributes.get("href")
        assert href is None or tag == "a" or href == "data:,"
        if tag == "a" and href is not None:
            assert href.startswith("#") or href == "https://example.org/data?a=1&b=2"
    assert not re.search(r"url\(|@import", source)
    assert re.findall(r"https?://[^\"' <]+", source) == [
        "http://www.w3.org/2000/svg",
        "https://example.org/data?a=1&amp;b=2",
    ]
    assert "default-src 'none'" in source


def test_is_accessible() -> None:
    page = Page(demo_page(content()))
    attributes = dict(page.tags)
    assert attributes["html"]["lang"] == "en"
    assert any("width=device-width" in (a.get("content") or "") for tag, a in page.tags if tag == "meta")
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(below <= above + 1 for above, below in pairwise(levels))
    assert all(a.get("scope") in ("col", "row") for tag, a in page.tags if tag == "th")
    tables = [tag for tag, _ in page.tags if tag == "table"]
    assert len([tag for tag, _ in page.tags if tag == "caption"]) == len(tables) == 8
    anchors = {a["id"] for _, a in page.tags if "id" in a}
    assert {a["href"] for tag, a in page.tags if tag == "a" and str(a["href"]).startswith("#")} == {
        f"#{i}" for i in anchors
    }


@pytest.mark.parametrize("evil", EVIL)
def test_hostile_texts_stay_texts(evil: str) -> None:
    titles = dict.fromkeys(TITLES, evil)
    given = content(
        title=evil,
        introduction=evil,
        kept={evil: 1},
        set_aside={evil: 1},
        graph=graph_of(TITLES, relation=evil, value=evil),
        example=ExampleFact(
            fact=Fact(product="b1", relation=evil, value=evil, field="title", start=1, end=4),
            product=Product(id="b1", title=evil),
        ),
        customers=[customer(evil, explanation(evil, history_item=evil), titles)],
        quality=[QualityRow(name=evil, metrics={evil: 1.0}, intervals={evil: (0.9, 1.1)})],
        metric_keys=[evil],
        quality_note=evil,
        picture_caption=evil,
        settings={evil: evil},
        relation_weights={evil: 1.0},
        seconds={evil: 1.0},
        attribution=evil,
        attribution_url="https://example.org/" + evil,
    )
    calm = {tag for tag, _ in Page(demo_page(content())).tags}
    page = Page(demo_page(given))
    assert {tag for tag, _ in page.tags} <= calm
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)
    assert "\x00" not in demo_page(given)


def shares(page: Page) -> list[float]:
    return [float(text.removesuffix("%").replace("−", "-")) for text in page.said("b") if text.endswith("%")]


def test_shares_sum_to_a_hundred_and_contributions_to_the_score() -> None:
    page = Page(demo_page(content(quality=())))
    assert shares(page) == [66.7, 43.3, -10.0]
    label = next(a["aria-label"] for _, a in page.tags if a.get("class") == "bar")
    assert label == "Shares of the score: behaviour 66.7%, graph: product type 43.3%, text −10.0%"
    amounts = [float(text.replace("−", "-")) for text in page.said("td") if re.fullmatch(r"−?\d+\.\d{4}", text)]
    assert amounts == [2.0, 1.3, -0.3, 3.0]


def test_many_small_contributions_are_summed_in_one_line() -> None:
    cells = tuple(Contribution(f"p{n}", f"graph:r{n}", 0.0333333 / (1 + n)) for n in range(40))
    score = sum(cell.amount for cell in cells)
    why = replace(explanation(), contributions=cells, score=score)
    page = Page(demo_page(content(customers=[customer(why=why)], quality=())))
    amounts = [float(text.replace("−", "-")) for text in page.said("td") if re.fullmatch(r"−?\d\.\d{4}", text)]
    assert len(amounts) == 14
    assert sum(amounts[:-1]) == pytest.approx(amounts[-1], abs=1e-9)
    assert amounts[-1] == pytest.approx(score, abs=5e-5)
    assert "28 smaller" in page.said("span")
    assert sum(shares(page)) == pytest.approx(100)


def test_visitors_without_history_evidence_or_explanation() -> None:
    popular = Explanation(
        product="b2",
        score=1.0,
        text="Popular here.",
        language="en",
        contributions=(Contribution("", "popularity", 1.0),),
        evidence=(Evidence(kind="popularity", history_item="", amount=1.0, share=1.0, count=12),),
    )
    found = [
        Recommendation(item="b2", title="", score=1.0, source="popularity", explanation=popular),
        Recommendation(item="b3", title="x", score=0.0, source="popularity"),
        Recommendation(
            item="b4",
            title="y",
            score=0.0,
            source="text",
            explanation=replace(popular, score=0.0, contributions=(), evidence=()),
        ),
    ]
    answer = Recommendations(items=tuple(found), notes=("nobody is not known",), degraded=True)
    nobody = CustomerSection(user="nobody", history=(), recommendations=answer)
    nothing = CustomerSection(user="none", history=(), recommendations=Recommendations(items=()))
    page = Page(demo_page(content(customers=[nobody, nothing])))
    said = " ".join(text for _, text in page.text)
    assert shares(page) == [100.0]
    for words in ("None: a visitor nobody knows yet.", "nobody is not known", "A stage failed", "all shoppers"):
        assert words in said
    assert "Nothing may be recommended here." in said
    assert "so it has no shares" in said


def test_long_histories_are_folded() -> None:
    history = tuple(Product(id=str(n), title=f"PRODUCT NUMBER {n}") for n in range(40))
    section = replace(customer(), history=history)
    page = Page(demo_page(content(customers=[section])))
    assert "28 earlier" in page.said("summary")
    chips = [text for text in page.said("li") if text.startswith("Product Number")]
    assert chips[0] == "Product Number 39"
    assert len(chips) == 40


def test_empty_parts_have_no_section() -> None:
    empty = DemoContent(title="Empty", kept={}, set_aside={}, graph=Graph.from_facts(["a"], Facts.of([])), customers=())
    page = Page(demo_page(empty))
    assert page.said("h2") == ["The knowledge graph", "What was read"]


def test_a_declared_fact_and_a_long_text() -> None:
    declared = ExampleFact(
        fact=Fact(product="b1", relation="colour", value="red", field="colour"),
        product=Product(id="b1", title="BUNTING SET"),
    )
    said = " ".join(text for _, text in Page(demo_page(content(example=declared))).text)
    assert "declared by the shop in colour" in said
    text = "word " * 1000 + "RED" + " word" * 1000
    fact = Fact(product="b1", relation="colour", value="red", field="description", start=5000, end=5003)
    read = ExampleFact(fact=fact, product=Product(id="b1", description=text))
    page = Page(demo_page(content(example=read)))
    assert page.said("mark") == ["RED"]
    quoted = page.said("blockquote")
    assert quoted[0].endswith("word ")
    assert quoted[1].startswith(" word")
    assert sum(map(len, quoted)) < 400


def test_only_addresses_on_the_web() -> None:
    with pytest.raises(SettingsError, match="attribution_url"):
        content(attribution_url="javascript:alert(1)")


def test_apportioned_and_figure() -> None:
    assert apportioned([1, 1, 1], 1000) == [334, 333, 333]
    assert apportioned([2.0, -1.0], 1000) == [2000, -1000]
    assert sum(apportioned([1e9, -1e9 + 1e-3, 0.3], 1000)) == 1000
    assert [figure(value) for value in (3.0, 0.12345, True, nan, "x", 1234)] == [
        "3",
        "0.1235",
        "True",
        "–",
        "x",
        "1,234",
    ]
