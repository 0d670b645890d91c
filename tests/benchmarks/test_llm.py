"""The benchmark of calls runs as it is documented, on a small scale."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytest.importorskip("openai", reason="the extra [llm] is not installed")


def test_it_measures_and_writes_its_figures(tmp_path: Path) -> None:
    file = tmp_path / "llm.json"
    options = ["--seconds", "0.05", "--concurrency", "4", "--calls", "40", "--json", str(file)]
    done = subprocess.run(
        [sys.executable, "benchmarks/llm.py", *options],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "of the ideal at concurrency 4" in " ".join(done.stdout.split())
    result = json.loads(file.read_text())
    assert result["ideal"] == 80
    assert 0 < result["share"] <= 1.02
    assert result["share"] == pytest.approx(result["replies_per_second"] / 80)
    assert result["failed_attempts"] == 0
    assert result["extractor"]["calls"] == 40
    assert 0 < result["extractor"]["share"] <= 1.02
    assert result["extractor"]["failed_attempts"] == 0
