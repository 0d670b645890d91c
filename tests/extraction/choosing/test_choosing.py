"""The extractor that weighs candidates, on offers whose values are known."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from kgrec.data import Fact, Product
from kgrec.errors import DataError, SettingsError
from kgrec.extraction.choosing import ChoosingExtractor, ChoosingSettings
from kgrec.extraction.grounding import why_ungrounded
from kgrec.extraction.labelled import LabelledProduct
from kgrec.protocols import Extractor
from kgrec.testing import ExtractorContract
from tests.extraction.labelled_offers import ATTRIBUTES, offers


@cache
def _learned() -> ChoosingExtractor:
    return ChoosingExtractor.learned_from(offers(120, seed=1), settings=ChoosingSettings(folds=3))


@cache
def _read() -> tuple[tuple[LabelledProduct, ...], tuple[Fact, ...]]:
    rows = tuple(offers(60, seed=2))
    return rows, tuple(_learned().answers(row.product for row in rows))


class TestChoosingExtractor(ExtractorContract):
    def make(self) -> Extractor:
        return self._made()

    @staticmethod
    @cache
    def _made() -> ChoosingExtractor:
        rows = [
            LabelledProduct(
                product=Product(id=f"{noun} {colour}", title=f"{colour} CHERRY {noun}"),
                category="",
                values={"colour": (colour,), "kind": (noun,)},
            )
            for colour in ("PINK", "RED", "BLACK", "BLUE", "红色")
            for noun in ("KETTLE", "LAMP", "LIGHTS", "水壶")
        ]
        return ChoosingExtractor.learned_from(rows, settings=ChoosingSettings(folds=3, inferred=False))


@pytest.mark.parametrize("attribute", ATTRIBUTES)
def test_values_of_unseen_offers_are_found_and_normalised(attribute: str) -> None:
    rows, facts = _read()
    stated = {fact.product: fact.value for fact in facts if fact.relation == attribute}
    right = sum(
        stated[row.product.id] in row.values[attribute] if row.product.id in stated else not row.values[attribute]
        for row in rows
    )
    assert right >= 0.9 * len(rows)


def test_as_an_extractor_it_states_relations_in_snake_case() -> None:
    rows, facts = _read()
    extracted = list(_learned().extract(row.product for row in rows))
    assert {fact.relation for fact in extracted} == {"colour", "kind", "pack", "part_number", "volume", "width"}
    assert [fact.value for fact in extracted] == [fact.value for fact in facts]


def test_every_value_stands_on_its_words_or_says_that_it_has_none() -> None:
    rows, facts = _read()
    products = {row.product.id: row.product for row in rows}
    assert [why_ungrounded(fact, products[fact.product]) for fact in facts] == [None] * len(facts)
    assert all(fact.field == "inferred" and not fact.surface for fact in facts if fact.start == -1)
    widths = [fact for fact in facts if fact.relation == "Width"]
    assert widths
    assert all(fact.surface != fact.value and fact.surface in products[fact.product].title for fact in widths)


def test_confidences_of_one_attribute_sum_to_at_most_one() -> None:
    everything = ChoosingExtractor.learned_from(
        offers(60, seed=1), settings=ChoosingSettings(folds=2, minimum_confidence=0.0)
    )
    sums: defaultdict[tuple[str, str], float] = defaultdict(float)
    for fact in everything.extract(row.product for row in offers(10, seed=4)):
        sums[fact.product, fact.relation] += fact.confidence
    assert sums
    assert max(sums.values()) <= 1 + 1e-6


def test_what_is_saved_reads_the_same(tmp_path: Path) -> None:
    file = tmp_path / "values.npz"
    _learned().save(file)
    again = ChoosingExtractor.load(file)
    rows, facts = _read()
    assert tuple(again.answers(row.product for row in rows)) == facts
    with np.load(file, allow_pickle=False) as arrays:
        assert all(arrays[name].dtype != object for name in arrays.files)


@pytest.mark.parametrize("content", [b"", b"PK nonsense", b"\x93NUMPY"])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "values.npz"
    file.write_bytes(content)
    with pytest.raises(DataError, match=r"expected a file that ChoosingExtractor\.save wrote"):
        ChoosingExtractor.load(file)


def test_an_archive_without_the_document_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "values.npz"
    np.savez(file, weights=np.zeros(3))
    with pytest.raises(DataError, match="document"):
        ChoosingExtractor.load(file)


def test_training_is_deterministic() -> None:
    rows, settings = offers(40, seed=5), ChoosingSettings(folds=2, iterations=10)
    unseen = [row.product for row in offers(10, seed=6)]
    first = list(ChoosingExtractor.learned_from(rows, settings=settings).extract(unseen))
    assert first == list(ChoosingExtractor.learned_from(rows, settings=settings).extract(unseen))


def test_a_category_that_was_not_learned_yields_nothing() -> None:
    product = Product(id="1", title="Acme AB123-B45 Lamp, Black", categories=(("Garden",),))
    assert list(_learned().extract([product])) == []


def test_words_as_long_as_a_book_are_read_in_time() -> None:
    product = Product(id="1", title="lamp " * 200_000, description="7" * 300_000, categories=(("Home",),))
    for fact in _learned().extract([product]):
        assert why_ungrounded(fact, product) is None


def test_progress_is_told() -> None:
    told: list[tuple[int, int | None]] = []
    ChoosingExtractor.learned_from(
        offers(20, seed=1),
        settings=ChoosingSettings(folds=2, iterations=2),
        progress=lambda _, done, total: told.append((done, total)),
    )
    assert told == [(0, 2), (1, 2), (2, 2)]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"folds": 1}, "folds must be at least 2"),
        ({"penalty": 0.0}, "penalty must be above 0"),
        ({"minimum_confidence": 1.5}, "between 0 and 1"),
        ({"iterations": 0}, "iterations must be at least 1"),
    ],
)
def test_impossible_settings_are_refused(wrong: dict[str, float], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        ChoosingSettings(**wrong)  # type: ignore[arg-type]


def test_nothing_to_learn_from_is_an_error() -> None:
    with pytest.raises(DataError, match="nothing to learn from: 0 labelled products"):
        ChoosingExtractor.learned_from([])
