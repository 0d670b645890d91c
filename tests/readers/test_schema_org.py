"""schema.org JSON-LD: documents, graphs, pages; groups and their variants; what is set aside."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgrec.data import Catalogue, Product
from kgrec.errors import CatalogueError
from kgrec.extraction import extract
from kgrec.graph import Graph
from kgrec.readers import read_catalogue

Write = Callable[[str, str | bytes], Path]

PRODUCT = {
    "@context": "https://schema.org/",
    "@type": "Product",
    "sku": "T-1",
    "gtin13": "4006381333931",
    "mpn": "925872",
    "name": "Round tin",
    "description": "A tin.",
    "image": ["https://x/1.jpg", {"@type": "ImageObject", "contentUrl": "https://x/2.jpg"}],
    "brand": {"@type": "Brand", "name": "Acme"},
    "category": ["Kitchen", "Kitchen > Storage"],
    "color": ["red", "white"],
    "material": {"@type": "DefinedTerm", "name": "steel"},
    "size": {"@type": "SizeSpecification", "name": "M", "sizeSystem": "https://schema.org/WearableSizeSystemEU"},
    "height": {"@type": "QuantitativeValue", "value": 15, "unitCode": "CMT"},
    "audience": {"@type": "PeopleAudience", "suggestedGender": "https://schema.org/Female"},
    "additionalProperty": [
        {"@type": "PropertyValue", "name": "Capacity", "value": 1.5, "unitText": "l"},
        {"@type": "PropertyValue", "name": "Dishwasher safe", "value": True},
        {"@type": "PropertyValue", "propertyID": "fits", "value": ["cake", "bread"]},
        {"@type": "PropertyValue", "name": "Temperature", "minValue": -20, "maxValue": 200, "unitText": "°C"},
        {"@type": "PropertyValue", "value": "no name"},
    ],
    "offers": {
        "@type": "Offer",
        "url": "https://x/t1",
        "price": "12.99",
        "priceCurrency": "EUR",
        "availability": "https://schema.org/InStock",
    },
    "aggregateRating": {"@type": "AggregateRating", "ratingValue": 4.4, "reviewCount": 89},
}


def read_one(write: Write, node: object) -> Product:
    catalogue = read_catalogue(write("p.jsonld", json.dumps(node)))
    assert catalogue.set_aside == ()
    assert len(catalogue) == 1
    return catalogue[0]


def test_every_field_of_a_product(write: Write) -> None:
    tin = read_one(write, PRODUCT)
    assert (tin.id, tin.title, tin.description, tin.brand) == ("T-1", "Round tin", "A tin.", "Acme")
    assert tin.categories == (("Kitchen", "Storage"),)
    assert (tin.price, tin.currency, tin.available) == (12.99, "EUR", True)
    assert tin.image == "https://x/1.jpg"
    assert dict(tin.attributes) == {
        "colour": ("red", "white"),
        "material": ("steel",),
        "size": ("M",),
        "height": ("15 cm",),
        "gender": ("female",),
        "Capacity": ("1.5 l",),
        "Dishwasher safe": ("true",),
        "fits": ("cake", "bread"),
        "Temperature": ("-20–200 °C",),
    }
    assert tin.extra["gtin13"] == "4006381333931"
    assert tin.extra["mpn"] == "925872"
    assert tin.extra["image"] == ["https://x/1.jpg", "https://x/2.jpg"]
    assert tin.extra["aggregateRating"]["reviewCount"] == 89
    assert tin.extra["additionalProperty"] == [{"@type": "PropertyValue", "value": "no name"}]


@pytest.mark.parametrize(
    "document",
    [
        [PRODUCT],
        {"@context": "https://schema.org", "@graph": [{"@type": "WebSite", "name": "x"}, PRODUCT]},
        {"@graph": [{"@type": "ItemPage", "mainEntity": PRODUCT}]},
        {"@type": "ItemList", "itemListElement": [{"@type": "ListItem", "position": 1, "item": PRODUCT}]},
        {"@type": "DataFeed", "dataFeedElement": [{"@type": "DataFeedItem", "item": PRODUCT}]},
        {**PRODUCT, "@type": ["Product", "https://schema.org/IndividualProduct"], "isRelatedTo": {"@type": "Product"}},
        {"@type": "schema:Product", **{f"schema:{k}": v for k, v in PRODUCT.items() if k[0] != "@"}},
        [{"@type": ["http://schema.org/Product"], "http://schema.org/sku": [{"@value": "T-1"}],
          "http://schema.org/name": [{"@value": "Round tin", "@language": "en"}]}],
    ],
)  # fmt: skip
def test_wherever_a_product_stands(write: Write, document: object) -> None:
    tin = read_one(write, document)
    assert (tin.id, tin.title) == ("T-1", "Round tin")


def test_an_offer_of_a_product(write: Write) -> None:
    offer = {"@type": "Offer", "price": 3, "priceCurrency": "USD", "itemOffered": {"@type": "Product", "sku": "a"}}
    assert (read_one(write, offer).price, read_one(write, offer).currency) == (3, "USD")


@pytest.mark.parametrize(
    ("offers", "expected"),
    [
        ([{"price": 5, "availability": "OutOfStock"}, {"price": 7, "availability": "http://schema.org/PreOrder"}],
         (7, None, True)),
        ({"@type": "AggregateOffer", "lowPrice": "4.50", "highPrice": "9", "priceCurrency": "GBP"}, (4.5, "GBP", None)),
        ({"@type": "AggregateOffer", "offers": [{"price": 2}, {"price": 1}]}, (2, None, None)),
        ({"priceSpecification": [{"price": 9, "priceType": "https://schema.org/ListPrice"},
                                 {"price": 8, "priceCurrency": "EUR"}], "availability": "schema:SoldOut"},
         (8, "EUR", False)),
        ({"availability": "InStock"}, (None, None, True)),
        ([], (None, None, None)),
    ],
)  # fmt: skip
def test_offers(write: Write, offers: object, expected: tuple[Any, ...]) -> None:
    product = read_one(write, {"@type": "Product", "sku": "a", "offers": offers})
    assert (product.price, product.currency, product.available) == expected


GROUP = {
    "@context": "https://schema.org/",
    "@type": "ProductGroup",
    "@id": "#coat",
    "productGroupID": "44E01",
    "name": "Wool winter coat",
    "url": "https://x/coat",
    "brand": {"@type": "Brand", "name": "Good brand"},
    "material": "wool",
    "pattern": "striped",
    "color": ["Green", "Light blue"],
    "audience": {"@type": "PeopleAudience", "suggestedGender": "unisex"},
    "additionalProperty": [{"name": "lining", "value": "silk"}, {"name": "care", "value": "dry clean"}],
    "variesBy": ["https://schema.org/size", "https://schema.org/color"],
    "hasVariant": [
        {
            "@type": "Product",
            "sku": "44E01-M11000",
            "name": "Small green coat",
            "size": "small",
            "color": "Green",
            "additionalProperty": {"name": "care", "value": "hand wash"},
            "offers": {"@type": "Offer", "price": 39.99, "priceCurrency": "USD"},
        },
        {"@type": "Product", "sku": "44E01-X1100000", "size": "large", "pattern": "plain"},
        {"@id": "#third"},
        {"@type": "Product", "url": "https://x/coat?fourth"},
    ],
}


def test_variants_inherit_what_the_group_says_of_all(write: Write) -> None:
    third = {"@id": "#third", "@type": "Product", "sku": "44E01-K", "color": "Light blue"}
    catalogue = read_catalogue(write("p.jsonld", json.dumps([GROUP, third], indent=1)))
    assert catalogue.ids == ("44E01-M11000", "44E01-X1100000", "44E01-K")
    small, large, other = catalogue
    assert (small.title, large.title, small.brand, large.brand) == (
        "Small green coat", "Wool winter coat", "Good brand", "Good brand",
    )  # fmt: skip
    assert small.attributes["colour"] == ("Green",)
    assert "colour" not in large.attributes  # the group's list says which colours there are, not which this one has
    assert (small.attributes["pattern"], large.attributes["pattern"]) == (("striped",), ("plain",))
    assert (small.attributes["care"], large.attributes["care"]) == (("hand wash",), ("dry clean",))
    assert small.attributes["lining"] == other.attributes["lining"] == ("silk",)
    assert small.attributes["gender"] == ("unisex",)
    assert small.price == 39.99
    assert large.price is None
    assert small.extra["item_group_id"] == "44E01"
    assert small.extra["varies_by"] == ["size", "color"]
    assert "url" not in small.extra
    assert [row.reason for row in catalogue.set_aside] == [
        "reference to a product that the document does not describe: 'https://x/coat?fourth'"
    ]


@pytest.mark.parametrize(
    "link", [{"isVariantOf": {"@id": "#coat"}}, {"inProductGroupWithID": "44E01"}, {"isVariantOf": GROUP}]
)
def test_variants_that_name_their_group(write: Write, link: dict[str, Any]) -> None:
    group = {name: value for name, value in GROUP.items() if name != "hasVariant"}
    variants = [{"@type": "Product", "sku": sku, "productGroupID": "44E01", **link} for sku in "ab"]
    catalogue = read_catalogue(write("p.jsonld", json.dumps({"@graph": [*variants, group]})))
    assert catalogue.ids == ("a", "b")
    assert catalogue[1].attributes["material"] == ("wool",)


def test_a_group_without_variants_is_a_product(write: Write) -> None:
    group = {name: value for name, value in GROUP.items() if name != "hasVariant"}
    assert read_one(write, group).id == "44E01"


def test_references_to_other_nodes(write: Write) -> None:
    nodes = [
        {"@type": "Product", "@id": "#p", "sku": "a", "brand": {"@id": "#b"}, "offers": {"@id": "#o"}},
        {"@id": "#b", "@type": "Brand", "name": "Acme"},
        {"@id": "#o", "@type": "Offer", "price": 2},
    ]
    product = read_one(write, {"@graph": nodes})
    assert (product.brand, product.price) == ("Acme", 2)


def test_rows_that_cannot_be_used_have_their_line(write: Write) -> None:
    text = """{"@context": "https://schema.org/", "@graph": [
{"@type": "Product", "sku": "a", "offers": {"price": "cheap"}},
{"@type": "Product", "name": "no id"},
{"@type": "Product", "sku": "b"},

{"@type": "Product", "sku": "b"},
{"@type": "Product", "sku": "c", "name": "\\ud800"}
]}"""
    catalogue = read_catalogue(write("p.jsonld", text))
    assert catalogue.ids == ("b",)
    assert [(row.line, row.reason.split(":")[0]) for row in catalogue.set_aside] == [
        (2, "unreadable price"),
        (3, "no id"),
        (6, "duplicate id"),
        (7, "lone surrogate"),
    ]
    assert catalogue.set_aside[0].file.endswith("p.jsonld")
    assert "cheap" in catalogue.set_aside[0].excerpt


PAGE = """<!DOCTYPE html><html><head><title>x</title>
<script>var a = "{";</script>
<script type="application/ld+json">
{"@context": "https://schema.org/", "@type": "Product",
 "sku": "a", "name": "Caf\xe9 &amp; tin"}
