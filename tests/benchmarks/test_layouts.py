"""Small folders of every layout, whole and damaged."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.layouts import data_folder, load_fixed_split, load_leave_one_out, load_sessions
from kgrec.errors import CatalogueError, DataError, EventsError
from kgrec.evaluation import leave_one_out

ITEMS = [
    {
        "id": 1,
        "asin": "A1",
        "title": "Red  polish",
        "categories": [["Beauty", "Nails"]],
        "attributes": ["OPI", "Nails"],
        "brand": "OPI",
    },
    {
        "id": 2,
        "asin": "A2",
        "title": None,
        "categories": None,
        "attributes": ["Glitter", "Unknown"],
        "brand": "Unknown",
    },
    {
        "id": 3,
        "asin": "A3",
        "title": "Cream",
        "categories": [["Beauty", "Skin"]],
        "attributes": ["Skin", "Vegan"],
        "brand": None,
    },
    {"id": 4, "asin": None, "title": "Brush"},
]
INTERACTIONS = [(9, 2, 0, 0, 0), (9, 1, 1, 5, 5), (9, 3, 2, 0, 5), (10, 4, 1, 60, 60), (10, 1, 0, 0, 0)]


def write(path: Path, text: str) -> None:
    if path.suffix == ".gz":
        with gzip.open(path, "wt", encoding="utf-8") as file:
            file.write(text)
    else:
        path.write_text(text, encoding="utf-8")


def lines(rows: object) -> str:
    return "".join("\t".join(map(str, row)) + "\n" for row in rows)  # type: ignore[attr-defined]


HEADER = "user\titem\tpos\tgap_seconds_since_previous\tcum_seconds_since_first\n"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    write(tmp_path / "items.jsonl.gz", "".join(json.dumps(item) + "\n" for item in ITEMS))
    write(tmp_path / "interactions.tsv.gz", HEADER + lines(INTERACTIONS))
    write(tmp_path / "users.tsv.gz", "user\treviewerID\n9\tNINE\n")
    return tmp_path


def test_leave_one_out_folder(shop: Path) -> None:
    found = load_leave_one_out(shop)
    assert found.catalogue.ids == ("A1", "A2", "A3", "4")
    first, second, third, fourth = found.catalogue
    assert (first.title, first.brand, first.categories) == ("Red polish", "OPI", (("Beauty", "Nails"),))
    assert first.attributes == {}  # it only repeats brand and category
    assert (second.title, second.brand, second.categories) == ("", None, ())
    assert second.attributes == {"attribute": ("Glitter",)}
    assert third.attributes == {"attribute": ("Vegan",)}
    assert (fourth.id, fourth.title, fourth.attributes) == ("4", "Brush", {})
    assert found.user_ids == ("NINE", "10")
    assert [found.histories.row(u).tolist() for u in range(2)] == [[1, 0, 2], [0, 3]]  # by pos, not by line
    assert found.histories.times.tolist() == [0, 5, 5, 0, 60]
    notes = "\n".join(found.notes)
    assert "4 products, with title 3, brand 1, categories 2" in notes
    assert "2 products repeat" in notes
    assert "2 products are used as declared" in notes
    assert len(leave_one_out(found.histories).test) == 1


def test_plain_files_read_alike(shop: Path) -> None:
    whole = load_leave_one_out(shop)
    for path in list(shop.glob("*.gz")):
        write(path.with_suffix(""), gzip.decompress(path.read_bytes()).decode())
        path.unlink()
    plain = load_leave_one_out(shop)
    assert list(plain.catalogue) == list(whole.catalogue)
    assert plain.histories.items.tolist() == whole.histories.items.tolist()
    assert plain.notes == whole.notes


def test_without_items_the_products_come_from_the_interactions(shop: Path) -> None:
    (shop / "items.jsonl.gz").unlink()
    (shop / "users.tsv.gz").unlink()
    write(shop / "item2attributes.json.gz", json.dumps({"1": [7, 8], "3": [], "12": [8]}))
    found = load_leave_one_out(shop)
    assert sorted(found.catalogue.ids) == ["1", "12", "2", "3", "4"]
    assert found.catalogue.product("1").attributes == {"attribute": ("7", "8")}
    assert found.catalogue.product("2").attributes == {}
    assert [found.catalogue[num].id for num in found.histories.row(0)] == ["2", "1", "3"]
    assert found.user_ids == ("9", "10")
    assert any("items.jsonl is missing" in note for note in found.notes)
    assert any("attribute ids of 2 products used" in note for note in found.notes)


def test_only_interactions(tmp_path: Path) -> None:
    write(tmp_path / "interactions.tsv", "user\titem\nu\tb\nu\ta\nv\tb\n")
    found = load_leave_one_out(tmp_path)
    assert [[found.catalogue[n].id for n in found.histories.row(u)] for u in range(2)] == [["b", "a"], ["b"]]
    assert np.isnan(found.histories.times).all()
    assert any("no pos" in note for note in found.notes)
    assert any("3 of 3 interactions have no time" in note for note in found.notes)


def test_malformed_lines_are_counted_and_named(shop: Path) -> None:
    write(shop / "interactions.tsv.gz", HEADER + lines(INTERACTIONS[:3]) + "broken\n\n\t5\n" + lines(INTERACTIONS[3:]))
    rows = [json.dumps(item) for item in ITEMS]
    write(shop / "items.jsonl.gz", "\n".join([rows[0], "{not json", rows[0], "[]", '{"title": "no id"}', *rows[1:]]))
    found = load_leave_one_out(shop)
    assert len(found.histories.items) == 5
    assert len(found.catalogue) == 4
    assert "interactions.tsv: 2 malformed lines skipped (lines 5, 7)" in found.notes
    assert "items.jsonl: 4 malformed lines skipped (lines 2, 3, 4, 5)" in found.notes


def test_a_file_that_breaks_off_is_read_as_far_as_it_goes(shop: Path) -> None:
    path = shop / "interactions.tsv.gz"
    rng = np.random.default_rng(0)
    write(path, HEADER + lines((u, rng.integers(1, 5), p, 0, 0) for u in range(3000) for p in range(3)))
    path.write_bytes(path.read_bytes()[:-2000])
    found = load_leave_one_out(shop)
    assert 0 < len(found.histories.items) < 9000
    assert any("breaks off after line" in note for note in found.notes)


def test_products_that_only_interactions_name(shop: Path) -> None:
    write(shop / "interactions.tsv.gz", HEADER + lines([*INTERACTIONS, (10, 77, 2, 0, 0)]))
    found = load_leave_one_out(shop)
    assert found.catalogue.ids[-1] == "77"
    assert any("1 products have interactions and are described nowhere" in note for note in found.notes)


def test_nothing_usable_is_one_clear_error(shop: Path) -> None:
    write(shop / "items.jsonl.gz", "nothing\n")
    with pytest.raises(CatalogueError, match="no usable row"):
        load_leave_one_out(shop)
    write(shop / "interactions.tsv.gz", HEADER)
    with pytest.raises(EventsError, match="no usable line"):
        load_leave_one_out(shop)
    (shop / "interactions.tsv.gz").unlink()
    with pytest.raises(EventsError, match="is missing"):
        load_leave_one_out(shop)


TRIPLES = [
    ("A1", "brand", "Other"),
    ("A2", "brand", "Essie"),
    ("A2", "category", "Nails"),
    ("A2", "category", "Polish"),
    ("A3", "made_of", "shea"),
    ("A3", "also_bought", "A1"),
    ("A9", "brand", "Essie"),
]


def test_triples_fill_in_and_leaking_ones_stay_out(shop: Path) -> None:
    write(shop / "kg_triples.tsv.gz", lines(TRIPLES))
    found = load_leave_one_out(shop)
    assert [p.brand for p in found.catalogue] == ["OPI", "Essie", None, None]
    assert found.catalogue.product("A2").categories == (("Nails",), ("Polish",))
    assert found.catalogue.product("A3").attributes == {"attribute": ("Vegan",), "made_of": ("shea",)}
    notes = "\n".join(found.notes)
    assert "used: brand 1, category 2, made_of 1" in notes
    assert "also_bought 1" in notes


def test_leaking_triples_only_when_asked_for(shop: Path) -> None:
    write(shop / "kg_triples.tsv.gz", lines(TRIPLES))
    found = load_leave_one_out(shop, relations=["also_bought"])
    assert found.catalogue.product("A3").attributes["also_bought"] == ("A1",)
    assert found.catalogue.product("A2").brand is None
    assert load_leave_one_out(shop, relations=()).catalogue.product("A2").brand is None


def test_fixed_split_folder(tmp_path: Path) -> None:
    write(tmp_path / "train.txt.gz", "0 1 2 2\n5 0\nx 1\n")
    write(tmp_path / "test.txt.gz", "0 0 2\n5 3 1\n7 4\n8\n")
    found = load_fixed_split(tmp_path)
    assert found.catalogue.ids == ("0", "1", "2", "3", "4")
    assert found.user_ids == ("0", "5", "7", "8")
    assert not found.train.ordered
    assert [found.train.row(u).tolist() for u in range(4)] == [[1, 2], [0], [], []]
    assert found.test.users.tolist() == [0, 1, 2]
    assert [sorted(found.test.targets.row(u).tolist()) for u in range(3)] == [[0], [1, 3], [4]]
    assert found.test.cold.tolist() == [3, 4]
    assert len(found.facts) == 0
    notes = "\n".join(found.notes)
    assert "train.txt: 1 malformed lines skipped (lines 3)" in notes
    assert "1 test items are in the same user's train" in notes
    assert "item_entity_1hop.tsv is missing" in notes


def test_fixed_split_with_names_and_graph(tmp_path: Path) -> None:
    write(tmp_path / "train.txt", "0 0 1\n")
    write(tmp_path / "test.txt", "0 2\n")
    write(tmp_path / "item_list.txt.gz", "org_id remap_id freebase_id\nX 0 m.1\nY 1 m.2\nZ 2 m.3\nW 3 m.4\n")
    write(tmp_path / "item_entity_1hop.tsv.gz", "0\t900\t2\n2\t900\t1\nbad\t1\t1\n")
    found = load_fixed_split(tmp_path)
    assert found.catalogue.ids == ("X", "Y", "Z", "W")
    assert [(f.product, f.relation, f.value) for f in found.facts] == [("X", "entity", "900"), ("Z", "entity", "900")]
    assert any("item_entity_1hop.tsv: 1 malformed" in note for note in found.notes)


def test_fixed_split_needs_both_files(tmp_path: Path) -> None:
    write(tmp_path / "train.txt", "0 0 1\n")
    with pytest.raises(EventsError, match=r"test\.txt is missing"):
        load_fixed_split(tmp_path)


def pgpr(folder: Path, train: object, test: object) -> None:
    write(folder / "pgpr_split_train.tsv.gz", lines(train))
    write(folder / "pgpr_split_test.tsv.gz", lines(test))


def test_pgpr_split_joins_by_asin_and_keeps_the_order_of_train_alone(shop: Path) -> None:
    pgpr(shop, [("NINE", "A3"), ("NINE", "A1"), ("NEW", "A3"), ("NEW", "A3")], [("NINE", "A2"), ("10", "4")])
    found = load_fixed_split(shop)
    assert found.layout == "pgpr"
    assert found.catalogue.ids == ("A1", "A2", "A3", "4")
    assert found.catalogue.product("A1").title == "Red polish"
    assert found.user_ids == ("NINE", "NEW", "10")
    assert found.train.ordered
    assert [found.train.row(u).tolist() for u in range(3)] == [[0, 2], [2], []]  # of 2, 0, 2 without the test's 1
    assert found.train.times[:2].tolist() == [0, 0]  # not 5: that would tell that the first event is missing
    assert np.isnan(found.train.times[2])
    assert found.test.users.tolist() == [0, 2]
    assert [found.test.targets.row(u).tolist() for u in range(2)] == [[1], [3]]
    notes = "\n".join(found.notes)
    assert "does not say when 1 of 3 train interactions were" in notes
    assert "3 users, 4 products, 3 train interactions in order and 2 test ones" in notes


def test_pgpr_split_of_products_that_nothing_describes(shop: Path) -> None:
    pgpr(shop, [("NINE", "A1"), ("broken",)], [("NINE", "A1"), ("NINE", "B7"), ("NINE", "B7")])
    found = load_fixed_split(shop, layout="pgpr")
    assert found.catalogue.ids == ("A1", "A2", "A3", "4", "B7")
    assert found.test.targets.items.tolist() == [4]
    assert found.test.cold.tolist() == [4]
    notes = "\n".join(found.notes)
    assert "pgpr_split_train.tsv: 1 malformed lines skipped (lines 2)" in notes
    assert "1 products have interactions and are described nowhere" in notes
    assert "1 test items are in the same user's train" in notes


def test_pgpr_split_without_what_knows_the_order(shop: Path) -> None:
    pgpr(shop, [("NINE", "A3"), ("NINE", "A1")], [("NINE", "A2")])
    (shop / "interactions.tsv.gz").unlink()
    found = load_fixed_split(shop)
    assert not found.train.ordered
    assert np.isnan(found.train.times).all()
    assert any("2 train interactions without order" in note for note in found.notes)


def test_lists_win_where_a_folder_has_both_layouts(shop: Path) -> None:
    pgpr(shop, [("NINE", "A3")], [("NINE", "A2")])
    write(shop / "train.txt", "0 0 1\n")
    write(shop / "test.txt", "0 2\n")
    assert load_fixed_split(shop).layout == "kgat"
    assert load_fixed_split(shop, layout="pgpr").layout == "pgpr"


def test_sessions_folder(tmp_path: Path) -> None:
    rows = [
        ("u", 3, "view", 50),
        ("u", 10, "buy", 40),
        ("u", 3, "cart", 60),
        ("v", 3, "wish", 5),
        ("v", 4, "view", "noon"),
    ]
    write(tmp_path / "train_events.tsv.gz", "user\titem\tbehavior\tunix_seconds\n" + lines(rows))
    write(tmp_path / "test_buy.tsv.gz", "user\titem\n" + lines([("u", 7), ("v", 3), ("w", 7)]))
    found = load_sessions(tmp_path)
    assert found.catalogue.ids == ("3", "7", "10")
    assert found.events.types == ("view", "cart", "purchase", "wish")
    assert found.events.users == ("u", "v", "w")
    assert len(found.events) == 4
    assert found.test.users.tolist() == [0, 2]  # v touched 3 before
    assert found.test.queries.row(0).tolist() == [2, 0]
    assert found.test.queries.weights.tolist() == [4.0, 2.0]
    assert [found.test.targets.row(u).tolist() for u in range(2)] == [[1], [1]]
    notes = "\n".join(found.notes)
    assert "train_events.tsv: 1 malformed lines skipped (lines 6)" in notes
    assert "1 held-out buys repeat or were touched before" in notes


def test_the_data_folder_is_found_or_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KGREC_DATA", str(tmp_path))
    with pytest.raises(DataError, match=r"get its files from .*CIKM2020-S3Rec"):
        data_folder("amazon-beauty")
    with pytest.raises(DataError, match="set KGREC_DATA"):
        data_folder("mine")
    (tmp_path / "mine").mkdir()
    assert data_folder("mine") == tmp_path / "mine"


def real(name: str) -> Path:
    try:
        return data_folder(name)
    except DataError as error:
        pytest.skip(str(error))


def test_real_leave_one_out() -> None:
    found = load_leave_one_out(real("amazon-beauty"), relations=())
    assert (len(found.catalogue), len(found.histories), len(found.histories.items)) == (12_101, 22_363, 198_502)
    assert all(p.attributes == {} and p.brand != "Unknown" and p.title for p in found.catalogue)


def test_real_sessions() -> None:
    found = load_sessions(real("retailrocket"))
    assert (len(found.events.users), len(found.test)) == (2_174, 2_174)
    assert len(found.events) == 75_374 + 12_456 + 9_551


def test_real_fixed_split() -> None:
    found = load_fixed_split(real("amazon-book"))
    assert (len(found.catalogue), len(found.train)) == (24_915, 70_679)
    assert (len(found.train.items), len(found.test.targets.items)) == (652_514, 193_920)
    assert len(found.facts) == 302_200


def test_real_pgpr_split() -> None:
    found = load_fixed_split(real("amazon-beauty"), layout="pgpr")
    assert (len(found.catalogue), len(found.train), len(found.test)) == (12_101, 22_363, 22_363)
    assert (len(found.train.items), len(found.test.targets.items)) == (149_844, 48_658)
    assert found.train.ordered
    assert not np.isnan(found.train.times).any()
