"""Where a network is trained, and in which precision."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch

__all__ = ["chosen_device", "mixed"]


def chosen_device(device: str | None) -> str:
    """Return the device asked for, or a GPU where there is one, else the processor."""
    return device or ("cuda" if torch.cuda.is_available() else "cpu")


def mixed(device: str) -> AbstractContextManager[Any]:
    """Return a context that multiplies in bfloat16 on a GPU that can."""
    if device.startswith("cuda") and torch.cuda.is_bf16_supported():
        return torch.autocast("cuda", dtype=torch.bfloat16)
    return nullcontext()
