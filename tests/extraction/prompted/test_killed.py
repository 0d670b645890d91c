"""An extraction that is killed fifty times pays for nothing twice that had arrived, and ends with the same facts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork to begin children quickly")
def test_killed_fifty_times(tmp_path: Path) -> None:
    """What is guaranteed: a reply that was in the journal at a kill is not asked for again; others may be.

    So beyond the replies of a run without kills, at most those in flight at the kills are paid for.
    """
    count = 120
    script = Path(__file__).with_name("killing.py")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(script), str(tmp_path), "50", str(count)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3_000:]
    result = json.loads((tmp_path / "result.json").read_text())
    assert result["asked again"] == []
    assert result["most in flight"] <= 8
    assert result["kept"] == result["kept without kills"]
    assert len(result["kept"]) == 2 * count + count // 5
    assert result["paid"] == len(result["kept"]) + result["lost in flight"]
    assert result["runs that grew the journal"] >= 10
    assert 0 < result["held before the last run"] < len(result["kept"])
    facts = json.loads((tmp_path / "facts.json").read_text())
    assert facts == json.loads((tmp_path / "expected.json").read_text())
    assert len(facts) == 2 * count
