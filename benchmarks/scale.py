"""How time and memory grow with the shop: generated shops of several sizes, fitted and asked.

Each size runs in a process of its own, so that its peak memory is its own. The shops have 10 events a product, in
clusters of about 100 products with power-law popularity; there is no text, whose vectors are a cost apart.

    python benchmarks/scale.py --items 10000,100000 --json scale.json
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
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
from kgrec.testing import clustered_arrays

CLUSTER = 100
HISTORY = 50
SHOWN = (
    "fit_seconds",
    "peak_memory_mb",
    "weights",
    "recommend_p50_ms",
    "recommend_p99_ms",
    "explain_p50_ms",
    "own_cluster_share",
    "shares_max_relative_error",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", default="10000,100000", help="sizes of the shops, separated by commas")
    parser.add_argument("--queries", type=int, default=1_000, help="questions asked of each")
    parser.add_argument("--json", type=Path, default=None, help="write the figures to this file")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--one", type=int, default=None, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one is not None:
        sys.stdout.write(json.dumps(one_size(arguments.one, arguments.queries, arguments.seed)))
        return
    sizes = sorted(int(size) for size in arguments.items.split(","))
    figures: dict[str, Any] = {}
    for size in sizes:
        with console.status(f"{size:,} products"):
            figures[str(size)] = in_own_process(size, arguments.queries, arguments.seed)
    result = summary(sizes, figures)
    show(result)
    write_json(arguments.json, result)


def in_own_process(size: int, queries: int, seed: int) -> Any:
    """Measure one size in a fresh process."""
    command = [sys.executable, __file__, "--one", str(size), "--queries", str(queries), "--seed", str(seed)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{size:,} products failed:\n{done.stderr}")
    return json.loads(done.stdout)


def one_size(size: int, queries: int, seed: int) -> dict[str, float]:
    """Generate, fit and ask one shop."""
    settings = LinearSettings()
    warm_up(settings)
    started = time.perf_counter()
    shop = clustered_arrays(size, size, clusters=max(size // CLUSTER, 1), seed=seed)
    knowledge = Knowledge.of(
        size, shop.product, shop.value, shop.value_relation, shop.relations, hub_share=settings.hub_share
    )
    inputs = ModelInputs.of(size, shop.histories, knowledge, None, text_neighbours=0)
    generated, before = time.perf_counter(), peak_memory_mb()
    model = LinearModel.fit(inputs, settings, seed=seed)
    fitted = time.perf_counter()
    asked = histories_to_ask(shop.product_cluster, queries, seed)
    answers = ask(model, asked, shop.product_cluster)
    return {
        "generate_seconds": round(generated - started, 2),
        "fit_seconds": round(fitted - generated, 2),
        "memory_before_fit_mb": round(before, 1),
        "peak_memory_mb": round(peak_memory_mb(), 1),
        "events": len(shop.histories.items),
        "weights": len(model.weights),
        **answers,
    }


def warm_up(settings: LinearSettings) -> None:
    """Compile the loops on a tiny shop, so that the fit is timed and not the compiler."""
    shop = clustered_arrays(200, 200, clusters=2)
    knowledge = Knowledge.of(200, shop.product, shop.value, shop.value_relation, shop.relations, hub_share=1.0)
    model = LinearModel.fit(ModelInputs.of(200, shop.histories, knowledge, None, text_neighbours=0), settings)
    ask(model, histories_to_ask(shop.product_cluster, 2, 0), shop.product_cluster)


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


def summary(sizes: Sequence[int], figures: Mapping[str, Any]) -> dict[str, Any]:
    """Return the growth exponents (least squares in log–log) and the worst figures over the sizes."""
    largest = figures[str(sizes[-1])]
    return {
        "fit_exponent": exponent(sizes, [figures[str(size)]["fit_seconds"] for size in sizes]),
        "memory_exponent": exponent(sizes, [figures[str(size)]["peak_memory_mb"] for size in sizes]),
        "recommend_p50_ms": largest["recommend_p50_ms"],
        "recommend_p99_ms": largest["recommend_p99_ms"],
        "shares_max_relative_error": max(figures[str(size)]["shares_max_relative_error"] for size in sizes),
        "sizes": dict(figures),
    }


def exponent(sizes: Sequence[int], values: Sequence[float]) -> float | None:
    """Return the slope of log value over log size; None for a single size."""
    if len(sizes) < 2:
        return None
    return round(float(np.polyfit(np.log(sizes), np.log(np.maximum(values, 1e-9)), 1)[0]), 3)


def show(result: Mapping[str, Any]) -> None:
    """Print the figures of each size and the growth."""
    table = Table(title="generated shops, 10 events a product, no text", title_justify="left")
    table.add_column("products", justify="right")
    for name in SHOWN:
        table.add_column(name, justify="right")
    for size, figures in result["sizes"].items():
        table.add_row(f"{int(size):,}", *[f"{figures[name]:.4g}" for name in SHOWN])
    console.print(table)
    console.print(f"fit grows with n^{result['fit_exponent']}, peak memory with n^{result['memory_exponent']}")


if __name__ == "__main__":
    main()
