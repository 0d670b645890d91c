"""The training itself: steps, rates, validations, checkpoints."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from kgrec.adapting.lessons import Lesson, Lessons
from kgrec.adapting.settings import AdaptSettings
from kgrec.protocols import Progress
from kgrec.training.checkpoints import Checkpoint, moments_of
from kgrec.training.devices import chosen_device, mixed

__all__ = ["TrainingReport", "train_network", "vectors_of"]

_STAGE = "adapt the encoder"
_NEVER = -1e4


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingReport:
    """What a training came to.

    Attributes:
        steps: that were made, of ``planned`` ones.
        planned: at most.
        seconds: that they took, validation and earlier runs from a checkpoint included.
        device: ``"cpu"`` or ``"cuda"``.
        ended: ``"steps"``, ``"patience"`` or ``"time"``.
        best_step: after which the weights were kept; 0 where none was better than the encoder as it came.
        validations: gain over the encoder as it came of each validation, in order.
        losses: mean loss between validations, in order.
    """

    steps: int
    planned: int
    seconds: float
    device: str
    ended: str
    best_step: int
    validations: tuple[float, ...]
    losses: tuple[float, ...]


def vectors_of(network: Any, texts: list[str], device: str) -> Tensor:
    """Return unit vectors of texts, float (b, d), through which gradients flow."""
    features = network.preprocess(texts)
    moved = {name: value.to(device) if isinstance(value, Tensor) else value for name, value in features.items()}
    vectors: Tensor = network(moved)["sentence_embedding"]
    return nn.functional.normalize(vectors.float(), dim=-1)


def contrast(asked: Tensor, wanted: Tensor, masked: Tensor, temperature: float) -> Tensor:
    """Return the mean of InfoNCE in both directions with in-batch negatives (van den Oord and others, 2018).

    Args:
        asked: float (b, d), unit rows.
        wanted: float (b, d), unit rows; row ``i`` belongs to row ``i`` of ``asked``.
        masked: bool (b, b), pairs that are no negatives.
        temperature: positive.
    """
    logits = (asked @ wanted.T / temperature).masked_fill(masked, _NEVER)
    right = torch.arange(len(asked), device=asked.device)
    both = nn.functional.cross_entropy(logits, right) + nn.functional.cross_entropy(logits.T, right)
    return both / 2


def train_network(
    network: Any,
    lessons: Lessons,
    settings: AdaptSettings,
    judge: Callable[[], float],
    *,
    key: str,
    device: str | None = None,
    checkpoint: Path | None = None,
    progress: Progress,
    seed: int,
) -> TrainingReport:
    """Train a network of sentence-transformers in place; the best weights are in it afterwards.

    Args:
        network: in float32.
        lessons: draws steps.
        settings: of the training.
        judge: returns the gain of the network as it is on validation; 0 is the network as it came.
        key: identifies data, encoder and settings: a checkpoint of another training is refused.
        device: where; by default a GPU where there is one, in mixed precision.
        checkpoint: folder in which the training can go on.
        progress: is told of steps.
        seed: of dropout.

    Raises:
        DataError: the checkpoint is of another training.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        run = _Run(network, lessons, settings, judge, key, chosen_device(device), checkpoint)
        report = run.to_the_end(progress)
    network.to("cpu").eval()
    return report


