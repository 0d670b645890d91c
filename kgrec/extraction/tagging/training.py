"""Training of the tagger: labelled products → lessons → an encoder and a head."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from kgrec.extraction.labelled import LabelledProduct
from kgrec.extraction.tagging.batching import Numbers, batched
from kgrec.extraction.tagging.network import Batch, SpanHead
from kgrec.extraction.tagging.settings import TaggerSettings
from kgrec.extraction.tagging.sheets import Sheet, SheetMaker, Text
from kgrec.protocols import Progress

__all__ = ["Lesson", "attribute_states", "lessons_of", "train_in_place"]

_REMEMBERED_NUMBERS = 200_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """A sheet and what is known of it: attribute → numbers of the right candidates, none where it is not there."""

    sheet: Sheet
    answers: Mapping[str, tuple[int, ...]]


def lessons_of(maker: SheetMaker, rows: Sequence[LabelledProduct], texts: Sequence[Text]) -> list[Lesson]:
    """Return what the products teach.

    A window of a text in which an attribute's value does not stand teaches that it is not there, as long as another
    window has it. An attribute whose values stand in none of its product's texts teaches nothing.
    """
    sheets = list(maker.make(texts, {num: row.values for num, row in enumerate(rows)}))
    found: dict[tuple[int, str], int] = {}
    answers: list[dict[str, tuple[int, ...]]] = []
    for sheet in sheets:
        mine = {}
        for attribute, values in rows[sheet.row].values.items():
            wanted = {value.strip() for value in values}
            mine[attribute] = tuple(num for num, surface in enumerate(sheet.surfaces) if surface in wanted)
            found[sheet.row, attribute] = found.get((sheet.row, attribute), 0) + len(mine[attribute])
        answers.append(mine)
    lessons = []
    for sheet, mine in zip(sheets, answers, strict=True):
        said = rows[sheet.row].values
        kept = {name: right for name, right in mine.items() if not said[name] or found[sheet.row, name]}
        if kept:
            lessons.append(Lesson(sheet=sheet, answers=kept))
    return lessons


def attribute_states(encoder: Any, tokenizer: Any, names: Sequence[str]) -> Tensor:
    """Return what the encoder makes of the attributes' names, float32 (attributes, width)."""
    with torch.no_grad():
        read = tokenizer([name or "?" for name in names], padding=True, truncation=True, return_tensors="pt")
        states = encoder(input_ids=read["input_ids"], attention_mask=read["attention_mask"]).last_hidden_state.float()
    mask = read["attention_mask"][:, :, None].float()
    means: Tensor = nn.functional.normalize((states * mask).sum(1) / mask.sum(1), dim=1)
    scaled: Tensor = means * float(states.shape[2]) ** 0.25
    return scaled


