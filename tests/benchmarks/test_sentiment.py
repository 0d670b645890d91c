from __future__ import annotations

import csv
import importlib.util
import json
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import f1_score, roc_auc_score

from tests.sentiment.shops import made_up

# By its path: tests/sentiment is a package of the same name.
FILE = Path(__file__).parents[2] / "benchmarks" / "sentiment.py"
SPEC = importlib.util.spec_from_file_location("sentiment_benchmark", FILE)
assert SPEC is not None
assert SPEC.loader is not None
benchmark = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(benchmark)


def test_metrics_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 200)
    scores = np.round(rng.random(200) * 0.6 + labels * 0.3, 2)
    weights = rng.integers(0, 4, 200).astype(np.float64)
    for weight in (np.ones(200), weights):
        assert benchmark.auc(labels, scores, weight) == pytest.approx(
            roc_auc_score(labels, scores, sample_weight=weight)
        )
        assert benchmark.macro_f1(labels, scores > 0.5, weight) == pytest.approx(
            f1_score(labels, scores > 0.5, average="macro", sample_weight=weight)
        )


def test_calibration_error() -> None:
    labels = np.array([1, 1, 1, 0])
    assert benchmark.calibration_error(labels, np.full(4, 0.75)) == 0
    assert benchmark.calibration_error(labels, np.full(4, 0.25)) == 0.5


@pytest.mark.parametrize("kind", ["zip", "stars"])
def test_a_small_folder_of_each_kind(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts, labels = made_up(200, chinese=kind == "zip")
    if kind == "zip":
        file = tmp_path / "reviews.csv"
        with file.open("w", encoding="utf-8-sig", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(["cat", "label", "review"])
            writer.writerows(["平板" if at % 3 else "书籍", labels[at], text] for at, text in enumerate(texts))
            writer.writerow(["平板", 1, ""])
        with zipfile.ZipFile(tmp_path / "reviews.zip", "w") as packed:
            packed.write(file, "reviews.csv")
        file.unlink()
    else:
        rows = [
            {
                "reviewerID": f"u{at // 2}",
                "asin": "p",
                "reviewText": text,
                "overall": 5.0 if labels[at] else at % 3 + 1.0,
            }
            for at, text in enumerate(texts)
        ]
        (tmp_path / "reviews.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    out = tmp_path / "out.json"
    monkeypatch.setattr(sys, "argv", ["sentiment.py", "--data", str(tmp_path), "--json", str(out)])
    benchmark.main()
    result = json.loads(out.read_text())
    assert result["macro_f1"] > 0.95
    assert result["roc_auc"] > 0.98
    low, high = result["interval"]["macro_f1"]
    assert low <= result["macro_f1"] <= high
    assert result["train"] + result["test"] == (200 if kind == "zip" else sum(row["overall"] != 3 for row in rows))
    assert set(result["models"]) == {"trained", "lexicon"} | (
        {"trained, without headlines"} if kind == "stars" else set()
    )
    assert (set(result["macro_f1_by_category"]) == {"平板", "书籍"}) if kind == "zip" else True


def test_no_reviews(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="neither"):
        benchmark.read(tmp_path)


def test_the_fifth_parts_neither_users_nor_equal_texts(tmp_path: Path) -> None:
    rows = [
        {"reviewerID": f"u{at // 4}", "asin": "p", "reviewText": f"text {at % 40}", "overall": 5 if at % 2 else 1}
        for at in range(100)
    ]
    (tmp_path / "reviews.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    data = benchmark.read(tmp_path)
    for keys in (data.texts, [row["reviewerID"] for row in rows]):
        groups: dict[object, set[int]] = {}
        for key, group in zip(keys, data.groups.tolist(), strict=True):
            groups.setdefault(key, set()).add(group)
        assert all(len(found) == 1 for found in groups.values())
