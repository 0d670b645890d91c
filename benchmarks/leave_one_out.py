"""Leave-one-out with full ranking: each user's last product is the test, the one before it the validation.

The library chooses its settings on validation, is fitted once more on everything but the test products, and answers.
Peers are fitted on the same histories and choose their settings on the same validation split.

    python benchmarks/leave_one_out.py --data ../shared/data/amazon-beauty --peers --json beauty.json
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from layouts import Folder, load_leave_one_out
from measuring import (
    common_arguments,
    console,
    encoded,
    fixed_settings,
    peak_memory_mb,
    quality_table,
    write_json,
)

from kgrec.data import Catalogue, Facts, Histories
from kgrec.embedding import HashingEncoder, SentenceEncoder, product_documents
from kgrec.evaluation import Split, evaluate, leave_one_out
from kgrec.extraction import extract
from kgrec.graph import Graph
from kgrec.pipeline import model_inputs
from kgrec.protocols import Encoder, Scorer
from kgrec.retrieval import LinearModel, LinearSettings, ModelInputs
from kgrec.serving.progress import drawn_progress
from kgrec.tuning import Tuning, choose_settings

SHOWN = ("recall@5", "ndcg@5", "recall@10", "ndcg@10", "recall@20", "ndcg@20")


def main() -> None:
    parser = common_arguments(__doc__.splitlines()[0])
    parser.add_argument(
        "--facts", choices=("declared", "rules"), default="rules", help="declared ones alone, or rules too"
    )
    arguments = parser.parse_args()
    folder = load_leave_one_out(arguments.data)
    for note in folder.notes:
        console.print(f"· {note}")
    split = leave_one_out(folder.histories)
    until_test = all_but_last(folder.histories)
    with drawn_progress() as progress:
        facts = (
            extract(folder.catalogue, progress=progress) if arguments.facts == "rules" else declared(folder.catalogue)
        )
        graph = Graph.from_facts(folder.catalogue.ids, facts)
        console.print(f"· {graph}")
        vectors, encode_seconds = text_vectors(folder, facts, arguments, progress)
        inputs = model_inputs(graph, split.train, vectors)
        started = time.perf_counter()
        tuning = choose_settings(
            inputs,
            split.validation,
            base=LinearSettings(),
            fixed=fixed_settings(arguments.fix),
            progress=progress,
            seed=arguments.seed,
        )
        tune_seconds = time.perf_counter() - started
        model = LinearModel.fit(inputs, tuning.settings, progress=progress, seed=arguments.seed)
        validation = evaluate(model, split.validation, seed=arguments.seed, progress=progress).to_dict()
        final, fit_seconds = timed_fit(inputs, until_test, tuning, arguments.seed)
        test = evaluate(final, split.test, seed=arguments.seed, progress=progress)
        result: dict[str, Any] = {
            "data": arguments.data.name,
            "used": folder.notes,
            "users": len(folder.histories),
            "products": len(folder.catalogue),
            "events": len(folder.histories.items),
            "validation": validation,
            "test": test.to_dict(),
            "fit_seconds": round(fit_seconds, 2),
            "tune_seconds": round(tune_seconds, 2),
            "encode_seconds": round(encode_seconds, 2),
            "peak_memory_mb": round(peak_memory_mb(), 1),
            "settings": asdict(tuning.settings),
            "peers": {},
        }
        if arguments.peers:
            result["peers"] = peer_figures(
                split.train, split.validation, until_test, split.test, test, folder, progress
            )
    show(result)
    write_json(arguments.json, result)


def all_but_last(histories: Histories) -> Histories:
    """Return what may be known when the test product is asked for; users with fewer than three events whole."""
    lengths = histories.lengths()
    keep = np.ones(len(histories.items), np.bool_)
    keep[histories.indptr[1:][lengths >= 3] - 1] = False
    return histories.keep(keep)


def declared(catalogue: Catalogue) -> Facts:
    """Return the facts that the catalogue declares itself."""
    from kgrec.extraction import declared_facts

    return Facts.of(declared_facts(catalogue))


def text_vectors(folder: Folder, facts: Facts, arguments: Any, progress: Any) -> tuple[Any, float]:
    """Encode the product documents with the encoder that was asked for."""
    if arguments.encoder == "none" or not any(product.title for product in folder.catalogue):
        return None, 0.0
    encoder: Encoder
    if arguments.encoder == "hashing":
        encoder = HashingEncoder()
    else:
        encoder = SentenceEncoder(None if arguments.encoder == "minilm" else arguments.encoder)
    documents = product_documents(folder.catalogue, facts)
    return encoded(encoder, documents, arguments.cache, progress)


def timed_fit(inputs: ModelInputs, histories: Histories, tuning: Tuning, seed: int) -> tuple[LinearModel, float]:
    """Fit with the chosen settings and return the seconds of that fit alone."""
    started = time.perf_counter()
    model = LinearModel.fit(inputs.with_histories(histories), tuning.settings, seed=seed)
    return model, time.perf_counter() - started


def peer_figures(
    train: Histories, validation: Split, until_test: Histories, test: Split, ours: Any, folder: Folder, progress: Any
) -> dict[str, Mapping[str, Any]]:
    """Fit the peers and judge them on the same questions; each is tested against our per-user figures."""
    from peers import PEERS, peers

    figures: dict[str, Mapping[str, Any]] = {}
    for done, name in enumerate(PEERS):
        progress("fitting peers", done, len(PEERS))
        chosen = next(peers(train, len(folder.catalogue), names=(name,), validation=validation))
        if isinstance(chosen.scorer, str):
            figures[name] = {"reason": chosen.scorer}
            continue
        on_validation = evaluate(chosen.scorer, validation).to_dict()
        again = {name: chosen.settings}
        fitted = next(peers(until_test, len(folder.catalogue), names=(name,), settings=again))
        scorer: Scorer = fitted.scorer  # type: ignore[assignment]
        report = evaluate(scorer, test)
        pair = ours.against(report, "ndcg@10")
        figures[name] = {
            "validation": on_validation,
            "test": report.to_dict(),
            "fit_seconds": round(fitted.fit_seconds, 2),
            "settings": dict(chosen.settings),
            "ndcg@10_difference": {"mean": pair.difference, "interval": [pair.low, pair.high], "p_value": pair.p_value},
        }
    progress("fitting peers", len(PEERS), len(PEERS))
    return figures


def show(result: Mapping[str, Any]) -> None:
    """Print the tables."""
    console.print(quality_table("validation", {"kgrec": result["validation"]}, SHOWN))
    rows = {"kgrec": result["test"]}
    rows |= {name: peer.get("test", peer) for name, peer in result["peers"].items()}
    console.print(quality_table("test", rows, SHOWN))
    console.print(
        f"fit {result['fit_seconds']} s · choosing settings {result['tune_seconds']} s · "
        f"text vectors {result['encode_seconds']} s · peak memory {result['peak_memory_mb']:.0f} MB"
    )
    console.print(f"settings: {result['settings']}")


if __name__ == "__main__":
    main()
