from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from benchmarks import scale


def test_two_sizes_end_to_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "scale.json"
    given = ["scale.py", "--items", "400,800", "--queries", "20", "--peers", "--json", str(file)]
    monkeypatch.setattr(sys, "argv", given)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[2]))
    scale.main()
    result = json.loads(file.read_text())
    assert {"fit_exponent", "memory_exponent", "recommend_p50_ms", "recommend_p99_ms"} < set(result)
    assert set(result["sizes"]) == {"400", "800"}
    assert result["shares_max_relative_error"] <= 1e-5
    assert result["sizes"]["800"]["own_cluster_share"] > 0.5  # the model finds the cluster it was asked from
    assert result["sizes"]["800"]["open_seconds"] < 1
    assert result["sizes"]["800"]["many_per_second"] > 0
    assert ("als_p50_ms" in result["sizes"]["800"]) == (result["als_over_recommend"] is not None)
    assert result["sizes"]["800"]["events"] > 0.5 * 10 * 800


def test_exponent_of_known_growth() -> None:
    assert scale.exponent([10, 100, 1000], [2.0, 20.0, 200.0]) == pytest.approx(1.0)
    assert scale.exponent([10], [1.0]) is None
