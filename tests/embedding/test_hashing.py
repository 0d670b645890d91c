from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgrec.embedding import HashingEncoder
from kgrec.errors import SettingsError

PROGRAM = "import kgrec; print(kgrec.HashingEncoder(16).encode(['Red mug'])[0].tolist())"


@given(st.lists(st.text(max_size=40), max_size=6))
def test_unit_or_zero(texts: list[str]) -> None:
    vectors = HashingEncoder(32).encode(texts)
    norms = np.linalg.norm(vectors, axis=1)
    assert vectors.shape == (len(texts), 32)
    assert np.all(np.isclose(norms, 1, atol=1e-5) | (norms == 0))


def test_same_vector_in_another_process() -> None:
    """Python's own hash differs from process to process; the encoder must not use it."""
    output = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True).stdout
    np.testing.assert_array_equal(np.array(json.loads(output)), HashingEncoder(16).encode(["Red mug"])[0])


def test_shared_words_and_shared_spelling() -> None:
    mug, large_mug, mugs, chair = HashingEncoder(256).encode(["red mug", "large RED mug!", "red mugs", "oak chair"])
    assert mug @ large_mug > mug @ chair
    assert mug @ mugs > mug @ chair


def test_name_tells_the_dimension() -> None:
    assert HashingEncoder(64).name == "hashing-64"
    assert HashingEncoder(64).dimension == 64


@pytest.mark.parametrize("dimension", [7, 0, -1])
def test_too_few_dimensions(dimension: int) -> None:
    with pytest.raises(SettingsError, match="at least 8"):
        HashingEncoder(dimension)
