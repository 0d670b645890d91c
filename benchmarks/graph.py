"""What the graph costs and how fast it answers, on a generated catalogue, against networkx and rustworkx.

The catalogue has twelve facts a product: a brand, three levels of a category path, a product type, colour, material,
size, style and three features. How many products carry a value follows a power law, as in shops: the commonest colour
is on about a fifth of all products, most features on a handful.

"Neighbours" is one hop: the values of a random product with their confidences. "Two hops" is the sorted numbers of all
products that share a value with a random product, and how many values each shares; values of more than ``--hub``
products are not followed, since they say nothing and alone would make the answer a large share of the catalogue. The
figures without that limit stand beside it as ``two_hops_all``. Peers follow the same edges under the same limit.

One thread throughout. With several sizes, the top level of the JSON has the figures of the last one, and ``sizes`` has
those of each.

    python benchmarks/graph.py --triples 1000000,10000000 --json graph.json
"""

from __future__ import annotations

import argparse
import gc
import time
from collections.abc import Callable, Sequence
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from measuring import console, peak_memory_mb, write_json
from numpy.typing import NDArray
from rich.table import Table

from kgrec.data import Facts
from kgrec.graph import Graph

SHOWN = (
    "products",
    "values",
    "triples",
    "bytes_per_triple",
    "build_seconds",
    "peak_memory_mb",
    "neighbours_p50_us",
    "neighbours_p99_us",
    "two_hops_p50_ms",
    "two_hops_p99_ms",
    "two_hops_nodes_p50",
    "two_hops_nodes_p99",
    "two_hops_all_p50_ms",
    "two_hops_all_p99_ms",
    "two_hops_all_nodes_p50",
)
PEER_BYTES = {"networkx": 560, "rustworkx": 120}
"""Memory that a peer may take for each triple while it is filled, for the guard."""


class Column(NamedTuple):
    """One relation of the generated catalogue.

    Attributes:
        relation: its name.
        values: how many values it has, for ``n`` products.
        tilt: exponent of the power law; the k-th commonest value has a share ~ 1 / k ** tilt.
    """

    relation: str
    values: Callable[[int], int]
    tilt: float


