"""A cross-encoder in eight-bit integers, exported from torch for onnxruntime."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from kgrec.ranking.cross.reader import PoolReader, as_tensors
from kgrec.ranking.cross.writing import Marks, PoolRows
from kgrec.training.int8 import SPARED, write_quantised

__all__ = ["SPARED", "write_int8"]


_INPUTS = ("shared", "shared_mask", "shared_types", "own", "own_mask", "own_types", "places")


class _Exported(nn.Module):
    """The reader of one pool with plain tensors in and out."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.reader = PoolReader(network)

    def forward(self, *given: Tensor) -> Tensor:
        scores: Tensor = self.reader(*given).scores
        return scores


def write_int8(network: Any, file: Path, rows: Sequence[PoolRows], *, spared: str = "nothing") -> None:
    """Write a network with its matrices in eight-bit integers; the ranges of activations are fixed from some rows.

    Fixed ranges make a pair's score independent of the pairs beside it, which ranges taken at run time do not.

    Args:
        network: of transformers, on the processor.
        file: is made.
        rows: pairs as they will be asked.
        spared: which matrices stay in float32, one of ``SPARED``: the more, the nearer and the slower.

    Raises:
        MissingExtraError: onnx or onnxruntime is not installed.
    """
    write_quantised(
        lambda plain: _export(network, plain),
        file,
        [{name: getattr(part, name) for name in _INPUTS} for part in rows],
        purpose="a cross-encoder in eight-bit integers",
        spared=spared,
    )


def _export(network: Any, file: Path) -> None:
    marks = Marks(before=(0,), between=(0,), after=(0,), types=(0, 0, 0, 1, 1), pad=0)
    tensors = as_tensors(PoolRows.of([(1, 1, 1)], [[(1, 1), (1,)]], marks))
    axes = {name: {1: "shared_pieces"} for name in _INPUTS if name.startswith("shared")}
    axes |= {name: {0: "pairs", 1: "pieces"} for name in _INPUTS if not name.startswith("shared")}
    torch.onnx.export(
        _Exported(network).eval(),
        tuple(tensors[name] for name in _INPUTS),
        str(file),
        dynamo=False,
        input_names=list(_INPUTS),
        output_names=["scores"],
        dynamic_axes={**axes, "scores": {0: "pairs"}},
        opset_version=17,
    )