</script>
<script type="application/ld+json">{"@type": "Product", "sku": "b",}</script>
</head><body>
<SCRIPT TYPE='application/ld+json; charset=utf-8'>
//<![CDATA[
[{"@type": "Product", "name": "nameless"}, {"@type": "Product", "sku": "c"}]
//]]>
</SCRIPT></body></html>"""


def test_a_page(write: Write) -> None:
    for content in (PAGE.encode(), PAGE.replace("<head>", '<head><meta charset="latin-1">').encode("latin-1")):
        catalogue = read_catalogue(write("p.html", content))
        assert catalogue.ids == ("a", "c")
        assert catalogue[0].title == "Café &amp; tin"  # JSON in a script has no entities
        assert [(row.line, row.reason.split(":")[0]) for row in catalogue.set_aside] == [
            (7, "not JSON"),
            (11, "no id"),
        ]


def test_another_id_can_be_named(write: Write) -> None:
    path = write("p.jsonld.gz", gzip.compress(json.dumps(PRODUCT).encode()))
    assert read_catalogue(path, columns={"id": "gtin13"}).ids == ("4006381333931",)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("p.jsonld", "", "is not JSON"),
        ("p.jsonld", '{"@type": "Product", "sku": "a"', "is not JSON"),
        ("p.jsonld", '[{"@type": "Product", "sku": "a"} {}]', "is not JSON .*line 1"),
        ("p.jsonld", '[{"@type": "Product", "sku": "a"}] x', "more after the document"),
        ("p.jsonld", '{"a": ' + "[" * 100_000, "nested too deeply"),
        ("p.jsonld", '{"@type": "Person", "name": "x"}', "no node of type Product"),
        ("p.jsonld", b"\xff\xfe\x00", "is not UTF-8"),
        ("p.jsonld", '{"@type": "Product", "name": "x"}', "none of the 1 rows"),
        ("p.html", "<html><script>1</script></html>", "has no <script"),
        ("p.html", '<script type="application/ld+json">nothing</script>', "none of the 1 rows"),
        ("p.jsonld.gz", "{}", "not a whole gzip file"),
    ],
)
def test_documents_that_cannot_be_read(write: Write, name: str, content: str | bytes, message: str) -> None:
    with pytest.raises(CatalogueError, match=message):
        read_catalogue(write(name, content))


def test_no_such_document(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="no file"):
        read_catalogue(tmp_path / "none.jsonld")


WORDS = st.sampled_from(["red", "Ruby red", "steel", "<b>", "a > b", "“x”", "50 %", "红色", "\u2028"])
NAMES = st.sampled_from(["colour", "material", "Fits", "care label", "size"])
SHOPS = st.lists(
    st.builds(
        Product,
        id=st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Z"]), min_size=1, max_size=6),
        title=st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12).map(str.strip),
        description=st.sampled_from(["", "Two\nlines", "</script>"]),
        brand=st.none() | st.sampled_from(["Acme", "O'Brien & Sons"]),
        categories=st.sampled_from([(), (("Home", "Kitchen", "Tins"),), (("Home",), ("Gifts", "For her"))]),
        price=st.none() | st.floats(0, 1e6),
        currency=st.none() | st.sampled_from(["EUR", "GBP"]),
        available=st.none() | st.booleans(),
        language=st.none() | st.sampled_from(["en", "zh"]),
        image=st.none() | st.just("https://x/1.png"),
        attributes=st.dictionaries(NAMES, st.lists(WORDS, min_size=1, max_size=2, unique=True).map(tuple), max_size=3),
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda product: product.id,
)


@given(SHOPS)
@settings(deadline=None, max_examples=60)
def test_the_export_is_read_back(tmp_path_factory: pytest.TempPathFactory, products: list[Product]) -> None:
    catalogue = Catalogue(products)
    graph = Graph.from_facts(catalogue.ids, extract(catalogue, _Silent()))
    path = tmp_path_factory.mktemp("jsonld") / "g.jsonld"
    graph.write_jsonld(path, catalogue)
    read = read_catalogue(path)
    assert read.set_aside == ()
    for before, after in zip(catalogue, read, strict=True):
        for field in (
            "id",
            "title",
            "description",
            "categories",
            "price",
            "currency",
            "available",
            "language",
            "image",
        ):
            assert getattr(after, field) == getattr(before, field)
        assert after.brand == before.brand
    again = Graph.from_facts(read.ids, extract(read, _Silent()))
    assert triples_of(again) == triples_of(graph)


class _Silent:
    """Reads nothing from texts, so that only what is declared is a fact."""

    name = "silent"

    def extract(self, products: object) -> list[Any]:
        return []


def triples_of(graph: Graph) -> set[tuple[int, str, str]]:
    return {(num, *graph.label(int(v))) for num in range(len(graph.product_ids)) for v in graph.values_of(num)}