COLUMNS = (
    Column("brand", lambda n: n // 40, 0.9),
    Column("product_type", lambda n: n // 200, 0.8),
    Column("colour", lambda n: 60, 0.9),
    Column("material", lambda n: 120, 0.9),
    Column("size", lambda n: 4_000, 0.8),
    Column("style", lambda n: 800, 0.8),
    Column("feature", lambda n: n // 8, 0.7),
    Column("feature", lambda n: n // 8, 0.7),
    Column("feature", lambda n: n // 8, 0.7),
)
LEVELS = (20, 20, 10)
"""Children of a category, level by level; 4,000 leaves."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--triples", default="1000000", help="how many, or several sizes with commas between")
    parser.add_argument("--hub", type=int, default=10_000, help="values of more products are not followed in two hops")
    parser.add_argument("--asks", type=int, default=2_000, help="random products asked for")
    parser.add_argument(
        "--peers", action="store_true", help="peers at every size that memory allows, not only up to 1 M"
    )
    parser.add_argument("--json", type=Path, default=None, help="write the figures to this file")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    sizes = {}
    for size in map(int, arguments.triples.split(",")):
        with console.status(f"{size:,} triples"):
            sizes[size] = in_own_process(measured, size, arguments.hub, arguments.asks, arguments.seed)
        for name in PEER_BYTES:
            with console.status(f"{name}, {size:,} triples"):
                sizes[size][name] = peer(name, size, arguments)
    last = list(sizes.values())[-1]
    result = {**last, "hub": arguments.hub, "asks": arguments.asks, "sizes": {str(s): f for s, f in sizes.items()}}
    show(sizes, arguments.hub)
    write_json(arguments.json, result)


def in_own_process(function: Callable[..., Any], *given: Any) -> Any:
    """Call a function in a fresh process, so that memory is its own."""
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(function, given)


# --- the catalogue


def generated(triples: int, seed: int) -> tuple[list[str], Facts]:
    """Return product ids and facts, in Arrow columns from the start."""
    rng = np.random.default_rng(seed)
    n = max(triples // (len(COLUMNS) + len(LEVELS)), 1)
    owners, relations, values = [], [], []
    names = sorted({column.relation for column in COLUMNS} | {"category"})
    texts: list[pa.Array] = []
    offset = 0
    for relation, picks, words in (*columns_of(n, rng), *levels_of(n, rng)):
        owners.append(np.arange(n, dtype=np.int32))
        relations.append(np.full(n, names.index(relation), np.int32))
        values.append((picks + offset).astype(np.int32))
        texts.append(pa.array(words, pa.string()))
        offset += len(words)
    ids = [f"P{num:09d}" for num in range(n)]
    rows = len(relations) * n
    order = rng.permutation(rows)
    owner = np.concatenate(owners)[order]
    one = pa.array(np.zeros(rows, np.int32))
    columns = {
        "product": pa.array(ids).take(pa.array(owner)),
        "relation": pa.DictionaryArray.from_arrays(pa.array(np.concatenate(relations)[order]), pa.array(names)),
        "value": pa.DictionaryArray.from_arrays(pa.array(np.concatenate(values)[order]), pa.concat_arrays(texts)),
        "field": pa.DictionaryArray.from_arrays(one, pa.array(["title"])),
        "start": one,
        "end": one,
        "surface": pa.nulls(rows, pa.string()).fill_null(""),
        "confidence": pa.array(rng.choice(np.array([0.7, 0.8, 0.9, 1.0], np.float32), rows)),
        "extractor": pa.DictionaryArray.from_arrays(one, pa.array(["rules"])),
    }
    return ids, Facts(pa.table(columns))


def columns_of(n: int, rng: np.random.Generator) -> list[tuple[str, NDArray[np.int64], list[str]]]:
    """Draw one value for each product and column, by power laws."""
    drawn = []
    for at, (relation, size, tilt) in enumerate(COLUMNS):
        count = max(size(n), 2)
        share = np.cumsum(1 / np.arange(1, count + 1) ** tilt)
        picks = np.searchsorted(share, rng.random(n) * share[-1])
        drawn.append((relation, picks, [f"{relation} {at} no. {num}" for num in range(count)]))
    return drawn


def levels_of(n: int, rng: np.random.Generator) -> list[tuple[str, NDArray[np.int64], list[str]]]:
    """Draw a leaf of the category tree for each product, and give its whole path, level by level."""
    leaves = int(np.prod(LEVELS))
    share = np.cumsum(1 / np.arange(1, leaves + 1) ** 0.5)
    leaf = rng.permutation(leaves)[np.searchsorted(share, rng.random(n) * share[-1])]
    drawn = []
    paths = [""]
    below = leaves
    for children in LEVELS:
        below //= children
        paths = [f"{path} > part {child}".removeprefix(" > ") for path in paths for child in range(children)]
        drawn.append(("category", leaf // below, paths))
    return drawn


# --- what is measured


def resident_mb() -> float:
    """Return the memory of this process, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def timed(ask: Callable[[int], Any], nums: Sequence[int]) -> NDArray[np.float64]:
    """Return seconds for each question, float64 (len(nums),): the best of three, so that other processes count less."""
    clock = time.perf_counter
    seconds = np.full(len(nums), np.inf)
    for _ in range(3):
        for at, num in enumerate(nums):
            started = clock()
            ask(num)
            seconds[at] = min(clock() - started, seconds[at])
    return seconds


def percentiles(name: str, values: NDArray[np.float64], unit: str = "", scale: float = 1.0) -> dict[str, float]:
    tail = f"_{unit}" if unit else ""
    return {f"{name}_p{rank}{tail}": round(float(np.percentile(values, rank)) * scale, 4) for rank in (50, 99)}


def measured(triples: int, hub: int, asks: int, seed: int) -> dict[str, Any]:
    """Build the graph and ask it."""
    ids, facts = generated(triples, seed)
    gc.collect()
    before = resident_mb()
    started = time.perf_counter()
    graph = Graph.from_facts(ids, facts, keep_sources=False)
    seconds = time.perf_counter() - started
    del facts
    gc.collect()
    pa.default_memory_pool().release_unused()
    nums = np.random.default_rng(seed + 1).integers(0, len(ids), asks).tolist()
    few = nums[: max(asks // 10, 10)]
    return {
        "products": len(graph.product_ids),
        "values": len(graph.values),
        "triples": len(graph),
        "bytes_per_triple": round(graph.nbytes_per_triple, 3),
        "build_seconds": round(seconds, 3),
        "peak_memory_mb": round(peak_memory_mb(), 1),
        "memory_before_build_mb": round(before, 1),
        **percentiles("neighbours", timed(graph.neighbours, nums), "us", 1e6),
        **percentiles("two_hops", timed(lambda num: graph.related(num, hub=hub), nums), "ms", 1e3),
        **percentiles("two_hops_nodes", np.array([len(graph.related(num, hub=hub)[0]) for num in nums])),
        **percentiles("two_hops_all", timed(graph.related, few), "ms", 1e3),
        **percentiles("two_hops_all_nodes", np.array([len(graph.related(num)[0]) for num in few])),
    }


# --- peers


def peer(name: str, triples: int, arguments: argparse.Namespace) -> dict[str, Any]:
    """Measure a peer, or say why not."""
    if triples > 1_000_000 and not arguments.peers:
        return {"reason": "measured up to 1,000,000 triples unless --peers is given"}
    needed, free = PEER_BYTES[name] * triples / 1e6, available_mb()
    if needed > 0.7 * free:
        return {"reason": f"takes about {needed:,.0f} MB at this size; {free:,.0f} MB are free"}
    try:
        figures: dict[str, Any] = in_own_process(
            peer_measured, name, triples, arguments.hub, min(arguments.asks, 300), arguments.seed
        )
    except ImportError as error:
        return {"reason": f"not installed: {error}"}
    return figures


def available_mb() -> float:
    """Return the memory that is free for another process, in MB."""
    lines = Path("/proc/meminfo").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable")) / 1e3


def peer_measured(name: str, triples: int, hub: int, asks: int, seed: int) -> dict[str, Any]:
    """Fill a peer with the edges of the same graph, products first in its numbers, and ask it the same."""
    graph = Graph.from_facts(*generated(triples, seed), keep_sources=False)
    n, size = len(graph.product_ids), len(graph)
    nodes = list(range(n + len(graph.values)))  # one object for each number, which the peer may keep
    degrees = [0] * n + graph.value_counts().tolist()
    owners = [nodes[num] for num in np.repeat(np.arange(n), np.diff(graph.indptr)).tolist()]
    others = [nodes[num + n] for num in graph.value.tolist()]
    sure = {num: float(num) for num in np.unique(graph.confidence).tolist()}
    confidences = [sure[num] for num in graph.confidence.tolist()]
    del graph
    gc.collect()
    before = resident_mb()
    started = time.perf_counter()
    fill = filled_networkx if name == "networkx" else filled_rustworkx
    neighbours, scan = fill(nodes, owners, others, confidences)
    seconds = time.perf_counter() - started
    gc.collect()
    grown = resident_mb() - before

    def two_hops(num: int, most: float) -> list[tuple[int, int]]:
        counts: dict[int, int] = {}
        for value in neighbours(num):
            if degrees[value] <= most:
                for other in scan(value):
                    counts[other] = counts.get(other, 0) + 1
        counts.pop(num, None)
        return sorted(counts.items())

    nums = np.random.default_rng(seed + 1).integers(0, n, asks).tolist()
    return {
        "bytes_per_triple": round(grown * 1e6 / size, 1),
        "build_seconds": round(seconds, 3),
        **percentiles("neighbours", timed(neighbours, nums), "us", 1e6),
        **percentiles("two_hops", timed(lambda num: two_hops(num, hub), nums), "ms", 1e3),
        **percentiles("two_hops_nodes", np.array([len(two_hops(num, hub)) for num in nums])),
    }


def filled_networkx(
    nodes: list[int], owners: list[int], others: list[int], confidences: list[float]
) -> tuple[Callable[[int], Any], Callable[[int], Any]]:
    """Return the call that gives a node's neighbours with the attributes of the edges, and the quickest without."""
    import networkx as nx

    network = nx.Graph()
    network.add_nodes_from(nodes)
    network.add_weighted_edges_from(zip(owners, others, confidences, strict=True), weight="confidence")
    return lambda num: dict(network.adj[num]), network.adj.__getitem__


def filled_rustworkx(
    nodes: list[int], owners: list[int], others: list[int], confidences: list[float]
) -> tuple[Callable[[int], Any], Callable[[int], Any]]:
    """Return the call that gives a node's neighbours with the confidences of the edges, and the quickest without."""
    import rustworkx as rx

    network = rx.PyGraph(multigraph=False)
    network.add_nodes_from(nodes)
    for start in range(0, len(owners), 10_000):
        part = slice(start, start + 10_000)
        network.add_edges_from(list(zip(owners[part], others[part], confidences[part], strict=True)))
    return network.adj, network.neighbors


# --- what is shown


def show(sizes: dict[int, dict[str, Any]], hub: int) -> None:
    for size, figures in sizes.items():
        table = Table(
            title=f"{size:,} triples, values of more than {hub:,} products not followed", title_justify="left"
        )
        table.add_column("")
        rows = {"kgrec": figures} | {name: figures[name] for name in PEER_BYTES}
        for name in rows:
            table.add_column(name, justify="right")
        for key in SHOWN:
            table.add_row(key, *[str(row.get(key, "–")) for row in rows.values()])
        console.print(table)
        for name, row in rows.items():
            if "reason" in row:
                console.print(f"{name}: {row['reason']}")


if __name__ == "__main__":
    main()
