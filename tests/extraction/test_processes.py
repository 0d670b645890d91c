"""Several processes give the facts of one, in order, and take no more products than they need."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kgrec.data import Product
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
