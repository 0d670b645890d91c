"""Where a training stands, written after each epoch: a stopped one goes on there."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from kgrec.data import Histories
from kgrec.errors import DataError
from kgrec.ranking.sequence.inputs import Vocabulary
from kgrec.ranking.sequence.network import SequenceNetwork
from kgrec.ranking.sequence.saved import as_arrays, as_tensors
from kgrec.ranking.sequence.settings import SequenceSettings
from kgrec.ranking.sequence.training import Best, Standing
from kgrec.snapshot import read_snapshot, write_snapshot

__all__ = ["Checkpoint"]

_MOMENTS = ("step", "exp_avg", "exp_avg_sq")


class Checkpoint:
    """A folder with weights and optimiser of the last finished epoch."""

    def __init__(self, folder: Path, key: str) -> None:
        """Name the folder and what it may hold."""
        self._folder = folder
        self._key = key

    @classmethod
    def open(
        cls,
        folder: str | os.PathLike[str],
        histories: Histories,
        vocabulary: Vocabulary,
        settings: SequenceSettings,
        text: int,
    ) -> Checkpoint:
        """Name a folder for the training of these histories with these settings."""
        digest = hashlib.sha256(json.dumps([asdict(settings), text]).encode())
        digest.update("\x00".join((*vocabulary.products, *vocabulary.relations, *vocabulary.values)).encode())
        for part in (histories.indptr, histories.items, histories.times):
            digest.update(np.ascontiguousarray(part).tobytes())
        return cls(Path(folder), digest.hexdigest())

    def write(self, network: SequenceNetwork, standing: Standing) -> None:
        """Keep where the training stands; the network holds the weights of the last epoch."""
        moments = {
            f"{number}.{name}": part[name].detach().cpu().numpy()
            for number, part in (standing.optimiser or {}).items()
            for name in _MOMENTS
        }
        best = standing.best
        write_snapshot(
            self._folder,
            tensors={
                "network": as_arrays(network.state_dict()),
                "optimiser": moments,
                "best": {} if best is None else as_arrays(best.weights),
            },
            meta={
                "kind": "sequence checkpoint",
                "of": self._key,
                "epochs": standing.done,
                "best": None if best is None else [best.figure, best.epoch],
            },
        )

    def restore(self, network: SequenceNetwork) -> Standing:
        """Put back what was kept; in a new folder the network stays as it is.

        Raises:
            DataError: the folder holds something else.
        """
        if not self._folder.exists():
            return Standing()
        snapshot = read_snapshot(self._folder)
        if snapshot.meta.get("of") != self._key:
            raise DataError(
                f"{self._folder} holds the checkpoint of other histories, products or settings; give another folder"
            )
        device = next(network.parameters()).device
        network.load_state_dict(as_tensors(snapshot.tensor_group("network")))
        state: dict[int, dict[str, Any]] = {}
        for name, part in as_tensors(snapshot.tensor_group("optimiser")).items():
            number, _, moment = name.partition(".")
            state.setdefault(int(number), {})[moment] = part if moment == "step" else part.to(device)
        best = snapshot.meta["best"]
        weights = as_tensors(snapshot.tensor_group("best")) if best else {}
        return Standing(
            int(snapshot.meta["epochs"]), state, Best(float(best[0]), int(best[1]), weights) if best else None
        )
