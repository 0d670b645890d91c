"""Each comparing benchmark from its command line to its JSON, on small folders with something to learn."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from benchmarks import fixed_split, leave_one_out, sessions
from benchmarks.layouts import load_fixed_split, load_sessions
from kgrec.data import Events
from kgrec.errors import SettingsError

N = 30
USERS = 90
KEYS = {"data", "used", "users", "products", "events", "validation", "test", "peers", "settings", "fit_seconds"} | {
    "trials",
    "tune_seconds",
    "encode_seconds",
    "peak_memory_mb",
}


def text(rows: object) -> str:
    return "".join("\t".join(map(str, row)) + "\n" for row in rows)  # type: ignore[attr-defined]


def baskets(seed: int = 0) -> list[list[int]]:
    """Even users touch even products, odd users odd ones."""
    rng = np.random.default_rng(seed)
    return [rng.permutation(np.arange(user % 2, N, 2))[:9].tolist() for user in range(USERS)]


def beauty(folder: Path) -> Path:
    rows = [(user, item, at, 0, at * 100) for user, row in enumerate(baskets()) for at, item in enumerate(row)]
    folder.joinpath("interactions.tsv").write_text(
        "user\titem\tpos\tgap_seconds_since_previous\tcum_seconds_since_first\n" + text(rows)
    )
    items = [{"id": item, "title": f"{('Plain', 'Fancy')[item % 2]} brush no. {item}"} for item in range(N)]
    folder.joinpath("items.jsonl").write_text("".join(json.dumps(item) + "\n" for item in items))
    return folder


def book(folder: Path, *, cold: int = 0) -> Path:
    """Write the last ``cold`` products, and the last two of each row of the others, to the test only."""
    train, test = [], []
    for user, row in enumerate(baskets()):
        warm, late = [item for item in row if item < N - cold], [item for item in row if item >= N - cold]
        train.append(" ".join(map(str, (user, *warm[:-2]))))
        test.append(" ".join(map(str, (user, *warm[-2:], *late))))
    folder.joinpath("train.txt").write_text("\n".join(train) + "\n")
    folder.joinpath("test.txt").write_text("\n".join(test) + "\n")
    facts = [(item, 900 + item % 4, 1) for item in range(N)]  # two values a colour, neither one a hub
    folder.joinpath("item_entity_1hop.tsv").write_text(text(facts))
    return folder


def pgpr(folder: Path) -> Path:
    """Lay a random two of each row aside for the test, in files without order, beside those that know the order."""
    beauty(folder)
    folder.joinpath("users.tsv").write_text("user\treviewerID\n" + text((u, f"R{u}") for u in range(USERS)))
    rng = np.random.default_rng(1)
    train, test = [], []
    for user, row in enumerate(baskets()):
        mixed = [(f"R{user}", item) for item in rng.permutation(row)]
        train += mixed[2:]
        test += mixed[:2]
    folder.joinpath("pgpr_split_train.tsv").write_text(text(train))
    folder.joinpath("pgpr_split_test.tsv").write_text(text(test))
    return folder


def retail(folder: Path) -> Path:
    events, held = [], []
    for user, row in enumerate(baskets()):
        kinds = ("view", "buy", "view", "cart", "buy", "view", "buy", "view")
        events += [(user, item, kind, at * 60) for at, (item, kind) in enumerate(zip(row[:-1], kinds, strict=True))]
        held.append((user, row[-1]))
    folder.joinpath("train_events.tsv").write_text("user\titem\tbehavior\tunix_seconds\n" + text(events))
    folder.joinpath("test_buy.tsv").write_text("user\titem\n" + text(held))
    return folder


def run(script: ModuleType, folder: Path, monkeypatch: pytest.MonkeyPatch, *options: str) -> dict[str, Any]:
    written = folder / "figures" / "result.json"
    given = [script.__name__, "--data", str(folder), "--json", str(written), "--search-products", str(N), *options]
    monkeypatch.setattr(sys, "argv", given)
    script.main()
    result: dict[str, Any] = json.loads(written.read_text())
    assert set(result) - {"cold", "order", "with_order", "without_order"} == KEYS
    for part in (result["test"], result["validation"]):
        assert {"recall@10", "ndcg@10", "recall@20", "ndcg@20"} <= set(part)
        low, high = part["interval"]["recall@10"]
        assert low <= part["recall@10"] <= high
    assert result["fit_seconds"] >= 0
    assert result["peak_memory_mb"] > 0
    assert result["settings"]["ridge"] > 0
    return result


def fast_peers(monkeypatch: pytest.MonkeyPatch, script: ModuleType) -> None:
    """Leave out the peers that take their time; they have tests of their own."""
    whole = script.peer_figures
    few = {"names": ("popularity", "tfidf_item_knn", "ease"), "sasrec_minutes": 0}
    monkeypatch.setattr(script, "peer_figures", lambda *given, **named: whole(*given, **{**named, **few}))


def test_leave_one_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fast_peers(monkeypatch, leave_one_out)
    result = run(leave_one_out, beauty(tmp_path), monkeypatch, "--encoder", "hashing", "--facts", "declared", "--peers")
    assert "cold" not in result
    assert result["test"]["recall@10"] > 0.9  # seven products of the user's colour are left
    assert list(result["peers"]) == ["popularity", "tfidf_item_knn", "ease", "sasrec"]
    assert result["peers"].pop("sasrec") == {"reason": "left out: --sasrec-minutes is 0"}
    for peer in result["peers"].values():
        assert {"validation", "test", "fit_seconds", "settings", "ndcg@10_difference"} == set(peer)


def test_settings_can_be_fixed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = ("--encoder", "none", "--fix", "ridge=7.5", "--fix", "baskets=true")
    result = run(leave_one_out, beauty(tmp_path), monkeypatch, *options)
    assert (result["settings"]["ridge"], result["settings"]["baskets"]) == (7.5, True)
    assert result["peers"] == {}


def test_fixed_split_without_cold_products(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fast_peers(monkeypatch, fixed_split)
    result = run(fixed_split, book(tmp_path), monkeypatch, "--peers")
    assert not {"cold", "order", "with_order", "without_order"} & set(result)
    assert result["test"]["recall@10"] > 0.9
    assert result["test"]["recall@10"] > result["peers"]["popularity"]["test"]["recall@10"]


def test_fixed_split_ranks_cold_products_among_themselves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fast_peers(monkeypatch, fixed_split)
    result = run(fixed_split, book(tmp_path, cold=6), monkeypatch, "--peers")
    cold = result["cold"]
    assert cold["products"] == 6
    assert {"recall@10", "ndcg@10", "recall@20", "interval", "among_all", "warm", "warm_alone"} <= set(cold)
    assert cold["peers"]["text_knn"] == {"reason": "the products have no text"}
    neighbours = cold["peers"]["kg_knn"]
    assert neighbours["settings"]["scaling"] in ("root", "idf", "count")
    for figures in (
        cold,
        neighbours["test"],
    ):  # three of the six have the user's colour, of which one to three are wanted
        assert figures["recall@5"] > 0.95
        assert figures["ndcg@5"] > 0.7
    assert {"test", "among_all", "ndcg@10_difference", "ndcg@10_difference_among_all"} <= set(neighbours)


def test_fixed_split_makes_products_cold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(fixed_split, book(tmp_path), monkeypatch, "--cold-share", "0.2")
    assert result["cold"]["products"] == 6
    assert result["cold"]["ndcg@10"] >= result["cold"]["among_all"]["ndcg@10"]
    assert result["cold"]["peers"] == {}
    folder = load_fixed_split(tmp_path)
    test, made = fixed_split.questions(folder, 0.2, 0)
    assert not np.isin(made.cold, test.train.items).any()
    assert np.isin(test.cold, made.cold).all()
    assert len(test.targets.items) == len(folder.test.targets.items)


def test_pgpr_split_with_and_without_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fast_peers(monkeypatch, fixed_split)
    result = run(fixed_split, pgpr(tmp_path), monkeypatch, "--encoder", "none", "--peers")
    both = {True: result["with_order"], False: result["without_order"]}
    better = max(both, key=lambda ordered: both[ordered]["validation"]["ndcg@10"])
    assert result["order"] is better
    assert result["test"] == both[better]["test"]
    assert result["test"]["n_users"] == USERS
    printed = capsys.readouterr().out
    for key in ("ndcg@10", "recall@10", "hit_rate@10", "precision@10"):
        low, high = result["test"]["interval"][key]
        assert low <= result["test"][key] <= high
        assert key in printed
    assert result["test"]["hit_rate@10"] > 0.95  # eight products of the user's colour are left, two are wanted
    assert set(result["peers"]) == {"popularity", "tfidf_item_knn", "ease", "sasrec"}


def test_pgpr_order_can_be_decided(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = ("--encoder", "none", "--facts", "declared", "--split", "pgpr")
    result = run(fixed_split, pgpr(tmp_path), monkeypatch, *options, "--no-order")
    assert result["order"] is False
    assert "with_order" not in result
    cold = run(fixed_split, tmp_path, monkeypatch, *options, "--no-order", "--cold-share", "0.2")["cold"]
    assert cold["products"] == 6
    (tmp_path / "interactions.tsv").unlink()
    with pytest.raises(SettingsError, match="whose order is known"):
        run(fixed_split, tmp_path, monkeypatch, *options, "--order")


def test_queries_for_cold_products_get_no_order(tmp_path: Path) -> None:
    folder = load_fixed_split(pgpr(tmp_path), layout="pgpr")
    _, made = fixed_split.questions(folder, 0.2, 0)
    asked = fixed_split.with_order(made, True)
    assert (asked.train.ordered, asked.queries.ordered) == (True, False)
    asked = fixed_split.with_order(folder.test, True)
    assert (asked.train.ordered, asked.queries.ordered) == (True, True)


def test_order_changes_what_is_known_and_not_what_is_wanted(tmp_path: Path) -> None:
    test = load_fixed_split(pgpr(tmp_path)).test
    asked = fixed_split.by_order(test, None, 0)
    for ordered, question in asked.items():
        for split in (question.validation, question.test):
            assert split.train.ordered is ordered
            assert split.queries.ordered is ordered
        assert question.known.ordered is ordered
        assert question.test.targets is test.targets
        held = question.known.lengths() - question.validation.train.lengths()
        assert held.max() == 1  # a tenth of seven
    assert asked[True].validation.targets.items.tolist() == asked[False].validation.targets.items.tolist()


def test_sessions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fast_peers(monkeypatch, sessions)
    result = run(sessions, retail(tmp_path), monkeypatch, "--peers")
    assert result["settings"]["event_weights"] in [dict(weights) for weights in sessions.WEIGHTINGS.values()]
    assert result["test"]["recall@10"] > 0.8
    assert result["peers"]["ease"]["settings"]["event_weights"] in sessions.WEIGHTINGS


def test_validation_asks_for_the_last_buy_as_if_it_had_never_been_touched() -> None:
    rows = [
        ("a", 1, "view", 1.0),
        ("a", 1, "purchase", 5.0),
        ("a", 2, "view", 2.0),
        ("a", 3, "purchase", 3.0),
        ("a", 1, "view", 9.0),
        ("a", 4, "view", 8.0),
        ("b", 1, "purchase", 1.0),
        ("c", 1, "view", 1.0),
        ("c", 2, "cart", 2.0),
    ]
    split = sessions.last_buys(Events.of(rows))
    assert [split.train.row(user).tolist() for user in range(3)] == [[2, 3, 4], [], [1, 2]]
    assert split.users.tolist() == [0]  # b touched nothing else, c bought nothing
    assert split.queries.row(0).tolist() == [2, 3, 4]
    assert split.targets.row(0).tolist() == [1]


def test_weightings_change_what_is_fitted_and_asked_and_not_what_is_wanted(tmp_path: Path) -> None:
    folder = load_sessions(retail(tmp_path))
    one, other = (sessions.question(folder, sessions.WEIGHTINGS[name]) for name in ("1/2/4", "1/1/1"))
    assert set(one.test.queries.weights.tolist()) == {1.0, 2.0, 4.0}
    assert set(other.test.queries.weights.tolist()) == {1.0}
    assert one.test.targets.items.tolist() == other.test.targets.items.tolist()
    assert one.test.queries.items.tolist() == other.test.queries.items.tolist()
