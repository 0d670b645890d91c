"""What re-ranking adds to retrieval: each stage apart, and their blend; warm and cold products; milliseconds a query.

Leave-one-out with full ranking over all products. Retrieval proposes 200. The re-rankers and the blend are learned on
validation, by a retrieval that did not see it; for the test, retrieval and the sequence model are fitted once more on
everything but the test products.

    python benchmarks/rerank.py --data ../shared/data/amazon-beauty --json rerank.json
"""

from __future__ import annotations

import json
import time
from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from comparing import chosen, facts_of, text_vectors
from layouts import load_leave_one_out
from leave_one_out import all_but_last
from measuring import common_arguments, console, peak_memory_mb, write_json
from numpy.typing import NDArray
from rich.table import Table

from kgrec.data import Histories, Pool, Targets
from kgrec.evaluation import cold_split, leave_one_out, paired_test
from kgrec.evaluation.intervals import bootstrap
from kgrec.graph import Graph
from kgrec.pipeline import model_inputs
from kgrec.protocols import Progress, Reranker
from kgrec.ranking import (
    BlendSettings,
    CrossEncoderReranker,
    CrossEncoderSettings,
    FixedShelf,
    RankingStages,
    SequenceReranker,
    SequenceSettings,
    Stage,
    StagesSettings,
    learn_stages,
    pool_ndcg,
)
from kgrec.ranking.latency import Latency, latency
from kgrec.retrieval import LinearModel, LinearSettings, ModelInputs, centred, propose_pools
from kgrec.serving.progress import drawn_progress
from kgrec.tuning import validation_split

COLD_SHARE = 0.2
TIMED = 300


@dataclass(frozen=True, kw_only=True, eq=False)
class Asked:
    """A question to re-rankers: what they may learn from, the pools of retrieval, and what is wanted of them."""

    known: Histories
    pools: list[Pool]
    targets: Targets


def main() -> None:
    parser = common_arguments(__doc__.splitlines()[0])
    parser.add_argument("--facts", choices=("declared", "rules"), default="rules")
    parser.add_argument("--settings", type=Path, default=None, help="JSON of another run, whose `settings` are taken")
    parser.add_argument("--candidates", type=int, default=200, help="what retrieval proposes")
    parser.add_argument("--blend", choices=("auto", "listwise", "pointwise"), default="auto", help="how it is learned")
    parser.add_argument("--epochs", type=int, default=SequenceSettings().epochs, help="most, of the sequence model")
    parser.add_argument("--minutes", type=float, default=25.0, help="most, of each training of the sequence model")
    parser.add_argument("--cross-minutes", type=float, default=0.0, help="train a cross-encoder for so long; 0: none")
    parser.add_argument("--cross-users", type=int, default=500, help="test users that the cross-encoder is judged by")
    parser.add_argument("--no-cold", action="store_true", help="leave out the cold products")
    arguments = parser.parse_args()
    with drawn_progress() as progress:
        result = measured(arguments, progress)
    write_json(arguments.json, result)
    show(result)


def measured(arguments: Namespace, progress: Progress) -> dict[str, Any]:
    folder = load_leave_one_out(arguments.data)
    for note in folder.notes:
        console.print(f"· {note}")
    split = leave_one_out(folder.histories)
    facts = facts_of(folder.catalogue, arguments.facts, progress)
    graph = Graph.from_facts(folder.catalogue.ids, facts)
    vectors, _ = text_vectors(folder.catalogue, facts, arguments, progress)
    inputs = model_inputs(graph, split.validation.train, vectors)
    settings = retrieval_settings(inputs, split.validation, arguments, progress)
    texts = np.zeros((inputs.n, 0), np.float32) if vectors is None else centred(vectors)

    def shelf_of(histories: Histories) -> FixedShelf:
        touched = np.bincount(histories.items, minlength=inputs.n)
        return FixedShelf(catalogue=folder.catalogue, graph=graph, vectors=texts, popularity=touched)

    def ask(known: Histories, queries: Histories, targets: Targets, only: NDArray[np.int32] | None = None) -> Asked:
        model = LinearModel.fit(inputs.with_histories(known), settings, seed=arguments.seed)
        pools = propose_pools(model, queries, arguments.candidates, only=only, progress=progress)
        return Asked(known=known, pools=pools, targets=targets)

    validation = ask(split.validation.train, split.validation.queries, split.validation.targets)
    test = ask(all_but_last(folder.histories), split.test.queries, split.test.targets)
    result: dict[str, Any] = {
        "data": arguments.data.name,
        "used": folder.notes,
        "products": inputs.n,
        "users": len(folder.histories),
        "candidates": arguments.candidates,
    }
    result |= reranked(validation, test, shelf_of, arguments, progress)
    if arguments.cross_minutes > 0:
        earlier = validation_split(split.validation.train, seed=arguments.seed)
        lessons = ask(earlier.train, earlier.queries, earlier.targets)
        result["stages"]["cross_encoder"] = cross_encoder(lessons, validation, test, shelf_of, arguments, progress)
    if not arguments.no_cold:
        result["cold"] = cold(folder.histories, split, inputs.n, ask, shelf_of, arguments, progress)
    result["peak_memory_mb"] = round(peak_memory_mb(), 1)
    return result


