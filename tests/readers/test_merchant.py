"""Google Merchant feeds: RSS, Atom and tables; what XML must not do."""

from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from kgrec.data import Product
from kgrec.errors import CatalogueError
from kgrec.readers import read_catalogue
from kgrec.readers.text_lines import MAX_ROW

Write = Callable[[str, str | bytes], Path]

ITEM = """<item>
<g:id>TV_1</g:id>
<title>plain title</title>
<g:title>LG 22" LED TV &amp; stand</g:title>
<link>http://x/tv?a=1&amp;b=2</link>
<description><![CDATA[Attractively <b>styled</b>.]]></description>
<g:image_link>http://x/1.jpg</g:image_link>
<g:additional_image_link>http://x/2.jpg</g:additional_image_link>
<g:condition>used</g:condition>
<g:availability>in_stock</g:availability>
<g:price>159.00 USD</g:price>
<g:sale_price>149.00 USD</g:sale_price>
<g:shipping><g:country>US</g:country><g:price>14.95 USD</g:price></g:shipping>
<g:gtin>71919219405200</g:gtin>
<g:brand>LG</g:brand>
<g:google_product_category>Electronics &gt; Video &gt; Televisions</g:google_product_category>
<g:product_type>Consumer Electronics &gt; TVs</g:product_type>
<g:product_type>Offers</g:product_type>
<g:item_group_id>TV</g:item_group_id>
<g:color>Black/Silver</g:color>
<g:size>22/24</g:size>
<g:age_group>adult</g:age_group>
<g:product_height>15 cm</g:product_height>
<g:product_detail><g:section_name>General</g:section_name><g:attribute_name>Resolution</g:attribute_name>
<g:attribute_value>1080p</g:attribute_value></g:product_detail>
<g:product_highlight>bright</g:product_highlight>
<g:product_highlight>light</g:product_highlight>
<media:note xmlns:media="http://x/">n</media:note>
<g:mpn></g:mpn>
</item>
"""
RSS = '<?xml version="1.0"?>\n<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel><title>Shop</title>\n'
END = "</channel></rss>\n"


def test_every_field_of_an_item(write: Write) -> None:
    path = write("feed.xml", RSS + ITEM + END)
    catalogue = read_catalogue(path)
    assert catalogue.set_aside == ()
    (tv,) = catalogue
    assert (tv.id, tv.title, tv.brand) == ("TV_1", 'LG 22" LED TV & stand', "LG")
    assert tv.description == "Attractively <b>styled</b>."
    assert (tv.price, tv.currency, tv.available, tv.image) == (159, "USD", True, "http://x/1.jpg")
    assert tv.categories == (
        ("Consumer Electronics", "TVs"), ("Offers",), ("Electronics", "Video", "Televisions"),
    )  # fmt: skip
    assert dict(tv.attributes) == {
        "colour": ("Black", "Silver"),
        "size": ("22/24",),
        "age_group": ("adult",),
        "product_height": ("15 cm",),
        "Resolution": ("1080p",),
    }
    assert dict(tv.extra) == {
        "image": ["http://x/1.jpg", "http://x/2.jpg"],
        "link": "http://x/tv?a=1&b=2",
        "condition": "used",
        "sale_price": "149.00 USD",
        "shipping": {"country": ["US"], "price": ["14.95 USD"]},
        "gtin": "71919219405200",
        "item_group_id": "TV",
        "product_highlight": ["bright", "light"],
        "media:note": "n",
    }


ATOM = """<?xml version="1.0" encoding="ISO-8859-1"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:x="http://base.google.com/ns/1.0">
<title>Shop</title><id>tag:shop</id><author><name>Me</name></author>
<entry><id>tag:1</id><x:id>A1</x:id><title>Caf\xe9 cup</title><link rel="alternate" href="http://x/a1"/>
<link rel="edit" href="http://x/edit"/><summary>A <em>cup</em>.</summary><x:price>2,50 EUR</x:price>
<x:availability>out of stock</x:availability><x:google_product_category>674</x:google_product_category></entry>
<entry><id>A2</id><title>Two</title><x:availability>preorder</x:availability><x:color>/</x:color></entry>
</feed>"""


def test_atom(write: Write) -> None:
    first, second = read_catalogue(write("feed.atom", ATOM.encode("latin-1")))
    assert (first.id, first.title, first.description) == ("A1", "Café cup", "A cup.")
    assert (first.price, first.currency, first.available) == (2.5, "EUR", False)
    assert first.categories == ()  # a number of Google's list is no path
    assert first.extra["google_product_category"] == "674"
    assert first.extra["link"] == "http://x/a1"
    assert (second.id, second.available) == ("A2", True)
    assert "colour" not in second.attributes


def test_a_prefix_that_is_not_declared(write: Write) -> None:
    feed = "<rss><channel><item><g:id>a</g:id><g:color>red</g:color></item></channel></rss>"
    (product,) = read_catalogue(write("feed.rss", feed))
    assert product.attributes["colour"] == ("red",)


def test_rows_that_cannot_be_used_have_their_line(write: Write) -> None:
    deep = "<a>" * 40 + "x" + "</a>" * 40
    items = [
        "<item><g:id>a</g:id><g:price>cheap</g:price></item>",
        "<item>\n<title>no id</title></item>",
        "<item><g:id>b</g:id></item>",
        "<item><g:id>b</g:id></item>",
        f"<item><g:id>c</g:id>{deep}</item>",
        "<item><g:id>d</g:id></item>",
    ]
    catalogue = read_catalogue(write("feed.xml", RSS + "\n".join(items) + END))
    assert catalogue.ids == ("b", "d")
    assert [(row.line, row.reason.split(":")[0]) for row in catalogue.set_aside] == [
        (3, "unreadable price"),
        (4, "no id"),
        (7, "duplicate id"),
        (8, "nested too deeply"),
    ]
    assert catalogue.set_aside[1].excerpt == "<item> no id"


