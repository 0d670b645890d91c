"""A trained tagger's parts, and the way from texts to answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from kgrec.errors import DataError
from kgrec.extraction.labelled import LabelledProduct
from kgrec.extraction.tagging.batching import Numbers, batched
from kgrec.extraction.tagging.encoding import States, TorchStates, load_encoder
from kgrec.extraction.tagging.lexicon import Lexicon
from kgrec.extraction.tagging.network import SpanHead
from kgrec.extraction.tagging.settings import TaggerSettings
from kgrec.extraction.tagging.sheets import Cut, Sheet, SheetMaker, Text
from kgrec.protocols import Progress

__all__ = ["Found", "SpanModel", "taught"]

_SHEETS = 32
_DECIMALS = 3


class Found(NamedTuple):
    """An answer: which product's, where it stands and how probable it is."""

    row: int
    attribute: str
    field: str
    start: int
    end: int
    surface: str
    probability: float


class SpanModel:
    """Encoder, head, lexicon and names: everything that reading needs.

    Args:
        states: pieces → states.
        head: scores candidates.
        maker: texts → sheets.
        numbers: of the attributes.
        source: name of the encoder that it came from.
        samples: some of the training texts, on which a cheaper encoder is compared with the exact one.
        workers: threads that read, each by itself; 1 leaves it to torch how many it takes for one batch.
    """

    def __init__(
        self,
        states: States,
        head: SpanHead,
        maker: SheetMaker,
        numbers: Numbers,
        *,
        source: str,
        samples: Sequence[Text] = (),
        workers: int = 1,
    ) -> None:
        """Hold the parts."""
        self.states, self.head, self.maker, self.numbers = states, head.eval(), maker, numbers
        self.source, self.samples, self.workers = source, tuple(samples), workers

    def read(self, texts: Sequence[Text], threshold: float) -> Iterator[Found]:
        """Yield the answers of at least this probability, one for each text, window and attribute."""
        cuts = list(self.maker.cut(texts))
        order = sorted(range(len(cuts)), key=lambda num: cuts[num].size)
        # the largest first: at the end no thread waits long for another
        parts = [order[start : start + _SHEETS] for start in range(0, len(order), _SHEETS)][::-1]
        found: list[list[Found]] = [[] for _ in cuts]
        for part, read in zip(
            parts, self._all([[cuts[num] for num in part] for part in parts], threshold), strict=True
        ):
            for num, answers in zip(part, read, strict=True):
                found[num] = answers
        for answers in found:
            yield from answers

    def _all(self, batches: Sequence[Sequence[Cut]], threshold: float) -> Iterator[list[list[Found]]]:
        workers = min(self.workers, len(batches))
        if workers <= 1:
            yield from (list(self._read(cuts, threshold)) for cuts in batches)
            return
        # Threads that share one batch wait for each other at every step; a batch each, they do not. While one of them
        # makes its sheets, which Python does one thread at a time, the others are inside the network.
        controller = ThreadpoolController()
        with (
            controller.limit(limits=1),
            ThreadPoolExecutor(workers, initializer=_alone, initargs=(controller,)) as pool,
        ):
            yield from pool.map(lambda cuts: list(self._read(cuts, threshold)), batches)

    def _read(self, cuts: Sequence[Cut], threshold: float) -> Iterator[list[Found]]:
        sheets = [self.maker.sheet(cut) for cut in cuts]
        wanted = [self.numbers.of(sheet.category) for sheet in sheets]
        with torch.inference_mode():
            batch = batched(sheets, wanted, self.numbers, pad=self.maker.pad)
            likely = self.head(self.states(batch.pieces, batch.mask), batch).exp().numpy()
        for num, (sheet, names) in enumerate(zip(sheets, wanted, strict=True)):
            yield list(_answers(sheet, names, likely[num, : len(names), 1 : 1 + len(sheet.surfaces)], threshold))


def _alone(controller: ThreadpoolController) -> None:
    """Let torch take one thread for what this thread asks of it; the limit ends with the thread."""
    torch.get_num_threads()
    controller.limit(limits=1)


def _answers(sheet: Sheet, names: Sequence[str], likely: NDArray[np.float32], threshold: float) -> Iterator[Found]:
    """Yield the best text of each attribute; probabilities of places with the same words add up."""
    if not sheet.surfaces:
        return
    worth = np.flatnonzero(likely.sum(axis=1) >= threshold).tolist()
    if not worth:
        return
    numbers = {surface: number for number, surface in enumerate(dict.fromkeys(sheet.surfaces))}
    of = np.array([numbers[surface] for surface in sheet.surfaces])
    for at in worth:
        best = int(likely[at].argmax())
        summed = np.bincount(of, weights=likely[at])
        text = int(summed.argmax())
        if of[best] != text:
            best = int(np.where(of == text, likely[at], -1).argmax())
        probability = round(min(float(summed[text]), 1.0), _DECIMALS)
        if probability >= threshold:
            start, end = sheet.places[best].tolist()
            yield Found(sheet.row, names[at], sheet.field, start, end, sheet.surfaces[best], probability)


def taught(
    labelled: Sequence[LabelledProduct],
    texts: Sequence[Text],
    attributes: Mapping[str, Sequence[str]],
    lexicon: Lexicon,
    word_counts: Mapping[str, int],
    encoder: Any,
    settings: TaggerSettings,
    progress: Progress,
) -> SpanModel:
    """Return a model that has learned from the products.

    Raises:
        DataError: no labelled value stands in its product's texts.
    """
    from kgrec.extraction.tagging.training import attribute_states, lessons_of, train_in_place

    layers, tokenizer, name = load_encoder(encoder, settings.layers)
    numbers = Numbers(attributes)
    maker = SheetMaker(tokenizer, lexicon, word_counts, max_pieces=settings.max_pieces)
    lessons = lessons_of(maker, labelled, texts)
    if not any(right for lesson in lessons for right in lesson.answers.values()):
        raise DataError(
            f"none of the values of {len(labelled):,} labelled products stands in its product's title or description; "
            "a tagger learns from values as they stand in the text"
        )
    with torch.random.fork_rng():
        torch.manual_seed(settings.seed)
        names = attribute_states(layers, tokenizer, numbers.names)
        width = int(layers.config.hidden_size)
        head = SpanHead(names, len(numbers.pair), width=width, size=settings.size, dropout=settings.dropout)
        train_in_place(layers, head, lessons, numbers, settings, pad=maker.pad, progress=progress)
    step = max(1, len(texts) // 256)
    return SpanModel(TorchStates(layers), head, maker, numbers, source=name, samples=texts[::step])
