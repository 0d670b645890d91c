"""Sentences → vectors in eight-bit integers, with onnxruntime."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kgrec.errors import EncoderUnavailableError

__all__ = ["INT8_FILE", "EightBitSentences", "rows_of", "text_tokenizer"]

INT8_FILE = "int8.onnx"
"""In the folder of an encoder: its network, pooling and normalising, in eight-bit integers."""


class EightBitSentences:
    """Vectors from onnxruntime; safe to use from several threads.

    Args:
        folder: of an encoder, with ``int8.onnx`` and the tokenizer.
        max_tokens: longer texts are cut.

    Raises:
        MissingExtraError: onnxruntime is not installed.
        EncoderUnavailableError: the folder is not whole.
    """

    def __init__(self, folder: Path, *, max_tokens: int) -> None:
        """Load the file."""
        from kgrec.training.int8 import onnx_session

        purpose = "an encoder in eight-bit integers"
        try:
            self._session = onnx_session(folder / INT8_FILE, purpose=purpose)
        except (RuntimeError, OSError, ValueError) as error:
            raise EncoderUnavailableError(f"{folder / INT8_FILE} cannot be read ({error}); train it again") from error
        self._tokenizer = text_tokenizer(folder, max_tokens)
        self.dimension = int(self._session.get_outputs()[0].shape[1])

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return float32 (len(texts), dimension), unit rows."""
        (vectors,) = self._session.run(["vectors"], rows_of(self._tokenizer, texts))
        return np.asarray(vectors, np.float32)


def text_tokenizer(folder: Path, max_tokens: int) -> Any:
    """Return the tokenizer of an encoder's folder, which cuts and fills up.

    Raises:
        EncoderUnavailableError: the folder has none of the fast kind.
    """
    from tokenizers import Tokenizer

    file = next((found for found in sorted(folder.rglob("tokenizer.json"))), None)
    if file is None:
        raise EncoderUnavailableError(f"{folder} has no tokenizer.json; an encoder with a fast tokenizer is needed")
    tokenizer = Tokenizer.from_file(str(file))
    own = tokenizer.padding or {}
    tokenizer.enable_padding(pad_id=own.get("pad_id", 0), pad_token=own.get("pad_token", "[PAD]"))
    tokenizer.enable_truncation(max_length=max_tokens)
    return tokenizer


def rows_of(tokenizer: Any, texts: Sequence[str]) -> dict[str, NDArray[np.int64]]:
    """Return what the network takes: ``pieces`` and ``mask``, int64 (len(texts), t)."""
    cut = tokenizer.encode_batch(list(texts))
    return {
        "pieces": np.array([one.ids for one in cut], np.int64),
        "mask": np.array([one.attention_mask for one in cut], np.int64),
    }
