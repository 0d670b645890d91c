"""Where a training was: one safetensors file, replaced in one step, without pickle."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from kgrec.errors import DataError

__all__ = ["Checkpoint", "has_checkpoint", "moments_of", "remove_checkpoint"]

_FILE = "training.safetensors"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What is needed to go on as if nothing had happened.

    Attributes:
        training: fingerprint of data and settings: a checkpoint of another training is refused.
        notes: numbers and texts, such as the step and the best figure so far.
        weights: of everything that learns.
        best: weights of the best validation so far; empty before the first.
        moments: of the optimiser, by ``"place.name"``.
        random: torch's random state.
    """

    training: str
    notes: Mapping[str, Any]
    weights: Mapping[str, Tensor]
    best: Mapping[str, Tensor]
    moments: Mapping[str, Tensor]
    random: Tensor

    def write(self, folder: Path) -> None:
        """Write it; the one before stays whole until this one is."""
        folder.mkdir(parents=True, exist_ok=True)
        tensors = {f"weights.{name}": value for name, value in self.weights.items()}
        tensors |= {f"best.{name}": value for name, value in self.best.items()}
        tensors |= {f"moments.{name}": value for name, value in self.moments.items()}
        tensors["random"] = self.random
        about = {"training": self.training, "notes": json.dumps(dict(self.notes))}
        part = folder / f"{_FILE}.part"
        # clones: safetensors refuses tensors that share memory
        save_file({name: value.detach().cpu().contiguous().clone() for name, value in tensors.items()}, part, about)
        os.replace(part, folder / _FILE)

    @classmethod
    def read(cls, folder: Path, training: str) -> Checkpoint | None:
        """Return the checkpoint in a folder, or None where there is none.

        Raises:
            DataError: it cannot be read, or belongs to another training.
        """
        file = folder / _FILE
        if not file.is_file():
            return None
        try:
            with safe_open(file, framework="pt") as found:
                about = found.metadata() or {}
                tensors = {name: found.get_tensor(name) for name in found.keys()}  # noqa: SIM118 - no mapping
            notes, random, owner = json.loads(about["notes"]), tensors.pop("random"), about["training"]
        except (OSError, SafetensorError, ValueError, KeyError) as error:
            raise DataError(f"{file} is no whole checkpoint ({error}); remove it to begin anew") from error
        if owner != training:
            raise DataError(
                f"{file} belongs to a training with other settings or other data; go on with those, or give another "
                "folder"
            )
        parts: dict[str, dict[str, Tensor]] = {"weights": {}, "best": {}, "moments": {}}
        for name, value in tensors.items():
            part, _, rest = name.partition(".")
            parts[part][rest] = value
        return cls(training=owner, notes=notes, random=random, **parts)

    def restore(self, learner: nn.Module, optimiser: torch.optim.Optimizer) -> None:
        """Put weights, moments and the random state back."""
        learner.load_state_dict(dict(self.weights))
        state = optimiser.state_dict()
        kept: dict[int, dict[str, Tensor]] = {}
        for name, value in self.moments.items():
            place, _, kind = name.partition(".")
            kept.setdefault(int(place), {})[kind] = value
        state["state"] = kept
        optimiser.load_state_dict(state)
        torch.set_rng_state(self.random)


def moments_of(optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Return what the optimiser remembers, by ``"place.name"``."""
    state: Mapping[int, Mapping[str, Tensor]] = optimiser.state_dict()["state"]
    return {f"{place}.{name}": value for place, own in state.items() for name, value in own.items()}


def remove_checkpoint(folder: Path) -> None:
    """Remove the checkpoint of a training that has ended."""
    (folder / _FILE).unlink(missing_ok=True)


def has_checkpoint(folder: Path) -> bool:
    """Tell whether a training was stopped in a folder."""
    return (folder / _FILE).is_file()
