"""Listwise training: one wanted candidate against several of retrieval's own that were not wanted."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from kgrec.errors import DataError
from kgrec.protocols import Progress
from kgrec.ranking.cross.judging import mean_ndcg
from kgrec.ranking.cross.learner import Learner, scores_of
from kgrec.ranking.cross.lists import TokenLists
from kgrec.ranking.cross.losses import drawn_candidates, list_loss
from kgrec.ranking.cross.settings import CrossEncoderSettings
from kgrec.ranking.cross.writing import Marks
from kgrec.training.agreement import rank_correlation
from kgrec.training.checkpoints import Checkpoint, moments_of, remove_checkpoint
from kgrec.training.devices import chosen_device

__all__ = ["TrainingReport", "held_out", "train_network"]

_STAGE = "train the cross-encoder"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingReport:
    """What a training came to.

    Attributes:
        steps: that were made, of ``planned`` ones.
        planned: steps of all epochs.
        seconds: that they took, validation and earlier runs from a checkpoint included.
        device: ``"cpu"`` or ``"cuda"``.
        ended: ``"epochs"``, ``"patience"`` or ``"time"``.
        lists: pools that taught something.
        validation_pools: pools that validation was held on.
        retrieval: NDCG@10 of retrieval's own order on them.
        best: NDCG@10 of the weights that were kept.
        validations: NDCG@10 of each validation, in order.
    """

    steps: int
    planned: int
    seconds: float
    device: str
    ended: str
    lists: int
    validation_pools: int
    retrieval: float
    best: float
    validations: tuple[float, ...] = field(default=())


def held_out(lists: TokenLists, share: float, most: int, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the pools that teach and those that validation is held on, no pool in both.

    Raises:
        DataError: fewer than two pools teach anything.
    """
    teaching = lists.teaching()
    if len(teaching) < 2:
        raise DataError(
            f"{len(teaching)} of {len(lists)} pools teach anything; a pool teaches where a candidate was wanted and "
            "another was not, or where a teacher gave scores. Give more pools, or larger ones"
        )
    drawn = np.random.default_rng([seed, 1]).permutation(teaching)
    count = min(max(round(share * len(drawn)), 1), most, len(drawn) - 1)
    return np.sort(drawn[count:]), np.sort(drawn[:count])


def train_network(
    cross_encoder: Any,
    lists: TokenLists,
    marks: Marks,
    settings: CrossEncoderSettings,
    *,
    device: str | None = None,
    checkpoint: Path | None = None,
    progress: Progress,
) -> tuple[float, TrainingReport]:
    """Train a network in place, and return the factor on retrieval's scores and a report.

    Softmax cross-entropy over one wanted candidate and some that were not (ListNet's top-one loss; Cao and others,
    2007), with negatives from retrieval's own pool; and the same against a teacher's softmax where there are soft
    labels.

    Raises:
        DataError: too few pools teach anything, or the checkpoint is of another training.
    """
    device = chosen_device(device)
    teaching, validation = held_out(lists, settings.validation_share, settings.validation_pools, settings.seed)
    learner = Learner(cross_encoder.model, 1.0 if settings.retrieval_prior else 0.0).to(device)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        run_of = _Run(learner, lists, marks, settings, teaching, validation, device, checkpoint)
        report = run_of.to_the_end(progress)
    cross_encoder.model.to("cpu").eval()
    return learner.prior, report


