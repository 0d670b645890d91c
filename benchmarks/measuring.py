"""What every benchmark measures and how it is written down."""

from __future__ import annotations

import argparse
import hashlib
import json
import resource
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from kgrec.protocols import Encoder

console = Console(width=None if sys.stdout.isatty() else 120)


def peak_memory_mb() -> float:
    """Return the largest resident memory of this process so far, in MB."""
    scale = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale / 1e6


def encoded(encoder: Encoder, documents: Sequence[str], cache: Path | None, progress: Any) -> tuple[Any, float]:
    """Encode documents, or read them from the cache folder where the same encoder did it before.

    Returns:
        Vectors float32 (n, d), and the seconds it took (of the run that filled the cache).
    """
    if cache is None:
        started = time.perf_counter()
        return encoder.encode(documents, progress=progress), time.perf_counter() - started
    key = hashlib.sha256("\x00".join([encoder.name, *documents]).encode()).hexdigest()[:24]
    file, clock = cache / f"{key}.npy", cache / f"{key}.json"
    if not file.exists():
        cache.mkdir(parents=True, exist_ok=True)
        started = time.perf_counter()
        vectors: NDArray[np.float32] = encoder.encode(documents, progress=progress)
        clock.write_text(json.dumps(time.perf_counter() - started))
        np.save(file, vectors)
    return np.load(file), float(json.loads(clock.read_text()))


def quality_table(title: str, rows: Mapping[str, Mapping[str, Any]], keys: Sequence[str]) -> Table:
    """Lay out models × metrics, with 95 % intervals where there are any; a reason in place of a missing model."""
    table = Table(title=title, title_justify="left")
    table.add_column("model")
    for key in keys:
        table.add_column(key, justify="right")
    for name, row in rows.items():
        if "reason" in row:
            table.add_row(name, str(row["reason"]), *[""] * (len(keys) - 1))
            continue
        table.add_row(name, *[_cell(row, key) for key in keys])
    return table


def _cell(row: Mapping[str, Any], key: str) -> str:
    if key not in row:
        return "–"
    low, high = row.get("interval", {}).get(key, (None, None))
    return f"{row[key]:.4f}" if low is None else f"{row[key]:.4f} [{low:.4f}, {high:.4f}]"


def write_json(file: Path | None, content: Mapping[str, Any]) -> None:
    """Write the result where the user asked for it."""
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(content, indent=1, ensure_ascii=False, default=float) + "\n")
        console.print(f"written: {file}")


def common_arguments(description: str) -> argparse.ArgumentParser:
    """Return a parser with the options every comparing benchmark has."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with the data")
    parser.add_argument("--json", type=Path, default=None, help="write the figures to this file")
    parser.add_argument("--peers", action="store_true", help="fit and measure the peers in the same process")
    parser.add_argument(
        "--sasrec-minutes", type=float, default=20.0, help="limit for the training of the peer SASRec; 0 leaves it out"
    )
    parser.add_argument("--encoder", default="minilm", help="minilm, hashing, none, or a model name or folder")
    parser.add_argument("--cache", type=Path, default=None, help="folder that keeps text vectors between runs")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--search-products", type=int, default=None, help="products that the search for settings fits, if not its own"
    )
    parser.add_argument(
        "--fix", action="append", default=[], metavar="NAME=VALUE", help="fix a setting instead of choosing it"
    )
    return parser


def fixed_settings(given: Sequence[str]) -> dict[str, Any]:
    """Read ``NAME=VALUE`` pairs; values are JSON."""
    pairs = (pair.partition("=") for pair in given)
    return {name: json.loads(value) for name, _, value in pairs}
