"""What the comparing benchmarks share: a question and its data in, chosen settings, figures, peers and tables out."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

import numpy as np
from measuring import console, encoded, fixed_settings, peak_memory_mb, quality_table
from numpy.typing import NDArray
from peers import PEERS, Peer, peers, sasrec_answer

from kgrec.data import Catalogue, Facts, Histories
from kgrec.embedding import HashingEncoder, SentenceEncoder, product_documents
from kgrec.evaluation import Report, Split, evaluate
from kgrec.extraction import declared_facts, extract
from kgrec.protocols import Encoder, Progress, Scorer
from kgrec.retrieval import LinearModel, LinearSettings, ModelInputs
from kgrec.tuning import Tuning, choose_settings

__all__ = [
    "Measured",
    "Question",
    "answered",
    "chosen",
    "difference",
    "facts_of",
    "measured",
    "peer_figures",
    "show",
    "text_vectors",
    "timed_fit",
]


@dataclass(frozen=True, kw_only=True, eq=False)
class Question:
    """What is asked, and what may be known at each time.

    Attributes:
        validation: settings are chosen here, fitted on ``validation.train``.
        known: what may be known when the test is asked.
        test: what is reported; ``test.train`` is not fitted on.
    """

    validation: Split
    known: Histories
    test: Split


@dataclass(frozen=True, kw_only=True, eq=False)
class Measured:
    """The fitted model, its report on the test, and the figures in the form that is written down."""

    model: LinearModel
    report: Report
    result: dict[str, Any] = field(default_factory=dict)


def facts_of(catalogue: Catalogue, how: str, progress: Progress) -> Facts:
    """Return the facts that the catalogue declares itself (``"declared"``), or those of the rules too."""
    return extract(catalogue, progress=progress) if how == "rules" else Facts.of(declared_facts(catalogue))


def text_vectors(
    catalogue: Catalogue, facts: Facts, arguments: Namespace, progress: Progress
) -> tuple[NDArray[np.float32] | None, float]:
    """Encode the product documents with the encoder that was asked for; None where no product has a title."""
    if arguments.encoder == "none" or not any(product.title for product in catalogue):
        return None, 0.0
    encoder: Encoder
    if arguments.encoder == "hashing":
        encoder = HashingEncoder()
    else:
        encoder = SentenceEncoder(None if arguments.encoder == "minilm" else arguments.encoder)
    return encoded(encoder, product_documents(catalogue, facts), arguments.cache, progress)


def chosen(
    inputs: ModelInputs, validation: Split, arguments: Namespace, progress: Progress, *, base: LinearSettings
) -> tuple[Tuning, float]:
    """Let the library choose its settings, and return the seconds that took."""
    started = time.perf_counter()
    size = {} if arguments.search_products is None else {"products": arguments.search_products}
    tuning = choose_settings(
        inputs,
        validation,
        base=base,
        fixed=fixed_settings(arguments.fix),
        progress=progress,
        seed=arguments.seed,
        **size,
    )
    return tuning, time.perf_counter() - started


def timed_fit(
    inputs: ModelInputs, histories: Histories, settings: LinearSettings, seed: int
) -> tuple[LinearModel, float]:
    """Fit with the chosen settings and return the seconds of that fit alone."""
    started = time.perf_counter()
    model = LinearModel.fit(inputs.with_histories(histories), settings, seed=seed)
    return model, time.perf_counter() - started


def answered(
    inputs: ModelInputs,
    question: Question,
    arguments: Namespace,
    about: Mapping[str, Any],
    encode_seconds: float,
    progress: Progress,
) -> Measured:
    """Let the library choose its settings on validation, fit it once more on all that is known, and judge it.

    Args:
        inputs: the shop's products.
        question: what is asked.
        arguments: of the command line.
        about: what the data hold.
        encode_seconds: what the text vectors took.
        progress: is told of trials, fits and rankings.
    """
    tuning, tune_seconds = chosen(inputs, question.validation, arguments, progress, base=LinearSettings())
    return measured(
        inputs,
        question,
        tuning,
        about={"data": arguments.data.name, **about},
        seconds={"tune_seconds": tune_seconds, "encode_seconds": encode_seconds},
        seed=arguments.seed,
        progress=progress,
    )


def measured(
    inputs: ModelInputs,
    question: Question,
    tuning: Tuning,
    *,
    about: Mapping[str, Any],
    seconds: Mapping[str, float],
    seed: int,
    progress: Progress,
) -> Measured:
    """Fit with the chosen settings and judge, on validation and, fitted once more on all that is known, on the test.

    Args:
        inputs: the shop's products.
        question: what is asked.
        tuning: what was chosen.
        about: first entries of the result.
        seconds: what took how long before.
        seed: for the fit and the intervals.
        progress: is told of fits and rankings.
    """
    validation = on_validation(inputs, question.validation, tuning.settings, seed, progress)
    model, fit_seconds = timed_fit(inputs, question.known, tuning.settings, seed)
    report = evaluate(model, question.test, seed=seed, progress=progress)
    console.print(f"· kgrec: recall@10 {report['recall@10']:.4f}, ndcg@10 {report['ndcg@10']:.4f}")
    result = {
        **about,
        "validation": validation,
        "test": report.to_dict(),
        "fit_seconds": round(fit_seconds, 2),
        **{name: round(value, 2) for name, value in seconds.items()},
        "peak_memory_mb": round(peak_memory_mb(), 1),
        "settings": asdict(tuning.settings),
        "trials": [{**trial.changed, "ndcg": trial.ndcg} for trial in tuning.trials],
        "peers": {},
    }
    return Measured(model=model, report=report, result=result)


def on_validation(
    inputs: ModelInputs, split: Split, settings: LinearSettings, seed: int, progress: Progress
) -> dict[str, Any]:
    """Return what a model fitted on the split's train reaches on it; nothing where it asks nobody."""
    if len(split) == 0:
        return {}
    model = LinearModel.fit(inputs.with_histories(split.train), settings, progress=progress, seed=seed)
    return evaluate(model, split, seed=seed, progress=progress).to_dict()


