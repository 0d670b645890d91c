"""Texts' pieces → states: with torch, or as eight-bit integers with onnxruntime."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from kgrec.errors import EncoderUnavailableError, MissingExtraError
from kgrec.weights import WAYS_OUT, locate, quiet_loading

__all__ = ["OnnxStates", "States", "TorchStates", "load_encoder", "native_bfloat16", "write_int8"]


class States(Protocol):
    """Pieces → states."""

    @property
    def precision(self) -> str:
        """``"float32"``, ``"bfloat16"`` or ``"int8"``."""
        ...

    def __call__(self, pieces: Tensor, mask: Tensor) -> Tensor:
        """Return float32 (b, t, width) for int64 (b, t)."""
        ...


def load_encoder(model: str | os.PathLike[str] | None, layers: int) -> tuple[Any, Any, str]:
    """Return an encoder of transformers in float32, its tokenizer and its name.

    Raises:
        EncoderUnavailableError: it cannot be loaded, or its tokenizer cannot say where in the text a piece stands.
    """
    from transformers import AutoConfig, AutoModel, AutoTokenizer

    where, name = locate(model)
    try:
        with quiet_loading():
            config = AutoConfig.from_pretrained(where)
            if layers and layers < int(getattr(config, "num_hidden_layers", 0)):
                config.num_hidden_layers = layers
            encoder = AutoModel.from_pretrained(where, config=config, dtype=torch.float32, attn_implementation="eager")
            tokenizer = AutoTokenizer.from_pretrained(where)
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise EncoderUnavailableError(f"the text encoder {where!r} cannot be loaded ({error}). {WAYS_OUT}") from error
    if not tokenizer.is_fast:
        raise EncoderUnavailableError(f"the tokenizer of {where!r} gives no offsets; one of the fast kind is needed")
    if getattr(encoder, "pooler", None) is not None:
        encoder.pooler = None
    return encoder.eval(), tokenizer, name


class TorchStates:
    """States from torch.

    Args:
        encoder: of transformers.
        precision: ``"float32"`` or ``"bfloat16"``; the encoder is brought to it.
    """

    def __init__(self, encoder: Any, precision: str = "float32") -> None:
        """Bring the encoder to the precision."""
        self.precision = precision
        self.encoder = encoder.to(torch.bfloat16 if precision == "bfloat16" else torch.float32).eval()

    def __call__(self, pieces: Tensor, mask: Tensor) -> Tensor:
        """Return float32 (b, t, width)."""
        states: Tensor = self.encoder(input_ids=pieces, attention_mask=mask).last_hidden_state
        return states.float()


class OnnxStates:
    """States from onnxruntime, one thread for each that asks.

    Args:
        file: the encoder as :func:`write_int8` wrote it.

    Raises:
        MissingExtraError: onnxruntime is not installed.
    """

    precision = "int8"

    def __init__(self, file: Path) -> None:
        """Load the file."""
        try:
            import onnxruntime
        except ImportError as error:
            raise MissingExtraError("onnxruntime", extra="fast", purpose="a tagger in eight-bit integers") from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])

    def __call__(self, pieces: Tensor, mask: Tensor) -> Tensor:
        """Return float32 (b, t, width)."""
        (states,) = self._session.run(["states"], {"pieces": pieces.numpy(), "mask": mask.numpy()})
        return torch.from_numpy(states)


class _Exported(nn.Module):
    """The encoder with plain tensors in and out."""

    def __init__(self, encoder: Any) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, pieces: Tensor, mask: Tensor) -> Tensor:
        states: Tensor = self.encoder(input_ids=pieces, attention_mask=mask).last_hidden_state
        return states


def write_int8(encoder: Any, file: Path) -> None:
    """Write the encoder with its matrices in eight-bit integers, activations scaled at run time.

    Raises:
        MissingExtraError: onnx or onnxruntime is not installed.
    """
    try:
        import onnx
        from onnxruntime.quantization import QuantType, quantize_dynamic
    except ImportError as error:
        raise MissingExtraError(
            "onnx and onnxruntime", extra="fast", purpose="a tagger in eight-bit integers"
        ) from error
    plain = file.with_suffix(".float.onnx")
    pieces = torch.ones((2, 5), dtype=torch.int64)
    mask = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])
    axes = {0: "texts", 1: "pieces"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            _Exported(encoder).eval(),
            (pieces, mask),
            str(plain),
            dynamo=False,
            input_names=["pieces", "mask"],
            output_names=["states"],
            dynamic_axes={"pieces": axes, "mask": axes, "states": axes},
            opset_version=17,
        )
        model = onnx.shape_inference.infer_shapes(onnx.load(plain))
        # without this mark onnxruntime warns, and on the root logger
        model.metadata_props.add(key="onnx.quant.pre_process", value="onnxruntime.quant")
        quantize_dynamic(
            model,
            str(file),
            weight_type=QuantType.QInt8,
            per_channel=True,
            reduce_range=True,
            extra_options={"MatMulConstBOnly": True},
        )
    plain.unlink()


def native_bfloat16() -> bool:
    """Tell whether the processor multiplies in bfloat16 by itself."""
    return bool(torch.backends.mkldnn.is_available()) and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())  # type: ignore[no-untyped-call]
