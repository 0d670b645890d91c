"""Training of the sequence network: histories → weights, by sampled softmax over what came next."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from kgrec.data import Histories
from kgrec.protocols import Progress, Shelf
from kgrec.ranking.sequence.batches import Batch, shuffled
from kgrec.ranking.sequence.inputs import Vocabulary
from kgrec.ranking.sequence.network import Products, SequenceNetwork
from kgrec.ranking.sequence.settings import SequenceSettings
from kgrec.training.devices import mixed

__all__ = ["Best", "Epoch", "Standing", "train_network"]

_WARM_UP = 0.1
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """One pass over the histories: mean loss, seconds, and the validation figure (NaN where there is none)."""

    loss: float
    seconds: float
    figure: float


class Best(NamedTuple):
    """The best validation figure so far, the epoch (from 0) that reached it, and its weights."""

    figure: float
    epoch: int
    weights: dict[str, Tensor]


class Standing(NamedTuple):
    """Where a training stands: finished epochs, the optimiser's state, and the best so far."""

    done: int = 0
    optimiser: Mapping[Any, Any] | None = None
    best: Best | None = None


class _Sampler:
    """Draws negatives by √(frequency), and corrects for it (sampled softmax with logQ correction)."""

    def __init__(self, histories: Histories, n: int, size: int, device: torch.device) -> None:
        counts = np.bincount(histories.items, minlength=n) + 1.0
        share = torch.from_numpy(np.sqrt(counts) / np.sqrt(counts).sum()).float().to(device)
        self._share = share
        self.log_share = share.log()
        self.whole = size >= n
        self._all = torch.arange(n, device=device)
        self._size = size

    def draw(self, wanted: Tensor) -> Tensor:
        """Return int64 (b,): the products to compare in a step, all different, those of ``wanted`` among them."""
        if self.whole:
            return self._all
        drawn = torch.multinomial(self._share, self._size, replacement=True)
        compared: Tensor = torch.unique(torch.cat([drawn, wanted]))
        return compared


def train_network(
    network: SequenceNetwork,
    histories: Histories,
    shelf: Shelf,
    vocabulary: Vocabulary,
    settings: SequenceSettings,
    *,
    figure: Callable[[], float] | None,
    kept: Callable[[Standing], None] | None,
    progress: Progress,
    began: Standing = Standing(),  # noqa: B008 - an empty tuple of constants
    stop_after: int | None = None,
) -> tuple[list[Epoch], int]:
    """Train in place.

    Args:
        network: on its device.
        histories: to learn from.
        shelf: the products.
        vocabulary: of the network.
        settings: of the training.
        figure: returns the validation figure after an epoch, higher is better; training ends early by it and the best
            weights are put back. None trains every epoch.
        kept: is called after each epoch, to write a checkpoint.
        progress: is told of epochs.
        began: where an earlier run stopped; its weights are in the network.
        stop_after: epochs after which it ends; the learning rate falls as if it did not.

    Returns:
        What happened in each epoch of this run, and how many epochs, of all runs, made the weights that are kept.
    """
    device = next(network.parameters()).device
    total = settings.epochs
    optimiser = torch.optim.AdamW(
        network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay, betas=(0.9, 0.98)
    )
    if began.optimiser is not None:
        optimiser.load_state_dict({**optimiser.state_dict(), "state": began.optimiser})
    inputs = vocabulary.inputs(shelf, np.arange(len(shelf.catalogue)))
    every = _EveryProduct(inputs, device)
    sampler = _Sampler(histories, len(shelf.catalogue), settings.negatives, device)
    steps_an_epoch = max(-(-int(np.count_nonzero(histories.lengths() >= 2)) // settings.batch_size), 1)
    done: list[Epoch] = []
    best = began.best
    until = time.perf_counter() + 60 * settings.max_minutes
    for epoch in range(began.done, total if stop_after is None else min(stop_after, total)):
        started = time.perf_counter()
        rng = np.random.default_rng((settings.seed, epoch))
        torch.manual_seed(settings.seed * 1_000 + epoch)
        network.train()
        losses = []
        batches = shuffled(histories, settings.batch_size, settings.max_history + 1, rng)
        for at, batch in enumerate(batches):
            place = (epoch * steps_an_epoch + at) / (total * steps_an_epoch)
            for group in optimiser.param_groups:
                group["lr"] = settings.learning_rate * _rate(place)
            losses.append(_step(network, optimiser, batch, every, sampler))
        network.eval()
        now = float("nan") if figure is None else figure()
        done.append(Epoch(loss=float(np.mean(losses)), seconds=time.perf_counter() - started, figure=now))
        progress("training the sequence model", epoch + 1, total)
        _log.info("sequence model: epoch %d, loss %.3f, validation %.4f", epoch + 1, done[-1].loss, now)
        if figure is not None and (best is None or now > best.figure):
            best = Best(now, epoch, {name: value.detach().clone() for name, value in network.state_dict().items()})
        if kept is not None:
            kept(Standing(epoch + 1, optimiser.state_dict()["state"], best))
        if time.perf_counter() > until or (best is not None and epoch - best.epoch >= settings.patience):
            break
    if best is not None:
        network.load_state_dict(best.weights)
    return done, began.done + len(done) if best is None else best.epoch + 1


def _rate(place: float) -> float:
    """Return the part of the highest learning rate at a place (0 … 1) of the training: a warm-up, then a cosine."""
    return min(1.0, (place + 1e-3) / _WARM_UP) * (0.5 + 0.5 * math.cos(math.pi * place))


class _EveryProduct:
    """Inputs of all products on the device, of which a step takes those it needs."""

    def __init__(self, inputs: Any, device: torch.device) -> None:
        self._all = Products.of(inputs, device)
        ends = torch.cat([self._all.offsets[1:], torch.tensor([len(self._all.values)], device=device)])
        self._lengths = ends - self._all.offsets

    def take(self, nums: Tensor) -> Products:
        """Return the inputs of some products, int64 (b,)."""
        if len(nums) == len(self._lengths):
            return self._all
        lengths = self._lengths[nums]
        offsets = torch.cumsum(lengths, 0) - lengths
        at = torch.repeat_interleave(self._all.offsets[nums] - offsets, lengths)
        at = at + torch.arange(len(at), device=at.device)
        return Products(
            self._all.known[nums], self._all.values[at], offsets, self._all.weights[at], self._all.text[nums]
        )


def _step(
    network: SequenceNetwork, optimiser: torch.optim.Optimizer, batch: Batch, every: _EveryProduct, sampler: _Sampler
) -> float:
    device = sampler.log_share.device
    items, gaps = torch.from_numpy(batch.items).to(device), torch.from_numpy(batch.gaps).to(device)
    real = torch.from_numpy(np.arange(items.shape[1])[None, :] < batch.lengths[:, None]).to(device)
    compared = sampler.draw(items[real])
    inputs = every.take(compared)
    place = torch.zeros(len(sampler.log_share), dtype=torch.int64, device=device)
    place[compared] = torch.arange(len(compared), device=device)
    with mixed(device.type):
        vectors = network.products(inputs)
        states = network.states(vectors[place[items[:, :-1]]], gaps[:, :-1])
        logits = network.logits(states[real[:, 1:]], vectors, inputs).float()
    if not sampler.whole:
        logits = logits - sampler.log_share[compared]
    loss = nn.functional.cross_entropy(logits, place[items[:, 1:][real[:, 1:]]])
    optimiser.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimiser.step()
    return float(loss.detach())