def retrieval_settings(inputs: ModelInputs, split: Any, arguments: Namespace, progress: Progress) -> LinearSettings:
    if arguments.settings is not None:
        content = json.loads(arguments.settings.read_text())
        return LinearSettings(**content.get("settings", content))
    return chosen(inputs, split, arguments, progress, base=LinearSettings())[0].settings


def reranked(validation: Asked, test: Asked, shelf_of: Any, arguments: Namespace, progress: Progress) -> dict[str, Any]:
    """Learn on validation, train again for the test, and judge every stage there."""
    settings = SequenceSettings(epochs=arguments.epochs, max_minutes=arguments.minutes, seed=arguments.seed)
    started = time.perf_counter()
    before = SequenceReranker.train(
        validation.known,
        shelf_of(validation.known),
        settings,
        pools=validation.pools,
        targets=validation.targets,
        progress=progress,
    )
    train_seconds = time.perf_counter() - started
    console.print(f"· sequence model: {len(before.epochs)} epochs in {train_seconds:.0f} s")
    started = time.perf_counter()
    blend = BlendSettings(kind=arguments.blend, seed=arguments.seed)
    learned = learn_stages(
        [Stage(before, arguments.candidates)],
        validation.pools,
        validation.targets,
        shelf_of(validation.known),
        blend=blend,
        settings=StagesSettings(pool=arguments.candidates, seconds=30.0),
        progress=progress,
    )
    blend_seconds = time.perf_counter() - started
    report = learned.blends["sequence",].report
    console.print(f"· blend on validation: {report}")
    started = time.perf_counter()
    shelf = shelf_of(test.known)
    after = SequenceReranker.train(test.known, shelf, settings, stop_after=before.best_epochs, progress=progress)
    again_seconds = time.perf_counter() - started
    stages = RankingStages([Stage(after, arguments.candidates)], learned.blends, learned.settings)
    scores = after.score(test.pools, shelf)
    ranked = [stages.rank(pool, shelf) for pool in test.pools]
    columns = {
        "retrieval": [pool.retrieval for pool in test.pools],
        "sequence": scores,
        "blend": [one.scores for one in ranked],
    }
    judged = {name: quality(each, test) for name, each in columns.items()}
    times = latencies(after, stages, test.pools, shelf)
    figures = {name: {**summary(judged[name]), **times[name]} for name in judged}
    figures["sequence"] |= {"train_seconds": round(train_seconds, 1), "again_seconds": round(again_seconds, 1)}
    figures["blend"] |= {
        "train_seconds": round(blend_seconds, 1),
        "validation": {"retrieval": report.retrieval, "blend": report.blend, "p_value": report.p_value},
        "kind": report.kind,
        "kept": report.kept,
    }
    return {
        "stages": {**figures, "cross_encoder": {"reason": "not run: --cross-minutes trains one"}},
        "lift": {name: lift(judged["blend"][name], judged["retrieval"][name]) for name in ("recall@10",)}
        | lift(judged["blend"]["ndcg@10"], judged["retrieval"]["ndcg@10"], "ndcg@10"),
        "degraded": sum(one.degraded for one in ranked),
    }


def cross_encoder(
    lessons: Asked, validation: Asked, test: Asked, shelf_of: Any, arguments: Namespace, progress: Progress
) -> dict[str, Any]:
    """Train a cross-encoder on retrieval's own candidates, and judge it and its blend with retrieval on some users."""
    settings = CrossEncoderSettings(max_minutes=arguments.cross_minutes, seed=arguments.seed)
    started = time.perf_counter()
    model = CrossEncoderReranker.train(
        lessons.pools, lessons.targets, shelf_of(lessons.known), settings=settings, progress=progress
    )
    seconds = time.perf_counter() - started
    stage = Stage(model, 50, lists=2 * arguments.cross_users)
    stages = learn_stages(
        [stage],
        validation.pools,
        validation.targets,
        shelf_of(validation.known),
        blend=BlendSettings(kind=arguments.blend, seed=arguments.seed),
        settings=StagesSettings(pool=arguments.candidates, seconds=60.0),
        progress=progress,
    )
    drawn = np.random.default_rng(arguments.seed).permutation(len(test.pools))[: arguments.cross_users]
    some = Asked(known=test.known, pools=[test.pools[at] for at in drawn.tolist()], targets=test.targets.select(drawn))
    shelf = shelf_of(test.known)
    ranked = [stages.rank(pool, shelf) for pool in some.pools]
    before, after = (
        quality(each, some) for each in ([pool.retrieval for pool in some.pools], [one.scores for one in ranked])
    )
    report = stages.blends[tuple(stages.describe()["rerankers"])].report
    return {
        **summary(after),
        "users": len(some.pools),
        "retrieval_of_them": summary(before),
        **milliseconds(latency(model, some.pools[:TIMED], shelf, candidates=50)),
        "train_seconds": round(seconds, 1),
        "kept": report.kept,
        "validation": {"retrieval": report.retrieval, "blend": report.blend, "p_value": report.p_value},
    }


