"""Sentence-transformers models as encoders."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from kgrec.errors import EncoderUnavailableError
from kgrec.protocols import Progress, silent
from kgrec.weights import DEFAULT_MODEL, WAYS_OUT, locate, quiet_loading

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

__all__ = ["DEFAULT_MODEL", "SentenceEncoder"]

_FURTHER = (
    "A folder is passed as SentenceEncoder('/path/to/model'). "
    "Without meaning but without weights: encoder=kgrec.HashingEncoder()."
)


class SentenceEncoder:
    """Any sentence-transformers model; all-MiniLM-L6-v2 where none is named.

    The default is looked for in the installed package of the extra ``[minilm]`` first, then on the hub.
    On processors with native bfloat16 the model runs in it; vectors are renormalised in float32.

    Args:
        model: a folder, or a model name on the hub; None for the default.
        precision: ``"auto"``, ``"float32"`` or ``"bfloat16"``.
        max_tokens: longer texts are cut.
        batch_size: texts in one forward pass.

    Raises:
        EncoderUnavailableError: the model cannot be loaded; the message lists the ways out.
    """

    def __init__(
        self,
        model: str | os.PathLike[str] | None = None,
        *,
        precision: Literal["auto", "float32", "bfloat16"] = "auto",
        max_tokens: int = 128,
        batch_size: int = 64,
    ) -> None:
        """Load the weights."""
        self.batch_size = batch_size
        where, self.name = locate(model)
        self._model = _load(where, precision)
        self._model.max_seq_length = max_tokens
        self.dimension = int(self._model.get_embedding_dimension() or 0)

    def encode(self, texts: Sequence[str], *, progress: Progress = silent) -> NDArray[np.float32]:
        """Return float32 (len(texts), dimension), unit rows; zero for an empty text.

        Texts are encoded longest first, so that a batch wastes little on padding; order is kept in the result.
        """
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        order = sorted((at for at, text in enumerate(texts) if text.strip()), key=lambda at: -len(texts[at]))
        done = 0
        for start in range(0, len(order), self.batch_size * 8):
            part = order[start : start + self.batch_size * 8]
            output: Any = self._model.encode(
                [texts[at] for at in part],
                batch_size=self.batch_size,
                convert_to_numpy=False,
                convert_to_tensor=True,
                show_progress_bar=False,
            )
            vectors[part] = output.float().cpu().numpy()
            done += len(part)
            progress("encoding text", done, len(order))
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        np.divide(vectors, norms, out=vectors, where=norms > 0)
        return vectors


def _load(where: str, precision: str) -> SentenceTransformer:
    import torch
    from sentence_transformers import SentenceTransformer

    native = bool(torch.backends.mkldnn.is_available()) and torch.ops.mkldnn._is_mkldnn_bf16_supported()  # type: ignore[no-untyped-call]
    half = precision == "bfloat16" or (precision == "auto" and bool(native))
    try:
        with quiet_loading():
            model = SentenceTransformer(where, model_kwargs={"dtype": torch.bfloat16 if half else torch.float32})
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        message = f"the text encoder {where!r} cannot be loaded ({error}). {WAYS_OUT} {_FURTHER}"
        raise EncoderUnavailableError(message) from error
    return model.eval()
