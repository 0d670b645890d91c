"""A cross-encoder in eight-bit integers, exported from torch for onnxruntime."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from kgrec.errors import MissingExtraError
from kgrec.ranking.cross.reader import PoolReader, as_tensors
from kgrec.ranking.cross.writing import Marks, PoolRows

__all__ = ["SPARED", "write_int8"]


SPARED = ("nothing", "narrowing", "feed-forward")
"""Matrices that may stay in float32: none, those behind the feed-forward's activation, both of the feed-forward."""
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
    try:
        import onnx
        from onnxruntime import quantization
    except ImportError as error:
        purpose = "a cross-encoder in eight-bit integers"
        raise MissingExtraError("onnx and onnxruntime", extra="fast", purpose=purpose) from error
    plain = file.with_suffix(".float.onnx")
    marked = file.with_suffix(".marked.onnx")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _export(network, plain)
        model = onnx.shape_inference.infer_shapes(_without_copies(onnx.load(plain)))
        # without this mark onnxruntime warns, and on the root logger
        model.metadata_props.add(key="onnx.quant.pre_process", value="onnxruntime.quant")
        onnx.save(model, marked)
        quantization.quantize_static(
            str(marked),
            str(file),
            _Reader(rows),
            quant_format=quantization.QuantFormat.QDQ,
            op_types_to_quantize=["MatMul"],  # the scoring layer, a Gemm, stays as it is: it costs nothing
            nodes_to_quantize=_with_weights(model, spared),
            per_channel=True,
            reduce_range=True,
            activation_type=quantization.QuantType.QUInt8,
            weight_type=quantization.QuantType.QInt8,
            calibrate_method=quantization.CalibrationMethod.MinMax,
        )
    plain.unlink()
    marked.unlink()


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


def _without_copies(model: Any) -> Any:
    """Let matrices that are used twice be used directly: behind a copy they would be taken for activations."""
    weights = {tensor.name for tensor in model.graph.initializer}
    copies = {
        node.output[0]: node.input[0]
        for node in model.graph.node
        if node.op_type == "Identity" and node.input[0] in weights
    }
    kept = [node for node in model.graph.node if node.output[0] not in copies]
    for node in kept:
        for place, name in enumerate(node.input):
            if name in copies:
                node.input[place] = copies[name]
    del model.graph.node[:]
    model.graph.node.extend(kept)
    return model


def _with_weights(model: Any, spared: str) -> list[str]:
    """Return the products with a fixed matrix that is not spared; attention's own products stay exact."""
    shapes = {tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer}
    products = [node for node in model.graph.node if node.op_type == "MatMul" and node.input[1] in shapes]
    if spared != "nothing":
        products = [node for node in products if shapes[node.input[1]][0] <= shapes[node.input[1]][1]]
    if spared == "feed-forward":
        products = [node for node in products if shapes[node.input[1]][0] == shapes[node.input[1]][1]]
    return [node.name for node in products]


class _Reader:
    """Hands rows to onnxruntime's calibration, one batch at a time."""

    def __init__(self, rows: Sequence[PoolRows]) -> None:
        self._rows: Iterator[PoolRows] = iter(rows)

    def get_next(self) -> dict[str, Any] | None:
        """Return the next batch, or None at the end."""
        rows = next(self._rows, None)
        return None if rows is None else {name: getattr(rows, name) for name in _INPUTS}
