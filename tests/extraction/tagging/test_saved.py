from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from kgrec.errors import DataError, MissingExtraError
from kgrec.extraction.tagging import TaggerExtractor, saved
from tests.extraction.tagging import tiny

needs_onnx = pytest.mark.skipif(
    not (importlib.util.find_spec("onnxruntime") and importlib.util.find_spec("onnx")),
    reason="the extra [fast] is not installed",
)
PRODUCTS = [row.product for row in tiny.labelled(30, 700)]


@pytest.fixture(scope="module")
def folder(tagger: TaggerExtractor, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("saved") / "tagger"
    tagger.save(made)
    return made


def test_there_and_back(tagger: TaggerExtractor, folder: Path) -> None:
    again = TaggerExtractor.load(folder, precision="float32")
    assert again.settings == tagger.settings
    assert list(again.extract(PRODUCTS)) == list(tagger.extract(PRODUCTS))
    assert not [file for file in folder.rglob("*") if file.suffix in {".pkl", ".pt", ".bin", ".pickle"}]


@needs_onnx
def test_int8_agrees(tagger: TaggerExtractor, folder: Path) -> None:
    about = json.loads((folder / "tagger.json").read_text())
    assert about["int8"]["agreement"] >= saved.LEAST_AGREEMENT
    cheap = TaggerExtractor.load(folder, threads=1)
    assert cheap.model.states.precision == "int8"
    exact = {(fact.product, fact.relation, fact.value) for fact in tagger.extract(PRODUCTS)}
    quick = {(fact.product, fact.relation, fact.value) for fact in cheap.extract(PRODUCTS)}
    assert len(exact & quick) >= 0.95 * len(exact | quick)
    onnx = pytest.importorskip("onnx")
    matrices = [value for value in onnx.load(folder / "encoder.int8.onnx").graph.initializer if len(value.dims) == 2]
    assert sum(value.data_type == onnx.TensorProto.INT8 for value in matrices) == 2 * 6, "six matrices a layer"
    with pytest.raises(DataError, match="int8"):
        cheap.save(folder.parent / "other")


def test_threads_change_nothing(folder: Path) -> None:
    import torch

    many = [row.product for row in tiny.labelled(150, 700)]
    before = torch.get_num_threads()
    one, three = (TaggerExtractor.load(folder, precision="float32", threads=threads) for threads in (1, 3))
    assert (one.model.workers, three.model.workers) == (1, 3)
    assert list(three.extract(many)) == list(one.extract(many))
    assert torch.get_num_threads() == before


@needs_onnx
def test_int8_that_disagrees_is_left_out(
    tagger: TaggerExtractor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saved, "agreement", lambda *_: 0.5)
    tagger.save(tmp_path)
    assert json.loads((tmp_path / "tagger.json").read_text())["int8"]["agreement"] == 0.5
    assert not (tmp_path / "encoder.int8.onnx").exists()
    assert TaggerExtractor.load(tmp_path).model.states.precision in {"float32", "bfloat16"}
    with pytest.raises(DataError, match="agrees on less"):
        TaggerExtractor.load(tmp_path, precision="int8")


def test_without_onnxruntime(
    tagger: TaggerExtractor, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("onnx", "onnxruntime", "onnxruntime.quantization"):
        monkeypatch.setitem(sys.modules, name, None)
    tagger.save(tmp_path / "made")
    assert "kgrec[fast]" in json.loads((tmp_path / "made" / "tagger.json").read_text())["int8"]["reason"]
    assert TaggerExtractor.load(folder).model.states.precision in {"float32", "bfloat16"}
    if (folder / "encoder.int8.onnx").exists():
        with pytest.raises(MissingExtraError, match="onnxruntime"):
            TaggerExtractor.load(folder, precision="int8")


def test_bfloat16_reads_nearly_the_same(tagger: TaggerExtractor, folder: Path) -> None:
    half = TaggerExtractor.load(folder, precision="bfloat16")
    exact = {(fact.product, fact.relation, fact.value) for fact in tagger.extract(PRODUCTS)}
    other = {(fact.product, fact.relation, fact.value) for fact in half.extract(PRODUCTS)}
    assert len(exact & other) >= 0.9 * len(exact | other)


@pytest.mark.parametrize("broken", ["tagger.json", "lexicon.json", "head.safetensors", "encoder/model.safetensors"])
@pytest.mark.parametrize("how", ["gone", "cut"])
def test_damaged_folders(folder: Path, tmp_path: Path, broken: str, how: str) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    if how == "gone":
        (copy / broken).unlink()
    else:
        (copy / broken).write_bytes((copy / broken).read_bytes()[:100])
    with pytest.raises(DataError):
        TaggerExtractor.load(copy, precision="float32")


def test_folders_that_are_no_taggers(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"TaggerExtractor\.save"):
        TaggerExtractor.load(tmp_path)
    copy = tmp_path / "newer"
    shutil.copytree(folder, copy)
    about = json.loads((copy / "tagger.json").read_text())
    (copy / "tagger.json").write_text(json.dumps({**about, "format": 99}))
    with pytest.raises(DataError, match="format 99"):
        TaggerExtractor.load(copy)


def test_the_threshold_travels(tagger: TaggerExtractor, tmp_path: Path) -> None:
    TaggerExtractor(tagger.model, replace(tagger.settings, threshold=1.0)).save(tmp_path, int8=False)
    assert TaggerExtractor.load(tmp_path, precision="float32").settings.threshold == 1.0
