from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import kgrec
from kgrec.embedding import product_documents
from kgrec.errors import SettingsError
from kgrec.retrieval import Knowledge, LinearSettings
from kgrec.testing import ClusteredShop, clustered_shop

QUICK = LinearSettings(support=8)
ENCODER = kgrec.HashingEncoder(32)


@pytest.fixture(scope="module")
def small() -> ClusteredShop:
    return clustered_shop(40, 60, clusters=3, seed=3)


def as_fitted(settings: LinearSettings, shop: kgrec.Recommender) -> LinearSettings:
    """Write out the weight of every relation, as a fitted model keeps them."""
    return settings.resolved(Knowledge.from_graph(shop.graph, hub_share=settings.hub_share))


def test_a_shop_that_has_just_opened() -> None:
    small = clustered_shop(60, 0, clusters=6)  # a value that more than 30 % of the products have would say nothing
    shop = kgrec.build(small.catalogue, encoder=ENCODER)
    assert shop.describe()["report"]["validation"] == []  # nothing to choose on
    assert shop.shop.model.settings == as_fitted(LinearSettings(), shop)
    answer = shop.similar("p000000", k=6)
    assert len(answer) == 6
    assert {found.source for found in answer} <= {"item-item", "text"}
    # Without behaviour nothing tells that colour does not matter; what shares brand and kind comes first even so.
    assert [small.cluster_of(found.item) for found in answer[:2]] == [small.cluster_of("p000000")] * 2
    assert len(shop.recommend("anyone", k=5)) == 5


def test_events_but_nobody_came(small: ClusteredShop) -> None:
    shop = kgrec.build(small.catalogue, kgrec.Events.of([]), encoder=ENCODER)
    assert len(shop.recommend(k=50)) == 40


def test_only_ids() -> None:
    catalogue = kgrec.Catalogue(kgrec.Product(id=f"q{num}") for num in range(8))
    events = kgrec.Events.of([(f"u{u}", (u + step) % 8, "view", float(step)) for u in range(30) for step in range(4)])
    shop = kgrec.build(catalogue, events, encoder=ENCODER, settings=QUICK)
    assert len(shop.graph) == 0
    answer = shop.recommend("u0", k=3)
    assert answer[0].source == "item-item"
    assert answer[0].explanation.text.strip()


@pytest.mark.parametrize("missing", ["title", "brand", "categories"])
def test_a_field_that_no_product_has(small: ClusteredShop, missing: str) -> None:
    blank = {"title": "", "brand": None, "categories": ()}[missing]
    catalogue = kgrec.Catalogue(replace(product, **{missing: blank}) for product in small.catalogue)
    shop = kgrec.build(catalogue, small.events, encoder=ENCODER, settings=QUICK)
    assert len(shop.recommend("u000000", k=5)) == 5


def test_one_product() -> None:
    shop = kgrec.build(kgrec.Catalogue([kgrec.Product(id="a", title="Mug")]), encoder=ENCODER)
    assert [found.item for found in shop.recommend(k=5)] == ["a"]
    assert len(shop.similar("a")) == 0


def test_duplicate_products_and_a_product_with_nothing() -> None:
    products = [kgrec.Product(id=f"twin{num}", title="Red robin mug", brand="ACME") for num in range(4)]
    shop = kgrec.build(kgrec.Catalogue([*products, kgrec.Product(id="blank")]), encoder=ENCODER)
    assert [found.item for found in shop.similar("twin0", k=3)] == ["twin1", "twin2", "twin3"]
    assert len(shop.similar("blank", k=4)) == 4


def test_no_products() -> None:
    with pytest.raises(SettingsError, match="catalogue is empty"):
        kgrec.build(kgrec.Catalogue([]), encoder=ENCODER)


def test_given_facts_are_used_as_they_are(small: ClusteredShop) -> None:
    facts = kgrec.Facts.of(
        kgrec.Fact(product=product.id, relation="shelf", value=str(num % 7), field="shelf")
        for num, product in enumerate(small.catalogue)
    )
    shop = kgrec.build(small.catalogue, small.events, facts, encoder=ENCODER, settings=QUICK)
    assert shop.graph.relations == ("shelf",)
    assert shop.describe()["report"]["facts"] == 40
    assert "graph:shelf" in shop.shop.model.sources
    none = kgrec.build(small.catalogue, small.events, kgrec.Facts.of([]), encoder=ENCODER, settings=QUICK)
    assert len(none.graph) == 0


