"""A sequence re-ranker as a folder: safetensors, JSON and checksums."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray

from kgrec.errors import SettingsError, SnapshotError
from kgrec.ranking.sequence.inputs import Vocabulary
from kgrec.ranking.sequence.network import Sample, SequenceNetwork
from kgrec.ranking.sequence.settings import SequenceSettings
from kgrec.ranking.sequence.training import Epoch
from kgrec.snapshot import read_snapshot, write_snapshot

__all__ = ["as_arrays", "as_tensors", "load_sequence", "save_sequence"]

_KIND = "sequence re-ranker"


def save_sequence(
    folder: Path,
    network: SequenceNetwork,
    vocabulary: Vocabulary,
    settings: SequenceSettings,
    sample: Sample,
    epochs: Sequence[Epoch],
) -> None:
    """Write everything that :func:`load_sequence` needs."""
    write_snapshot(
        folder,
        tensors={
            "network": as_arrays(network.state_dict()),
            "sample": as_arrays({"targets": sample.targets, "bias": sample.bias}),
        },
        arrays={"value_weights": vocabulary.weights},
        tables={
            "products": pa.table({"product": pa.array(vocabulary.products, pa.string())}),
            "values": pa.table(
                {
                    "relation": pa.array(vocabulary.relations, pa.string()),
                    "value": pa.array(vocabulary.values, pa.string()),
                }
            ),
        },
        documents={
            "about": {
                "settings": asdict(settings),
                "log_share": sample.log_share,
                "epochs": [_written(epoch) for epoch in epochs],
            }
        },
        meta={"kind": _KIND},
    )


def load_sequence(folder: Path) -> tuple[SequenceNetwork, Vocabulary, SequenceSettings, Sample, list[Epoch]]:
    """Read a folder that :func:`save_sequence` wrote.

    Raises:
        SnapshotDamagedError: a file is missing or was changed.
        SnapshotError: the folder is no sequence re-ranker.
    """
    snapshot = read_snapshot(folder)
    if snapshot.meta.get("kind") != _KIND:
        raise SnapshotError(f"{folder} holds a {snapshot.meta.get('kind', 'shop')}, not a {_KIND}")
    try:
        about = snapshot.document("about")
        settings = SequenceSettings(**about["settings"])
        epochs = [Epoch(**{**epoch, "figure": _number(epoch["figure"])}) for epoch in about["epochs"]]
        values = snapshot.table("values")
        vocabulary = Vocabulary(
            snapshot.table("products")["product"].to_pylist(),
            values["relation"].to_pylist(),
            values["value"].to_pylist(),
            np.array(snapshot.array("value_weights")),
        )
        weights = as_tensors(snapshot.tensor_group("network"))
        text = int(weights["text.weight"].shape[1]) if "text.weight" in weights else 0
        network = SequenceNetwork(len(vocabulary.products), len(vocabulary.values), text, settings)
        network.load_state_dict(weights)
        sample = Sample(**as_tensors(snapshot.tensor_group("sample")), log_share=float(about["log_share"]))
    except (KeyError, TypeError, RuntimeError, SettingsError) as error:
        raise SnapshotError(f"{folder} is not a whole {_KIND} ({error}); save it again") from error
    return network, vocabulary, settings, sample, epochs


def as_arrays(weights: Mapping[str, torch.Tensor]) -> dict[str, NDArray[Any]]:
    """Return tensors as arrays, by name."""
    return {name: value.detach().cpu().contiguous().numpy() for name, value in weights.items()}


def as_tensors(arrays: Mapping[str, NDArray[Any]]) -> dict[str, torch.Tensor]:
    """Return copies of arrays as tensors, by name."""
    return {name: torch.from_numpy(np.array(value)) for name, value in arrays.items()}


def _written(epoch: Epoch) -> dict[str, float | None]:
    return {**asdict(epoch), "figure": None if np.isnan(epoch.figure) else epoch.figure}


def _number(figure: float | None) -> float:
    return float("nan") if figure is None else figure
