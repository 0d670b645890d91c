"""Runs in the peers' environment, without kgrec: files in, SASRec of RecTools trained, lists out.

    python -I sasrec_worker.py FOLDER

``FOLDER/question.json`` holds the settings, and ``FOLDER/<name>.npz`` histories (indptr, items) under these names:
``train`` and ``validation`` (queries), with ``targets`` of the latter; ``known`` and ``test`` (queries). What the test
wants is not among them. Written are ``validation.npy`` and ``test.npy``, int32 (queries, k), product numbers best
first, −1 where there is none, and ``answer.json``.

Epochs are counted on validation: after each one the queries are ranked, and training ends when NDCG@10 has not risen
for ``patience`` epochs or half of the time is over. A new model is then trained on ``known`` for as many epochs as were
best.
"""

from __future__ import annotations

import json
import logging
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytorch_lightning
import torch
from rectools import Columns
from rectools.dataset import Dataset
from rectools.models import SASRecModel
from rectools.models.nn.transformers.lightning import TransformerLightningModule

Rows = Any
"""What ``np.load`` gives for one file: ``indptr`` int64 (u + 1,) and ``items`` int32 (e,)."""


class WithoutPadding(TransformerLightningModule):
    """RecTools' training step without the logits of padding, which its loss leaves out anyway.

    Loss and gradients are the same. Most sessions are much shorter than the longest one that is looked at, so this is
    several times faster.
    """

    def training_step(self, batch: dict[str, torch.Tensor], batch_idx: int) -> torch.Tensor:
        """Return the loss of one batch, over the places that have a target."""
        real = batch["y"] != 0
        products = self.torch_model.item_model.get_all_embeddings()
        places = self.torch_model.encode_sessions(batch, products)[real][None]
        logits = self.torch_model.similarity_module(places, products) / self.logits_t
        return self._calc_softmax_loss(logits, batch["y"][real][None], batch["yw"][real][None])


def main(folder: Path) -> None:
    """Answer one question."""
    quiet()
    asked = json.loads((folder / "question.json").read_text())
    parts = {
        name: dict(np.load(folder / f"{name}.npz", allow_pickle=False))
        for name in ("train", "validation", "targets", "known", "test")
    }
    begin = time.monotonic()
    epochs, trials, lists = chosen_epochs(parts, asked, until=begin + asked["seconds"] / 2)
    tuned = time.monotonic()
    for _, model in trained(parts["known"], epochs, asked):
        final = model
    fitted = time.monotonic()
    np.save(folder / "validation.npy", lists)
    np.save(folder / "test.npy", ranked(final, parts["test"], asked["k"]))
    answer = {
        "epochs": epochs,
        "trials": trials,
        "tune_seconds": tuned - begin,
        "fit_seconds": fitted - tuned,
        "stopped_by_time": tuned >= begin + asked["seconds"] / 2,
    }
    (folder / "answer.json").write_text(json.dumps(answer))


def quiet() -> None:
    """Keep hints about hardware and loaders out of the error stream, which is for errors."""
    warnings.simplefilter("ignore")
    for name in ("pytorch_lightning", "lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)


def chosen_epochs(
    parts: dict[str, Rows], asked: dict[str, Any], *, until: float
) -> tuple[int, list[float], np.ndarray]:
    """Return the number of epochs that is best on validation, NDCG@10 after each epoch, and the lists of the best."""
    trials: list[float] = []
    best = 0
    lists = np.zeros((0, 0), np.int32)
    for epoch, model in trained(parts["train"], asked["epochs"], asked):
        answer = ranked(model, parts["validation"], asked["k"])
        trials.append(ndcg(answer[:, :10], parts["targets"]))
        if best == 0 or trials[-1] > trials[best - 1]:
            best, lists = epoch, answer
        if epoch - best >= asked["patience"] or time.monotonic() >= until:
            break
    return best, trials, lists


def trained(rows: Rows, epochs: int, asked: dict[str, Any]) -> Iterator[tuple[int, SASRecModel]]:
    """Train a new model and yield it after each epoch."""
    pytorch_lightning.seed_everything(asked["seed"], verbose=False)
    dataset = as_dataset(rows)
    model = SASRecModel(**asked["settings"], lightning_module_type=WithoutPadding)
    for epoch in range(1, epochs + 1):
        model.fit_partial(dataset, min_epochs=1, max_epochs=1)
        yield epoch, model


def as_dataset(rows: Rows) -> Dataset:
    """Return the histories as interactions; the place in the history stands for the time, so that its order holds."""
    lengths = np.diff(rows["indptr"])
    place = np.arange(len(rows["items"])) - np.repeat(rows["indptr"][:-1], lengths)
    return Dataset.construct(
        pd.DataFrame(
            {
                Columns.User: np.repeat(np.arange(len(lengths)), lengths),
                Columns.Item: rows["items"].astype(np.int64),
                Columns.Weight: 1.0,
                Columns.Datetime: pd.to_datetime(place, unit="s"),
            }
        )
    )


def ranked(model: SASRecModel, queries: Rows, k: int) -> np.ndarray:
    """Return the best k products of each query that are not in it, int32 (q, k), −1 where there is none.

    A query without a product that the model was trained on has no list.
    """
    found = np.full((len(queries["indptr"]) - 1, k), -1, np.int32)
    users = np.flatnonzero(np.diff(queries["indptr"]) > 0)
    if len(users):
        reco = model.recommend(
            users=users, dataset=as_dataset(queries), k=k, filter_viewed=True, on_unsupported_targets="ignore"
        )
        found[reco[Columns.User].to_numpy(), reco[Columns.Rank].to_numpy() - 1] = reco[Columns.Item].to_numpy()
    return found


def ndcg(lists: np.ndarray, targets: Rows) -> float:
    """Return the mean NDCG of lists, by which epochs are compared; the figures that count are computed by kgrec."""
    wanted = np.diff(targets["indptr"])
    width = int(max(targets["items"].max(), lists.max())) + 2
    owner = np.repeat(np.arange(len(wanted)), wanted)
    shown = np.arange(len(wanted))[:, None] * width + lists
    hits = np.isin(shown, owner * width + targets["items"]) & (lists >= 0)
    gains = 1.0 / np.log2(np.arange(2, lists.shape[1] + 2))
    best = np.cumsum(gains)[np.minimum(wanted, len(gains)) - 1]
    return float(np.mean((hits @ gains) / best))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
