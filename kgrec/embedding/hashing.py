"""A deterministic encoder with no weights, for tests and for shops that want no language model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from kgrec.errors import SettingsError
from kgrec.protocols import Progress, silent

__all__ = ["HashingEncoder"]

_WORDS = re.compile(r"\w+")


class HashingEncoder:
    """Signed feature hashing of words and of their character trigrams (Weinberger et al., 2009).

    It knows no meaning: near vectors share spelling. Same text, same vector, on every machine.

    Args:
        dimension: length of a vector, at least 8.

    Raises:
        SettingsError: the dimension is below 8.
    """

    def __init__(self, dimension: int = 256) -> None:
        """Set the dimension."""
        if dimension < 8:
            raise SettingsError(f"dimension must be at least 8; got {dimension}")
        self.dimension = dimension
        self.name = f"hashing-{dimension}"

    def encode(self, texts: Sequence[str], *, progress: Progress = silent) -> NDArray[np.float32]:
        """Return float32 (len(texts), dimension), unit rows; zero for a text without words."""
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        for row, text in enumerate(texts):
            for word in _WORDS.findall(text.casefold()):
                self._add(vectors[row], word, 1.0)
                padded = f"<{word}>"
                for at in range(len(padded) - 2):
                    self._add(vectors[row], padded[at : at + 3], 0.3)
            if row % 10_000 == 0:
                progress("encoding text", row, len(texts))
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        progress("encoding text", len(texts), len(texts))
        np.divide(vectors, norms, out=vectors, where=norms > 0)
        return vectors

    def _add(self, vector: NDArray[np.float32], token: str, weight: float) -> None:
        code = crc32(token.encode())
        vector[(code >> 1) % self.dimension] += weight if code & 1 else -weight
