"""The sequence re-ranker: what the order and the times of a history say for each candidate."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from kgrec.data import Histories, Pool, Targets
from kgrec.errors import RerankError, SettingsError
from kgrec.protocols import Progress, Shelf, silent
from kgrec.ranking.judging import pool_ndcg
from kgrec.ranking.sequence.batches import padded
from kgrec.ranking.sequence.inputs import Vocabulary
from kgrec.ranking.sequence.settings import SequenceSettings

if TYPE_CHECKING:
    from kgrec.ranking.sequence.network import Sample, SequenceNetwork
    from kgrec.ranking.sequence.training import Epoch

__all__ = ["SequenceReranker"]

_AT_ONCE = 256
"""Pools that go through the network together."""
_SAMPLE = 4_096
"""Products that a score is measured against."""


class SequenceReranker:
    """Scores candidates by a small causal transformer over the history.

    Products enter as own embedding + facts + text vector, so that one that came after the training is scored like any
    other. Position and time gaps are read; a history without times is read by its order alone. Several threads may
    ask at once.

    Args:
        network: trained, on its device.
        vocabulary: the products and values it was trained on.
        settings: of its training.
        sample: what a score is measured against.
        epochs: how the training went.

    Attributes:
        best_epochs: how many epochs made the weights, those of a run that was stopped and gone on with too.
    """

    name = "sequence"

    def __init__(
        self,
        network: SequenceNetwork,
        vocabulary: Vocabulary,
        settings: SequenceSettings,
        sample: Sample,
        epochs: Sequence[Epoch] = (),
    ) -> None:
        """Hold a trained network."""
        self._network = network.eval()
        self._vocabulary = vocabulary
        self._sample = sample
        self.settings = settings
        self.epochs = tuple(epochs)
        self.best_epochs = len(self.epochs)

    @classmethod
    def train(
        cls,
        histories: Histories,
        shelf: Shelf,
        settings: SequenceSettings | None = None,
        *,
        pools: Sequence[Pool] = (),
        targets: Targets | None = None,
        stop_after: int | None = None,
        device: str | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        progress: Progress = silent,
    ) -> SequenceReranker:
        """Train on histories: to tell the next product after each event, by sampled softmax.

        Args:
            histories: of users, oldest first; what the ``targets`` name must not be in them.
            shelf: the products.
            settings: of network and training.
            pools: validation: after each epoch the candidates are ranked by the network alone, and training ends when
                NDCG@10 no longer rises. Without them every epoch is trained.
            targets: for each pool the products that should come first.
            stop_after: epochs after which it ends, what an earlier training found best; the learning rate falls as if
                all of ``settings.epochs`` were to come.
            device: ``"cpu"``, ``"cuda"`` …; a GPU where there is one, else the CPU.
            checkpoint: a folder, new or of the same training stopped before, which is gone on with.
            progress: is told of epochs.

        Raises:
            SettingsError: no history has two events, ``pools`` and ``targets`` differ in length, or the device is
                not there.
            DataError: ``checkpoint`` holds another training.
        """
        import torch

        from kgrec.ranking.sequence.checkpoints import Checkpoint
        from kgrec.ranking.sequence.network import Products, Sample, SequenceNetwork
        from kgrec.ranking.sequence.training import Standing, train_network
        from kgrec.training.devices import chosen_device

        settings = settings or SequenceSettings()
        if not np.any(histories.lengths() >= 2):
            raise SettingsError("no history has two events: nothing follows anything; the model cannot be trained")
        asked = Targets(indptr=np.zeros(1, np.int64), items=np.zeros(0, np.int32)) if targets is None else targets
        if len(pools) != len(asked):
            raise SettingsError(f"pools and targets must have one length; got {len(pools)} and {len(asked)}")
        taken = np.unique(np.linspace(0, len(pools) - 1, min(settings.validation_lists, len(pools))).astype(np.int64))
        pools, asked = [pools[at] for at in taken.tolist()], asked.select(taken)
        chosen = torch.device(chosen_device(device))
        torch.manual_seed(settings.seed)
        vocabulary = Vocabulary.of(shelf)
        text = int(shelf.vectors.shape[1])
        try:
            network = SequenceNetwork(len(vocabulary.products), len(vocabulary.values), text, settings).to(chosen)
        except (RuntimeError, AssertionError) as error:
            raise SettingsError(f"device {device!r} cannot be used: {error}") from error
        drawn = np.random.default_rng(settings.seed).permutation(len(shelf.catalogue))[:_SAMPLE]
        sampled = Products.of(vocabulary.inputs(shelf, np.sort(drawn)), chosen)

        def made(epochs: Sequence[Epoch] = ()) -> SequenceReranker:
            return cls(network, vocabulary, settings, Sample.of(network, sampled, len(shelf.catalogue)), epochs)

        kept = None if checkpoint is None else Checkpoint.open(checkpoint, histories, vocabulary, settings, text)
        figure = None if not pools else lambda: float(pool_ndcg(made().score(pools, shelf), pools, asked).mean())
        done, best = train_network(
            network,
            histories,
            shelf,
            vocabulary,
            settings,
            figure=figure,
            kept=None if kept is None else lambda standing: kept.write(network, standing),
            progress=progress,
            began=Standing() if kept is None else kept.restore(network),
            stop_after=stop_after,
        )
        network.to("cpu").eval()
        sampled = Products(*(part.cpu() for part in sampled))
        model = made(done)
        model.best_epochs = best
        return model

    def score(self, pools: Sequence[Pool], shelf: Shelf) -> list[NDArray[np.float32]]:
        """Return for each pool the logarithm of each candidate's probability to come next, float32 (c,).

        The probability is among all products of the training, estimated by a sample where they are more than 4,096;
        a history without a known event gives 0 for all.

        Raises:
            RerankError: the shelf's text vectors have another length than those of the training.
        """
        import torch

        width = 0 if self._network.text is None else int(self._network.text.in_features)
        if shelf.vectors.shape[1] != width:
            raise RerankError(
                f"the sequence model reads text vectors of length {width}; the shop's have {shelf.vectors.shape[1]}: "
                "train it again with this shop's encoder"
            )
        found: list[NDArray[np.float32]] = []
        with torch.inference_mode():
            for start in range(0, len(pools), _AT_ONCE):
                found += self._scored(pools[start : start + _AT_ONCE], shelf)
        return found

    def _scored(self, pools: Sequence[Pool], shelf: Shelf) -> list[NDArray[np.float32]]:
        import torch

        from kgrec.ranking.sequence.network import Products

        network = self._network
        device = next(network.parameters()).device
        longest = self.settings.max_history
        batch = padded([(pool.history, pool.times) for pool in pools], longest)
        newest = [pool.history[-longest:] for pool in pools]
        nums, place = np.unique(
            np.concatenate([np.zeros(1, np.int32), *newest, *(pool.candidates for pool in pools)]), return_inverse=True
        )
        inputs = Products.of(self._vocabulary.inputs(shelf, nums), device)
        vectors = network.products(inputs)
        events, candidates = np.zeros(batch.items.shape, np.int64), []
        at = 1
        for row, history in enumerate(newest):
            events[row, : len(history)] = place[at : at + len(history)]
            at += len(history)
        for pool in pools:
            candidates.append(torch.from_numpy(place[at : at + len(pool)]).to(device))
            at += len(pool)
        lengths = torch.from_numpy(np.maximum(batch.lengths, 1)).to(device)
        states = network.last_state(
            vectors[torch.from_numpy(events).to(device)], torch.from_numpy(batch.gaps).to(device), lengths
        )
        targets = network.targets(vectors)
        bias = network.bias(inputs.known)[:, 0]
        whole = self._sample.log_sum(states)
        scores = []
        for row, (pool, mine) in enumerate(zip(pools, candidates, strict=True)):
            if len(pool.history):
                scores.append((targets[mine] @ states[row] + bias[mine] - whole[row]).float().cpu().numpy())
            else:  # nothing was touched: what retrieval says stands
                scores.append(np.zeros(len(pool), np.float32))
        return scores

    def save(self, folder: str | os.PathLike[str]) -> None:
        """Write the model as safetensors and JSON with checksums; an older one in the folder is replaced."""
        from kgrec.ranking.sequence.saved import save_sequence

        save_sequence(Path(folder), self._network, self._vocabulary, self.settings, self._sample, self.epochs)

    @classmethod
    def load(cls, folder: str | os.PathLike[str]) -> SequenceReranker:
        """Read what :meth:`save` wrote.

        Raises:
            SnapshotDamagedError: a file is missing or was changed.
            SnapshotError: the folder is no sequence re-ranker.
        """
        from kgrec.ranking.sequence.saved import load_sequence

        return cls(*load_sequence(Path(folder)))
