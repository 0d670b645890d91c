"""``kgrec train``, on a generated shop with a tiny encoder."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner, Result

import kgrec
from kgrec.adapting import AdaptSettings, adapting
from kgrec.errors import EncoderUnavailableError, SettingsError
from kgrec.serving import cli
from tests.adapting import tiny


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Write the generated shop as a merchant would."""
    folder = tmp_path_factory.mktemp("shop")
    made, _ = tiny.shop()
    rows = [
        {"id": p.id, "title": p.title, "brand": p.brand, "categories": [list(path) for path in p.categories]}
        for p in made.catalogue
    ]
    (folder / "products.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    log = made.events
    with (folder / "events.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["user", "item", "type", "time"])
        for at in range(len(log)):
            item = made.catalogue[int(log.item[at])].id
            writer.writerow([log.users[log.user[at]], item, log.types[log.type[at]], int(log.time[at])])
    return folder / "products.jsonl", folder / "events.csv"


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    """Several threads wait for each other on a busy machine; the networks here are tiny."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Train with the sizes of the tiny encoder."""

    def settings(**given: float) -> AdaptSettings:
        return tiny.replaced(**given)

    monkeypatch.setattr("kgrec.adapting.AdaptSettings", settings)
    monkeypatch.setattr("kgrec.adapting.StudentSettings", lambda **given: tiny.TEACHING)


def test_a_folder_that_a_build_can_use(files: tuple[Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "encoder"
    answer = invoke("train", *files, "-o", out, "--encoder", tiny.folder(), "--student", 1, "--int8")
    assert answer.exit_code == 0, answer.output
    assert "the adapted encoder is kept" in answer.output
    assert "search ndcg@10" in answer.output
    assert "student: kept" in answer.output
    assert "eight-bit integers: kept" in answer.output
    assert not list(tmp_path.glob("encoder.training/*"))
    encoder = cli._encoder(str(out))  # as kgrec build --encoder reads it
    assert encoder.name.endswith(" 1 layers int8")
    shop = kgrec.build(kgrec.read_catalogue(files[0]), encoder=encoder, settings=kgrec.LinearSettings())
    assert shop.similar("p000000")


def test_a_stopped_training_says_how_to_go_on(
    files: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "encoder"
    with pytest.raises(SettingsError, match="leave --resume out"):
        invoke("train", *files, "-o", out, "--encoder", tiny.folder(), "--resume")
    with monkeypatch.context() as stopped:
        stopped.setattr(adapting, "verdict", interrupt)
        answer = invoke("train", *files, "-o", out, "--encoder", tiny.folder())
    assert answer.exit_code == 130
    assert "--resume" in answer.output
    assert not out.exists()
    with pytest.raises(SettingsError, match="go on with --resume"):
        invoke("train", *files, "-o", out, "--encoder", tiny.folder())
    answer = invoke("train", *files, "-o", out, "--encoder", tiny.folder(), "--resume")
    assert answer.exit_code == 0, answer.output
    assert kgrec.SentenceEncoder(out).name.startswith("tiny")


def test_a_student_that_cannot_be_is_refused_before_the_training(files: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(EncoderUnavailableError, match="of more"):
        invoke("train", *files, "-o", tmp_path / "encoder", "--encoder", tiny.folder(layers=1), "--student", 1)


def test_a_folder_of_something_else_is_not_touched(files: tuple[Path, Path]) -> None:
    with pytest.raises(kgrec.errors.DataError, match="another path"):
        invoke("train", *files, "-o", files[0].parent, "--encoder", tiny.folder())
    assert files[0].is_file()


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def invoke(*given: object) -> Result:
    """Run a command; errors of the library come through, as main() words them."""
    answer = CliRunner().invoke(cli.app, [str(one) for one in given])
    if answer.exception is not None and not isinstance(answer.exception, SystemExit):
        raise answer.exception
    return answer
