"""The build arrow: catalogue + events → facts → graph → vectors → model → a shop that answers."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kgrec.data import Catalogue, Events, Facts, Histories, count_reasons
from kgrec.embedding import SentenceEncoder, product_documents
from kgrec.errors import SettingsError
from kgrec.extraction import CanonicalSettings, Conventions, Corrections, agree, extract
from kgrec.graph import Graph
from kgrec.protocols import Encoder, Progress, silent
from kgrec.recommender import Recommender
from kgrec.retrieval import (
    FitStatistics,
    IndexSettings,
    Knowledge,
    LinearModel,
    LinearSettings,
    ModelInputs,
    behaviour_counts,
    learned_inputs,
)
from kgrec.shop import Shop
from kgrec.tuning import Tuning, choose_settings, validation_split

__all__ = ["build"]


def build(
    catalogue: Catalogue,
    events: Events | None = None,
    facts: Facts | None = None,
    *,
    encoder: Encoder | None = None,
    vectors: NDArray[np.float32] | None = None,
    settings: LinearSettings | Mapping[str, Any] | None = None,
    index: IndexSettings | None = None,
    canonical: bool | CanonicalSettings | Conventions = False,
    corrections: Corrections | None = None,
    shards: str | os.PathLike[str] | None = None,
    progress: Progress = silent,
    seed: int = 0,
) -> Recommender:
    """Build a shop.

    Args:
        catalogue: the products.
        events: what shoppers did; None for a shop that has just opened.
        facts: from :func:`kgrec.extract`; extracted here where they are left out.
        encoder: text → vectors; all-MiniLM-L6-v2 where it is left out.
        vectors: float32 (n, d), in place of encoding: the product documents as ``encoder`` encoded them before.
        settings: ``LinearSettings`` to use as they are, or a mapping of the few to fix while the library chooses the
            others on a validation split of the events.
        index: which vector index to use and how much of the true neighbours it has to find; the defaults compare
            every vector in a shop of up to 200,000 products.
        canonical: whether values that mean the same become one and conflicting sources are settled, as for
            :func:`kgrec.extract`. Facts that are given are taken as they are, except for ``corrections``.
        corrections: what a person has said of facts, applied to extracted and to given ones.
        shards: a folder, new or empty, that keeps finished parts of the fit of a large shop: a build that was stopped
            goes on there when it is called again with the same data and settings. Give ``facts``, ``vectors`` and
            ``settings`` too, which are made again otherwise. The folder has to stay while the shop is used; a shop
            that was saved and loaded does not need it.
        progress: is told how far each stage has come.
        seed: for everything drawn at random.

    Raises:
        EncoderUnavailableError: no encoder was given and the default one cannot be loaded.
        SettingsError: an argument is of another kind, a setting is unknown or out of range, the catalogue is empty, or
            ``vectors`` has another length.
        DataError: ``shards`` holds a fit of something else.
        LowRecallError: ``index`` names a kind that finds too little and is not to be replaced.
    """
    _check_kinds(catalogue, events, facts, encoder)
    if index is not None and not isinstance(index, IndexSettings):
        raise SettingsError(f"index must be kgrec.IndexSettings(...); got {type(index).__name__} {index!r:.60}")
    if len(catalogue) == 0:
        raise SettingsError("the catalogue is empty: there is nothing to recommend; read at least one product")
    started = time.perf_counter()
    chosen_by_hand = _checked(settings)
    if facts is None:
        facts = extract(catalogue, canonical=canonical, corrections=corrections, progress=progress)
    elif corrections:
        known = Conventions.of(facts) or False
        facts = agree(facts, canonical=known, corrections=corrections, products=frozenset(catalogue.ids))
    graph = Graph.from_facts(catalogue.ids, facts)
    encoder = encoder or SentenceEncoder()
    encode_started = time.perf_counter()
    if vectors is None:
        vectors = encoder.encode(product_documents(catalogue, facts), progress=progress)
    elif len(vectors) != len(catalogue):
        raise SettingsError(f"vectors has {len(vectors)} rows for {len(catalogue)} products; give one row a product")
    encode_seconds = time.perf_counter() - encode_started
    histories = events.histories() if events is not None else Histories.of([])
    given = chosen_by_hand if isinstance(chosen_by_hand, LinearSettings) else LinearSettings(**chosen_by_hand)
    inputs = model_inputs(graph, histories, vectors, given, index, progress)
    tuning = _tuned(inputs, chosen_by_hand, progress, seed)
    counts = behaviour_counts(inputs, tuning.settings)
    learned = learned_inputs(inputs, counts, tuning.settings, progress=progress)
    model = LinearModel.fit(
        inputs, tuning.settings, counts=counts, learned=learned, shards=shards, progress=progress, seed=seed
    )
    report = {
        "rows_set_aside": count_reasons([*catalogue.set_aside, *(events.set_aside if events is not None else ())]),
        "events_of_unknown_products": sum(events.unknown_products.values()) if events is not None else 0,
        "facts": len(facts),
        "settings": asdict(tuning.settings),
        "validation": [{"changed": dict(t.changed), "ndcg": t.ndcg} for t in tuning.trials],
        "encode_seconds": round(encode_seconds, 3),
        "build_seconds": round(time.perf_counter() - started, 3),
    }
    return Recommender(
        Shop(
            catalogue=catalogue,
            graph=graph,
            vectors=vectors,
            encoder=encoder.name,
            model=model,
            users=events.users if events is not None else (),
            histories=histories,
            index=inputs.index,
            report=report,
            neighbours=(learned.neighbours, learned.cosines),
            statistics=FitStatistics.of(inputs, learned, model.settings, model.factors or (0.0, 0.0), vectors),
        ),
        encoder=encoder,
    )


def model_inputs(
    graph: Graph,
    histories: Histories,
    vectors: NDArray[np.float32] | None,
    settings: LinearSettings | None = None,
    index: IndexSettings | None = None,
    progress: Progress = silent,
) -> ModelInputs:
    """Bring graph, behaviour and text vectors (float32 (n, d)) into the form the model fits on.

    ``hub_share`` and ``text_neighbours`` of the settings act here; the defaults where none are given.
    """
    settings = settings or LinearSettings()
    knowledge = Knowledge.from_graph(graph, hub_share=settings.hub_share)
    return ModelInputs.of(
        len(graph.product_ids),
        histories,
        knowledge,
        vectors,
        text_neighbours=settings.text_neighbours,
        index=index,
        progress=progress,
    )


def _check_kinds(catalogue: object, events: object, facts: object, encoder: object) -> None:
    """Say which argument is something else than it should be: the likeliest slip is a path or a swapped order."""
    expected = (
        ("catalogue", catalogue, Catalogue, "read it with kgrec.read_catalogue(path)"),
        ("events", events, Events, "read them with kgrec.read_events(path, catalogue)"),
        ("facts", facts, Facts, "extract them with kgrec.extract(catalogue)"),
    )
    for name, given, kind, way in expected:
        if not isinstance(given, kind) and (given is not None or name == "catalogue"):
            raise SettingsError(f"{name} must be {kind.__name__}; got {type(given).__name__} {given!r:.60}: {way}")
    if encoder is not None and (isinstance(encoder, type) or not isinstance(encoder, Encoder)):
        raise SettingsError(
            f"encoder must be an encoder such as kgrec.HashingEncoder() or kgrec.SentenceEncoder(); got {encoder!r:.80}"
        )


def _checked(settings: LinearSettings | Mapping[str, Any] | None) -> LinearSettings | dict[str, Any]:
    if settings is None or isinstance(settings, LinearSettings):
        return settings if settings is not None else {}
    try:
        LinearSettings(**settings)
    except TypeError:
        known = ", ".join(asdict(LinearSettings()))
        given = ", ".join(sorted(set(settings) - set(asdict(LinearSettings()))))
        raise SettingsError(f"unknown setting {given}; known are {known}") from None
    return dict(settings)


def _tuned(inputs: ModelInputs, by_hand: LinearSettings | dict[str, Any], progress: Progress, seed: int) -> Tuning:
    if isinstance(by_hand, LinearSettings):
        return Tuning(settings=by_hand, trials=())
    split = validation_split(inputs.histories, seed=seed)
    return choose_settings(inputs, split, base=LinearSettings(), fixed=by_hand, progress=progress, seed=seed)
