from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kgrec.errors import DataError, MissingExtraError, RerankError, SettingsError, UntrainedRerankerError
from kgrec.ranking.cross import CrossEncoderReranker, saved
from tests.ranking.cross import tiny

needs_onnx = pytest.mark.skipif(
    not (importlib.util.find_spec("onnxruntime") and importlib.util.find_spec("onnx")),
    reason="the extra [fast] is not installed",
)


@pytest.fixture(scope="module")
def graded(encoder: Path) -> CrossEncoderReranker:
    """Return one whose scores are spread out, as those of a real model are."""
    shelf, pools, _ = tiny.easy()
    settings = replace(tiny.SETTINGS, epochs=4)
    return CrossEncoderReranker.train(
        pools, None, shelf, soft=tiny.graded(shelf, pools), encoder=encoder, settings=settings
    )


@pytest.fixture(scope="module")
def folder(graded: CrossEncoderReranker, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("saved") / "cross"
    graded.save(made)
    return made


def test_there_and_back(graded: CrossEncoderReranker, folder: Path) -> None:
    shelf, pools, _ = tiny.easy()
    again = CrossEncoderReranker.load(folder, precision="float32")
    assert (again.settings, again.precision) == (graded.settings, "float32")
    assert again.report["training"]["best"] == graded.report["training"]["best"]
    for ours, theirs in zip(again.score(pools[:5], shelf), graded.score(pools[:5], shelf), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)
    assert not [file for file in folder.rglob("*") if file.suffix in {".pkl", ".pt", ".bin", ".pickle"}]


def test_sentence_transformers_reads_the_network(folder: Path) -> None:
    from sentence_transformers import CrossEncoder

    plain = CrossEncoder(str(folder / "network"), device="cpu", local_files_only=True)
    assert plain.num_labels == 1
    assert np.isfinite(plain.predict([("red mug", "robin mug")], show_progress_bar=False)).all()


@needs_onnx
def test_int8_agrees(graded: CrossEncoderReranker, folder: Path) -> None:
    about = json.loads((folder / "reranker.json").read_text())
    assert about["int8"]["rank_correlation"] >= saved.LEAST_INT8
    cheap = CrossEncoderReranker.load(folder)
    assert cheap.precision == "int8"
    assert cheap.report["int8"] == about["int8"]
    onnx = pytest.importorskip("onnx")
    matrices = [value for value in onnx.load(folder / "int8.onnx").graph.initializer if len(value.dims) == 2]
    assert sum(value.data_type == onnx.TensorProto.INT8 for value in matrices) == 6 * 3, "six matrices a layer"
    shelf, pools, _ = tiny.easy()
    near = np.corrcoef(
        np.concatenate(cheap.text_scores(pools, shelf)), np.concatenate(graded.text_scores(pools, shelf))
    )
    assert near[0, 1] > 0.98
    with pytest.raises(DataError, match="int8"):
        cheap.save(folder.parent / "other")
    with pytest.raises(DataError, match="int8"):
        cheap.distil(cheap.parts.samples)


@needs_onnx
def test_int8_does_not_look_at_the_pairs_beside(folder: Path) -> None:
    shelf, pools, _ = tiny.easy()
    cheap = CrossEncoderReranker.load(folder, precision="int8", threads=1)
    pool = pools[0]
    few = replace(pool, candidates=pool.candidates[:2], retrieval=pool.retrieval[:2])
    np.testing.assert_allclose(cheap.text_scores([few], shelf)[0], cheap.text_scores([pool], shelf)[0][:2], atol=1e-6)


@needs_onnx
def test_int8_that_disagrees_is_left_out(
    graded: CrossEncoderReranker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saved, "rank_correlation", lambda *_: 0.5)
    assert "below 0.98" in graded.save(tmp_path)["int8"]["reason"]
    assert not (tmp_path / "int8.onnx").exists()
    assert CrossEncoderReranker.load(tmp_path).precision == "float32"
    with pytest.raises(RerankError, match=r"rank correlation with float32 is 0\.500"):
        CrossEncoderReranker.load(tmp_path, precision="int8")


def test_a_student_that_disagrees_is_refused(student: CrossEncoderReranker, tmp_path: Path) -> None:
    poor = replace(student.parts, distilled={**(student.parts.distilled or {}), "rank_correlation": 0.94})
    with pytest.raises(RerankError, match=r"0\.940 .*kept from 0\.95 on"):
        CrossEncoderReranker(poor).save(tmp_path)
    assert not list(tmp_path.iterdir())
    good = replace(student.parts, distilled={**(student.parts.distilled or {}), "rank_correlation": 0.96})
    about = CrossEncoderReranker(good).save(tmp_path, int8=False)
    assert about["distilled"]["rank_correlation"] == 0.96
    assert about["int8"] == {"reason": "not asked for"}


def test_without_onnxruntime(
    graded: CrossEncoderReranker, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("onnx", "onnxruntime", "onnxruntime.quantization"):
        monkeypatch.setitem(sys.modules, name, None)
    assert "kgrec[fast]" in graded.save(tmp_path)["int8"]["reason"]
    assert CrossEncoderReranker.load(folder).precision == "float32"
    with pytest.raises(MissingExtraError, match=r"kgrec\[fast\]"):
        CrossEncoderReranker.load(folder, precision="int8")


def test_an_encoder_is_no_reranker(encoder: Path) -> None:
    with pytest.raises(UntrainedRerankerError, match="train it"):
        CrossEncoderReranker.load(encoder)


def test_weights_without_a_scoring_layer(folder: Path, encoder: Path, tmp_path: Path) -> None:
    """The manifest says that it is trained, but the weights beside it are an encoder's."""
    made = shutil.copytree(folder, tmp_path / "made")
    shutil.copy(encoder / "model.safetensors", made / "network" / "model.safetensors")
    about = json.loads((made / "reranker.json").read_text())
    about["files"]["network/model.safetensors"] = saved._checksum(made / "network" / "model.safetensors")
    (made / "reranker.json").write_text(json.dumps(about))
    with pytest.raises(UntrainedRerankerError, match="no scoring layer"):
        CrossEncoderReranker.load(made, precision="float32")


@pytest.mark.parametrize("change", [{"trained": False}, {"training": {}}, {"training": {"steps": 0}}])
def test_a_manifest_that_knows_no_training(folder: Path, tmp_path: Path, change: dict[str, object]) -> None:
    made = shutil.copytree(folder, tmp_path / "made")
    about = json.loads((made / "reranker.json").read_text()) | change
    (made / "reranker.json").write_text(json.dumps(about))
    with pytest.raises(UntrainedRerankerError):
        CrossEncoderReranker.load(made)


def test_damage_is_noticed(folder: Path, tmp_path: Path) -> None:
    made = shutil.copytree(folder, tmp_path / "made")
    weights = made / "network" / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-9] ^= 1
    weights.write_bytes(content)
    with pytest.raises(DataError, match="checksum"):
        CrossEncoderReranker.load(made)
    weights.unlink()
    with pytest.raises(DataError, match="missing"):
        CrossEncoderReranker.load(made)
    (made / "reranker.json").write_text('{"format": 99}')
    with pytest.raises(DataError, match="format 99"):
        CrossEncoderReranker.load(made)
    with pytest.raises(DataError, match="cannot be read"):
        CrossEncoderReranker.load(tmp_path / "nowhere")
    with pytest.raises(SettingsError, match="precision"):
        CrossEncoderReranker.load(folder, precision="int4")  # type: ignore[arg-type]


@needs_onnx
def test_the_matrices_that_stay_exact(graded: CrossEncoderReranker, tmp_path: Path) -> None:
    from kgrec.ranking.cross.export import SPARED, write_int8

    onnx = pytest.importorskip("onnx")
    marks, pool = graded.parts.writer.marks, graded.parts.samples.written(0)
    counts = []
    for spared in SPARED:
        file = tmp_path / f"{spared}.onnx"
        write_int8(graded.parts.network.model, file, [pool.rows(range(5), marks)], spared=spared)
        weights = [value for value in onnx.load(file).graph.initializer if len(value.dims) == 2]
        counts.append(sum(value.data_type == onnx.TensorProto.INT8 for value in weights))
    assert counts == [6 * 3, 5 * 3, 4 * 3]
