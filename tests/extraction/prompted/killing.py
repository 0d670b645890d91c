"""Extracts in child processes that are killed at random moments, then once to the end; run by test_killed.py.

    python killing.py FOLDER KILLS PRODUCTS

Children are forked, so that each begins at once. Writes ``result.json`` to the folder.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kgrec.data import Message, Product
from kgrec.extraction.prompted import LlmExtractor
from kgrec.extraction.schema import AttributeSchema
from kgrec.llm import CallableModel, Calls, CallSettings

CONCURRENCY = 8
SCHEMA = AttributeSchema.from_dict(
    {"categories": {"default": {"attributes": {"Brand": "text", "Use": {"inferred": True}}}}}
)


def products(count: int) -> list[Product]:
    return [Product(id=f"p{num}", title=f"Brand{num} mug") for num in range(count)]


def model(paid: Path) -> CallableModel:
    """Return a model that notes each call in a file before it replies; every fifth first reply is garbled."""
    file = os.open(paid, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)

    async def reply(messages: Sequence[Message], schema: Mapping[str, Any] | None) -> str:
        data = messages[-1].content
        found = re.search(r"Brand(\d+)", data)
        assert found is not None
        judging, again = "<claims>" in data, "could not be used" in data
        step = "judge" if judging else f"reply {int(again)}"
        os.write(file, f"p{found[1]} {step}\n".encode())
        await asyncio.sleep(0.002)
        if judging:
            return '{"1": {"verdict": "yes", "reason": "a mug"}}'
        if int(found[1]) % 5 == 0 and not again:
            return "cannot be read"
        return json.dumps({"Brand": f"Brand{found[1]}", "Use": "hot drinks"})

    return CallableModel(reply, name="counted")


def run(folder: Path, journal: str, paid: str, count: int, facts: str) -> None:
    calls = Calls(model(folder / paid), settings=CallSettings(concurrency=CONCURRENCY))
    with LlmExtractor(calls, SCHEMA, journal=folder / journal) as extractor:
        found = [repr(fact) for fact in extractor.extract(products(count))]
    (folder / facts).write_text(json.dumps(found))


def kept(journal: Path) -> set[str]:
    """Return what the journal holds, as product and step, from its whole lines."""
    if not journal.exists():
        return set()
    lines = journal.read_bytes().split(b"\n")[1:-1]
    return {f"{entry['product']} {entry['step']}" for entry in map(json.loads, lines)}


def wait_for(paid: Path, lines: int) -> None:
    """Wait until so many calls were noted, so that kills are spread over the whole work on slow machines too."""
    end = time.monotonic() + 0.5
    while time.monotonic() < end and (paid.read_bytes().count(b"\n") if paid.exists() else 0) < lines:
        time.sleep(0.001)


def main(folder: Path, kills: int, count: int) -> None:
    draw = random.Random(7)
    journal, paid = folder / "j.jsonl", folder / "paid.txt"
    asked_before = 0
    again: list[str] = []
    in_flight: list[int] = []
    sizes: list[int] = []
    run(folder, "warm.jsonl", "warm.txt", 5, "warm.json")  # whatever loads on first use is loaded, for all children
    for _ in range(kills):
        before = kept(journal)
        child = os.fork()
        if child == 0:
            run(folder, "j.jsonl", "paid.txt", count, "unused.json")
            os._exit(0)
        wait_for(paid, asked_before + draw.choice(range(8)))
        time.sleep(draw.random() * 0.01)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        asked = paid.read_text().splitlines() if paid.exists() else []
        new, asked_before = asked[asked_before:], len(asked)
        again += [step for step in new if step in before]
        in_flight.append(len(set(new) - kept(journal)))
        sizes.append(journal.stat().st_size if journal.exists() else 0)
    held = len(kept(journal))
    before = kept(journal)
    run(folder, "j.jsonl", "paid.txt", count, "facts.json")
    again += [step for step in paid.read_text().splitlines()[asked_before:] if step in before]
    run(folder, "fresh.jsonl", "fresh.txt", count, "expected.json")
    result = {
        "asked again": again,
        "most in flight": max(in_flight),
        "held before the last run": held,
        "kept": sorted(kept(journal)),
        "kept without kills": sorted(kept(folder / "fresh.jsonl")),
        "paid": len(paid.read_text().splitlines()),
        "lost in flight": sum(in_flight),
        "runs that grew the journal": sum(a < b for a, b in zip([0, *sizes], sizes, strict=False)),
    }
    (folder / "result.json").write_text(json.dumps(result))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
