"""A network's matrices in eight-bit integers, for onnxruntime."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from kgrec.errors import MissingExtraError

__all__ = ["SPARED", "onnx_session", "write_quantised"]

SPARED = ("nothing", "narrowing", "feed-forward")
"""Matrices that may stay in float32: none, those behind the feed-forward's activation, both of the feed-forward."""
Inputs = Mapping[str, NDArray[Any]]


def write_quantised(
    export: Callable[[Path], None],
    file: Path,
    calibration: Sequence[Inputs],
    *,
    purpose: str,
    spared: str = "nothing",
) -> None:
    """Write a network with its matrices in eight-bit integers; the ranges of activations are fixed from some inputs.

    Fixed ranges make an answer independent of what stands beside it in a batch, which ranges taken at run time do not.

    Args:
        export: writes the network as ONNX into the file it is given.
        file: is made.
        calibration: inputs as they will be asked, by name.
        purpose: for the error.
        spared: which matrices stay in float32, one of ``SPARED``: the more, the nearer and the slower.

    Raises:
        MissingExtraError: onnx or onnxruntime is not installed.
    """
    try:
        import onnx
        from onnxruntime import quantization
    except ImportError as error:
        raise MissingExtraError("onnx and onnxruntime", extra="fast", purpose=purpose) from error
    plain = file.with_suffix(".float.onnx")
    marked = file.with_suffix(".marked.onnx")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        export(plain)
        model = onnx.shape_inference.infer_shapes(_without_copies(onnx.load(plain)))
        # without this mark onnxruntime warns, and on the root logger
        model.metadata_props.add(key="onnx.quant.pre_process", value="onnxruntime.quant")
        onnx.save(model, marked)
        quantization.quantize_static(
            str(marked),
            str(file),
            _Reader(calibration),
            quant_format=quantization.QuantFormat.QDQ,
            op_types_to_quantize=["MatMul"],  # a scoring layer, a Gemm, stays as it is: it costs nothing
            nodes_to_quantize=_with_weights(model, spared),
            per_channel=True,
            reduce_range=True,
            activation_type=quantization.QuantType.QUInt8,
            weight_type=quantization.QuantType.QInt8,
            calibrate_method=quantization.CalibrationMethod.MinMax,
        )
    plain.unlink()
    marked.unlink()


def onnx_session(file: Path, *, purpose: str, threads: int = 1) -> Any:
    """Return an onnxruntime session on the processor.

    Raises:
        MissingExtraError: onnxruntime is not installed.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise MissingExtraError("onnxruntime", extra="fast", purpose=purpose) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])


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
    """Hands inputs to onnxruntime's calibration, one batch at a time."""

    def __init__(self, inputs: Sequence[Inputs]) -> None:
        self._inputs: Iterator[Inputs] = iter(inputs)

    def get_next(self) -> Inputs | None:
        """Return the next batch, or None at the end."""
        return next(self._inputs, None)
