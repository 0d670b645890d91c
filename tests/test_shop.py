from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kgrec
from kgrec.errors import SnapshotDamagedError, SnapshotError, SnapshotVersionError
from kgrec.retrieval import IndexSettings, LinearSettings
from kgrec.shop import read_shop, write_shop
from kgrec.snapshot import read_snapshot, write_snapshot
from kgrec.testing import clustered_shop


@cache
def built() -> kgrec.Recommender:
    shop = clustered_shop(40, 60, clusters=3, seed=2)
    return kgrec.build(
        shop.catalogue,
        shop.events,
        encoder=kgrec.HashingEncoder(32),
        settings=LinearSettings(support=8, relation_weights={"brand": 12.5}),
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    built().save(tmp_path / "shop")
    return tmp_path / "shop"


def of_products(products: list[kgrec.Product]) -> kgrec.Recommender:
    return kgrec.build(
        kgrec.Catalogue(products), encoder=kgrec.HashingEncoder(8), settings=LinearSettings(support=2), facts=None
    )


def test_answers_are_identical(folder: Path) -> None:
    loaded = kgrec.load(folder)
    for user in ("u000000", "u000031", "nobody", None):
        for language in ("en", "zh"):
            assert loaded.recommend(user, k=40, language=language) == built().recommend(user, k=40, language=language)
    for item in built().catalogue.ids[::9]:
        assert loaded.similar(item, k=5) == built().similar(item, k=5)
        assert loaded.explain("u000001", item) == built().explain("u000001", item)
        assert loaded.recommend(history=[item], k=5) == built().recommend(history=[item], k=5)


def test_everything_comes_back(folder: Path) -> None:
    loaded, shop = kgrec.load(str(folder)).shop, built().shop
    assert list(loaded.catalogue) == list(shop.catalogue)
    assert loaded.graph == shop.graph
    assert loaded.users == shop.users
    assert loaded.encoder == shop.encoder
    assert loaded.model.settings == shop.model.settings
    assert loaded.model.sources == shop.model.sources
    assert dict(loaded.report) == json.loads(json.dumps(dict(shop.report)))
    for name in ("indptr", "columns", "weights", "parts"):
        array = getattr(loaded.model, name)
        np.testing.assert_array_equal(array, getattr(shop.model, name))
        assert array.dtype == getattr(shop.model, name).dtype
    for name in ("indptr", "items", "weights", "times"):
        np.testing.assert_array_equal(getattr(loaded.histories, name), getattr(shop.histories, name))
    assert loaded.histories.ordered == shop.histories.ordered
    np.testing.assert_array_equal(loaded.vectors, shop.vectors)
    told, before = kgrec.load(folder).describe(), built().describe()
    for name in set(told) - {"report", "graph"}:
        assert told[name] == before[name]
    assert told["graph"]["relations"] == before["graph"]["relations"]


def test_a_loaded_shop_saves_the_same_files(folder: Path, tmp_path: Path) -> None:
    kgrec.load(folder).save(tmp_path / "again")
    first, again = (json.loads((path / "manifest.json").read_text()) for path in (folder, tmp_path / "again"))
    assert again["files"] == first["files"]


def test_saving_over_the_folder_it_was_loaded_from(folder: Path) -> None:
    loaded = kgrec.load(folder)
    loaded.save(folder)
    assert kgrec.load(folder).recommend("u000000") == loaded.recommend("u000000") == built().recommend("u000000")


def test_no_pickle(folder: Path) -> None:
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} <= {".npy", ".parquet", ".json", ".safetensors"}
    for path in files:
        if path.suffix == ".npy":
            np.load(path, allow_pickle=False)
        assert not path.read_bytes().startswith(b"\x80")


@pytest.mark.parametrize("how", ["changed", "cut", "missing"])
def test_a_damaged_file_is_named(folder: Path, how: str) -> None:
    names = sorted(path.name for path in folder.iterdir() if path.name != "manifest.json")
    for name in names:
        whole = (folder / name).read_bytes()
        if how == "missing":
            (folder / name).unlink()
        else:
            middle = len(whole) // 2
            (folder / name).write_bytes(
                whole[:-1] if how == "cut" else whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]
            )
        with pytest.raises(SnapshotDamagedError) as raised:
            kgrec.load(folder)
        assert name in str(raised.value)
        (folder / name).write_bytes(whole)
    assert_loads(folder)


