"""Students and eight-bit integers: kept where they agree, refused where they do not."""

from __future__ import annotations

import json
import threading
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import kgrec
from kgrec.adapting import Student, distilling, save_encoder, saved, teach_student
from kgrec.adapting.distilling import agreement, parted
from kgrec.embedding import ABOUT_FILE
from kgrec.embedding.eight_bit import INT8_FILE
from kgrec.errors import DataError, EncoderUnavailableError
from tests.adapting import tiny


@cache
def student() -> Student:
    return teach_student(tiny.adapted().encoder, tiny.adapted().texts, settings=tiny.TEACHING)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the adapted encoder with eight-bit integers."""
    folder = tmp_path_factory.mktemp("encoders") / "own"
    one = tiny.adapted()
    save_encoder(one.encoder, folder, report=one.report, int8=True, texts=one.texts)
    return folder


def test_a_student_learns_to_agree() -> None:
    found = student()
    assert found.layers == (1,)
    assert found.agrees
    assert found.rank_correlation == max(found.measured) > found.measured[0] - 1e-9
    assert len(found.encoder.network()[0].auto_model.encoder.layer) == 1
    _, held = parted(tiny.adapted().texts, tiny.TEACHING.held_texts, tiny.TEACHING.seed)
    assert found.texts == len(held)
    again = agreement(found.encoder.encode(held), tiny.adapted().encoder.encode(held))
    assert again == pytest.approx(found.rank_correlation, abs=1e-4)


def test_what_is_measured_on_teaches_nothing() -> None:
    learned, held = parted(tiny.adapted().texts, 40, 0)
    assert not set(learned) & set(held)
    assert len(held) == 40
    with pytest.raises(DataError, match="too few"):
        parted(["a", "b", "c"], 3, 0)


def test_agreement_is_the_mean_rank_correlation_of_similarities() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(30, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    turned = vectors @ np.linalg.qr(rng.normal(size=(8, 8)))[0].astype(np.float32)
    assert agreement(vectors, turned) == pytest.approx(1, abs=1e-3)
    other = rng.normal(size=(30, 8)).astype(np.float32)
    assert abs(agreement(vectors, other / np.linalg.norm(other, axis=1, keepdims=True))) < 0.3


def test_a_student_of_as_many_layers_is_refused() -> None:
    with pytest.raises(EncoderUnavailableError, match="of more"):
        teach_student(tiny.adapted().encoder, tiny.adapted().texts, settings=tiny.StudentSettings(layers=2))


def test_a_saved_encoder_is_read_by_its_folder_and_keeps_its_name(written: Path) -> None:
    one = kgrec.SentenceEncoder(written, precision="float32")
    assert one.name == tiny.adapted().encoder.name
    texts = ["red robin mug", "a clock"]
    np.testing.assert_allclose(one.encode(texts), tiny.adapted().encoder.encode(texts), atol=1e-5)
    about = json.loads((written / ABOUT_FILE).read_text("utf-8"))
    assert about["adapted"]["kept"] is True
    assert about["student"] is None
    assert about["int8"]["shipped"] is True
    assert about["int8"]["rank_correlation"] >= 0.98


def test_eight_bit_integers_are_taken_where_they_are_and_agree(written: Path) -> None:
    cheap, exact = kgrec.SentenceEncoder(written), kgrec.SentenceEncoder(written, precision="float32")
    assert cheap.name == exact.name + " int8"
    assert cheap.dimension == exact.dimension == 32
    texts = list(tiny.adapted().texts[:60])
    ours, theirs = cheap.encode([*texts, ""]), exact.encode([*texts, ""])
    assert not ours[-1].any()
    assert float((ours[:-1] * theirs[:-1]).sum(axis=1).min()) > 0.98
    assert agreement(ours[:-1], theirs[:-1]) > 0.98


def test_an_eight_bit_vector_does_not_depend_on_its_neighbours_or_its_thread(written: Path) -> None:
    cheap = kgrec.SentenceEncoder(written, precision="int8")
    texts = list(tiny.adapted().texts[:20])
    alone = np.concatenate([cheap.encode([text]) for text in texts])
    found: list[np.ndarray] = []
    threads = [threading.Thread(target=lambda: found.append(cheap.encode(texts))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    for vectors in found:
        np.testing.assert_allclose(vectors, alone, atol=1e-5)


def test_an_eight_bit_encoder_can_be_adapted_again(written: Path) -> None:
    """The weights in float32 stand beside it."""
    again = kgrec.SentenceEncoder.of_network(kgrec.SentenceEncoder(written).network(), "again")
    np.testing.assert_allclose(again.encode(["a mug"]), tiny.adapted().encoder.encode(["a mug"]), atol=1e-5)


def test_a_student_that_agrees_takes_the_place(tmp_path: Path) -> None:
    about = save_encoder(tiny.adapted().encoder, tmp_path / "small", student=student())
    assert about["student"]["shipped"] is True
    small = kgrec.SentenceEncoder(tmp_path / "small", precision="float32")
    assert small.name.endswith(" 1 layers")
    np.testing.assert_allclose(small.encode(["a mug"]), student().encoder.encode(["a mug"]), atol=1e-5)


def test_a_student_that_does_not_agree_stays_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distilling, "LEAST_STUDENT", 1.01)
    monkeypatch.setattr(saved, "LEAST_STUDENT", 1.01)
    about = save_encoder(tiny.adapted().encoder, tmp_path / "whole", student=student())
    assert about["student"]["shipped"] is False
    assert "below 1.01" in about["student"]["reason"]
    assert kgrec.SentenceEncoder(tmp_path / "whole").name == tiny.adapted().encoder.name


def test_eight_bit_integers_that_do_not_agree_stay_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved, "LEAST_INT8", 1.01)
    one = tiny.adapted()
    about = save_encoder(one.encoder, tmp_path / "exact", int8=True, texts=one.texts)
    assert about["int8"]["shipped"] is False
    assert not (tmp_path / "exact" / INT8_FILE).exists()
    assert kgrec.SentenceEncoder(tmp_path / "exact").name == one.encoder.name
    with pytest.raises(EncoderUnavailableError, match="eight-bit"):
        kgrec.SentenceEncoder(tmp_path / "exact", precision="int8")


def test_only_an_adapted_encoder_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "mine.txt").write_text("dear", "utf-8")
    for taken in (tmp_path / "notes", tmp_path / "notes" / "mine.txt"):
        with pytest.raises(DataError, match="another path"):
            save_encoder(tiny.adapted().encoder, taken)
    assert (tmp_path / "notes" / "mine.txt").read_text("utf-8") == "dear"
    for _ in range(2):
        save_encoder(tiny.adapted().encoder, tmp_path / "own")
    assert [found.name for found in tmp_path.iterdir() if found.name.startswith(".")] == []


def test_a_damaged_manifest_is_said(tmp_path: Path) -> None:
    save_encoder(tiny.adapted().encoder, tmp_path / "own")
    (tmp_path / "own" / ABOUT_FILE).write_text("{", "utf-8")
    with pytest.raises(EncoderUnavailableError, match="cannot be read"):
        kgrec.SentenceEncoder(tmp_path / "own")
