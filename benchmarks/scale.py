"""How time and memory grow with the shop: generated shops of several sizes, fitted and asked.

Each size runs in a process of its own, so that its peak memory is its own. The shops have 10 events a product, in
clusters of about 100 products with power-law popularity; there is no text, whose vectors are a cost apart. The weights
are fitted by shards into a folder, opened from there as mapped files, and asked through the map. With ``--peers``
implicit's ALS is fitted on the same events and asked the same histories: how long it takes to answer does not depend on
how long it was trained, so it is trained for one iteration.

    python benchmarks/scale.py --items 10000,100000 --json scale.json
    python benchmarks/scale.py --items 10000,100000,1000000 --peers
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from measuring import console, peak_memory_mb, write_json
from numpy.typing import NDArray
from rich.table import Table

from kgrec.data import Histories
from kgrec.retrieval import Knowledge, LinearModel, LinearSettings, ModelInputs, recency_weights
from kgrec.retrieval.shards import ShardFolder
from kgrec.retrieval.solver import source_names
from kgrec.testing import clustered_arrays

CLUSTER = 100
HISTORY = 50
SHOWN = {
    "fit_seconds": "fit s",
    "peak_memory_mb": "peak MB",
    "weights": "weights",
    "open_seconds": "open s",
    "recommend_p50_ms": "p50 ms",
    "recommend_p99_ms": "p99 ms",
    "explain_p50_ms": "explained p50 ms",
    "many_per_second": "batch, a second",
    "als_p50_ms": "ALS p50 ms",
    "own_cluster_share": "own cluster",
    "shares_max_relative_error": "error of shares",
}
ALS_FACTORS = 64


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", default="10000,100000", help="sizes of the shops, separated by commas")
    parser.add_argument("--queries", type=int, default=1_000, help="questions asked of each")
    parser.add_argument("--json", type=Path, default=None, help="write the figures to this file")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--peers", action="store_true", help="ask implicit's ALS the same")
    parser.add_argument("--one", type=int, default=None, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one is not None:
        sys.stdout.write(json.dumps(one_size(arguments.one, arguments.queries, arguments.seed, arguments.peers)))
        return
    sizes = sorted(int(size) for size in arguments.items.split(","))
    figures: dict[str, Any] = {}
    for size in sizes:
        with console.status(f"{size:,} products"):
            figures[str(size)] = in_own_process(size, arguments.queries, arguments.seed, arguments.peers)
    result = summary(sizes, figures)
    show(result)
    write_json(arguments.json, result)


def in_own_process(size: int, queries: int, seed: int, peers: bool) -> Any:
    """Measure one size in a fresh process."""
    command = [sys.executable, __file__, "--one", str(size), "--queries", str(queries), "--seed", str(seed)]
    command += ["--peers"] if peers else []
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{size:,} products failed:\n{done.stderr}")
    return json.loads(done.stdout)


def one_size(size: int, queries: int, seed: int, peers: bool) -> dict[str, Any]:
    """Generate, fit and ask one shop."""
    settings = LinearSettings()
    with tempfile.TemporaryDirectory(prefix="kgrec-scale-") as folder:
        warm_up(settings, Path(folder) / "warm-up")
        started = time.perf_counter()
        shop = clustered_arrays(size, size, clusters=max(size // CLUSTER, 1), seed=seed)
        knowledge = Knowledge.of(
            size, shop.product, shop.value, shop.value_relation, shop.relations, hub_share=settings.hub_share
        )
        inputs = ModelInputs.of(size, shop.histories, knowledge, None, text_neighbours=0)
        generated, before = time.perf_counter(), peak_memory_mb()
        shards = Path(folder) / "fit"
        LinearModel.fit(inputs, settings, shards=shards, seed=seed)
        fitted, peak = time.perf_counter(), peak_memory_mb()
        rows, factors = ShardFolder(shards).rows()
        model = LinearModel.of_rows(rows, settings, source_names(knowledge), factors)
        opened = time.perf_counter()
        asked = histories_to_ask(shop.product_cluster, queries, seed)
        return {
            "generate_seconds": round(generated - started, 2),
            "fit_seconds": round(fitted - generated, 2),
            "memory_before_fit_mb": round(before, 1),
            "peak_memory_mb": round(peak, 1),
            "events": len(shop.histories.items),
            "weights": len(model.weights),
            "open_seconds": round(opened - fitted, 4),
            **ask(model, asked, shop.product_cluster),
            **ask_many(model, asked),
            **(ask_als(shop.histories, asked, size, seed) if peers else {}),
        }


def warm_up(settings: LinearSettings, folder: Path) -> None:
    """Compile the loops on a tiny shop, so that the fit is timed and not the compiler."""
    shop = clustered_arrays(200, 200, clusters=2)
    knowledge = Knowledge.of(200, shop.product, shop.value, shop.value_relation, shop.relations, hub_share=1.0)
    inputs = ModelInputs.of(200, shop.histories, knowledge, None, text_neighbours=0)
    model = LinearModel.fit(inputs, settings, shards=folder)
    asked = histories_to_ask(shop.product_cluster, 2, 0)
    ask(model, asked, shop.product_cluster)
    ask_many(model, asked)


def histories_to_ask(cluster: NDArray[np.int32], queries: int, seed: int) -> Histories:
    """Return histories of 50 products, four fifths of each from one cluster."""
    rng = np.random.default_rng(seed + 1)
    by_cluster = np.argsort(cluster, kind="stable")
    bounds = np.searchsorted(cluster[by_cluster], np.arange(int(cluster.max()) + 2))
    rows = []
    for _ in range(queries):
        own = int(rng.integers(len(bounds) - 1))
        members = by_cluster[bounds[own] : bounds[own + 1]]
        inside = rng.choice(members, size=min(HISTORY * 4 // 5, len(members)), replace=False)
        outside = rng.choice(len(cluster), size=HISTORY - len(inside), replace=False)
        rows.append(np.unique(np.concatenate([outside, inside])))
        rng.shuffle(rows[-1])
    return Histories.of(rows)


def ask(model: LinearModel, asked: Histories, cluster: NDArray[np.int32]) -> dict[str, float]:
    """Time recommendations with and without contributions, and check that contributions sum to the score."""
    plain, explained, errors, own = [], [], [0.0], []
    for user in range(len(asked)):
        query = asked.select(np.array([user]))
        started = time.perf_counter()
        weights = recency_weights(query, model.settings)
        nums, scores = model.propose(query.items, weights, None, 10, hidden=query.items)
        plain.append(time.perf_counter() - started)
        amounts = model.contributions_of(query.items, weights, nums)
        explained.append(time.perf_counter() - started)
        sums = np.array([part.sum() for part in amounts])
        if len(scores):
            errors.append(float(np.max(np.abs(sums - scores) / np.abs(scores))))
            own.append(float(np.mean(cluster[nums] == np.bincount(cluster[query.items]).argmax())))
    return {
        "recommend_p50_ms": round(float(np.percentile(plain, 50)) * 1e3, 4),
        "recommend_p99_ms": round(float(np.percentile(plain, 99)) * 1e3, 4),
        "explain_p50_ms": round(float(np.percentile(explained, 50)) * 1e3, 4),
        "own_cluster_share": round(float(np.mean(own)) if own else 0.0, 4),
        "shares_max_relative_error": max(errors),
    }


def ask_many(model: LinearModel, asked: Histories) -> dict[str, float]:
    """Return how many histories a second are answered in batches, on all threads."""
    started = time.perf_counter()
    model.propose_many(asked, None, 10, hide_history=True)
    return {"many_per_second": round(len(asked) / (time.perf_counter() - started))}


def ask_als(known: Histories, asked: Histories, size: int, seed: int) -> dict[str, Any]:
    """Time implicit's ALS on the same questions: shoppers it knows, and new ones whose factors it works out."""
    try:
        from peers.factors import AlsScorer
        from peers.incidence import touched_matrix

        als = AlsScorer.fit(known, size, factors=ALS_FACTORS, iterations=1, random_state=seed).model
    except ImportError:
        return {"als_reason": "implicit is not installed; make bench-setup installs it"}
    from threadpoolctl import threadpool_limits

    rows, times = touched_matrix(asked, size), {True: [], False: []}
    with threadpool_limits(limits=1, user_api="blas"):
        for recalculate in times:
            for user in range(min(len(asked), 200)):
                row = rows[user]
                started = time.perf_counter()
                als.recommend(user, row, N=10, recalculate_user=recalculate)
                times[recalculate].append(time.perf_counter() - started)
    return {
        "als_p50_ms": round(float(np.percentile(times[False], 50)) * 1e3, 4),
        "als_new_shopper_p50_ms": round(float(np.percentile(times[True], 50)) * 1e3, 4),
    }


