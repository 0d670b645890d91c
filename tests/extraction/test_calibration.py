"""Confidence means what it says, and is kept as plain JSON."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any, Literal

import pytest

from kgrec.errors import DataError, SettingsError
from kgrec.extraction.calibration import Calibration, Signals, reliability

EXACT, LOOSE = Signals(likeness="exact"), Signals(likeness="loose")


def _sample(count: int = 2_000) -> tuple[list[Signals], list[bool]]:
    """Exact values are right in .95 of cases, loose ones in .4."""
    draw = random.Random(5)
    signals = [EXACT if draw.random() < 0.7 else LOOSE for _ in range(count)]
    return signals, [draw.random() < (0.95 if entry is EXACT else 0.4) for entry in signals]


@pytest.mark.parametrize("kind", ["logistic", "isotonic"])
def test_what_is_learned_holds(kind: Literal["logistic", "isotonic"], tmp_path: Path) -> None:
    calibration = Calibration.fit(*_sample(), kind=kind)
    assert calibration.confidence(EXACT) == pytest.approx(0.95, abs=0.03)
    assert calibration.confidence(LOOSE) == pytest.approx(0.4, abs=0.05)
    calibration.save(tmp_path / "c.json")
    assert Calibration.load(tmp_path / "c.json") == calibration
    signals, correct = _sample()
    learned = reliability([calibration.confidence(entry) for entry in signals], correct)
    usual = reliability([entry.usual() for entry in signals], correct)
    assert learned.ece < 0.02 < usual.ece
    assert learned.brier < usual.brier


def test_the_usual_confidence_follows_its_signals() -> None:
    usual = Calibration().confidence
    assert usual(EXACT) == 0.9
    assert usual(Signals(likeness="folded")) > usual(LOOSE) > usual(Signals(likeness=None))
    assert usual(Signals(likeness="exact", agreement=1.0)) == pytest.approx(0.95)
    assert usual(Signals(likeness="exact", agreement=0.0)) == pytest.approx(0.54)
    assert usual(Signals(likeness="exact", likelihood=0.5)) == pytest.approx(0.675)


@pytest.mark.parametrize("right", [True, False])
def test_all_alike_is_not_certain(right: bool) -> None:
    calibration = Calibration.fit([EXACT] * 38, [right] * 38)
    assert calibration.confidence(LOOSE) == pytest.approx(39 / 40 if right else 1 / 40)


def test_too_little_is_said() -> None:
    with pytest.raises(DataError, match="at least 10 values"):
        Calibration.fit([EXACT] * 3, [True] * 3)
    with pytest.raises(SettingsError, match="'logistic' or 'isotonic'"):
        Calibration.fit([EXACT] * 20, [True] * 20, kind="other")  # type: ignore[arg-type]
    with pytest.raises(DataError, match="one at least"):
        reliability([], [])


@pytest.mark.parametrize(
    "change", [{"features": ["x"]}, {"weights": [1]}, {"calibration": "other"}, {"points": [[1]]}, {"bias": None}]
)
def test_a_file_of_something_else(change: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    Calibration.fit(*_sample()).save(path)
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(DataError, match=r"c\.json"):
        Calibration.load(path)


def test_the_figure() -> None:
    found = reliability([0.95, 0.95, 0.15, 1.0], [True, False, False, True])
    assert [(entry.low, entry.count, entry.correct) for entry in found.bins] == [(0.1, 1, 0.0), (0.9, 3, 2 / 3)]
    assert found.ece == pytest.approx((0.15 + 3 * (2.9 / 3 - 2 / 3)) / 4)
    assert found.as_dict()["bins"][1]["count"] == 3
    assert "0.9–1.0" in found.as_text()
    assert len(found.as_text().splitlines()) == 3