def peer_figures(
    questions: Mapping[str, Question],
    n_products: int,
    ours: Report,
    progress: Progress,
    *,
    sasrec_minutes: float,
    names: Sequence[str] = PEERS,
) -> dict[str, Mapping[str, Any]]:
    """Fit the peers and judge them on the same questions; each is tested against our per-user figures.

    Args:
        questions: the same question with other event weights, by what they are called: each peer keeps those that
            serve it best on validation, but SASRec, which has no weights, gets the first. One without a choice.
        n_products: number of products.
        ours: our report on the test.
        progress: is told of each peer.
        sasrec_minutes: limit for SASRec, which comes last; 0 leaves it out.
        names: which of the others.
    """
    first = next(iter(questions.values()))
    fits: dict[str, Callable[[], Mapping[str, Any]]] = {
        name: partial(_peer, name, questions, n_products, ours) for name in names
    }
    fits["sasrec"] = partial(_sasrec, first, n_products, ours, sasrec_minutes)
    figures: dict[str, Mapping[str, Any]] = {}
    for done, (name, fit) in enumerate(fits.items()):
        progress("fitting peers", done, len(fits))
        figures[name] = found = fit()
        if "test" in found:
            console.print(
                f"· {name}: recall@10 {found['test']['recall@10']:.4f}, ndcg@10 {found['test']['ndcg@10']:.4f}"
            )
    progress("fitting peers", len(fits), len(fits))
    return figures


def _peer(name: str, questions: Mapping[str, Question], n_products: int, ours: Report) -> Mapping[str, Any]:
    best: tuple[str, Peer, Report] | None = None
    for label, question in questions.items():
        peer = next(iter(peers(question.validation.train, n_products, names=(name,), validation=question.validation)))
        if isinstance(peer.scorer, str):
            return {"reason": peer.scorer}
        report = evaluate(peer.scorer, question.validation)
        if best is None or report["ndcg@10"] > best[2]["ndcg@10"]:
            best = label, peer, report
    assert best is not None, "there is at least one question"
    label, peer, report = best
    settings = {name: peer.settings}
    known = questions[label].known
    fitted = next(iter(peers(known, n_products, names=(name,), settings=settings)))
    scorer: Scorer = fitted.scorer  # type: ignore[assignment]
    test = evaluate(scorer, questions[label].test)
    weights = {"event_weights": label} if len(questions) > 1 else {}
    return {
        "validation": report.to_dict(),
        "test": test.to_dict(),
        "fit_seconds": round(fitted.fit_seconds, 2),
        "settings": {**peer.settings, **weights},
        "ndcg@10_difference": difference(ours, test),
    }


def _sasrec(question: Question, n_products: int, ours: Report, minutes: float) -> Mapping[str, Any]:
    answer = sasrec_answer(question.validation, question.known, question.test, n_products, minutes=minutes)
    if isinstance(answer, str):
        return {"reason": answer}
    if answer.settings["stopped_by_time"]:
        console.print(
            f"· sasrec: time ended its training after {answer.settings['epochs_tried']} epochs; "
            "more --sasrec-minutes may give better figures"
        )
    test = evaluate(answer.test, question.test)
    return {
        "validation": evaluate(answer.validation, question.validation).to_dict(),
        "test": test.to_dict(),
        "fit_seconds": round(answer.fit_seconds, 2),
        "tune_seconds": round(answer.tune_seconds, 2),
        "settings": answer.settings,
        "ndcg@10_difference": difference(ours, test),
    }


def difference(ours: Report, other: Report, key: str = "ndcg@10") -> dict[str, Any]:
    """Return how far we are ahead of another model, with its interval and p-value."""
    pair = ours.against(other, key)
    return {"mean": pair.difference, "interval": [pair.low, pair.high], "p_value": pair.p_value}


def show(result: Mapping[str, Any], keys: Sequence[str]) -> None:
    """Print the tables."""
    console.print(quality_table("validation", {"kgrec": result["validation"]}, keys))
    rows = {"kgrec": result["test"]}
    rows |= {name: peer.get("test", peer) for name, peer in result["peers"].items()}
    console.print(quality_table("test", rows, keys))
    if "cold" in result:
        cold = result["cold"]
        for title, part in (("cold products, among themselves", "test"), ("cold products, among all", "among_all")):
            rows = {"kgrec": cold if part == "test" else cold[part]}
            rows |= {name: peer.get(part, peer) for name, peer in cold["peers"].items()}
            console.print(quality_table(title, rows, keys))
        if "warm" in cold:
            warm = {"among all": cold["warm"], "without the cold ones": cold["warm_alone"]}
            console.print(quality_table("warm products", warm, keys))
    console.print(
        f"fit {result['fit_seconds']} s · choosing settings {result['tune_seconds']} s · "
        f"text vectors {result['encode_seconds']} s · peak memory {result['peak_memory_mb']:.0f} MB"
    )
    console.print(f"settings: {result['settings']}")
