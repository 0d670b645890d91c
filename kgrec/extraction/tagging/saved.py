"""A tagger as a folder: safetensors and JSON, and the encoder in eight-bit integers where it agrees."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from kgrec.errors import DataError, EncoderUnavailableError, MissingExtraError, SettingsError
from kgrec.extraction.tagging.batching import Numbers
from kgrec.extraction.tagging.encoding import (
    OnnxStates,
    States,
    TorchStates,
    load_encoder,
    native_bfloat16,
    write_int8,
)
from kgrec.extraction.tagging.lexicon import Lexicon
from kgrec.extraction.tagging.network import SpanHead
from kgrec.extraction.tagging.reading import SpanModel
from kgrec.extraction.tagging.settings import TaggerSettings
from kgrec.extraction.tagging.sheets import SheetMaker, Text
from kgrec.weights import quiet_loading

__all__ = ["LEAST_AGREEMENT", "agreement", "load_model", "save_model"]

FORMAT = 1
LEAST_AGREEMENT = 0.95
_ABOUT, _LEXICON, _HEAD, _INT8, _ENCODER = (
    "tagger.json",
    "lexicon.json",
    "head.safetensors",
    "encoder.int8.onnx",
    "encoder",
)
_log = logging.getLogger(__name__)


def save_model(model: SpanModel, folder: Path, settings: TaggerSettings, *, int8: bool) -> None:
    """Write a model that holds its encoder in torch.

    Raises:
        DataError: the model was loaded with an encoder that cannot be written again.
    """
    if not isinstance(model.states, TorchStates) or model.states.precision != "float32":
        raise DataError(f"a tagger in {model.states.precision} cannot be saved; load it in float32, or copy its folder")
    folder.mkdir(parents=True, exist_ok=True)
    encoder = model.states.encoder
    with quiet_loading():
        encoder.save_pretrained(folder / _ENCODER)
    model.maker.tokenizer.save_pretrained(folder / _ENCODER)
    save_file({name: value.contiguous() for name, value in model.head.state_dict().items()}, folder / _HEAD)
    (folder / _INT8).unlink(missing_ok=True)
    about = {
        "format": FORMAT,
        "source": model.source,
        "settings": asdict(settings),
        "attributes": {category: list(names) for category, names in model.numbers.attributes.items()},
        "word_counts": dict(sorted(model.maker.word_counts.items())),
        "samples": [list(sample) for sample in model.samples],
        "int8": _written(model, folder / _INT8, settings) if int8 else {"reason": "not asked for"},
    }
    _write(folder / _LEXICON, model.maker.lexicon.as_json())
    _write(folder / _ABOUT, about)


def _written(model: SpanModel, file: Path, settings: TaggerSettings) -> dict[str, Any]:
    """Write the encoder in eight-bit integers, and take it away again where it agrees too little."""
    try:
        write_int8(model.states.encoder, file)  # type: ignore[attr-defined]
        cheap = SpanModel(OnnxStates(file), model.head, model.maker, model.numbers, source=model.source)
    except MissingExtraError as error:
        return {"reason": str(error)}
    agreed = agreement(model, cheap, model.samples, settings.threshold)
    if agreed < LEAST_AGREEMENT:
        file.unlink()
        _log.info("tagger: int8 agrees with float32 on %.3f of the answers; float32 is kept", agreed)
        return {"agreement": agreed, "reason": f"agrees on less than {LEAST_AGREEMENT} of the answers"}
    return {"agreement": agreed}


def agreement(exact: SpanModel, cheap: SpanModel, texts: tuple[Text, ...], threshold: float) -> float:
    """Return the share of answers, of either model, that both give; 1 where neither gives any."""
    ours, theirs = (
        {(found.row, found.field, found.attribute, found.surface) for found in model.read(texts, threshold)}
        for model in (exact, cheap)
    )
    return len(ours & theirs) / len(ours | theirs) if ours | theirs else 1.0


def load_model(folder: Path, precision: str, threads: int) -> tuple[SpanModel, TaggerSettings]:
    """Read a folder that :func:`save_model` wrote.

    Raises:
        DataError: the folder is no tagger, is damaged, or is of a newer format.
        MissingExtraError: ``precision`` is ``"int8"`` and onnxruntime is not installed.
    """
    about = _read(folder / _ABOUT)
    if about.get("format") != FORMAT:
        raise DataError(f"{folder}: a tagger of format {about.get('format')!r}; this version reads {FORMAT}")
    try:
        settings = TaggerSettings(**about["settings"])
        numbers = Numbers(about["attributes"])
        lexicon = Lexicon.from_json(_read(folder / _LEXICON))
        encoder, tokenizer, _ = load_encoder(folder / _ENCODER, 0)
        maker = SheetMaker(tokenizer, lexicon, about["word_counts"], max_pieces=settings.max_pieces)
        tensors = load_file(folder / _HEAD)
        head = SpanHead(
            tensors["names"],
            len(numbers.pair),
            width=int(encoder.config.hidden_size),
            size=settings.size,
            dropout=settings.dropout,
        )
        head.load_state_dict(tensors)
        samples = tuple(Text(*sample) for sample in about["samples"])
    except (
        KeyError,
        TypeError,
        OSError,
        RuntimeError,
        SafetensorError,
        EncoderUnavailableError,
        SettingsError,
    ) as error:
        raise DataError(f"{folder}: not a whole tagger ({error}); save it again") from error
    states = _states(folder, about, encoder, precision)
    workers = threads or _cores()
    source = str(about["source"])
    return SpanModel(states, head, maker, numbers, source=source, samples=samples, workers=workers), settings


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _states(folder: Path, about: Mapping[str, Any], encoder: Any, precision: str) -> States:
    file = folder / _INT8
    if precision == "int8" and not file.is_file():
        reason = about.get("int8", {}).get("reason", f"{_INT8} is missing")
        raise DataError(f"{folder}: no encoder in eight-bit integers: {reason}; use precision='auto'")
    if precision in {"auto", "int8"} and file.is_file():
        try:
            return OnnxStates(file)
        except MissingExtraError:
            if precision == "int8":
                raise
    if precision == "auto":
        precision = "bfloat16" if native_bfloat16() else "float32"
    return TorchStates(encoder, precision)


def _write(file: Path, content: Mapping[str, Any]) -> None:
    file.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", "utf-8")


def _read(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(
            f"{file} cannot be read ({error}); expected a folder that TaggerExtractor.save wrote"
        ) from error
    if not isinstance(content, dict):
        raise DataError(f"{file}: expected an object, found {type(content).__name__}; save the tagger again")
    return content
