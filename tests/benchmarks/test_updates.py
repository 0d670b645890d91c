from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from benchmarks import updates


def test_a_small_shop_end_to_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "updates.json"
    given = ["updates.py", "--items", "300", "--updates", "40", "--dimension", "32", "--json", str(file)]
    monkeypatch.setattr(sys, "argv", given)
    updates.main()
    result = json.loads(file.read_text())
    assert {f"{kind}_p50_ms" for kind in ("add", "change", "remove", "event")} < set(result)
    assert result["pending"] > 0
    assert result["same_statistics_max_error"] <= 1e-5
    assert result["contributions_max_relative_error"] <= 1e-5
    assert result["fresh_fit_top10_overlap"] > 0.8