def test_a_newer_format_is_refused(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["format_version"] += 1
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(SnapshotVersionError, match="upgrade kgrec"):
        kgrec.load(folder)


def test_what_is_no_snapshot(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mug")
    (tmp_path / "empty").mkdir()
    for path in (tmp_path / "nowhere", tmp_path / "file", tmp_path / "empty"):
        with pytest.raises(SnapshotError, match="is no snapshot"):
            kgrec.load(path)


def test_a_whole_snapshot_of_something_else(tmp_path: Path) -> None:
    write_snapshot(tmp_path / "other", arrays={"weather": np.arange(3)}, tables={"days": pa.table({"day": [1, 2, 3]})})
    with pytest.raises(SnapshotError) as raised:
        kgrec.load(tmp_path / "other")
    assert str(tmp_path / "other") in str(raised.value)


def test_a_folder_that_holds_something_else_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(SnapshotError):
        built().save(tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


@cache
def with_lists() -> kgrec.Recommender:
    shop = clustered_shop(700, 300, clusters=12, seed=2)
    return kgrec.build(
        shop.catalogue,
        shop.events,
        encoder=kgrec.HashingEncoder(32),
        settings=LinearSettings(support=8),
        index=IndexSettings(kind="ivf", lists=16, nprobe=4, recall_at=10, recall=0.6),
    )


def test_the_index_comes_back(tmp_path: Path) -> None:
    shop = with_lists()
    shop.save(tmp_path / "shop")
    loaded = kgrec.load(tmp_path / "shop")
    told = loaded.describe()["index"]
    assert told == shop.describe()["index"]
    assert told["kind"] == "ivf"
    assert told["recall"] >= 0.6
    assert json.loads((tmp_path / "shop" / "index.json").read_text()) == told
    for item in shop.catalogue.ids[::60]:
        for k in (5, 300):
            assert loaded.recommend(history=[item], k=k, explain=False) == shop.recommend(
                history=[item], k=k, explain=False
            )
    loaded.save(tmp_path / "again")
    first, again = (json.loads((tmp_path / name / "manifest.json").read_text()) for name in ("shop", "again"))
    assert again["files"] == first["files"]
    assert {"index-centres.npy", "index-list-of.npy", "index-ranges.npy"} <= set(first["files"])
    file = tmp_path / "shop" / "index-list-of.npy"
    whole = file.read_bytes()
    file.write_bytes(whole[:-2] + bytes([whole[-2] ^ 1]) + whole[-1:])
    with pytest.raises(SnapshotDamagedError, match=r"index-list-of\.npy"):
        kgrec.load(tmp_path / "shop")


def test_an_index_that_contradicts_itself_is_refused(tmp_path: Path) -> None:
    with_lists().save(tmp_path / "shop")
    folder = read_snapshot(tmp_path / "shop")
    arrays = {name: folder.array(name) for name in folder.arrays}
    write_snapshot(
        tmp_path / "forged",
        arrays={**arrays, "index-list-of": arrays["index-list-of"] + np.int32(10_000)},
        tables={name: folder.table(name) for name in folder.tables},
        documents={name: folder.document(name) for name in folder.documents},
        meta=dict(folder.meta),
    )
    with pytest.raises(SnapshotDamagedError, match="do not belong together"):
        kgrec.load(tmp_path / "forged")


def test_a_snapshot_without_an_index_compares_every_vector(tmp_path: Path) -> None:
    with_lists().save(tmp_path / "shop")
    folder = read_snapshot(tmp_path / "shop")
    write_snapshot(
        tmp_path / "older",
        arrays={name: folder.array(name) for name in folder.arrays if not name.startswith("index-")},
        tables={name: folder.table(name) for name in folder.tables},
        documents={name: folder.document(name) for name in folder.documents if name != "index"},
        meta=dict(folder.meta),
    )
    loaded = kgrec.load(tmp_path / "older")
    assert loaded.describe()["index"] is None
    assert len(loaded.recommend(history=[loaded.catalogue.ids[3]], k=300, explain=False)) == 300


def assert_loads(folder: Path) -> None:
    assert kgrec.load(folder).recommend("u000000") == built().recommend("u000000")


# --- products

TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
SCALARS = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | TEXT
PRODUCTS = st.builds(
    kgrec.Product,
    id=TEXT.filter(bool),
    title=TEXT,
    description=TEXT,
    brand=st.none() | TEXT,
    categories=st.lists(st.lists(TEXT, max_size=3).map(tuple), max_size=3).map(tuple),
    price=st.none() | st.floats(0, allow_infinity=False),
    currency=st.none() | TEXT,
    available=st.none() | st.booleans(),
    language=st.none() | TEXT,
    image=st.none() | TEXT,
    attributes=st.dictionaries(TEXT, st.lists(TEXT, max_size=3).map(tuple), max_size=3),
    extra=st.dictionaries(
        TEXT,
        st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2)),
        max_size=3,
    ),
)


@given(st.lists(PRODUCTS, min_size=1, max_size=4, unique_by=lambda product: product.id))
@settings(max_examples=40, deadline=None)
def test_products_come_back_as_they_were(tmp_path_factory: pytest.TempPathFactory, products: list) -> None:
    path = tmp_path_factory.mktemp("shop") / "folder"
    shop = of_products(products).shop
    write_shop(shop, path)
    loaded = list(read_shop(path).catalogue)
    assert loaded == products
    for before, after in zip(products, loaded, strict=True):
        assert list(after.attributes.items()) == list(before.attributes.items())
        assert list(after.extra.items()) == list(before.extra.items())


def test_extra_columns_of_other_types_are_kept_as_text(tmp_path: Path) -> None:
    from datetime import date

    of_products([kgrec.Product(id="a", title="Mug", extra={"since": date(2020, 1, 2)})]).save(tmp_path / "shop")
    assert kgrec.load(tmp_path / "shop").catalogue[0].extra == {"since": "2020-01-02"}
