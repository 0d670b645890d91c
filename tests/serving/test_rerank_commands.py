"""``kgrec rerank``, on a generated shop."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

import kgrec
from kgrec.errors import SettingsError
from kgrec.serving import cli
from kgrec.testing import clustered_shop


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    """Several threads wait for each other on a busy machine; the networks here are small."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    made = clustered_shop(40, 60, clusters=4, seed=1)
    built = kgrec.build(
        made.catalogue, made.events, encoder=kgrec.HashingEncoder(), settings=kgrec.LinearSettings(support=15)
    )
    built.save(tmp_path / "shop")
    return tmp_path / "shop"


def test_a_shop_gets_rerankers_and_says_what_they_add(shop: Path) -> None:
    done = CliRunner().invoke(cli.app, ["rerank", str(shop), "--epochs", "2"])
    assert done.exit_code == 0, done.output
    assert "sequence: " in done.output
    assert "NDCG@10" in done.output
    loaded = kgrec.load(shop)
    assert loaded.describe()["stages"]["rerankers"] == ["sequence"]
    assert not list(shop.parent.glob("*.reranking"))


def test_another_folder_leaves_the_shop_as_it_was(shop: Path) -> None:
    out = shop.parent / "ranked"
    done = CliRunner().invoke(cli.app, ["rerank", str(shop), "-o", str(out), "--epochs", "1"])
    assert done.exit_code == 0, done.output
    assert kgrec.load(shop).describe()["stages"] is None
    assert kgrec.load(out).describe()["stages"] is not None


def test_a_stopped_training_is_gone_on_with(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from kgrec.ranking.sequence import checkpoints

    write, written = checkpoints.Checkpoint.write, []

    def stop(self: checkpoints.Checkpoint, *given: object) -> None:
        write(self, *given)  # type: ignore[arg-type]
        written.append(1)
        if len(written) == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(checkpoints.Checkpoint, "write", stop)
    command = ["rerank", str(shop), "--epochs", "3"]
    stopped = CliRunner().invoke(cli.app, command)
    assert stopped.exit_code == 130
    assert kgrec.load(shop).describe()["stages"] is None
    refused = CliRunner().invoke(cli.app, command)
    assert isinstance(refused.exception, SettingsError)
    assert "--resume" in str(refused.exception)
    done = CliRunner().invoke(cli.app, [*command, "--resume"])
    assert done.exit_code == 0, done.output
    early = kgrec.load(shop).describe()["stages"]
    assert early["rerankers"] == ["sequence"]


def test_there_must_be_something_to_go_on_with(shop: Path) -> None:
    done = CliRunner().invoke(cli.app, ["rerank", str(shop), "--resume"])
    assert isinstance(done.exception, SettingsError)
    assert "nothing" in str(done.exception) or "no training" in str(done.exception)