def cold(
    histories: Histories, split: Any, n: int, ask: Any, shelf_of: Any, arguments: Namespace, progress: Progress
) -> dict[str, Any]:
    """Do the same for products without an event: ranked among themselves, learned on others that were hidden too."""
    known = all_but_last(histories)
    hidden = cold_split(known, fraction=COLD_SHARE, seed=arguments.seed, n=n)
    test_question = hidden.among(hidden.cold)
    again = cold_split(hidden.train, fraction=COLD_SHARE, seed=arguments.seed + 1, n=n)
    validation_question = again.among(again.cold)
    validation = ask(again.train, validation_question.queries, validation_question.targets, again.cold)
    test = ask(hidden.train, test_question.queries, test_question.targets, hidden.cold)
    return {
        "products": len(hidden.cold),
        "users": len(test.pools),
        **reranked(validation, test, shelf_of, arguments, progress),
    }


def quality(scores: Sequence[NDArray[np.float32]], asked: Asked, k: int = 10) -> dict[str, NDArray[np.float64]]:
    """Return recall@k and NDCG@k of each user; what retrieval did not propose is missed."""
    recall = np.zeros(len(asked.pools))
    for at, (mine, pool) in enumerate(zip(scores, asked.pools, strict=True)):
        right = asked.targets.row(at)
        best = pool.candidates[np.argsort(-mine, kind="stable")[:k]]
        recall[at] = np.isin(best, right).sum() / len(right)
    return {f"recall@{k}": recall, f"ndcg@{k}": pool_ndcg(scores, asked.pools, asked.targets, k)}


def summary(columns: Mapping[str, NDArray[np.float64]]) -> dict[str, Any]:
    found = {name: bootstrap(values) for name, values in columns.items()}
    return {name: one.mean for name, one in found.items()} | {
        "interval": {name: [one.low, one.high] for name, one in found.items()}
    }


def lift(blend: NDArray[np.float64], retrieval: NDArray[np.float64], name: str | None = None) -> dict[str, Any]:
    ratio = float(blend.mean() / retrieval.mean()) if retrieval.mean() > 0 else float("nan")
    p_value = paired_test(blend, retrieval).p_value
    return {name: ratio, "p_value": p_value} if name else {"ratio": ratio, "p_value": p_value}


def latencies(
    sequence: Reranker, stages: RankingStages, pools: Sequence[Pool], shelf: FixedShelf
) -> dict[str, dict[str, float]]:
    """Return milliseconds of one query at a time: the sequence model on 50 candidates, the stages on all of them."""
    drawn = np.random.default_rng(0).choice(len(pools), min(TIMED, len(pools)), replace=False)
    asked = [pools[at] for at in drawn.tolist()]
    return {
        "retrieval": {},
        "sequence": milliseconds(latency(sequence, asked, shelf, candidates=50)),
        "blend": milliseconds(latency(stages, asked, shelf)),
    }


def milliseconds(spent: Latency) -> dict[str, float]:
    return {"p50_ms": round(spent.p50_ms, 3), "p95_ms": round(spent.p95_ms, 3)}


def show(result: Mapping[str, Any]) -> None:
    for title, part in (("all products", result), ("cold products, among themselves", result.get("cold"))):
        if part is None:
            continue
        table = Table(title=title, title_justify="left")
        for name in ("stage", "recall@10", "ndcg@10", "p50 ms", "p95 ms", "training s"):
            table.add_column(name, justify="left" if name == "stage" else "right")
        for name, row in part["stages"].items():
            if "reason" in row:
                table.add_row(name, row["reason"])
                continue
            cells = [f"{row[key]:.4f}" for key in ("recall@10", "ndcg@10")]
            cells += [str(row.get(key, "–")) for key in ("p50_ms", "p95_ms", "train_seconds")]
            table.add_row(name, *cells)
        console.print(table)
        lifted = part["lift"]
        console.print(
            f"blend over retrieval: ndcg@10 ×{lifted['ndcg@10']:.3f} (p {lifted['p_value']:.2g}), "
            f"recall@10 ×{lifted['recall@10']['ratio']:.3f} (p {lifted['recall@10']['p_value']:.2g})"
        )


if __name__ == "__main__":
    main()
