"""The explanations benchmark from its command line to its JSON, on a small folder, and whether it notices lies."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import kgrec
from benchmarks import explanations
from kgrec.data import Edge, GraphPath
from kgrec.recommender import Recommender
from kgrec.retrieval import LinearSettings, Shown
from kgrec.testing import clustered_shop

KEYS = {
    "shares_max_relative_error",
    "counterfactual_agreement",
    "claims_supported",
    "planted_caught",
    "false_alarms",
    "unique_sentences",
    "template_ms",
    "invented_paths",
    "feature_coverage",
}


def beauty(folder: Path) -> Path:
    """Write a folder: even users touch even products, odd users odd ones, and brands go with that."""
    rng = np.random.default_rng(0)
    rows = [
        (user, item, at)
        for user in range(60)
        for at, item in enumerate(rng.permutation(np.arange(user % 2, 30, 2))[:9])
    ]
    lines = [f"{user}\t{item}\t{at}\t0\t{at * 100}\n" for user, item, at in rows]
    head = "user\titem\tpos\tgap_seconds_since_previous\tcum_seconds_since_first\n"
    folder.joinpath("interactions.tsv").write_text(head + "".join(lines))
    items = [
        {"id": item, "title": f"{('Plain', 'Fancy')[item % 2]} brush no. {item}", "brand": f"b{item % 6}"}
        for item in range(30)
    ]
    folder.joinpath("items.jsonl").write_text("".join(json.dumps(item) + "\n" for item in items))
    return folder


@cache
def shop() -> kgrec.Recommender:
    made = clustered_shop(60, 60, clusters=3, seed=1)
    settings = LinearSettings(support=12)
    return kgrec.build(made.catalogue, made.events, encoder=kgrec.HashingEncoder(32), settings=settings)


def run(monkeypatch: pytest.MonkeyPatch, folder: Path, *options: str) -> dict[str, object]:
    out = folder / "out.json"
    arguments = ["explanations.py", "--data", str(folder), "--json", str(out), "--users", "15", "--planted", "2"]
    monkeypatch.setattr(sys, "argv", [*arguments, *options])
    explanations.main()
    found: dict[str, object] = json.loads(out.read_text())
    return found


def test_a_folder_with_titles(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = run(monkeypatch, beauty(tmp_path), "--encoder", "hashing", "--fix", "support=8")
    assert set(found) >= KEYS
    assert found["explanations"] == 150
    assert found["shares_max_relative_error"] < 1e-5  # type: ignore[operator]
    assert found["counterfactual_agreement"] == 1.0
    assert found["invented_paths"] == 0.0
    assert found["paths"] > 0  # type: ignore[operator]
    assert found["template_ms"] > 0  # type: ignore[operator]
    assert ("reason" in found) == (found["planted_caught"] is None)


def test_a_folder_with_interactions_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    beauty(tmp_path).joinpath("items.jsonl").unlink()
    found = run(monkeypatch, tmp_path)
    assert found["counterfactual_agreement"] == 1.0
    assert found["paths"] == 0
    assert found["feature_coverage"] is None
    assert found["planted_caught"] is None
    assert found["reason"]


def asked(users: int = 4) -> list[explanations.Asked]:
    now = shop()._now
    made = []
    for user in list(now.user_num)[:users]:
        query = now.of_user(user)
        found = now.candidates(query, Shown(hidden=query.items), 5)
        why = list(shop().recommend(user, k=5, explain="details"))
        explained = [one.explanation for one in why if one.explanation is not None]
        made.append(explanations.Asked(query, Shown(hidden=query.items), found, {"en": explained, "zh": explained}))
    return made


def lied(one: explanations.Asked, **changed: object) -> explanations.Asked:
    return one._replace(why={"en": [replace(why, **changed) for why in one.why["en"]], "zh": one.why["zh"]})


def test_lies_are_noticed() -> None:
    built, true = shop().shop, asked()
    now = Recommender(built)._now
    assert explanations.shares(true)["shares_exact"] == 1.0
    assert explanations.shares([lied(one, contributions=()) for one in true])["shares_exact"] == 0.0
    assert explanations.counterfactuals(now, true, 5)["counterfactual_agreement"] == 1.0
    for change in ("score", "stays"):
        wrong = [
            one._replace(
                why={
                    "en": [
                        replace(
                            why,
                            counterfactuals=tuple(
                                replace(entry, score=entry.score + 0.01)
                                if change == "score"
                                else replace(entry, stays=not entry.stays)
                                for entry in why.counterfactuals
                            ),
                        )
                        for why in one.why["en"]
                    ]
                }
            )
            for one in true
        ]
        assert explanations.counterfactuals(now, wrong, 5)["counterfactual_agreement"] == 0.0
    assert explanations.paths(built, true)["invented_paths"] == 0.0
    edges = (
        Edge(kind="fact", subject="p000001", relation="brand", value="nobody's"),
        Edge(kind="fact", subject="p000002", relation="brand", value="nobody's"),
    )
    invented = GraphPath(history_item="p000001", product="p000002", edges=edges, count=2)
    assert explanations.paths(built, [lied(one, paths=(invented,)) for one in true])["invented_paths"] == 1.0
    assert explanations.texts([lied(one, text="Because.") for one in true])["unique"]["en"] < 0.1
    assert np.isfinite(explanations.cost(now, true)["template_ms"])
