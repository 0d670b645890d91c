"""Several processes give the facts of one, in order, and take no more products than they need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest

from kgrec.data import FACT_SCHEMA, Fact, Product
from kgrec.data.catalogue import product_of_texts
from kgrec.errors import SettingsError
from kgrec.extraction import RuleExtractor
from kgrec.extraction.processes import read_in_processes
from kgrec.extraction.rules.labelled_words import GazetteerExtractor
from tests.extraction.labelled_offers import offers


def titles(count: int) -> list[Product]:
    return [Product(id=str(at), title=f"Red cotton shirt, pack of {at % 7 + 2}", brand="Acme") for at in range(count)]


def test_the_facts_are_those_of_one_process_in_order() -> None:
    extractor = RuleExtractor.learned_from(titles(30))
    products = titles(250)
    batches = list(read_in_processes(iter(products), extractor, processes=2, batch=40))
    assert len(batches) == 7
    together = [(one.product, one.relation, one.value, one.start, one.end) for facts in batches for one in facts]
    alone = [(one.product, one.relation, one.value, one.start, one.end) for one in extractor.extract(products)]
    assert together == alone


def test_products_are_taken_as_they_are_needed() -> None:
    taken = 0

    def stream() -> Iterator[Product]:
        nonlocal taken
        for row in offers(400, seed=1):
            taken += 1
            yield row.product

    reading = read_in_processes(stream(), GazetteerExtractor.learned_from(offers(30, seed=2)), processes=1, batch=10)
    assert len(next(reading)) > 0
    assert taken <= 40
    reading.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("wrong", [{"processes": 0}, {"batch": 0}])
def test_numbers_below_one_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(SettingsError, match="at least 1"):
        read_in_processes([], RuleExtractor(), **wrong)


def test_rows_are_the_facts_as_columns() -> None:
    extractor = RuleExtractor.learned_from(titles(30))
    facts = [tuple(getattr(fact, name) for name in FACT_SCHEMA.names) for fact in extractor.extract(titles(40))]
    assert facts
    assert list(extractor.rows(titles(40))) == facts


class Shouting(RuleExtractor):
    """Says with ``extract`` alone what it states: the rows of the rules are not what it means."""

    def extract(self, products: Iterable[Product]) -> Iterator[Fact]:
        for product in products:
            yield Fact(product=product.id, relation="loud", value=product.title.upper(), field="title")


def test_a_subclass_that_extracts_otherwise_is_believed() -> None:
    (facts,) = read_in_processes(titles(3), Shouting(), processes=1)
    assert [fact.value for fact in facts] == [product.title.upper() for product in titles(3)]


def test_a_product_of_texts_is_the_product() -> None:
    paths = (("Home", "Kitchen"),)
    made = product_of_texts("1", "Cup", "A cup.", None, paths, "en")
    assert made == Product(id="1", title="Cup", description="A cup.", categories=paths, language="en")
    assert repr(made) == repr(Product(id="1", title="Cup", description="A cup.", categories=paths, language="en"))
    with pytest.raises(AttributeError):
        made.title = "Mug"  # type: ignore[misc]