class _Run:
    """One training: what changes from step to step."""

    def __init__(
        self,
        network: Any,
        lessons: Lessons,
        settings: AdaptSettings,
        judge: Callable[[], float],
        key: str,
        device: str,
        folder: Path | None,
    ) -> None:
        self.network, self.lessons, self.settings, self.judge = network.to(device), lessons, settings, judge
        self.device, self.folder = device, folder
        self.training = hashlib.sha256(f"{replace(settings, max_minutes=None)!r} {key}".encode()).hexdigest()[:24]
        self.optimiser = torch.optim.AdamW(network.parameters(), lr=settings.rate, weight_decay=settings.weight_decay)
        self.step, self.before, self.best_step, self.best, self.stale = 0, 0.0, 0, 0.0, 0
        self.best_weights: dict[str, Tensor] = self._weights()
        self.validations: list[float] = []
        self.losses: list[float] = []
        self.since: list[float] = []
        self.started = time.monotonic()
        if folder is not None and (found := Checkpoint.read(folder, self.training)) is not None:
            self._resume(found)

    @property
    def seconds(self) -> float:
        return self.before + time.monotonic() - self.started

    def to_the_end(self, progress: Progress) -> TrainingReport:
        """Make all steps that are left."""
        settings, ended = self.settings, ""
        self.network.train()
        while self.step < settings.steps:
            if self.step and (ended := self._ended()):
                break
            self._make_step(self.lessons.drawn(self.step))
            progress(_STAGE, self.step, settings.steps)
            if self.step % settings.evaluate_steps == 0 or self.step == settings.steps:
                self._validate()
            if self.folder is not None and self.step % settings.checkpoint_steps == 0:
                self._keep(self.folder)
        if self.since:
            self._validate()
        self.network.load_state_dict(self.best_weights)
        return TrainingReport(
            steps=self.step,
            planned=settings.steps,
            seconds=round(self.seconds, 1),
            device=self.device,
            ended=ended or "steps",
            best_step=self.best_step,
            validations=tuple(self.validations),
            losses=tuple(self.losses),
        )

    def _ended(self) -> str:
        if self.stale >= self.settings.patience:
            return "patience"
        limit = self.settings.max_minutes
        return "time" if limit is not None and self.seconds >= limit * 60 else ""

    def _make_step(self, lesson: Lesson) -> None:
        self.step += 1
        if len(lesson.asked) < 2:
            return  # products without words or facts: there is nothing to tell apart
        self._set_rate()
        with mixed(self.device):
            asked = vectors_of(self.network, lesson.asked, self.device)
            wanted = vectors_of(self.network, lesson.wanted, self.device)
        masked = torch.from_numpy(lesson.masked).to(self.device)
        loss = contrast(asked, wanted, masked, self.settings.temperature)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimiser.step()
        self.since.append(float(loss.detach()))

    def _set_rate(self) -> None:
        """Let the rate rise, then fall to 0 at the last step or, where that comes first, at the last minute."""
        settings = self.settings
        done = (self.step - 1) / settings.steps
        if settings.max_minutes is not None:
            done = max(done, min(self.seconds / (settings.max_minutes * 60), 1.0))
        rising = (done + 1 / settings.steps) / max(settings.warm_up, 1e-9)
        share = min(rising, (1 - done) / max(1 - settings.warm_up, 1e-9), 1.0)
        for group in self.optimiser.param_groups:
            group["lr"] = settings.rate * share

    def _validate(self) -> None:
        self.network.eval()
        gain = self.judge()
        self.network.train()
        self.validations.append(gain)
        self.losses.append(sum(self.since) / max(len(self.since), 1))
        self.since = []
        self.stale += 1
        if gain > self.best:
            self.best, self.best_step, self.stale, self.best_weights = gain, self.step, 0, self._weights()

    def _weights(self) -> dict[str, Tensor]:
        return {name: value.detach().clone() for name, value in self.network.state_dict().items()}

    def _keep(self, folder: Path) -> None:
        names = ("step", "best_step", "best", "stale", "validations", "losses", "since")
        Checkpoint(
            training=self.training,
            notes={name: getattr(self, name) for name in names} | {"seconds": self.seconds},
            weights=self.network.state_dict(),
            best=self.best_weights,
            moments=moments_of(self.optimiser),
            random=torch.get_rng_state(),
        ).write(folder)

    def _resume(self, found: Checkpoint) -> None:
        found.restore(self.network, self.optimiser)
        notes = dict(found.notes)
        self.before = float(notes.pop("seconds"))
        for name, value in notes.items():
            setattr(self, name, value)
        self.best_weights = {name: value.to(self.device) for name, value in found.best.items()}
