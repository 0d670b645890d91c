"""Sentence-transformers models as encoders."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from kgrec.embedding.eight_bit import INT8_FILE, EightBitSentences
from kgrec.errors import EncoderUnavailableError, MissingExtraError
from kgrec.protocols import Progress, silent
from kgrec.weights import DEFAULT_MODEL, WAYS_OUT, locate, quiet_loading

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

__all__ = ["ABOUT_FILE", "DEFAULT_MODEL", "SentenceEncoder"]

ABOUT_FILE = "adapted.json"
"""In the folder of an adapted encoder: its name, and how it was made."""
_FURTHER = (
    "A folder is passed as SentenceEncoder('/path/to/model'). "
    "Without meaning but without weights: encoder=kgrec.HashingEncoder()."
)


class SentenceEncoder:
    """Any sentence-transformers model; all-MiniLM-L6-v2 where none is named.

    The default is looked for in the installed package of the extra ``[minilm]`` first, then on the hub.
    On processors with native bfloat16 the model runs in it; vectors are renormalised in float32. A folder of
    ``kgrec train --int8`` runs in eight-bit integers where onnxruntime is installed.

    Args:
        model: a folder, or a model name on the hub; None for the default.
        precision: ``"auto"``, ``"float32"``, ``"bfloat16"`` or ``"int8"``.
        max_tokens: longer texts are cut.
        batch_size: texts in one forward pass.

    Raises:
        EncoderUnavailableError: the model cannot be loaded; the message lists the ways out. Or ``precision`` is
            ``"int8"`` and the folder has no such form.
        MissingExtraError: ``precision`` is ``"int8"`` and onnxruntime is not installed.
    """

    def __init__(
        self,
        model: str | os.PathLike[str] | None = None,
        *,
        precision: Literal["auto", "float32", "bfloat16", "int8"] = "auto",
        max_tokens: int = 128,
        batch_size: int = 64,
    ) -> None:
        """Load the weights."""
        self.batch_size, self.max_tokens = batch_size, max_tokens
        self._where, self.name = locate(model)
        self.name = _own_name(Path(self._where)) or self.name
        self._model: Any = None
        self._cheap = _eight_bit(Path(self._where), precision, max_tokens)
        if self._cheap is not None:
            self.name += " int8"
            self.dimension = self._cheap.dimension
            return
        self._take(_load(self._where, precision))

    @classmethod
    def of_network(
        cls, network: SentenceTransformer, name: str, *, max_tokens: int = 128, batch_size: int = 64
    ) -> Self:
        """Wrap a network that is in memory, as it is.

        Args:
            network: of sentence-transformers.
            name: identifies its weights.
            max_tokens: longer texts are cut.
            batch_size: texts in one forward pass.
        """
        made = cls.__new__(cls)
        made.batch_size, made.max_tokens = batch_size, max_tokens
        made._where, made.name, made._cheap = "", name, None
        made._take(network.eval())
        return made

    def _take(self, network: SentenceTransformer) -> None:
        self._model = network
        self._model.max_seq_length = self.max_tokens
        self.dimension = int(self._model.get_embedding_dimension() or 0)

    def network(self) -> SentenceTransformer:
        """Return a copy of the network in float32, to be trained or saved.

        Raises:
            EncoderUnavailableError: the weights cannot be read again.
        """
        made = _load(self._where, "float32") if self._where else copy.deepcopy(self._model).float()
        made.max_seq_length = self.max_tokens
        return made

    def encode(self, texts: Sequence[str], *, progress: Progress = silent) -> NDArray[np.float32]:
        """Return float32 (len(texts), dimension), unit rows; zero for an empty text.

        Texts are encoded longest first, so that a batch wastes little on padding; order is kept in the result.
        """
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        order = sorted((at for at, text in enumerate(texts) if text.strip()), key=lambda at: -len(texts[at]))
        done = 0
        for start in range(0, len(order), self.batch_size * 8):
            part = order[start : start + self.batch_size * 8]
            vectors[part] = self._vectors([texts[at] for at in part])
            done += len(part)
            progress("encoding text", done, len(order))
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        np.divide(vectors, norms, out=vectors, where=norms > 0)
        return vectors

    def _vectors(self, texts: list[str]) -> NDArray[np.float32]:
        if self._cheap is not None:
            parts = range(0, len(texts), self.batch_size)
            return np.concatenate([self._cheap(texts[start : start + self.batch_size]) for start in parts])
        output: Any = self._model.encode(
            texts,
            batch_size=self.batch_size,
            convert_to_numpy=False,
            convert_to_tensor=True,
            show_progress_bar=False,
        )
        vectors: NDArray[np.float32] = output.float().cpu().numpy()
        return vectors


def _own_name(folder: Path) -> str:
    """Return the name that an adapted encoder was given; empty where the folder is none."""
    try:
        return str(json.loads((folder / ABOUT_FILE).read_text("utf-8")).get("name", ""))
    except FileNotFoundError:
        return ""
    except (OSError, ValueError, AttributeError) as error:
        raise EncoderUnavailableError(
            f"{folder / ABOUT_FILE} cannot be read ({error}); train the encoder again"
        ) from error


def _eight_bit(folder: Path, precision: str, max_tokens: int) -> EightBitSentences | None:
    """Return the form in eight-bit integers where it is there and wanted."""
    if precision not in {"auto", "int8"}:
        return None
    if not (folder / INT8_FILE).is_file():
        if precision == "int8":
            raise EncoderUnavailableError(
                f"{folder} has no form in eight-bit integers; kgrec train --int8 writes one if it agrees with float32"
            )
        return None
    try:
        return EightBitSentences(folder, max_tokens=max_tokens)
    except MissingExtraError:
        if precision == "int8":
            raise
        return None


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