class _Run:
    """One training: what changes from step to step."""

    def __init__(
        self,
        learner: Learner,
        lists: TokenLists,
        marks: Marks,
        settings: CrossEncoderSettings,
        teaching: NDArray[np.int64],
        validation: NDArray[np.int64],
        device: str,
        folder: Path | None,
    ) -> None:
        self.learner, self.lists, self.marks, self.settings = learner, lists, marks, settings
        self.teaching, self.validation, self.device, self.folder = teaching, validation, device, folder
        self.in_epoch = -(-len(teaching) // settings.lists_in_step)
        self.planned = max(round(settings.epochs * self.in_epoch), 1)
        self.optimiser = torch.optim.AdamW(_groups(learner, settings), weight_decay=settings.weight_decay)
        self.rates = [group["lr"] for group in self.optimiser.param_groups]
        self.step, self.before, self.stale, self.best = 0, 0.0, 0, -1.0
        self.best_weights: dict[str, Tensor] = {}
        self.validations: list[float] = []
        self.started = time.monotonic()
        self.training = _mark(settings, lists)
        if folder is not None and (found := Checkpoint.read(folder, self.training)) is not None:
            self._resume(found)

    @property
    def seconds(self) -> float:
        return self.before + time.monotonic() - self.started

    def to_the_end(self, progress: Progress) -> TrainingReport:
        """Make all steps that are left; the best weights are in the learner afterwards."""
        settings, every = self.settings, max(self.in_epoch // self.settings.evaluations, 1)
        self.learner.train()
        ended = ""
        while self.step < self.planned:
            if self.step and (ended := self._ended()):
                break
            self._make_step()
            progress(_STAGE, self.step, self.planned)
            if self.step % every == 0 or self.step == self.planned:
                self._validate()
            if self.folder is not None and self.step % settings.checkpoint_steps == 0:
                self._keep(self.folder)
        else:
            ended = "epochs"
        if not self.validations or (ended == "time" and self.step % every):
            self._validate()
        if self.best_weights:
            self.learner.load_state_dict(self.best_weights)
        if self.folder is not None:
            remove_checkpoint(self.folder)
        return self._report(ended)

    def _ended(self) -> str:
        if self.stale >= self.settings.patience:
            return "patience"
        limit = self.settings.max_minutes
        return "time" if limit is not None and self.seconds >= limit * 60 else ""

    def _make_step(self) -> None:
        settings = self.settings
        rng = np.random.default_rng([settings.seed, 2, self.step])
        rows = self._rows()
        picked = [drawn_candidates(self.lists, row, settings, rng) for row in rows]
        losses = list_loss(self.learner, self.lists, rows, picked, self.marks, settings, self.device)
        self._set_rates()
        self.optimiser.zero_grad(set_to_none=True)
        losses.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_([value for value in self.learner.parameters() if value.requires_grad], 1.0)
        self.optimiser.step()
        self.step += 1

    def _rows(self) -> list[int]:
        """Return the pools of this step: each epoch in a random order of its own."""
        epoch, at = divmod(self.step, self.in_epoch)
        order = np.random.default_rng([self.settings.seed, 3, epoch]).permutation(self.teaching)
        size = self.settings.lists_in_step
        rows: list[int] = order[at * size : (at + 1) * size].tolist()
        return rows

    def _set_rates(self) -> None:
        """Let the rates rise, then fall to 0 at the last step or, where that comes first, at the last minute."""
        settings = self.settings
        done = self.step / self.planned
        if settings.max_minutes is not None:
            done = max(done, min(self.seconds / (settings.max_minutes * 60), 1.0))
        rising = (done + 1 / self.planned) / max(settings.warm_up, 1e-9)
        share = min(rising, (1 - done) / max(1 - settings.warm_up, 1e-9), 1.0)
        for group, rate in zip(self.optimiser.param_groups, self.rates, strict=True):
            group["lr"] = rate * share

    def _validate(self) -> None:
        rows = self.validation.tolist()
        most = self.settings.hardest
        own = scores_of(self.learner.network, self.lists, rows, self.marks, device=self.device, most=most)
        prior = self.learner.prior
        whole = [
            scores + prior * self.lists.prior[self.lists.entries(row)][:most]
            for row, scores in zip(rows, own, strict=True)
        ]
        figure = validation_figure(self.lists, rows, whole)
        self.validations.append(figure)
        if figure > self.best:
            self.best, self.stale = figure, 0
            self.best_weights = {name: value.detach().clone() for name, value in self.learner.state_dict().items()}
        else:
            self.stale += 1
        self.learner.train()

    def _keep(self, folder: Path) -> None:
        notes = {"step": self.step, "seconds": self.seconds, "stale": self.stale, "best": self.best}
        Checkpoint(
            training=self.training,
            notes=notes | {"validations": self.validations},
            weights=self.learner.state_dict(),
            best=self.best_weights,
            moments=moments_of(self.optimiser),
            random=torch.get_rng_state(),
        ).write(folder)

    def _resume(self, found: Checkpoint) -> None:
        found.restore(self.learner, self.optimiser)
        self.step, self.before = int(found.notes["step"]), float(found.notes["seconds"])
        self.stale, self.best = int(found.notes["stale"]), float(found.notes["best"])
        self.validations = [float(figure) for figure in found.notes["validations"]]
        self.best_weights = {name: value.to(self.device) for name, value in found.best.items()}

    def _report(self, ended: str) -> TrainingReport:
        rows = self.validation.tolist()
        own = [self.lists.prior[self.lists.entries(row)][: self.settings.hardest] for row in rows]
        return TrainingReport(
            steps=self.step,
            planned=self.planned,
            seconds=round(self.seconds, 1),
            device=self.device,
            ended=ended,
            lists=len(self.teaching),
            validation_pools=len(rows),
            retrieval=validation_figure(self.lists, rows, own),
            best=self.best,
            validations=tuple(self.validations),
        )


def validation_figure(lists: TokenLists, rows: Sequence[int], scores: Sequence[NDArray[np.float32]]) -> float:
    """Return the mean NDCG@10 of some pools; where none proposes what was wanted, agreement with the soft labels."""
    if any(lists.wanted[lists.entries(row)].any() for row in rows):
        return mean_ndcg(lists, rows, scores)
    known = [(own, lists.soft[lists.entries(row)][: len(own)]) for row, own in zip(rows, scores, strict=True)]
    kept = [(own[np.isfinite(soft)], soft[np.isfinite(soft)]) for own, soft in known]
    return rank_correlation([own for own, _ in kept], [soft for _, soft in kept])


def _groups(learner: Learner, settings: CrossEncoderSettings) -> list[dict[str, Any]]:
    """Return the encoder with one rate, everything above its layers and the factor with another."""
    backbone = str(getattr(learner.network, "base_model_prefix", ""))
    head, encoder = list[nn.Parameter](), list[nn.Parameter]()
    for name, value in learner.network.named_parameters():
        above = not name.startswith(f"{backbone}.") or ".pooler." in name
        (head if above else encoder).append(value)
    groups: list[dict[str, Any]] = [
        {"params": head, "lr": settings.head_rate},
        {"params": encoder, "lr": settings.rate},
    ]
    if learner.with_prior:
        groups.append({"params": [learner.log_prior], "lr": settings.head_rate, "weight_decay": 0.0})
    return groups


def _mark(settings: CrossEncoderSettings, lists: TokenLists) -> str:
    return hashlib.sha256(f"{sorted(asdict(settings).items())!r} {lists.fingerprint()}".encode()).hexdigest()[:24]