def test_an_item_beyond_the_limit_is_set_aside(write: Write) -> None:
    long = f"<item><g:id>a</g:id><description>{'x' * (MAX_ROW + 1)}</description></item>"
    catalogue = read_catalogue(write("feed.xml", RSS + long + "<item><g:id>b</g:id></item>" + END))
    assert catalogue.ids == ("b",)
    assert catalogue.set_aside[0].reason.startswith("row too long")


def test_a_large_feed_stays_small(tmp_path: Path) -> None:
    path = tmp_path / "feed.xml.gz"
    count = 3_000
    with gzip.open(path, "wt", compresslevel=1) as file:
        file.write(RSS)
        file.writelines(f"<item><g:id>{n}</g:id><g:junk>{'x' * 10_000}</g:junk><g:id/></item>" for n in range(count))
        file.write(END)
    from kgrec.readers.feeds import read_feed

    tracemalloc.start()
    assert sum(1 for _ in read_feed(path, CatalogueError).rows) == count
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3_000_000  # of 30 MB


BOMB = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'


@pytest.mark.parametrize(
    "prolog",
    [
        BOMB,
        '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">',
        '<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x">%p;]>',
        "<!DOCTYPE rss>",
    ],
)
def test_document_types_entities_and_references_are_refused(write: Write, prolog: str) -> None:
    feed = f"{prolog}<rss><channel><item><id>a</id><title>&a;</title></item></channel></rss>"
    with pytest.raises(CatalogueError, match="has a document type or entity"):
        read_catalogue(write("feed.xml", feed))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (RSS + ITEM, "no well-formed XML at line"),
        (RSS + "<item><g:id>&b;</g:id></item>" + END, "no well-formed XML at line 3"),
        (RSS + "<item><g:id>a</id></item>" + END, "no well-formed XML at line 3"),
        ("", "is empty"),
        ("id,title\n1,a\n", "no well-formed XML at line 1"),
        ("<html><body/></html>", "has no <item> or <entry>; its first element is <html>"),
        (RSS + "<item><title>x</title></item>" + END, "none of the 1 rows"),
    ],
)
def test_feeds_that_cannot_be_read(write: Write, content: str, message: str) -> None:
    with pytest.raises(CatalogueError, match=message):
        read_catalogue(write("feed.xml", content))


HEADER = "id\ttitle\tdescription\tlink\timage link\tadditional_image_link\tprice\tavailability\tbrand\tproduct_type"
HEADER += "\tgoogle_product_category\tcolor\tmaterial\tgender\titem_group_id\tproduct_detail\tgtin\n"
ROW = "a\tShoe\tA shoe.\thttp://x/a\thttp://x/1.jpg\thttp://x/2.jpg,http://x/3.jpg\t15.00 USD\tin_stock\tAcme"
ROW += "\tApparel > Shoes\t187\tred/white\tleather\tfemale\tg1\tGeneral:Heel:5 cm, Care:Wash:by hand, cold\t0012\n"


def test_a_table(write: Write) -> None:
    bad = ROW.replace("a\tShoe", "b\tBoot").replace("15.00 USD", "-1 USD")
    catalogue = read_catalogue(write("feed.tsv", HEADER + ROW + bad))
    (shoe,) = catalogue
    assert (shoe.title, shoe.price, shoe.currency, shoe.available) == ("Shoe", 15, "USD", True)
    assert shoe.categories == (("Apparel", "Shoes"),)
    assert dict(shoe.attributes) == {
        "colour": ("red", "white"),
        "material": ("leather",),
        "gender": ("female",),
        "Heel": ("5 cm",),
        "Wash": ("by hand, cold",),
    }
    assert shoe.image == "http://x/1.jpg"
    assert shoe.extra["image"] == ["http://x/1.jpg", "http://x/2.jpg", "http://x/3.jpg"]
    assert (shoe.extra["gtin"], shoe.extra["google_product_category"]) == ("0012", "187")
    assert [(row.line, row.reason.split(":")[0]) for row in catalogue.set_aside] == [(3, "negative price")]


def test_a_table_read_as_the_caller_says(write: Write) -> None:
    (shoe,) = read_catalogue(write("feed.tsv", HEADER + ROW), columns={"id": "gtin"})
    assert (shoe.id, dict(shoe.attributes), shoe.extra["color"]) == ("0012", {}, "red/white")


def test_other_tables_are_no_feeds(write: Write) -> None:
    (product,) = read_catalogue(write("p.tsv", "id\ttitle\tlink\tcolor\na\tA\tx\tred\n"))
    assert product == Product(id="a", title="A", extra=product.extra)
    assert dict(product.extra) == {"link": "x", "color": "red"}


def test_details_that_are_not_understood_are_kept(write: Write) -> None:
    (shoe,) = read_catalogue(write("feed.tsv", HEADER + ROW.replace("General:Heel:5 cm", "Heel 5 cm")))
    assert "Heel" not in shoe.attributes
    assert shoe.extra["product_detail"].startswith("Heel 5 cm")
