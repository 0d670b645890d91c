from __future__ import annotations

from kgrec.data import Fact, Facts, Product
from kgrec.embedding import product_document, product_documents
from kgrec.embedding.documents import MAX_CHARACTERS


def fact(relation: str, value: str, product: str = "a") -> Fact:
    return Fact(product=product, relation=relation, value=value, field="title")


def test_title_brand_categories_and_description_in_this_order() -> None:
    product = Product(
        id="a",
        title="Red mug",
        brand="ACME",
        categories=(("Home", "Mugs"), ("Gifts",)),
        description="Holds\n  300 ml.",
    )
    assert product_document(product) == "Red mug. ACME. Home, Mugs. Gifts. Holds 300 ml."


def test_facts_that_add_words() -> None:
    facts = [
        fact("colour", "red"),  # stands in the title
        fact("product_type", "drinking vessel"),
        fact("material", "china"),
        fact("material", "clay"),
        fact("brand", "ACME"),
        fact("category", "Home"),
    ]
    assert product_document(Product(id="a", title="Red mug"), facts) == (
        "Red mug. product type: drinking vessel. material: china, clay"
    )


def test_a_fact_is_said_once() -> None:
    facts = [fact("colour", "crimson"), fact("theme", "Crimson")]
    assert product_document(Product(id="a", title="Mug"), facts) == "Mug. colour: crimson"


def test_nothing_stated() -> None:
    assert product_document(Product(id="a")) == ""


def test_long_documents_are_cut() -> None:
    product = Product(id="a", title="Mug", description="very long " * 1_000)
    document = product_document(product)
    assert len(document) == MAX_CHARACTERS
    assert document.startswith("Mug. very long")


def test_facts_go_to_their_products() -> None:
    products = [Product(id="a", title="Mug"), Product(id="b"), Product(id="c", title="Cup")]
    facts = Facts.of([fact("colour", "red", "c"), fact("colour", "blue", "a"), fact("colour", "grey", "gone")])
    assert product_documents(products, facts) == ["Mug. colour: blue", "", "Cup. colour: red"]
    assert product_documents(products) == ["Mug", "", "Cup"]
