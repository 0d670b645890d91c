"""SASRec of RecTools as a peer: asked through files, in an environment of its own.

RecTools needs versions of numpy and pandas that kgrec does not run with, so ``make bench-peers`` installs it beside, in
``.venv-peers``. The question goes into a temporary folder as npz files without pickle; ``sasrec_worker.py``, started
with that environment's Python, leaves its lists there; they are judged by the code that judges everything else.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kgrec.data import Histories, Targets
from kgrec.errors import DataError
from kgrec.evaluation import Split

__all__ = ["ListScorer", "SasrecAnswer", "sasrec_answer"]

ENVIRONMENT = Path(__file__).resolve().parents[2] / ".venv-peers"
"""Where ``make bench-peers`` installs what ``requirements-sasrec.txt`` pins."""
WORKER = Path(__file__).with_name("sasrec_worker.py")
K = 20
"""Length of the lists: the longest that is measured."""
EPOCHS = 200
"""Epochs at most; validation or time end the training before."""
PATIENCE = 5
"""Epochs without a better NDCG@10 on validation after which training ends."""
SASREC_SETTINGS: Mapping[str, Any] = {
    "n_blocks": 2,
    "n_heads": 2,
    "n_factors": 64,
    "session_max_len": 50,
    "dropout_rate": 0.5,
    "loss": "softmax",
    "lr": 0.001,
    "batch_size": 128,
}
"""Two blocks, sessions of 50 and the dropout for sparse data as in the SASRec paper; the loss is RecTools' default, the
softmax over all products."""


@dataclass(frozen=True, kw_only=True, eq=False)
class SasrecAnswer:
    """What a trained SASRec lists.

    Attributes:
        validation: lists of the validation queries, of a model trained on the validation split's train.
        test: lists of the test queries, of one trained on all that is known.
        fit_seconds: of the second.
        tune_seconds: of the first, in which the number of epochs was found.
        settings: what it was trained with.
    """

    validation: ListScorer
    test: ListScorer
    fit_seconds: float
    tune_seconds: float
    settings: Mapping[str, Any]


class ListScorer:
    """Lists that were made elsewhere, behind the library's ``Scorer``: what stands higher has the higher score.

    A query is recognised by its products in their order, on which alone the lists depend.
    """

    def __init__(self, queries: Histories, lists: NDArray[np.int32], n_products: int) -> None:
        """Keep the lists int32 (q, k) of q queries, −1 for an empty place."""
        if len(lists) != len(queries) or (lists.size and int(lists.max()) >= n_products):
            raise DataError(f"there must be a list of products below {n_products} for each of {len(queries)} queries")
        self.lists = lists
        self.n_products = n_products
        self._at = {queries.row(at).tobytes(): at for at in range(len(queries))}

    def score(self, histories: Histories) -> NDArray[np.float32]:
        """Return float32 (b, n), −inf for what is not in a query's list.

        Raises:
            DataError: a query has no list.
        """
        scores = np.full((len(histories), self.n_products), -np.inf, np.float32)
        for at in range(len(histories)):
            found = self._at.get(histories.row(at).tobytes())
            if found is None:
                raise DataError(f"there is no list for query {at}: it was not among those that were asked")
            shown = self.lists[found][self.lists[found] >= 0]
            scores[at, shown] = -np.arange(len(shown), dtype=np.float32)
        return scores


def sasrec_answer(
    validation: Split, known: Histories, test: Split, n_products: int, *, minutes: float, seed: int = 0
) -> SasrecAnswer | str:
    """Train SASRec and let it rank the queries of validation and test, or return the reason why it did not.

    Args:
        validation: the number of epochs is chosen here, trained on ``validation.train``.
        known: what the second model is trained on.
        test: its queries are ranked; its targets are not told.
        n_products: number of products.
        minutes: limit for both trainings; half of it ends the first one.
        seed: for weights, dropout and the order of batches.
    """
    reason = why_not(validation, minutes)
    if reason:
        return reason
    with tempfile.TemporaryDirectory(prefix="sasrec-") as name:
        folder = Path(name)
        settings = dict(SASREC_SETTINGS)
        write_question(
            folder,
            {"train": validation.train, "validation": validation.queries, "known": known, "test": test.queries},
            validation.targets,
            {
                "settings": settings,
                "epochs": EPOCHS,
                "patience": PATIENCE,
                "seconds": minutes * 60,
                "seed": seed,
                "k": K,
            },
        )
        failure = run_worker(folder, limit=2 * minutes * 60 + 600)
        if failure:
            return failure
        answer = json.loads((folder / "answer.json").read_text())
        lists = {part: np.load(folder / f"{part}.npy", allow_pickle=False) for part in ("validation", "test")}
    return SasrecAnswer(
        validation=ListScorer(validation.queries, lists["validation"], n_products),
        test=ListScorer(test.queries, lists["test"], n_products),
        fit_seconds=answer["fit_seconds"],
        tune_seconds=answer["tune_seconds"],
        settings={
            **settings,
            "epochs": answer["epochs"],
            "epochs_tried": len(answer["trials"]),
            "stopped_by_time": answer["stopped_by_time"],
        },
    )


def why_not(validation: Split, minutes: float) -> str:
    """Return why SASRec cannot be asked, or nothing."""
    if minutes <= 0:
        return "left out: --sasrec-minutes is 0"
    if not validation.queries.ordered:
        return "the histories have no order, which is all that SASRec learns from"
    if len(validation) == 0:
        return "validation asks nobody, so the number of epochs cannot be chosen"
    if (ENVIRONMENT / "installed").exists():
        return ""
    log = ENVIRONMENT / "pip-error.log"
    errors = log.read_text(errors="replace").splitlines() if log.exists() else []
    last = next((line for line in reversed(errors) if line.startswith("ERROR")), None)
    return f"could not be installed: {shortened(last)}" if last else "not installed: run make bench-peers"


def write_question(
    folder: Path, histories: Mapping[str, Histories], targets: Targets, question: Mapping[str, Any]
) -> None:
    """Write what the worker reads: ``question.json`` and a file for each part. A sequence has no event weights."""
    for name, given in histories.items():
        rows = first_touches(given)
        np.savez(folder / f"{name}.npz", indptr=rows.indptr, items=rows.items)
    np.savez(folder / "targets.npz", indptr=targets.indptr, items=targets.items)
    (folder / "question.json").write_text(json.dumps(question))


def first_touches(histories: Histories) -> Histories:
    """Keep the first event of each user with each product.

    What was touched before is left out of every list, so a next step that repeats teaches nothing that is asked.
    """
    owner = np.repeat(np.arange(len(histories), dtype=np.int64), histories.lengths())
    width = 1 + int(histories.items.max(initial=0))
    _, first = np.unique(owner * width + histories.items, return_index=True)
    keep = np.zeros(len(histories.items), np.bool_)
    keep[first] = True
    return histories.keep(keep)


def run_worker(folder: Path, *, limit: float) -> str:
    """Run the worker on a folder, at most ``limit`` seconds; return what went wrong, or nothing."""
    # -I: neither PYTHONPATH nor this folder may put our modules in the way of that environment's own.
    command = [str(ENVIRONMENT / "bin" / "python"), "-I", str(WORKER), str(folder)]
    # Threads that spin while they wait for each other take several times as long where cores are shared.
    environment = {**os.environ, "OMP_WAIT_POLICY": "passive"}
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=limit, check=False
        )
    except subprocess.TimeoutExpired:
        return f"not ready after {limit / 60:.0f} minutes"
    except OSError as error:
        return f"its environment cannot be started: {error}"
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        return f"failed: {shortened(lines[-1]) if lines else f'exit status {done.returncode}'}"
    # Lightning takes a termination signal as a wish to end well: status 0 does not say that there is an answer.
    return "" if (folder / "answer.json").exists() else "failed: it ended without an answer"


def shortened(line: str, width: int = 160) -> str:
    """Cut a line of an error to what fits into a table."""
    return line if len(line) <= width else line[: width - 1] + "…"
