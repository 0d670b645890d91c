"""The network: sentence-transformers' CrossEncoder, loaded without a sound, with a look at its scoring layer."""

from __future__ import annotations

import contextlib
import copy
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from kgrec.errors import EncoderUnavailableError, UntrainedRerankerError
from kgrec.training.layers import keep_evenly
from kgrec.weights import WAYS_OUT, locate, quiet_loading

__all__ = ["fresh_network", "shallow", "trained_network"]

_HEADS = ("classifier.weight", "classifier.out_proj.weight", "score.weight")
"""Names under which classification models keep the layer that scores."""


def fresh_network(model: str | os.PathLike[str] | None, *, max_tokens: int, seed: int) -> tuple[Any, str]:
    """Return an encoder with a scoring layer drawn at random, and the encoder's name: a beginning, not a re-ranker.

    Raises:
        EncoderUnavailableError: it cannot be loaded.
    """
    where, name = locate(model)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return _load(where, max_tokens), name


def trained_network(folder: Path, *, max_tokens: int) -> Any:
    """Return a cross-encoder from a folder whose weights hold a scoring layer.

    Raises:
        UntrainedRerankerError: they hold none, so that it would be drawn at random.
        EncoderUnavailableError: the folder cannot be loaded.
    """
    _check_head(folder)
    return _load(os.fspath(folder), max_tokens)


def _check_head(folder: Path) -> None:
    from safetensors import SafetensorError, safe_open

    names: set[str] = set()
    try:
        for file in sorted(folder.glob("*.safetensors")):
            with safe_open(file, framework="np") as tensors:
                names |= set(tensors.keys())
    except (OSError, SafetensorError) as error:
        raise EncoderUnavailableError(f"the weights in {folder} cannot be read ({error}); save them again") from error
    if not names:
        raise EncoderUnavailableError(f"{folder} holds no weights in safetensors; expected a saved cross-encoder")
    if not any(name == head or name.endswith(f".{head}") for name in names for head in _HEADS):
        raise UntrainedRerankerError(
            f"the weights in {folder} have no scoring layer: it is an encoder, and a layer drawn at random would score "
            "by chance; train it with CrossEncoderReranker.train"
        )


def _load(where: str, max_tokens: int) -> Any:
    try:
        with _quiet():
            from sentence_transformers import CrossEncoder

            loaded = CrossEncoder(
                where,
                num_labels=1,
                max_length=max_tokens,
                device="cpu",
                model_kwargs={"attn_implementation": "eager", "dtype": torch.float32},
            )
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise EncoderUnavailableError(f"the cross-encoder {where!r} cannot be loaded ({error}). {WAYS_OUT}") from error
    if loaded.model.config.model_type != "bert":
        raise EncoderUnavailableError(
            f"{where!r} is a {loaded.model.config.model_type} model; a cross-encoder here needs an encoder of BERT's "
            "layout, such as the MiniLM, BGE, E5 or GTE ones, multilingual ones among them"
        )
    if not loaded.tokenizer.is_fast:
        raise EncoderUnavailableError(f"the tokenizer of {where!r} is slow; one of the fast kind is needed")
    loaded.eval()
    return loaded


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep sentence-transformers from announcing that it makes a cross-encoder of an encoder."""
    logger = logging.getLogger("sentence_transformers")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with quiet_loading():
            yield
    finally:
        logger.setLevel(level)


def shallow(cross_encoder: Any, layers: int) -> tuple[Any, list[int]]:
    """Return a copy with some of the layers at even distances, the last one among them, and which.

    Raises:
        EncoderUnavailableError: it has no more layers than that.
    """
    made = copy.deepcopy(cross_encoder)
    kept = keep_evenly(made.model.bert, made.model.config, layers)
    return made, kept
