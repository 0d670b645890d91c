"""A shop's own text and behaviour → an encoder that knows them, where it is better than the one before."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kgrec.adapting.augmenting import Texts, synonyms_of
from kgrec.adapting.judging import Exam, K, gain_of
from kgrec.adapting.learning import TrainingReport, train_network
from kgrec.adapting.lessons import Lessons
from kgrec.adapting.queries import HeldValues, SpokenValues, held_queries
from kgrec.adapting.report import AdaptReport, compared, verdict
from kgrec.adapting.settings import AdaptSettings
from kgrec.data import Catalogue, Events, Facts, Histories
from kgrec.embedding import SentenceEncoder, product_documents
from kgrec.errors import DataError, SettingsError
from kgrec.evaluation import Split, ndcg, rank, recall
from kgrec.graph import Graph
from kgrec.protocols import Progress, silent
from kgrec.retrieval import Knowledge, LinearModel, LinearSettings, ModelInputs
from kgrec.training.checkpoints import remove_checkpoint
from kgrec.tuning import validation_split

__all__ = ["Adapted", "adapt_encoder"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Adapted:
    """What adapting came to.

    Attributes:
        encoder: the adapted encoder where it is better, else the one that was given.
        report: before and after, and why.
        kept: whether ``encoder`` is the adapted one.
        texts: (t,) product documents and queries of the shop, on which a smaller encoder can be taught.
    """

    encoder: SentenceEncoder
    report: AdaptReport
    kept: bool
    texts: tuple[str, ...]


def adapt_encoder(
    catalogue: Catalogue,
    events: Events | None,
    facts: Facts,
    *,
    encoder: SentenceEncoder | str | os.PathLike[str] | None = None,
    settings: AdaptSettings | None = None,
    synonyms: Mapping[str, Sequence[str]] | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    device: str | None = None,
    progress: Progress = silent,
    seed: int = 0,
) -> Adapted:
    """Fine-tune a text encoder on what the shop says and what its shoppers do.

    Contrastive learning with in-batch negatives (InfoNCE; van den Oord and others, 2018) from three sources: products
    that one shopper touched soon after each other, products that share rare values of the graph, and short queries
    (facts, or words of a title) with the products that answer them. Products known to belong together, or alike in
    their facts, are no negatives of each other. Texts are changed as they are read: attributes left out, values said
    in other ways, words cut off.

    The newest behaviour and a part of the graph's values are held out twice: one part ends the training early, the
    other is what the report is about. Where the report finds no gain, the encoder that was given is handed back.

    Args:
        catalogue: the products.
        events: what shoppers did; None for a shop that has just opened.
        facts: of the products.
        encoder: to begin with; all-MiniLM-L6-v2 where it is left out.
        settings: see :class:`AdaptSettings`.
        synonyms: value → other ways of saying it, beside those that the facts know of.
        checkpoint: a folder in which a stopped training goes on; its file is removed at the end.
        device: ``"cpu"`` or ``"cuda"``; by default a GPU where there is one, in mixed precision.
        progress: is told how far it is.
        seed: of everything drawn at random.

    Raises:
        EncoderUnavailableError: the encoder cannot be loaded.
        DataError: there is nothing to learn from or to be judged by, or the checkpoint is of another training.
        SettingsError: the encoder is no sentence encoder.
    """
    settings = settings or AdaptSettings()
    old = _sentence_encoder(encoder)
    graph = Graph.from_facts(catalogue.ids, facts)
    histories = events.histories() if events is not None else Histories.of([])
    report_split = validation_split(histories, seed=seed)
    early_split = validation_split(report_split.train, seed=seed)
    spoken, held = SpokenValues(graph, facts), HeldValues.drawn(len(graph.values), settings.held_values, seed)
    texts = Texts(catalogue, facts, settings, synonyms_of(facts, synonyms))
    lessons = Lessons(texts, spoken, early_split.train, held, settings, seed)
    documents = tuple(product_documents(catalogue, facts))
    early = _exam(documents, spoken, held.validation, held.report, early_split, settings, seed, early=True)
    final = _exam(documents, spoken, held.report, held.validation, report_split, settings, seed, early=False)
    if not early.queries and early.split is None:
        raise DataError("neither facts nor events are enough to tell the better encoder; give more of one of them")
    network = old.network()
    now = SentenceEncoder.of_network(network, "", max_tokens=old.max_tokens)
    training = _trained(network, now, lessons, early, old, settings, checkpoint, device, progress, seed)
    plain = SentenceEncoder.of_network(old.network(), old.name, max_tokens=old.max_tokens)
    asked = [_answers(final, one, graph, settings, progress) for one in (plain, now)]
    comparisons = compared(asked[0], asked[1], seed)
    gain, kept, why = verdict(comparisons, settings, training.best_step)
    report = AdaptReport(
        comparisons=comparisons,
        gain=gain,
        kept=kept,
        why=why,
        training=training,
        pairs={"behaviour": len(lessons.behaviour), "graph": len(lessons.graph)},
    )
    if checkpoint is not None:
        remove_checkpoint(Path(checkpoint))
    now.name = f"{old.name.removesuffix(' int8')} adapted {_digest(network)}"
    said = [query.text for query in (*early.queries, *final.queries)]
    titles = [product.title for product in catalogue if product.title]
    known = tuple(dict.fromkeys(text for text in (*documents, *titles, *said) if text.strip()))
    return Adapted(encoder=now if kept else old, report=report, kept=kept, texts=known)


def _sentence_encoder(encoder: object) -> SentenceEncoder:
    if isinstance(encoder, SentenceEncoder):
        return encoder
    if encoder is None or isinstance(encoder, str | os.PathLike):
        return SentenceEncoder(encoder, precision="float32")
    raise SettingsError(
        f"encoder must be a kgrec.SentenceEncoder, a folder or a model name; got {encoder!r:.80}. Nothing else has "
        "weights that can be trained"
    )


def _exam(
    documents: tuple[str, ...],
    spoken: SpokenValues,
    about: NDArray[np.bool_],
    never: NDArray[np.bool_],
    split: Split,
    settings: AdaptSettings,
    seed: int,
    *,
    early: bool,
) -> Exam:
    queries = held_queries(
        spoken, about, never, count=settings.queries, max_answers=settings.max_answers, seed=seed + early
    )
    most = settings.validation_products if early else None
    return Exam.of(documents, queries, split, settings, most=most, seed=seed)


def _trained(
    network: Any,
    now: SentenceEncoder,
    lessons: Lessons,
    exam: Exam,
    old: SentenceEncoder,
    settings: AdaptSettings,
    checkpoint: str | os.PathLike[str] | None,
    device: str | None,
    progress: Progress,
    seed: int,
) -> TrainingReport:
    """Train in place, with the exam as early stopping; texts are cut shorter meanwhile."""

    def figures() -> dict[str, float]:
        return {name: float(values.mean()) for name, values in exam.asked(now, silent).items()}

    network.max_seq_length = min(settings.max_tokens, old.max_tokens)
    network.eval()
    before = figures()
    key = hashlib.sha256("\x00".join((old.name, str(seed), *exam.documents)).encode())
    key.update(f"{sorted(lessons.shares.items())} {len(lessons.behaviour)} {len(lessons.graph)}".encode())
    key.update(lessons.behaviour.share.tobytes())
    report = train_network(
        network,
        lessons,
        settings,
        lambda: gain_of(before, figures(), settings),
        key=key.hexdigest(),
        device=device,
        checkpoint=None if checkpoint is None else Path(checkpoint),
        progress=progress,
        seed=seed,
    )
    network.max_seq_length = old.max_tokens
    return report


def _answers(
    exam: Exam, encoder: SentenceEncoder, graph: Graph, settings: AdaptSettings, progress: Progress
) -> dict[str, NDArray[np.float64]]:
    """Return the figures of the report, those of the whole model too where the settings ask for it."""
    vectors = exam.vectors(encoder, progress)
    found = exam.judged(encoder, vectors)
    if settings.linear_model and exam.split is not None:
        linear = LinearSettings()
        knowledge = Knowledge.from_graph(graph, hub_share=linear.hub_share)
        inputs = ModelInputs.of(
            len(graph.product_ids), exam.split.train, knowledge, vectors, text_neighbours=linear.text_neighbours
        )
        ranking = rank(LinearModel.fit(inputs, linear), exam.split, k=K)
        found |= {f"model ndcg@{K}": ndcg(ranking, K), f"model recall@{K}": recall(ranking, K)}
    return found


def _digest(network: Any) -> str:
    """Return a short name of a network's weights."""
    digest = hashlib.sha256()
    for name, value in sorted(network.state_dict().items()):
        digest.update(name.encode())
        digest.update(value.detach().cpu().numpy().tobytes())
    return digest.hexdigest()[:8]
