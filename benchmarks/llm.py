"""How close to the ideal a language model's endpoint is used: calls to a server that takes its time for each reply.

    python benchmarks/llm.py --json llm.json

The server answers every request after the same time and runs in a process of its own; the ideal is the concurrency
over that time. The first replies, while connections are opened, are not measured. First the calls alone are measured,
then the whole extractor: examples chosen, prompts made, replies kept in a journal, checked and grounded.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from measuring import console, peak_memory_mb, write_json

import kgrec.llm
from kgrec.data import Message, Product
from kgrec.extraction.labelled import LabelledProduct
from kgrec.extraction.prompted import LlmExtractor
from kgrec.extraction.schema import AttributeSchema
from kgrec.testing import LoopbackEndpoint

REPLY = json.dumps({"brand": "ACME", "colour": "red", "material": "oak", "pack size": None})
VALUES = {"brand": ("ACME",), "colour": ("red",), "material": ("oak",)}
SCHEMA = {
    "type": "object",
    "properties": {name: {"type": ["string", "null"]} for name in ("brand", "colour", "material", "pack size")},
}

Run = Callable[[kgrec.llm.Calls, int, int], tuple[float, float]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=0.2, help="that the server takes for a reply")
    parser.add_argument("--concurrency", type=int, default=32)
    parser.add_argument("--calls", type=int, default=3_200, help="number of calls that are measured")
    parser.add_argument("--json", type=Path, default=None, help="write the figures to this file")
    arguments = parser.parse_args()
    result = measured(asked, arguments.seconds, arguments.concurrency, arguments.calls)
    show("calls", result)
    result["extractor"] = measured(extracted, arguments.seconds, arguments.concurrency, arguments.calls)
    show("the whole extractor", result["extractor"])
    write_json(arguments.json, result)


def show(what: str, result: dict[str, Any]) -> None:
    """Print a figure."""
    console.print(
        f"{what}: {result['replies_per_second']:.1f} replies a second of {result['ideal']:.0f}: "
        f"{result['share']:.1%} of the ideal at concurrency {result['concurrency']}, "
        f"{1e3 * result['cpu_seconds'] / result['calls']:.2f} ms of CPU a reply"
    )


def measured(run: Run, seconds: float, concurrency: int, count: int) -> dict[str, Any]:
    """Ask a server in another process."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=serve, args=(theirs, seconds), daemon=True)
    server.start()
    try:
        if not ours.poll(60):
            raise RuntimeError("the server did not start within 60 s")
        model = kgrec.llm.EndpointModel("any", base_url=ours.recv(), key="not-a-secret")
        calls = kgrec.llm.Calls(model, settings=kgrec.llm.CallSettings(concurrency=concurrency))
        wall, cpu = run(calls, count, 4 * concurrency)
    finally:
        ours.send("stop")
        server.join(10)
    rate, ideal = count / wall, concurrency / seconds
    return {
        "calls": count,
        "concurrency": concurrency,
        "seconds_per_reply": seconds,
        "replies_per_second": rate,
        "ideal": ideal,
        "share": rate / ideal,
        "cpu_seconds": cpu,
        "failed_attempts": calls.spending.failed_attempts,
        "peak_memory_mb": round(peak_memory_mb()),
    }


def asked(calls: kgrec.llm.Calls, count: int, warm_up: int) -> tuple[float, float]:
    """Stream titles through the model; return seconds and CPU seconds of ``count`` calls."""

    async def work(number: int) -> str:
        said = [Message(role="system", content="State the attributes."), Message(role="user", content=title(number))]
        return (await calls.complete(said, SCHEMA)).text

    clocks: list[tuple[float, float]] = []
    for outcome in calls.run(iter(range(warm_up + count)), work, ordered=False):
        if outcome.error is not None:
            raise RuntimeError(f"a call failed: {outcome.error}") from outcome.error
        clocks.append((time.perf_counter(), time.process_time()))
    return between(clocks, warm_up)


def extracted(calls: kgrec.llm.Calls, count: int, warm_up: int) -> tuple[float, float]:
    """Read titles with the extractor, from prompt to grounded facts, with examples and a journal."""
    chairs = [Product(id=f"example {number}", title=title(-number)) for number in range(1, 101)]
    examples = [LabelledProduct(product=chair, category="Chairs", values=VALUES) for chair in chairs]
    schema = AttributeSchema.from_dict({"categories": {"Chairs": ["brand", "colour", "material", "pack size"]}})
    products = (
        Product(id=str(number), title=title(number), categories=(("Chairs",),)) for number in range(warm_up + count)
    )
    clocks: list[tuple[float, float]] = []
    facts = 0
    with TemporaryDirectory() as folder:
        journal = Path(folder) / "journal.jsonl"
        with LlmExtractor(calls, schema, examples=examples, journal=journal) as extractor:
            for _, reading in extractor.readings(products):
                facts += len(reading.findings)
                clocks.append((time.perf_counter(), time.process_time()))
    if facts != len(VALUES) * (warm_up + count):
        raise RuntimeError(f"{facts:,} facts came of {warm_up + count:,} titles with {len(VALUES)} each")
    return between(clocks, warm_up)


def title(number: int) -> str:
    return f"ACME garden chair number {number}, solid oak, red, 45 x 50 x 90 cm"


def between(clocks: list[tuple[float, float]], warm_up: int) -> tuple[float, float]:
    """Return seconds and CPU seconds from the end of the warm-up to the last reply."""
    (started, cpu_before), (ended, cpu_after) = clocks[warm_up - 1], clocks[-1]
    return ended - started, cpu_after - cpu_before


def serve(pipe: Connection, seconds: float) -> None:
    """Run the server until told to stop."""
    with LoopbackEndpoint(REPLY, seconds=seconds) as server:
        pipe.send(server.url)
        pipe.recv()


if __name__ == "__main__":
    main()