def train_in_place(
    encoder: Any,
    head: SpanHead,
    lessons: Sequence[Lesson],
    numbers: Numbers,
    settings: TaggerSettings,
    *,
    pad: int,
    progress: Progress,
) -> None:
    """Train the head, and the encoder where that is set: AdamW with a warm-up and a linear decay.

    Where the encoder stays as it is, the states of all texts are computed once, as far as they fit into memory.
    """
    rng = np.random.default_rng(settings.seed)
    steps = max(round(settings.epochs * -(-len(lessons) // settings.batch_size)), settings.least_steps)
    states_of = _Tuned(encoder) if settings.tune_encoder else _Remembered(encoder)
    groups = _groups(encoder, head, settings)
    optimiser = torch.optim.AdamW(groups, weight_decay=settings.weight_decay)
    warm = max(round(settings.warm_up * steps), 1)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min((step + 1) / warm, max(steps - step, 0) / max(steps - warm, 1))
    )
    encoder.train(settings.tune_encoder)
    head.train()
    for step, part in enumerate(_batches(lessons, settings.batch_size, steps, rng), 1):
        asked = [list(lesson.answers) for lesson in part]
        pairless = bool(rng.random() < settings.pairless)
        batch = batched([lesson.sheet for lesson in part], asked, numbers, pad=pad, pairless=pairless)
        loss = _loss(head(states_of(part, batch), batch), part, asked)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_([value for group in groups for value in group["params"]], 1.0)
        optimiser.step()
        schedule.step()
        progress("train the tagger", step, steps)
    encoder.eval()
    head.eval()


class _Tuned:
    """States of an encoder that learns."""

    def __init__(self, encoder: Any) -> None:
        self._encoder = encoder

    def __call__(self, lessons: Sequence[Lesson], batch: Batch) -> Tensor:
        states: Tensor = self._encoder(input_ids=batch.pieces, attention_mask=batch.mask).last_hidden_state
        return states


class _Remembered:
    """States of an encoder that stays as it is; a text is encoded when it is first met."""

    def __init__(self, encoder: Any) -> None:
        self._encoder, self._states, self._left = encoder, dict[int, Tensor](), _REMEMBERED_NUMBERS

    def __call__(self, lessons: Sequence[Lesson], batch: Batch) -> Tensor:
        if any(id(lesson) not in self._states for lesson in lessons):
            with torch.no_grad():
                fresh = self._encoder(input_ids=batch.pieces, attention_mask=batch.mask).last_hidden_state
            for num, lesson in enumerate(lessons):
                own = fresh[num, : len(lesson.sheet.pieces)]
                if id(lesson) not in self._states and own.numel() <= self._left:
                    self._states[id(lesson)] = own.clone()
                    self._left -= own.numel()
            states: Tensor = fresh
            return states
        return nn.utils.rnn.pad_sequence([self._states[id(lesson)] for lesson in lessons], batch_first=True)


def _loss(logs: Tensor, lessons: Sequence[Lesson], asked: Sequence[Sequence[str]]) -> Tensor:
    """Return the mean negative log-probability of what is right; several right candidates of one cell add up."""
    right = torch.zeros(logs.shape, dtype=torch.bool)
    for num, (lesson, names) in enumerate(zip(lessons, asked, strict=True)):
        for at, name in enumerate(names):
            right[num, at, [place + 1 for place in lesson.answers[name]] or [0]] = True
    known = right.any(2)
    return -torch.logsumexp(logs.masked_fill(~right, float("-inf"))[known], dim=1).mean()


def _groups(encoder: Any, head: SpanHead, settings: TaggerSettings) -> list[dict[str, Any]]:
    named = list(encoder.named_parameters())
    depth = 1 + max((_depth(name) for name, _ in named), default=0)
    groups: list[dict[str, Any]] = [{"params": list(head.parameters()), "lr": settings.head_rate}]
    if not settings.tune_encoder:
        return groups
    for level in range(-1, depth):
        parameters = [value for name, value in named if _depth(name) == level]
        if parameters:
            rate = settings.encoder_rate * settings.layer_decay ** (depth - 1 - level)
            groups.append({"params": parameters, "lr": rate})
    return groups


def _depth(name: str) -> int:
    """Return the number of the layer that a parameter belongs to; −1 for the embeddings."""
    return next((int(part) for part in name.split(".") if part.isdigit()), -1)


def _batches(lessons: Sequence[Lesson], size: int, steps: int, rng: np.random.Generator) -> Iterator[list[Lesson]]:
    """Yield batches of sheets of like length, in random order, until the steps are used up."""
    lengths = np.array([len(lesson.sheet.pieces) for lesson in lessons])
    left = steps
    while left > 0:
        order = np.lexsort((rng.random(len(lessons)), lengths + rng.integers(-3, 4, len(lessons))))
        parts = [order[at : at + size] for at in range(0, len(order), size)]
        for num in rng.permutation(len(parts))[:left]:
            yield [lessons[at] for at in parts[num]]
            left -= 1