def test_facts_are_extracted_where_none_are_given(small: ClusteredShop) -> None:
    shop = kgrec.build(small.catalogue, encoder=ENCODER, settings=QUICK)
    assert {"brand", "category", "colour", "product_type"} <= set(shop.graph.relations)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"rigde": 3.0}, "rigde"),
        ({"ridge": 10.0, "nonsense": 1, "more": 2}, "more, nonsense"),
        ({"ridge": -1.0}, "ridge"),
        ({"ridge": "high"}, "ridge"),
        ({"recency": None}, "recency"),
        ({"relation_weights": {"brand": -3}}, "relation_weights"),
        ({"relation_weights": 3}, "relation_weights"),
        ({"ridge": {"brand": 3}}, "ridge"),
    ],
)
def test_impossible_settings_are_named(small: ClusteredShop, given: dict[str, object], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        kgrec.build(small.catalogue, small.events, encoder=ENCODER, settings=given)


def test_settings_as_they_are(small: ClusteredShop) -> None:
    chosen = LinearSettings(ridge=3.0, support=5)
    shop = kgrec.build(small.catalogue, small.events, encoder=ENCODER, settings=chosen)
    assert shop.shop.model.settings == as_fitted(chosen, shop)
    assert shop.describe()["report"]["validation"] == []


def test_fixed_settings_are_kept_and_the_others_chosen(small: ClusteredShop) -> None:
    fixed = {"support": 6, "recency": 0.33, "relation_weights": {"brand": 7.0}}
    shop = kgrec.build(small.catalogue, small.events, encoder=ENCODER, settings=fixed)
    chosen = shop.shop.model.settings
    assert (chosen.support, chosen.recency, chosen.weight_of("brand")) == (6, 0.33, 7.0)
    tried = {name for trial in shop.describe()["report"]["validation"] for name in trial["changed"]}
    assert "ridge" in tried
    assert not tried & {"support", "recency", "relation"}


def test_progress(small: ClusteredShop) -> None:
    told: dict[str, list[tuple[int, int | None]]] = {}
    kgrec.build(
        small.catalogue,
        small.events,
        encoder=ENCODER,
        settings={"support": 5, "relation_weights": {}},
        progress=lambda stage, done, total: told.setdefault(stage, []).append((done, total)),
    )
    assert len(told) >= 4  # facts, vectors, settings, model
    for stage, steps in told.items():
        done = [step[0] for step in steps]
        assert stage
        assert "model" in stage or done == sorted(done), stage
        assert all(total is None or 0 <= at <= total for at, total in steps), stage


def test_nothing_is_printed_or_logged(
    small: ClusteredShop, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="kgrec"):
        kgrec.build(small.catalogue, small.events, encoder=ENCODER, settings=QUICK).recommend("u000000")
    assert capfd.readouterr() == ("", "")
    assert logging.getLogger("kgrec").handlers == []


def test_same_seed_same_shop(small: ClusteredShop) -> None:
    fixed = {"support": 5, "relation_weights": {}}
    one, two = (kgrec.build(small.catalogue, small.events, encoder=ENCODER, settings=fixed, seed=7) for _ in range(2))
    assert one.shop.model.settings == two.shop.model.settings
    np.testing.assert_array_equal(one.shop.model.parts, two.shop.model.parts)
    assert one.recommend("u000005", k=40) == two.recommend("u000005", k=40)


def test_what_was_set_aside_is_reported() -> None:
    rows = [{"id": "a", "title": "Mug"}, {"id": "a", "title": "Twin"}, {"id": "b", "title": "Cup", "price": -1}]
    pandas = pytest.importorskip("pandas")
    catalogue = kgrec.read_catalogue(pandas.DataFrame(rows))
    events = kgrec.Events(
        users=("u",),
        user=np.zeros(1, np.int32),
        item=np.zeros(1, np.int32),
        types=("view",),
        type=np.zeros(1, np.int16),
        time=np.full(1, np.nan),
        value=np.full(1, np.nan),
        unknown_products={"gone": 3, "lost": 1},
    )
    report = kgrec.build(catalogue, events, encoder=ENCODER, settings=QUICK).describe()["report"]
    assert sum(report["rows_set_aside"].values()) == len(catalogue.set_aside) == 2
    assert report["events_of_unknown_products"] == 4


def test_arguments_of_another_kind_are_named(small: ClusteredShop) -> None:
    with pytest.raises(SettingsError, match="catalogue must be Catalogue"):
        kgrec.build("products.csv")  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match="events must be Events"):
        kgrec.build(small.catalogue, kgrec.Facts.of([]), encoder=ENCODER)  # type: ignore[arg-type]
    for encoder in ("hashing", kgrec.HashingEncoder):
        with pytest.raises(SettingsError, match="encoder must be"):
            kgrec.build(small.catalogue, small.events, encoder=encoder)  # type: ignore[arg-type]


