from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kgrec.data import Product
from kgrec.errors import DataError, EncoderUnavailableError, SettingsError
from kgrec.extraction.grounding import why_ungrounded
from kgrec.extraction.labelled import LabelledProduct
from kgrec.extraction.tagging import TaggerExtractor, TaggerSettings, labelled_by
from kgrec.extraction.tagging.encoding import load_encoder
from kgrec.protocols import Extractor
from kgrec.testing import ExtractorContract
from tests.extraction.tagging import tiny


class TestTaggerIsAnExtractor(ExtractorContract):
    @pytest.fixture(autouse=True)
    def _trained(self, tagger: TaggerExtractor) -> None:
        self.tagger = TaggerExtractor(tagger.model, replace(tagger.settings, threshold=0.01))

    def make(self) -> Extractor:
        return self.tagger


def right_share(tagger: TaggerExtractor, rows: list[LabelledProduct]) -> float:
    answers = {
        (fact.product, fact.relation): fact.value
        for fact in tagger.answers([row.product for row in rows], [row.category for row in rows])
    }
    cells = [(row.product.id, name, values) for row in rows for name, values in row.values.items()]
    right = [
        (answers.get((num, name)) in values) if values else (num, name) not in answers for num, name, values in cells
    ]
    return sum(right) / len(right)


def test_learns_values_it_has_never_seen(tagger: TaggerExtractor) -> None:
    rows = tiny.labelled(60, 500)
    assert right_share(tagger, rows) >= 0.9
    learned = {value for row in tiny.labelled(120) for value in row.values["Size"]}
    answers = list(tagger.answers([row.product for row in rows], ["Things"] * len(rows)))
    assert not learned & {fact.value for fact in answers if fact.relation == "Size"}


def test_facts_for_the_graph(tagger: TaggerExtractor) -> None:
    product = tiny.labelled(1, 501)[0].product
    facts = list(tagger.extract([product]))
    assert [fact.start for fact in facts] == sorted(fact.start for fact in facts)
    assert {fact.relation for fact in facts} <= {"color", "brand_name", "size"}
    assert {fact.extractor for fact in facts} == {"tagger"}
    assert all(why_ungrounded(fact, product) is None for fact in facts)
    assert len({fact.relation for fact in facts}) == len(facts)


def test_descriptions_are_read_in_windows(tagger: TaggerExtractor) -> None:
    description = "chair lamp frame . " * 120 + "Blue glass 777cm"
    product = Product(id="long", title="Brandb3", description=description)
    facts = list(TaggerExtractor(tagger.model, replace(tagger.settings, threshold=0.01)).extract([product]))
    assert any(fact.field == "description" and fact.start > 2_000 for fact in facts)
    assert all(why_ungrounded(fact, product) is None for fact in facts)
    without = TaggerExtractor(tagger.model, replace(tagger.settings, threshold=0.0, descriptions=False))
    assert {fact.field for fact in without.extract([product])} == {"title"}


def test_the_same_seed_gives_the_same_tagger(encoder: Path) -> None:
    settings = replace(tiny.SETTINGS, epochs=1)
    rows = tiny.labelled(40)
    first, second = (TaggerExtractor.train(rows, encoder=encoder, settings=settings) for _ in range(2))
    products = [row.product for row in tiny.labelled(20, 300)]
    low = [TaggerExtractor(made.model, replace(settings, threshold=0.01)) for made in (first, second)]
    assert list(low[0].extract(products)) == list(low[1].extract(products))


def test_an_encoder_that_stays_as_it_is(encoder: Path) -> None:
    import torch

    rows = tiny.labelled(60)
    settings = replace(tiny.SETTINGS, tune_encoder=False, epochs=8)
    made = TaggerExtractor.train(rows, encoder=encoder, settings=settings)
    assert right_share(made, rows) >= 0.7
    fresh, _, _ = load_encoder(encoder, 0)
    ours = made.model.states.encoder.state_dict()  # type: ignore[attr-defined]
    assert all(torch.equal(value, ours[name]) for name, value in fresh.state_dict().items())


def test_progress_ends_at_the_total(encoder: Path) -> None:
    told: list[tuple[str, int, int | None]] = []
    TaggerExtractor.train(
        tiny.labelled(20),
        encoder=encoder,
        settings=replace(tiny.SETTINGS, epochs=2),
        progress=lambda stage, done, total: told.append((stage, done, total)),
    )
    assert [done for _, done, _ in told] == list(range(1, len(told) + 1))
    assert told[-1] == ("train the tagger", len(told), len(told))


def test_the_category_of_a_product(encoder: Path, tagger: TaggerExtractor) -> None:
    rows = tiny.labelled(8)
    other = [replace(row, category="Home > Pots", values={"Lid": ()}) for row in tiny.labelled(2, 20)]
    both = TaggerExtractor.train([*rows, *other], encoder=encoder, settings=replace(tiny.SETTINGS, epochs=0.1))
    assert both.category_of(Product(id="a", categories=(("Home", "Things"),))) == "Things"
    assert both.category_of(Product(id="a", categories=(("Home", "Pots"),))) == "Home > Pots"
    assert both.category_of(Product(id="a", categories=(("Garden",),))) == ""
    assert both.model.numbers.of("") == ("Color", "Brand Name", "Size", "Lid")
    assert tagger.category_of(Product(id="a")) == "Things", "the only category there is"


def test_products_that_teach_nothing(encoder: Path) -> None:
    row = LabelledProduct(product=Product(id="a", title="Red mug"), category="", values={"Color": ("Crimson",)})
    with pytest.raises(DataError, match="stands in its product's title or description"):
        TaggerExtractor.train([row], encoder=encoder, settings=tiny.SETTINGS)
    with pytest.raises(DataError, match="0 labelled products"):
        TaggerExtractor.train([], encoder=encoder, settings=tiny.SETTINGS)


def test_no_encoder_there(tmp_path: Path) -> None:
    with pytest.raises(EncoderUnavailableError, match="ways out"):
        TaggerExtractor.train(tiny.labelled(4), encoder=tmp_path, settings=tiny.SETTINGS)


@pytest.mark.parametrize(
    "wrong", [{"layers": -1}, {"epochs": 0}, {"threshold": 1.5}, {"dropout": 1.0}, {"max_pieces": 8}, {"warm_up": -0.1}]
)
def test_impossible_settings(wrong: dict[str, float]) -> None:
    with pytest.raises(SettingsError, match=next(iter(wrong))):
        TaggerSettings(**wrong)  # type: ignore[arg-type]


def test_taught_by_facts(encoder: Path, tagger: TaggerExtractor) -> None:
    """What one extractor states, another learns."""
    products = [row.product for row in tiny.labelled(120, 200)]
    labels = labelled_by(products, tagger.extract(products))
    assert {row.category for row in labels} == {"Things"}
    pupil = TaggerExtractor.train(labels, encoder=encoder, settings=tiny.SETTINGS)
    judged = tiny.labelled(40, 600)
    names = {"color": "Color", "brand_name": "Brand Name", "size": "Size"}
    assert set(pupil.model.numbers.names) == set(names)
    renamed = [replace(row, values={name: row.values[of] for name, of in names.items()}) for row in judged]
    assert right_share(pupil, renamed) >= 0.8
