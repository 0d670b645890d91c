"""The picture: well-formed, complete, deterministic, and deaf to what product texts try."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from kgrec.data import Catalogue, Contribution, Evidence, Explanation, Fact, Facts, Product
from kgrec.errors import SettingsError, UnknownProductError
from kgrec.graph import Graph
from kgrec.serving.colours import HUES
from kgrec.serving.lettering import escaped, percent, width_of, wrapped
from kgrec.serving.picture import neighbourhood_svg
from kgrec.serving.picture_style import _INK

SVG = "{http://www.w3.org/2000/svg}"
EVIL = '<script>alert(1)</script> "><img src=x onerror=alert(2)> & \x00\x1b[31m\u202e\ufffe\ud800 end'


def shop(title: str = "PINK BUNTING") -> tuple[Catalogue, Graph]:
    titles = {
        "b1": "RED BUNTING",
        "b2": title,
        "b3": "WHITE BUNTING WITH HEARTS",
        "t1": "RED TIN",
        "b4": "BLUE BUNTING",
        "x": "TABLE LAMP",
    }
    facts = [
        Fact(product=item, relation="product_type", value="bunting", field="title") for item in ("b1", "b2", "b3", "b4")
    ]
    facts += [Fact(product=item, relation="colour", value="red", field="title") for item in ("b1", "b2", "t1")]
    return Catalogue(Product(id=item, title=text) for item, text in titles.items()), Graph.from_facts(
        list(titles), Facts.of(facts)
    )


def explained(*evidence: Evidence, product: str = "b2", score: float = 2.0) -> Explanation:
    return Explanation(
        product=product,
        score=score,
        text="Because of “Red Bunting” in your history.",
        language="en",
        contributions=(Contribution("b1", "behaviour", score),),
        evidence=evidence,
    )


def fact(item: str, relation: str, value: str, count: int, share: float = 0.2) -> Evidence:
    return Evidence(
        kind="fact", history_item=item, amount=2 * share, share=share, relation=relation, value=value, count=count
    )


BUNTING = fact("b1", "product_type", "bunting", 4, 0.3)
RED = fact("b1", "colour", "red", 3, 0.1)
RED_TIN = fact("t1", "colour", "red", 3, 0.1)
BOTH = Evidence(kind="behaviour", history_item="b1", amount=0.6, share=0.3, count=17)
NEXT = Evidence(kind="sequence", history_item="b1", amount=0.2, share=0.1, count=17)
ALIKE = Evidence(kind="text", history_item="t1", amount=0.1, share=0.05)
ALL = explained(BUNTING, RED, RED_TIN, BOTH, NEXT, ALIKE)


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter(SVG + "text")]


def test_shows_history_values_shoppers_product_and_further_products() -> None:
    catalogue, graph = shop()
    svg = neighbourhood_svg(graph, catalogue, ALL, history=["x", "t1", "b1"])
    said = texts(svg)
    for label in ("Red Bunting", "Red Tin", "Table Lamp", "Pink Bunting", "bunting", "red", "17 shoppers took both"):
        assert said.count(label) == 1, label
    assert "similar description" in said
    assert "Blue Bunting" in said  # has the value too
    assert "behaviour and sequence · 40.0%" in said
    assert "colour · 3 products · 20.0%" in said
    assert {"product type", "colour", "same shoppers", "also has the value"} <= set(said)  # legend


def test_is_one_self_contained_accessible_element() -> None:
    catalogue, graph = shop()
    svg = neighbourhood_svg(graph, catalogue, ALL, history=["b1"])
    root = ElementTree.fromstring(svg)
    assert root.tag == SVG + "svg"
    assert root.get("role") == "img"
    assert (root.get("aria-label") or "").startswith("Why Pink Bunting is recommended")
    assert not re.search(r"(?i)href|url\(|@import|<script|<image|foreignObject|\bid=", svg)
    assert svg.count("http") == 1  # the namespace
    assert len(list(root.iter(SVG + "title"))) >= 10


def test_equal_input_gives_equal_text() -> None:
    catalogue, graph = shop()
    assert neighbourhood_svg(graph, catalogue, ALL, history=["b1", "t1"]) == neighbourhood_svg(
        *shop()[::-1], ALL, history=["b1", "t1"]
    )


def test_thickness_follows_the_share() -> None:
    catalogue, graph = shop()
    root = ElementTree.fromstring(neighbourhood_svg(graph, catalogue, ALL, history=[]))
    edges = [path for path in root.iter(SVG + "path") if path.find(SVG + "title") is not None]
    width = {path.findtext(SVG + "title"): float(path.get("stroke-width") or 0) for path in edges}
    assert width["Red Bunting – bunting: 30.0% of the score"] > width["Red Bunting – red: 10.0% of the score"]
    dashed = [path for path in edges if "behaviour" in (path.get("class") or "").split()]
    assert len(dashed) == 2


@pytest.mark.parametrize("where", ["title", "value", "relation", "sentence", "id"])
def test_hostile_texts_stay_texts(where: str) -> None:
    catalogue, graph = shop(EVIL if where == "title" else "PINK BUNTING")
    evidence = fact(
        EVIL if where == "id" else "b1",
        EVIL if where == "relation" else "colour",
        EVIL if where == "value" else "red",
        3,
    )
    explanation = explained(evidence)
    if where == "sentence":
        explanation = Explanation(
            product="b2", score=1.0, text=EVIL, language="en", contributions=(), evidence=(evidence,)
        )
    svg = neighbourhood_svg(graph, catalogue, explanation, history=[])
    root = ElementTree.fromstring(svg)
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        *("svg", "style", "rect", "g", "title", "text", "path", "circle")
    }
    assert "<script" not in svg
    assert "<img" not in svg
    assert not re.search("[\x00-\x08\x1b\u202e\ufffe\ud800]", svg)
    svg.encode("utf-8")


def test_boxes_do_not_overlap_and_stay_inside() -> None:
    many = [Product(id=f"p{n}", title=f"A RATHER LONG TITLE OF PRODUCT NUMBER {n} IN 漢字漢字漢字") for n in range(60)]
    facts = [
        Fact(product=p.id, relation=f"relation_{n % 13}", value=f"v{n % 13}", field="title") for n, p in enumerate(many)
    ]
    facts += [Fact(product="p0", relation=f"relation_{n}", value=f"v{n}", field="title") for n in range(13)]
    catalogue, graph = Catalogue(many), Graph.from_facts([p.id for p in many], Facts.of(facts))
    evidence = [fact(f"p{n}", f"relation_{n % 13}", f"v{n % 13}", 5, 0.05) for n in range(1, 40)]
    evidence += [
        Evidence(kind="behaviour", history_item=f"p{n}", amount=0.1, share=0.05, count=9) for n in range(1, 20)
    ]
    for width, height in ((900, 620), (640, 320), (1400, 1000)):
        svg = neighbourhood_svg(
            graph, catalogue, explained(*evidence, product="p0"), history=[], width=width, height=height
        )
        root = ElementTree.fromstring(svg)
        boxes = [
            tuple(float(rect.get(key) or 0) for key in ("x", "y", "width", "height"))
            for rect in root.iter(SVG + "rect")
            if rect.get("class") == "box"
        ]
        assert len(boxes) >= 5
        for at, (x, y, w, h) in enumerate(boxes):
            assert x >= 0
            assert y >= 30
            assert x + w <= width
            assert y + h <= height
            for x2, y2, w2, h2 in boxes[:at]:
                assert x + w <= x2 or x2 + w2 <= x or y + h <= y2 or y2 + h2 <= y


@pytest.mark.parametrize("max_nodes", [1, 2, 3, 5, 40])
def test_shows_no_more_than_max_nodes(max_nodes: int) -> None:
    catalogue, graph = shop()
    svg = neighbourhood_svg(graph, catalogue, ALL, history=["x", "b1", "t1"], max_nodes=max_nodes)
    assert 1 <= svg.count('class="box"') <= max_nodes


def test_without_evidence_and_history_the_product_is_shown() -> None:
    catalogue, graph = shop()
    said = texts(neighbourhood_svg(graph, catalogue, explained(), history=[]))
    assert {"Pink Bunting", "No history", "no single statement stands out"} <= set(said)


def test_popularity_needs_no_history() -> None:
    catalogue, graph = shop()
    popular = Evidence(kind="popularity", history_item="", amount=1.0, share=1.0, count=1234)
    said = texts(neighbourhood_svg(graph, catalogue, explained(popular), history=[]))
    assert {"taken by 1,234 shoppers", "popularity · 100.0%", "No history"} <= set(said)


def test_history_of_unknown_products_and_hidden_counts() -> None:
    catalogue, graph = shop()
    few = Evidence(kind="behaviour", history_item="gone", amount=1.0, share=0.5)
    said = texts(neighbourhood_svg(graph, catalogue, explained(few), history=["gone", "gone"]))
    assert said.count("gone") == 1
    assert "a few shoppers took both" in said


def test_refuses_what_cannot_be_drawn() -> None:
    catalogue, graph = shop()
    for wrong in ({"width": 100}, {"height": 100}, {"max_nodes": 0}):
        with pytest.raises(SettingsError, match="needs width"):
            neighbourhood_svg(graph, catalogue, ALL, history=[], **wrong)
    with pytest.raises(UnknownProductError):
        neighbourhood_svg(graph, catalogue, explained(product="nowhere"), history=[])


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)] if len(colour) == 7 else []
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def blended(hue: str, ground: str, opacity: float) -> str:
    pairs = [(int(hue[at : at + 2], 16), int(ground[at : at + 2], 16)) for at in (1, 3, 5)]
    return "#" + "".join(f"{round(opacity * a + (1 - opacity) * b):02x}" for a, b in pairs)


@pytest.mark.parametrize("shade", [0, 1])
def test_contrast(shade: int) -> None:
    ink = {name: pair[shade] for name, pair in _INK.items()}
    for text in ("ink", "soft"):
        grounds = [ink["panel"], ink["card"], *(blended(pair[shade], ink["panel"], 0.13) for pair in HUES.values())]
        assert min(contrast(ink[text], ground) for ground in grounds) >= 4.5
    assert min(contrast(pair[shade], ink["panel"]) for pair in HUES.values()) >= 3


def test_lettering() -> None:
    assert wrapped("Red Bunting", 500, 12, 2) == ("Red Bunting",)
    assert wrapped("", 100, 12, 2) == ()
    lines = wrapped("a rather long title that goes on and on without an end in sight", 100, 12, 2)
    assert len(lines) == 2
    assert lines[-1].endswith("…")
    assert all(width_of(line, 12) <= 100 for line in lines)
    assert "".join(wrapped("Donaudampfschifffahrt", 60, 12, 9)) == "Donaudampfschifffahrt"
    assert escaped("a\n“b”\t<c>") == "a “b” &lt;c&gt;"
    assert len(escaped("x" * 10_000_000, 20)) == 21
    assert (percent(0.1234), percent(0.0001), percent(0.0)) == ("12.3%", "<0.1%", "0.0%")