def test_settings_of_the_inputs_are_kept_too(small: ClusteredShop) -> None:
    """A share so small that every value shared by three products is a hub leaves the graph without a say."""
    fixed = LinearSettings(support=6, hub_share=1e-6)
    shop = kgrec.build(small.catalogue, small.events, encoder=ENCODER, settings=fixed)
    graph_parts = [at for at, source in enumerate(shop.shop.model.sources) if source.startswith("graph:")]
    loud = kgrec.build(small.catalogue, small.events, encoder=ENCODER, settings=LinearSettings(support=6))
    assert abs(shop.shop.model.parts[:, graph_parts]).sum() < abs(loud.shop.model.parts[:, graph_parts]).sum() / 10


def test_the_index_is_described() -> None:
    shop = clustered_shop(30, 20, clusters=2)
    told = kgrec.build(shop.catalogue, shop.events, encoder=ENCODER, settings=QUICK).describe()["index"]
    assert told["kind"] == "flat"
    assert "30 vectors, and up to 200,000 are compared one by one" in told["why"]
    with pytest.raises(SettingsError, match=r"index must be kgrec\.IndexSettings"):
        kgrec.build(shop.catalogue, shop.events, encoder=ENCODER, index="ivf")  # type: ignore[arg-type]


def test_build_by_shards_answers_the_same(tmp_path: Path) -> None:
    made = clustered_shop(60, 80, clusters=3, seed=1)
    given = {"encoder": kgrec.HashingEncoder(), "settings": kgrec.LinearSettings(support=20)}
    whole = kgrec.build(made.catalogue, made.events, **given)
    shop = kgrec.build(made.catalogue, made.events, shards=tmp_path / "fit", **given)
    shop.save(tmp_path / "shop")
    again = kgrec.build(made.catalogue, made.events, shards=tmp_path / "fit", **given)
    for user in whole.shop.users[:10]:
        expected = [(r.item, pytest.approx(r.score, rel=1e-6)) for r in whole.recommend(user, k=5)]
        for other in (shop, again, kgrec.load(tmp_path / "shop")):
            assert [(r.item, r.score) for r in other.recommend(user, k=5)] == expected


def test_corrections_hold_at_every_build_whatever_the_facts_come_from(tmp_path: Path) -> None:
    catalogue = kgrec.Catalogue(
        [kgrec.Product(id=str(num), title=title) for num, title in enumerate(("RED MUG", "RED TIN", "BLUE MUG"))]
    )
    file = tmp_path / "said.yaml"
    file.write_text("- reject: {relation: colour, value: red}\n", "utf-8")
    said = kgrec.Corrections.read(file)
    for facts in (None, kgrec.extract(catalogue, canonical=True)):
        shop = kgrec.build(catalogue, facts=facts, corrections=said, encoder=ENCODER)
        assert shop.graph.find("colour", "red") is None
        assert shop.graph.find("colour", "blue") is not None
        assert [fact.value for fact in shop.graph.set_aside(0)] == ["red"], "it is kept, and is no edge"


def test_documents_do_not_say_what_was_overruled() -> None:
    mug = kgrec.Product(id="m", title="MUG")
    facts = [
        kgrec.Fact(product="m", relation="colour", value="red", field="colour"),
        kgrec.Fact(product="m", relation="colour", value="blue", field="colour", standing="overruled"),
    ]
    assert product_documents([mug], kgrec.Facts.of(facts)) == ["MUG. colour: red"]