def summary(sizes: Sequence[int], figures: Mapping[str, Any]) -> dict[str, Any]:
    """Return the growth exponents (least squares in log–log) and the worst figures over the sizes."""
    largest = figures[str(sizes[-1])]
    return {
        "fit_exponent": exponent(sizes, [figures[str(size)]["fit_seconds"] for size in sizes]),
        "memory_exponent": exponent(sizes, [figures[str(size)]["peak_memory_mb"] for size in sizes]),
        "recommend_p50_ms": largest["recommend_p50_ms"],
        "recommend_p99_ms": largest["recommend_p99_ms"],
        "shares_max_relative_error": max(figures[str(size)]["shares_max_relative_error"] for size in sizes),
        "als_over_recommend": als_ratio(largest),
        "sizes": dict(figures),
    }


def als_ratio(figures: Mapping[str, Any]) -> float | None:
    """Return how many times as long ALS takes for a shopper it knows; None where it was not asked."""
    if "als_p50_ms" not in figures:
        return None
    return round(float(figures["als_p50_ms"] / figures["recommend_p50_ms"]), 1)


def exponent(sizes: Sequence[int], values: Sequence[float]) -> float | None:
    """Return the slope of log value over log size; None for a single size."""
    if len(sizes) < 2:
        return None
    return round(float(np.polyfit(np.log(sizes), np.log(np.maximum(values, 1e-9)), 1)[0]), 3)


def show(result: Mapping[str, Any]) -> None:
    """Print the figures of each size and the growth."""
    table = Table(title="generated shops, 10 events a product, no text", title_justify="left")
    table.add_column("products", justify="right")
    for title in SHOWN.values():
        table.add_column(title, justify="right")
    for size, figures in result["sizes"].items():
        table.add_row(f"{int(size):,}", *[f"{figures[name]:.4g}" if name in figures else "–" for name in SHOWN])
    console.print(table)
    for reason in {figures["als_reason"] for figures in result["sizes"].values() if "als_reason" in figures}:
        console.print(f"ALS: {reason}")
    console.print(f"fit grows with n^{result['fit_exponent']}, peak memory with n^{result['memory_exponent']}")


if __name__ == "__main__":
    main()
