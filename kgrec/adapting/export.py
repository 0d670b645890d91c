"""A sentence encoder in eight-bit integers, exported from torch for onnxruntime."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from kgrec.embedding.eight_bit import INT8_FILE, rows_of, text_tokenizer
from kgrec.training.int8 import write_quantised

__all__ = ["write_int8"]

_BATCH = 16


class _Exported(nn.Module):
    """The network, its pooling and normalising, with plain tensors in and out."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.inner, self.rest = network[0].auto_model, nn.ModuleList(list(network)[1:])

    def forward(self, pieces: Tensor, mask: Tensor) -> Tensor:
        states = self.inner(input_ids=pieces, attention_mask=mask).last_hidden_state
        features: dict[str, Any] = {"token_embeddings": states, "attention_mask": mask}
        for module in self.rest:
            features = module(features)
        return nn.functional.normalize(features["sentence_embedding"], dim=-1)


def write_int8(network: Any, folder: Path, texts: Sequence[str], *, max_tokens: int) -> None:
    """Write a network into its folder in eight-bit integers; activations' ranges are fixed from some texts.

    Args:
        network: of sentence-transformers, on the processor, in float32; stays as it is.
        folder: into which it was saved, with its tokenizer.
        texts: as they will be encoded.
        max_tokens: longer texts are cut.

    Raises:
        MissingExtraError: onnx or onnxruntime is not installed.
        EncoderUnavailableError: the folder has no fast tokenizer.
    """
    tokenizer = text_tokenizer(folder, max_tokens)
    plain = copy.deepcopy(network)
    plain[0].auto_model.set_attn_implementation("eager")
    ordered = sorted(texts, key=len)
    write_quantised(
        lambda file: _export(plain, file),
        folder / INT8_FILE,
        [rows_of(tokenizer, ordered[start : start + _BATCH]) for start in range(0, len(ordered), _BATCH)],
        purpose="an encoder in eight-bit integers",
        # what comes into the narrowing matrices has a few values far above all others, so that one range for all of
        # them leaves no steps for the rest: without these MiniLM's similarities keep their order
        spared="narrowing",
    )


def _export(network: Any, file: Path) -> None:
    axes = {0: "texts", 1: "pieces"}
    torch.onnx.export(
        _Exported(network).eval(),
        (torch.ones((2, 5), dtype=torch.int64), torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])),
        str(file),
        dynamo=False,
        input_names=["pieces", "mask"],
        output_names=["vectors"],
        dynamic_axes={"pieces": axes, "mask": axes, "vectors": {0: "texts"}},
        opset_version=17,
    )
