"""What each kind of vector index costs and finds, on generated clustered vectors, one thread.

Recall is measured on questions of its own, sums of two vectors near each other, against every vector in float32. The
filters keep a random share of the products; "filled" is the share of 10 answers that came back, where 10 may be shown.

    python benchmarks/index.py --items 100000 --dimension 384 --json index.json
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from measuring import console, write_json
from numpy.typing import NDArray
from rich.table import Table

from kgrec.retrieval import FaissIndex, IndexSettings, build_index, nearest_allowed
from kgrec.retrieval.index import unit_rows

KINDS = ("flat", "sq8", "ivf")
SHARES = (0.5, 0.1, 0.01, 0.001)
CLUSTER = 200
SHOWN = (
    "built_as",
    "build_seconds",
    "bytes",
    "nprobe",
    "recall@10",
    "recall@100",
    "query_p50_ms",
    "query_p99_ms",
    *(f"filled_{share:g}" for share in SHARES),
    *(f"filtered_recall_{share:g}" for share in SHARES),
    *(f"filtered_p50_ms_{share:g}" for share in SHARES),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=100_000, help="number of vectors")
    parser.add_argument("--dimension", type=int, default=384)
    parser.add_argument("--queries", type=int, default=200, help="questions asked of each kind")
    parser.add_argument("--spread", type=float, default=1.0, help="noise around a cluster's centre; its length is 1")
    parser.add_argument("--json", type=Path, default=None, help="write the figures to this file")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    faiss.omp_set_num_threads(1)
    vectors = clustered(arguments.items, arguments.dimension, arguments.spread, arguments.seed)
    queries = questions(vectors, arguments.queries, arguments.seed)
    figures = {}
    for kind in KINDS:
        with console.status(f"{kind}, {arguments.items:,} vectors"):
            index = build_index(vectors, IndexSettings(kind=kind, seed=arguments.seed))  # type: ignore[arg-type]
            figures[kind] = measured(index, vectors, queries, arguments.seed)
    result = {
        "items": arguments.items,
        "dimension": arguments.dimension,
        "spread": arguments.spread,
        "vector_bytes": vectors.nbytes,
        "kinds": figures,
    }
    show(result)
    write_json(arguments.json, result)


def clustered(n: int, dimension: int, spread: float, seed: int) -> NDArray[np.float32]:
    """Return unit rows, float32 (n, dimension), around n / 200 centres of power-law size."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((max(n // CLUSTER, 1), dimension), np.float32)
    size = 1 / np.arange(1, len(centres) + 1) ** 0.5
    vectors = centres[rng.choice(len(centres), n, p=size / size.sum())]
    for start in range(0, n, 1 << 16):
        rows = vectors[start : start + (1 << 16)]
        rows += np.float32(spread) * rng.standard_normal(rows.shape, np.float32)
    return unit_rows(vectors)


def questions(vectors: NDArray[np.float32], count: int, seed: int) -> NDArray[np.float32]:
    """Return profiles of two products each, the second among the nearest of the first; float32 (count, d)."""
    rng = np.random.default_rng(seed + 1)
    first = vectors[rng.choice(len(vectors), count)]
    near = FaissIndex(vectors).search(first, 20)[1]
    return unit_rows(first + vectors[near[np.arange(count), rng.integers(1, 20, count)]])


def measured(
    index: FaissIndex, vectors: NDArray[np.float32], queries: NDArray[np.float32], seed: int
) -> dict[str, Any]:
    """Ask one index, with filters and without."""
    truth = FaissIndex(vectors).search(queries, 100)[0]
    figures: dict[str, Any] = {"built_as": index.report.kind, **asdict(index.report)}
    for k in (10, 100):
        found = index.search(queries, k)[0]
        figures[f"recall@{k}"] = float(np.mean(found >= truth[:, k - 1 : k] - 2e-6))
    seconds = []
    for query in queries:
        started = time.perf_counter()
        index.search(query[None, :], 10)
        seconds.append(time.perf_counter() - started)
    figures["query_p50_ms"], figures["query_p99_ms"] = (float(np.quantile(seconds, q)) * 1e3 for q in (0.5, 0.99))
    rng = np.random.default_rng(seed + 2)
    for share in SHARES:
        allowed = rng.random(len(vectors)) < share
        for name, value in filtered(index, vectors, queries[:50], allowed).items():
            figures[f"{name}_{share:g}"] = value
    return figures


def filtered(
    index: FaissIndex, vectors: NDArray[np.float32], queries: NDArray[np.float32], allowed: NDArray[np.bool_]
) -> Mapping[str, float]:
    """Ask for 10 of those that may be shown."""
    kept = np.flatnonzero(allowed)
    wanted = min(10, len(kept))
    filled, right, seconds = [], [], []
    for query in queries:
        started = time.perf_counter()
        nums, cosines = nearest_allowed(index.search, vectors, query, allowed, 10)
        seconds.append(time.perf_counter() - started)
        true = np.sort(vectors[kept] @ query)[::-1][:wanted]
        similar = int(np.count_nonzero(true > 0))
        filled.append(len(nums) / max(similar, 1))
        right.append(np.count_nonzero(cosines >= true[max(similar - 1, 0)] - 2e-6) / max(similar, 1))
    return {
        "filled": float(np.mean(filled)),
        "filtered_recall": float(np.mean(right)),
        "filtered_p50_ms": float(np.median(seconds)) * 1e3,
    }


def show(result: Mapping[str, Any]) -> None:
    """Print the kinds side by side, and why one was replaced."""
    kinds = result["kinds"]
    table = Table(title=f"{result['items']:,} vectors of {result['dimension']} dimensions", title_justify="left")
    table.add_column("")
    for kind in kinds:
        table.add_column(kind, justify="right")
    for key in SHOWN:
        table.add_row(key, *[shown(kinds[kind][key]) for kind in kinds])
    console.print(table)
    for figures in kinds.values():
        console.print(figures["why"], highlight=False)


def shown(value: object) -> str:
    """Return a figure as it is printed."""
    return f"{value:.4g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)


if __name__ == "__main__":
    main()
