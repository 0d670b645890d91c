"""A student of few layers: soft labels over the lists, scores, hidden states and attention of its teacher."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from kgrec.errors import DataError
from kgrec.protocols import Progress
from kgrec.ranking.cross.learner import scores_of
from kgrec.ranking.cross.lists import TokenLists
from kgrec.ranking.cross.losses import laid_out
from kgrec.ranking.cross.reader import PoolReader, Reading, as_tensors
from kgrec.ranking.cross.settings import DistillSettings
from kgrec.ranking.cross.writing import Marks
from kgrec.training.agreement import rank_correlation
from kgrec.training.devices import chosen_device, mixed

__all__ = ["DistillReport", "teach_student"]

_STAGE = "distil the cross-encoder"


@dataclass(frozen=True, slots=True, kw_only=True)
class DistillReport:
    """What a distillation came to.

    Attributes:
        layers: the teacher's layers that the student began with, from 0.
        steps: that were made.
        seconds: that they took.
        device: ``"cpu"`` or ``"cuda"``.
        rank_correlation: Spearman's with the teacher, the mean over validation's pools, of the student that was kept.
        validation_pools: pools that it was measured on, none of which the student learned from.
        measured: the figure of each validation, in order.
    """

    layers: tuple[int, ...]
    steps: int
    seconds: float
    device: str
    rank_correlation: float
    validation_pools: int
    measured: tuple[float, ...]


def teach_student(
    teacher: Any,
    student: Any,
    kept: Sequence[int],
    lists: TokenLists,
    held: TokenLists,
    marks: Marks,
    settings: DistillSettings,
    *,
    device: str | None = None,
    progress: Progress,
) -> DistillReport:
    """Train a student in place; nothing of it is drawn at random but lists and candidates.

    Args:
        teacher: a ``BertForSequenceClassification`` with one logit.
        student: the same with fewer layers.
        kept: the teacher's layer that each of the student's layers answers to.
        lists: pools; what was wanted of them is not looked at.
        held: validation's pools, as far as they go into the measurement.
        marks: of the encoder.
        settings: see ``DistillSettings``.
        device: where; by default a GPU where there is one.
        progress: told how many steps are done.

    Raises:
        DataError: no pool has two candidates.
    """
    rows = np.flatnonzero(np.diff(lists.indptr) > 1)
    if len(rows) == 0:
        raise DataError(f"none of {len(lists)} pools has two candidates; a student learns from lists")
    device = chosen_device(device)
    for network in (teacher, student):
        network.to(device).eval()  # dropout would blur what is to be copied
    lesson = _Lesson(teacher, student, kept, lists, held, marks, settings, device)
    steps, seconds = lesson.to_the_end(rows, progress)
    student.load_state_dict(lesson.best)
    for network in (teacher, student):
        network.to("cpu").eval()
    return DistillReport(
        layers=tuple(kept),
        steps=steps,
        seconds=seconds,
        device=device,
        rank_correlation=max(lesson.measured),
        validation_pools=len(held),
        measured=tuple(lesson.measured),
    )


class _Lesson:
    """One distillation: what changes from step to step."""

    def __init__(
        self,
        teacher: Any,
        student: Any,
        kept: Sequence[int],
        lists: TokenLists,
        held: TokenLists,
        marks: Marks,
        settings: DistillSettings,
        device: str,
    ) -> None:
        self.student, self.lists, self.held, self.marks = student, lists, held, marks
        self.settings, self.device = settings, device
        self.states = [0, *(layer + 1 for layer in kept)]
        self.readers = PoolReader(teacher).eval(), PoolReader(student).eval()
        self.optimiser = torch.optim.AdamW(student.parameters(), lr=settings.rate, weight_decay=settings.weight_decay)
        self.wanted = scores_of(teacher, held, range(len(held)), marks, device=device)
        self.measured: list[float] = []
        self.best: dict[str, Tensor] = {}

    def to_the_end(self, rows: NDArray[np.int64], progress: Progress) -> tuple[int, float]:
        """Make all steps that time allows, and return how many and the seconds that they took."""
        settings, started = self.settings, time.monotonic()
        in_epoch = -(-len(rows) // settings.lists_in_step)
        planned = max(round(settings.epochs * in_epoch), 1)
        every = max(in_epoch // settings.evaluations, 1)
        limit = np.inf if settings.max_minutes is None else settings.max_minutes * 60
        step = 0
        while step < planned and (spent := time.monotonic() - started) < limit:
            done = max(step / planned, spent / limit)
            rising = (done + 1 / planned) / max(settings.warm_up, 1e-9)
            falling = (1 - done) / max(1 - settings.warm_up, 1e-9)
            for group in self.optimiser.param_groups:
                group["lr"] = settings.rate * min(rising, falling, 1.0)
            epoch, at = divmod(step, in_epoch)
            order = np.random.default_rng([settings.seed, 4, epoch]).permutation(rows)
            part = order[at * settings.lists_in_step : (at + 1) * settings.lists_in_step].tolist()
            self._make_step(part, np.random.default_rng([settings.seed, 5, step]))
            step += 1
            progress(_STAGE, step, planned)
            if step % every == 0:
                self._measure()
        if not self.measured or step % every:
            self._measure()
        return step, round(time.monotonic() - started, 1)

    def _measure(self) -> None:
        """Add a figure, and keep the weights where it is the best so far."""
        own = scores_of(self.student, self.held, range(len(self.held)), self.marks, device=self.device)
        figure = rank_correlation(own, self.wanted)
        if not self.measured or figure > max(self.measured):
            self.best = {name: value.detach().clone() for name, value in self.student.state_dict().items()}
        self.measured.append(figure)

    def _make_step(self, rows: Sequence[int], rng: np.random.Generator) -> None:
        lists, settings = self.lists, self.settings
        sizes = [int(lists.indptr[row + 1] - lists.indptr[row]) for row in rows]
        picked = [rng.choice(size, size=min(settings.candidates, size), replace=False) for size in sizes]
        inputs = as_tensors(laid_out(lists, rows, picked, self.marks), self.device)
        with mixed(self.device):
            with torch.no_grad():
                right = self.readers[0](**inputs)
            tried = self.readers[1](**inputs)
        loss = _score_loss(right.scores.float(), tried.scores.float(), [len(places) for places in picked], settings)
        if settings.hidden_weight:
            loss = loss + settings.hidden_weight * _hidden_loss(right, tried, self.states, inputs)
        if settings.attention_weight:
            loss = loss + settings.attention_weight * _attention_loss(right, tried)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.student.parameters(), 1.0)
        self.optimiser.step()


def _score_loss(right: Tensor, tried: Tensor, sizes: Sequence[int], settings: DistillSettings) -> Tensor:
    """Return the loss of the scores: cross-entropy with the teacher's softmax, and squared error, list by list."""
    losses, start = [], 0
    for size in sizes:
        wanted, own = right[start : start + size], tried[start : start + size]
        start += size
        soft = torch.softmax(wanted / settings.temperature, 0)
        divergence = -(soft * torch.log_softmax(own / settings.temperature, 0)).sum()
        apart = (wanted - wanted.mean()) - (own - own.mean())
        spread = wanted.var().clamp_min(1e-4)  # a list whose scores lie close together has an order too
        losses.append(settings.list_weight * divergence + settings.score_weight * (apart**2).mean() / spread)
    return torch.stack(losses).mean()


def _hidden_loss(right: Reading, tried: Reading, states: Sequence[int], inputs: dict[str, Tensor]) -> Tensor:
    """Return the mean squared error of states that belong together, where there are tokens."""
    losses = []
    for at, wanted in enumerate(states):
        own, other = tried.own[at].float(), right.own[wanted].float()
        if own.shape[1] != other.shape[1]:
            own, other = own[:, :1], other[:, :1]
        mask = inputs["own_mask"][:, : own.shape[1]]
        losses.append(((own - other) ** 2).mean(2)[mask].mean())
        if at < len(tried.shared):
            apart = (tried.shared[at].float() - right.shared[wanted].float()) ** 2
            losses.append(apart.mean(2)[inputs["shared_mask"]].mean())
    return torch.stack(losses).mean()


def _attention_loss(right: Reading, tried: Reading) -> Tensor:
    """Return the mean divergence of the last layers' attention, as MiniLM is distilled (Wang and others, 2020)."""
    if right.attention is None or tried.attention is None:
        return right.scores.new_zeros(())
    wanted = right.attention.float().clamp_min(1e-9)
    own = tried.attention.float().clamp_min(1e-9)
    return (wanted * (wanted.log() - own.log())).sum(-1).mean()
