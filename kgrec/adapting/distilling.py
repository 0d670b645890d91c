"""A smaller encoder: soft similarities, vectors, hidden states and attention of its teacher."""

from __future__ import annotations

import copy
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from kgrec.adapting.settings import StudentSettings
from kgrec.embedding import SentenceEncoder
from kgrec.errors import DataError, EncoderUnavailableError
from kgrec.protocols import Progress, silent
from kgrec.training.agreement import LEAST_STUDENT, rank_correlation
from kgrec.training.devices import chosen_device, mixed
from kgrec.training.layers import keep_evenly

__all__ = ["Student", "agreement", "check_layers", "parted", "teach_student"]

_STAGE = "distil the encoder"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Student:
    """A smaller encoder and how well it agrees with its teacher.

    Attributes:
        encoder: the student.
        layers: the teacher's layers that it began with, from 0.
        steps: that were made.
        seconds: that they took.
        rank_correlation: Spearman's of the similarities of held-out texts, see :func:`agreement`.
        texts: number of held-out texts.
        measured: the figure of each measurement, in order.
    """

    encoder: SentenceEncoder
    layers: tuple[int, ...]
    steps: int
    seconds: float
    rank_correlation: float
    texts: int
    measured: tuple[float, ...]

    @property
    def agrees(self) -> bool:
        """Whether it may take its teacher's place."""
        return self.rank_correlation >= LEAST_STUDENT

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the encoder as plain values."""
        names = ("steps", "seconds", "rank_correlation", "texts", "agrees")
        plain = {name: getattr(self, name) for name in names}
        return plain | {"layers": list(self.layers), "measured": list(self.measured)}


def agreement(ours: NDArray[np.float32], theirs: NDArray[np.float32]) -> float:
    """Return how alike two encoders order texts by similarity.

    Spearman's rank correlation of the cosines of each text with all others, the mean over texts.

    Args:
        ours: float32 (t, d), unit rows.
        theirs: float32 (t, e), unit rows, of the same texts.
    """
    others = ~np.eye(len(ours), dtype=bool)
    mine, yours = ours @ ours.T, theirs @ theirs.T
    return rank_correlation(
        [row[keep] for row, keep in zip(mine, others, strict=True)],
        [row[keep] for row, keep in zip(yours, others, strict=True)],
    )


def parted(texts: Sequence[str], held: int, seed: int) -> tuple[list[str], list[str]]:
    """Return texts to learn from and different ones to measure on, at most a fifth of all.

    Raises:
        DataError: there are fewer than 15 different texts.
    """
    known = list(dict.fromkeys(text for text in texts if text.strip()))
    count = min(held, len(known) // 5)
    if count < 3:
        raise DataError(f"{len(known)} different texts are too few to measure an encoder on; at least 15 are needed")
    order = np.random.default_rng([seed, 21]).permutation(len(known))
    return [known[at] for at in order[count:]], [known[at] for at in order[:count]]


def teach_student(
    teacher: SentenceEncoder,
    texts: Sequence[str],
    *,
    settings: StudentSettings | None = None,
    device: str | None = None,
    progress: Progress = silent,
) -> Student:
    """Distil an encoder into fewer of its layers.

    The student learns the softmax over its teacher's similarities within a batch, the vectors, the hidden states of
    the layers that belong together, and the last layer's attention (MiniLM; Wang and others, 2020). Nothing of the
    teacher is drawn anew: the student begins with some of its layers.

    Args:
        teacher: of BERT's layout.
        texts: what the shop says: product documents, titles, queries.
        settings: see :class:`StudentSettings`.
        device: ``"cpu"`` or ``"cuda"``; by default a GPU where there is one.
        progress: is told of steps.

    Raises:
        EncoderUnavailableError: the teacher is of another layout, or has too few layers.
        DataError: there are too few texts.
    """
    settings = settings or StudentSettings()
    learned, held = parted(texts, settings.held_texts, settings.seed)
    lesson = _Lesson(teacher, settings, held, chosen_device(device))
    steps, seconds = lesson.to_the_end(learned, progress)
    lesson.student.load_state_dict(lesson.best)
    student = lesson.student.to("cpu").eval()
    name = f"{teacher.name} {settings.layers} layers"
    return Student(
        encoder=SentenceEncoder.of_network(student, name, max_tokens=teacher.max_tokens),
        layers=tuple(lesson.kept),
        steps=steps,
        seconds=seconds,
        rank_correlation=max(lesson.measured),
        texts=len(held),
        measured=tuple(lesson.measured),
    )


def check_layers(teacher: SentenceEncoder, layers: int) -> None:
    """Tell before a long training whether a student of so many layers can be made of an encoder.

    Raises:
        EncoderUnavailableError: the encoder is of another layout than BERT's, or has no more layers.
    """
    _check(teacher.network(), teacher.name, layers)


def _check(network: Any, name: str, layers: int) -> None:
    inner = network[0].auto_model
    own = getattr(getattr(inner, "encoder", None), "layer", None)
    if own is None:
        raise EncoderUnavailableError(
            f"{name} is no encoder of BERT's layout, as a student needs; use MiniLM, BGE, E5 or GTE"
        )
    if layers >= len(own):
        raise EncoderUnavailableError(f"a student of {layers} layers needs a teacher of more; {name} has {len(own)}")


class _Lesson:
    """One distillation: what changes from step to step."""

    def __init__(self, teacher: SentenceEncoder, settings: StudentSettings, held: list[str], device: str) -> None:
        network: Any = teacher.network()
        _check(network, teacher.name, settings.layers)
        network[0].auto_model.set_attn_implementation("eager")  # others do not hand out their attention
        self.settings, self.device, self.held = settings, device, held
        self.wanted = SentenceEncoder.of_network(network, "", max_tokens=teacher.max_tokens).encode(held)
        self.student: Any = copy.deepcopy(network)
        inner = self.student[0].auto_model
        self.kept = keep_evenly(inner, inner.config, settings.layers)
        self.states = [0, *(layer + 1 for layer in self.kept)]
        self.teacher = network.to(device).eval()
        self.student.to(device).eval()  # dropout would blur what is to be copied
        self.teacher.max_seq_length = self.tokens = min(settings.max_tokens, teacher.max_tokens)
        self.whole = teacher.max_tokens
        self.optimiser = torch.optim.AdamW(
            self.student.parameters(), lr=settings.rate, weight_decay=settings.weight_decay
        )
        self.measured: list[float] = []
        self.best: dict[str, Tensor] = {}

    def to_the_end(self, texts: list[str], progress: Progress) -> tuple[int, float]:
        """Make all steps that time allows, and return how many and the seconds that they took."""
        settings, started, step = self.settings, time.monotonic(), 0
        limit = np.inf if settings.max_minutes is None else settings.max_minutes * 60
        while step < settings.steps and ((spent := time.monotonic() - started) < limit or not step):
            done = max(step / settings.steps, spent / limit)
            rising = (done + 1 / settings.steps) / max(settings.warm_up, 1e-9)
            falling = (1 - done) / max(1 - settings.warm_up, 1e-9)
            for group in self.optimiser.param_groups:
                group["lr"] = settings.rate * max(min(rising, falling, 1.0), 0.0)
            rng = np.random.default_rng([settings.seed, 22, step])
            drawn = rng.choice(len(texts), size=min(settings.batch_size, len(texts)), replace=False)
            self._make_step([texts[at] for at in drawn])
            step += 1
            progress(_STAGE, step, settings.steps)
            if step % settings.evaluate_steps == 0:
                self._measure()
        if step % settings.evaluate_steps:
            self._measure()
        return step, round(time.monotonic() - started, 1)

    def _measure(self) -> None:
        """Add a figure, and keep the weights where it is the best so far."""
        own = SentenceEncoder.of_network(self.student, "", max_tokens=self.whole).encode(self.held)
        figure = agreement(own, self.wanted)
        if not self.measured or figure > max(self.measured):
            self.best = {name: value.detach().clone() for name, value in self.student.state_dict().items()}
        self.measured.append(figure)

    def _make_step(self, texts: list[str]) -> None:
        settings = self.settings
        features = {
            name: value.to(self.device) if isinstance(value, Tensor) else value
            for name, value in self.teacher.preprocess(texts).items()
        }
        with mixed(self.device):
            with torch.no_grad():
                right = _read(self.teacher, features)
            tried = _read(self.student, features)
        mask = features["attention_mask"].bool()
        loss = settings.vector_weight * (1 - (tried.vectors * right.vectors).sum(1)).mean()
        if settings.similarity_weight:
            loss = loss + settings.similarity_weight * _similarity_loss(right, tried, settings.temperature)
        if settings.hidden_weight:
            loss = loss + settings.hidden_weight * _hidden_loss(right, tried, self.states, mask)
        if settings.attention_weight:
            loss = loss + settings.attention_weight * _attention_loss(right, tried, mask)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.student.parameters(), 1.0)
        self.optimiser.step()


@dataclass(slots=True)
class _Reading:
    """Unit vectors (b, d), states behind the embeddings and each layer (b, t, w), the last attention (b, h, t, t)."""

    vectors: Tensor
    states: Sequence[Tensor]
    attention: Tensor


def _read(network: Any, features: dict[str, Any]) -> _Reading:
    taken = {name: features[name] for name in ("input_ids", "attention_mask", "token_type_ids") if name in features}
    found = network[0].auto_model(**taken, output_hidden_states=True, output_attentions=True)
    pooled = {**features, "token_embeddings": found.last_hidden_state}
    for module in list(network)[1:]:
        pooled = module(pooled)
    vectors = nn.functional.normalize(pooled["sentence_embedding"].float(), dim=-1)
    return _Reading(vectors, found.hidden_states, found.attentions[-1])


def _similarity_loss(right: _Reading, tried: _Reading, temperature: float) -> Tensor:
    """Return the mean divergence of the softmax over each text's similarities to the others of the batch."""
    own = torch.eye(len(right.vectors), dtype=torch.bool, device=right.vectors.device)
    wanted, found = (
        torch.log_softmax((one.vectors @ one.vectors.T / temperature).masked_fill(own, -1e4), dim=1)
        for one in (right, tried)
    )
    return (wanted.exp() * (wanted - found)).sum(1).mean()


def _hidden_loss(right: _Reading, tried: _Reading, states: Sequence[int], mask: Tensor) -> Tensor:
    """Return the mean squared error of states that belong together, where there are tokens."""
    apart = [
        ((tried.states[at].float() - right.states[wanted].float()) ** 2).mean(2)[mask].mean()
        for at, wanted in enumerate(states)
    ]
    return torch.stack(apart).mean()


def _attention_loss(right: _Reading, tried: _Reading, mask: Tensor) -> Tensor:
    """Return the mean divergence of the last layers' attention, where tokens look."""
    wanted = right.attention.float().clamp_min(1e-9)
    own = tried.attention.float().clamp_min(1e-9)
    apart = (wanted * (wanted.log() - own.log())).sum(-1)
    return apart.transpose(1, 2)[mask].mean()
