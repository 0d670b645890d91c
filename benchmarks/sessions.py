"""Held-out buys after views, carts and purchases: what a shopper touched in any way is left out of the ranking.

The validation split asks what the test asks: the last product that each shopper bought in train, with every event of
that shopper with that product taken away, so that it is new to the shopper as the test's is. The other events stay,
later ones too. A shopper who touched nothing else asks nothing. How much an event of each type counts is a setting:
the weightings are compared on validation before the other settings are chosen and once more after it.

    python benchmarks/sessions.py --data ../shared/data/retailrocket --peers --json retailrocket.json
"""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from comparing import Question, chosen, measured, peer_figures, show, text_vectors
from layouts import SessionFolder, load_sessions
from measuring import common_arguments, console, fixed_settings, write_json
from numpy.typing import NDArray

from kgrec.data import Events, Facts, Targets
from kgrec.evaluation import Split, evaluate, fixed_split
from kgrec.graph import Graph
from kgrec.pipeline import model_inputs
from kgrec.protocols import Progress
from kgrec.retrieval import LinearModel, LinearSettings, ModelInputs
from kgrec.serving.progress import drawn_progress
from kgrec.tuning import Tuning

SHOWN = ("recall@5", "ndcg@5", "recall@10", "ndcg@10", "recall@20", "ndcg@20")
WEIGHTINGS: Mapping[str, Mapping[str, float]] = {
    "1/2/4": {"view": 1.0, "cart": 2.0, "purchase": 4.0},
    "1/1/1": {"view": 1.0, "cart": 1.0, "purchase": 1.0},
    "1/1/3": {"view": 1.0, "cart": 1.0, "purchase": 3.0},
    "0.5/1/1": {"view": 0.5, "cart": 1.0, "purchase": 1.0},
    "1/1/0.5": {"view": 1.0, "cart": 1.0, "purchase": 0.5},
}
"""What a view, a cart and a purchase count; the first is the library's own."""
EVEN = "1/1/1"


def main() -> None:
    arguments = common_arguments(__doc__.splitlines()[0]).parse_args()
    folder = load_sessions(arguments.data)
    for note in folder.notes:
        console.print(f"· {note}")
    asked = {label: question(folder, weights) for label, weights in WEIGHTINGS.items()}
    console.print(f"· validation asks {len(asked[EVEN].validation)} shoppers")
    with drawn_progress() as progress:
        nothing = Facts.of(())
        vectors, encode_seconds = text_vectors(folder.catalogue, nothing, arguments, progress)
        graph = Graph.from_facts(folder.catalogue.ids, nothing)
        inputs = model_inputs(graph, asked[EVEN].known, vectors)
        label, tuning, tune_seconds = weighted(inputs, asked, arguments, progress)
        figures = measured(
            inputs,
            asked[label],
            tuning,
            about={
                "data": arguments.data.name,
                "used": folder.notes,
                "users": len(folder.events.users),
                "products": len(folder.catalogue),
                "events": len(folder.events),
            },
            seconds={"tune_seconds": tune_seconds, "encode_seconds": encode_seconds},
            seed=arguments.seed,
            progress=progress,
        )
        figures.result["settings"]["event_weights"] = dict(WEIGHTINGS[label])
        if arguments.peers:
            write_json(arguments.json, figures.result)  # peers take long: what is known so far
            choice = {name: asked[name] for name in dict.fromkeys((label, EVEN))}
            figures.result["peers"] = peer_figures(
                choice, inputs.n, figures.report, progress, sasrec_minutes=arguments.sasrec_minutes
            )
    show(figures.result, SHOWN)
    write_json(arguments.json, figures.result)


def question(folder: SessionFolder, weights: Mapping[str, float]) -> Question:
    """Return what is asked when events of each type count this much."""
    events = replace(folder.events, weights={**folder.events.weights, **weights})
    known = events.histories()
    return Question(
        validation=last_buys(events),
        known=known,
        test=replace(folder.test, train=known, queries=known.select(folder.test.users)),
    )


def last_buys(events: Events) -> Split:
    """Ask for the last product each user bought, all events of the user with it taken away."""
    bought = np.flatnonzero(events.type == events.types.index("purchase"))
    by_time = bought[np.lexsort((bought, events.time[bought], events.user[bought]))]
    final = by_time[np.flatnonzero(np.diff(events.user[by_time], append=-1))]
    held = np.full(len(events.users), -1, np.int32)
    held[events.user[final]] = events.item[final]
    train = events.select(held[events.user] != events.item).histories()
    asked = (held >= 0) & (train.lengths() > 0)
    return fixed_split(train, rows_of(np.where(asked, held, -1)))


def rows_of(held: NDArray[np.int32]) -> Targets:
    """Return one target a user, none where ``held`` (int32 (u,)) is negative."""
    indptr = np.concatenate([[0], np.cumsum(held >= 0)]).astype(np.int64)
    return Targets(indptr=indptr, items=held[held >= 0].astype(np.int32))


def weighted(
    inputs: ModelInputs, asked: Mapping[str, Question], arguments: Namespace, progress: Progress
) -> tuple[str, Tuning, float]:
    """Choose weighting and settings in turn; return both and the seconds that took."""
    started = time.perf_counter()
    base = replace(LinearSettings(), **fixed_settings(arguments.fix))
    label = best_weighting(inputs, asked, base, arguments.seed, progress)
    tuning, _ = chosen(inputs, asked[label].validation, arguments, progress, base=base)
    label = best_weighting(inputs, asked, tuning.settings, arguments.seed, progress)
    return label, tuning, time.perf_counter() - started


def best_weighting(
    inputs: ModelInputs, asked: Mapping[str, Question], settings: LinearSettings, seed: int, progress: Progress
) -> str:
    """Return the weighting with the best NDCG@10 on validation."""
    reached: dict[str, float] = {}
    for label, one in asked.items():
        progress("comparing event weights", len(reached), len(asked))
        model = LinearModel.fit(inputs.with_histories(one.validation.train), settings, seed=seed)
        reached[label] = evaluate(model, one.validation, ks=(10,), samples=0)["ndcg@10"]
    progress("comparing event weights", len(asked), len(asked))
    best = max(reached, key=lambda label: reached[label])
    console.print("· view/cart/purchase on validation: " + ", ".join(f"{k} {v:.4f}" for k, v in reached.items()))
    return best


if __name__ == "__main__":
    main()
