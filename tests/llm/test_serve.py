"""A protocol smoke test: ``transformers serve`` with a tiny random model that is built on the spot."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from kgrec.data import Completion, Message
from kgrec.llm import Calls, CallSettings, EndpointModel, EndpointSettings
from tests.llm import tiny

MISSING = [name for name in ("transformers", "fastapi", "uvicorn") if importlib.util.find_spec(name) is None]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"the extra [test-llm] is not installed: {', '.join(MISSING)}")
SECONDS_TO_START = 180.0
SCHEMA = {"type": "object", "properties": {"colour": {"type": "string"}}, "required": ["colour"]}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Start the server, yield its base address and the model's name, and stop the server."""
    place = tmp_path_factory.mktemp("served")
    folder = tiny.build(place / "tiny")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    start = "import sys; from transformers.cli.transformers import main; sys.exit(main())"
    command = [sys.executable, "-c", start, "serve", str(folder), "--host", "127.0.0.1", "--port", str(port)]
    offline = os.environ | {"HF_HUB_OFFLINE": "1", "HF_HOME": str(place / "home"), "CUDA_VISIBLE_DEVICES": ""}
    log = place / "log"
    with log.open("wb") as out:
        process = subprocess.Popen([*command, "--device", "cpu"], stdout=out, stderr=out, env=offline, cwd=place)
    try:
        wait_until_healthy(process, f"http://127.0.0.1:{port}/health", log)
        yield f"http://127.0.0.1:{port}/v1", str(folder)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def wait_until_healthy(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    end = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < end:
        if process.poll() is not None:
            pytest.fail(f"the server ended with {process.returncode}: {log.read_text(errors='replace')[-2000:]}")
        try:
            with opener.open(address, timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"the server did not start within {SECONDS_TO_START:g} s: {log.read_text(errors='replace')[-2000:]}")


def test_a_served_model_replies(served: tuple[str, str]) -> None:
    """The server passes over ``response_format`` and ``logprobs``: the text follows no schema, logprobs are None."""
    address, name = served
    settings = EndpointSettings(max_output_tokens=8, logprobs=True, top_logprobs=2, timeout=60)
    model = EndpointModel(name, base_url=address, settings=settings)

    async def ask() -> Completion:
        try:
            return await model.complete([Message(role="user", content="red mug")], SCHEMA)
        finally:
            await model.aclose()

    found = asyncio.run(ask())
    assert isinstance(found.text, str)
    assert found.logprobs is None
    assert found.usage.input_tokens > 0
    assert 0 < found.usage.output_tokens <= 8
    assert found.finish in {"stop", "length"}


def test_calls_of_a_served_model(served: tuple[str, str]) -> None:
    address, name = served
    model = EndpointModel(name, base_url=address, settings=EndpointSettings(max_output_tokens=4, timeout=60))
    calls = Calls(model, settings=CallSettings(concurrency=2))

    async def work(title: str) -> Completion:
        return await calls.complete([Message(role="user", content=title)])

    outcomes = list(calls.run(["red mug", "blue glass", "oak chair"], work))
    assert all(outcome.done for outcome in outcomes), outcomes
    assert calls.spending.usage.output_tokens == sum(
        outcome.result.usage.output_tokens for outcome in outcomes if outcome.result
    )
    assert calls.spending.estimated.input_tokens == 0
