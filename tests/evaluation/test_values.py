from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from kgrec.evaluation.values import ValueCell, score_values

AE = Path(os.environ.get("KGREC_DATA", "../shared/data")) / "ae-110k"


def cell(gold: str, predicted: str | None, group: str = "a") -> ValueCell:
    return ValueCell(group=group, gold=tuple(gold.split("|")) if gold else (), predicted=predicted)


def test_counts_by_hand() -> None:
    scores = score_values(
        [
            cell("", None),
            cell("", "red"),
            cell("red", None),
            cell("red|dark red", " dark red "),
            cell("red", "Red"),
            cell("blue", "blue", "b"),
            cell("", "blue", "c"),
        ]
    )
    total = scores.total
    assert (total.nn, total.nv, total.vn, total.vc, total.vw) == (1, 2, 1, 2, 1)
    assert total.precision == pytest.approx(2 / 5)
    assert total.recall == pytest.approx(2 / 4)
    assert total.f1 == pytest.approx(2 * 0.4 * 0.5 / 0.9)
    assert scores.groups["a"].f1 == pytest.approx(2 * (1 / 3) * (1 / 3) / (2 / 3))
    assert scores.macro_f1 == pytest.approx((1 / 3 + 1.0) / 2), "a group with no value in the gold has no F1"


def test_blank_answers_are_no_answers() -> None:
    assert score_values([cell("red", "  "), cell("", "")]).total.vn == 1


def test_absent_is_right_where_the_gold_says_so() -> None:
    cells = [
        ValueCell(group="a", gold=("red",), predicted=predicted, absent_too=True) for predicted in (None, "red", "blue")
    ]
    total = score_values(cells).total
    assert (total.nn, total.vc, total.vw) == (1, 1, 1)


def test_nothing_to_score() -> None:
    scores = score_values([])
    assert (scores.total.f1, scores.total.precision, scores.total.recall, scores.macro_f1) == (0.0, 0.0, 0.0, 0.0)


@pytest.mark.skipif(not AE.is_dir(), reason=f"{AE} is not there (KGREC_DATA)")
def test_gives_the_published_figures_of_gpt4() -> None:
    rows = list(map(json.loads, (AE / "test.jsonl").read_text("utf-8").splitlines()))
    replies = list(map(json.loads, (AE / "gpt4_replies.jsonl").read_text("utf-8").splitlines()))
    said = {(row["title"], row["category"]): json.loads(row["reply"]) for row in replies}
    cells = []
    for row in rows:
        for attribute, values in row["target_scores"].items():
            answer = said[row["input"], row["category"]].get(attribute, "n/a")
            gold = tuple(value for value in values if value != "n/a")
            cells.append(
                ValueCell(
                    group=(row["category"], attribute),
                    gold=gold,
                    predicted=None if answer == "n/a" else str(answer),
                    absent_too="n/a" in values and len(values) > 1,
                )
            )
    scores = score_values(cells)
    assert round(scores.total.precision, 3) == 0.911
    assert round(scores.total.recall, 3) == 0.843
    assert round(scores.total.f1, 3) == 0.875
    assert 0.66 <= scores.macro_f1 < 0.67
