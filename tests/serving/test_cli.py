"""The command line, as a user types it."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import kgrec
from kgrec.serving import cli

CLUSTERS = {"tin": ("RED", "BLUE", "GREEN", "PINK"), "mug": ("WHITE", "BLACK", "IVORY", "SILVER")}


@pytest.fixture
def products(tmp_path: Path) -> Path:
    """Write eight products of two kinds, and two rows that cannot be used."""
    rows = [
        {"id": f"{kind}-{colour.lower()}", "title": f"{colour} {kind.upper()}", "price": 2.5}
        for kind, colours in CLUSTERS.items()
        for colour in colours
    ]
    broken = [{"title": "NO ID"}, {"id": "x", "title": "X", "price": -1}]
    return written(tmp_path / "products.jsonl", "\n".join(map(json.dumps, [*rows, *broken])))


@pytest.fixture
def events(tmp_path: Path) -> Path:
    """Write twelve shoppers who stay with one kind, one unreadable time and one unknown product."""
    lines = ["user,item,type,time"]
    for shopper in range(12):
        kind = list(CLUSTERS)[shopper % 2]
        for step in range(3):
            colour = CLUSTERS[kind][(shopper // 2 + step) % 4].lower()
            lines.append(f"u{shopper},{kind}-{colour},purchase,2024-01-{shopper + 1:02}T1{step}:00:00Z")
    lines += ["u0,tin-red,purchase,yesterday", "u0,lamp,purchase,2024-01-01T10:00:00Z"]
    return written(tmp_path / "events.csv", "\n".join(lines))


@pytest.fixture
def shop(tmp_path: Path, products: Path, events: Path) -> Path:
    answer = invoke("build", products, tmp_path / "shop", "--events", events, "--encoder", "hashing")
    assert answer.exit_code == 0, answer.output
    return tmp_path / "shop"


def written(path: Path, text: str) -> Path:
    path.write_text(text + "\n", encoding="utf-8")
    return path


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(cli.app, [str(argument) for argument in arguments])


def run_main(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int | str | None:
    """Run ``kgrec …`` as the installed script does and return its exit code."""
    monkeypatch.setattr(sys, "argv", ["kgrec", *map(str, arguments)])
    with pytest.raises(SystemExit) as left:
        cli.main()
    return left.value.code


# --- help


def test_help_names_the_commands() -> None:
    answer = invoke("--help")
    assert answer.exit_code == 0
    for command in ("demo", "build", "recommend"):
        assert command in answer.output


@pytest.mark.parametrize("command", ["demo", "build", "recommend"])
def test_each_command_has_help(command: str) -> None:
    answer = invoke(command, "--help")
    assert answer.exit_code == 0
    assert "Usage" in answer.output


def test_nothing_given_is_answered_with_help() -> None:
    assert "Usage" in invoke().output


def test_an_unknown_command_is_a_usage_error(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_main(monkeypatch, "brew") == 2


def test_the_version_is_said() -> None:
    answer = invoke("--version")
    assert answer.exit_code == 0
    assert answer.output.strip() == f"kgrec {kgrec.__version__}"


def test_an_interrupt_is_one_line_and_exit_code_130(monkeypatch: pytest.MonkeyPatch, products: Path) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(kgrec, "read_catalogue", stopped)
    answer = invoke("build", products, products.parent / "shop", "--encoder", "hashing")
    assert answer.exit_code == 130
    assert answer.output.splitlines() == ["stopped: nothing was written; run the same command again"]


# --- build and recommend


def test_build_writes_what_it_left_out(tmp_path: Path, products: Path, events: Path) -> None:
    aside = tmp_path / "aside.jsonl"
    options = ("--events", events, "--encoder", "hashing", "--set-aside", aside)
    assert invoke("build", products, tmp_path / "s", *options).exit_code == 0
    rows = [json.loads(line) for line in aside.read_text().splitlines()]
    assert [(Path(row["file"]).name, row["line"]) for row in rows] == [
        ("products.jsonl", 9),
        ("products.jsonl", 10),
        ("events.csv", 38),
    ]


def test_what_was_built_is_read_by_the_library(shop: Path) -> None:
    loaded = kgrec.load(shop)
    assert len(loaded.catalogue) == 8
    assert len(loaded.shop.users) == 12


def test_build_shows_what_it_left_out(tmp_path: Path, products: Path, events: Path) -> None:
    output = invoke("build", products, tmp_path / "s", "--events", events, "--encoder", "hashing").output
    text = " ".join(output.split())
    assert "rows set aside: 2" in text
    assert "no id" in text
    assert "negative price" in text
    assert "rows set aside: 1" in text
    assert "unreadable time" in text
    assert "events of products that the catalogue lacks: 1 (1 ids)" in text
    assert "8 products" in text
    assert "12 users" in text


def test_no_more_than_five_rows_are_shown(tmp_path: Path) -> None:
    rows = ['{"id": "a", "title": "RED TIN"}', *['{"title": "NO ID"}'] * 9]
    text = invoke("build", written(tmp_path / "p.jsonl", "\n".join(rows)), tmp_path / "s", "--encoder", "hashing")
    assert text.output.count("no id") == 5
    assert "and 4 more" in text.output


def test_a_shop_needs_no_events(tmp_path: Path, products: Path) -> None:
    assert invoke("build", products, tmp_path / "s", "--encoder", "hashing").exit_code == 0
    answer = invoke("recommend", tmp_path / "s", "--item", "tin-red", "--k", 3)
    assert answer.exit_code == 0
    assert len(ranked(answer.output)) == 3


def test_recommend_for_a_user(shop: Path) -> None:
    loaded = kgrec.load(shop)
    answer = invoke("recommend", shop, "u0", "--k", 3)
    assert answer.exit_code == 0
    assert ranked(answer.output) == [found.item for found in loaded.recommend("u0", k=3)]
    assert ranked(answer.output)[0].startswith("tin-")
    assert "note" not in answer.output


def test_recommend_gives_reasons_in_both_languages(shop: Path) -> None:
    for language in ("en", "zh"):
        answer = invoke("recommend", shop, "u0", "--k", 2, "--language", language)
        best = kgrec.load(shop).recommend("u0", k=1, language=language)[0]
        assert best.explanation is not None
        assert "".join(best.explanation.text.split()) in "".join(answer.output.split())


def test_recommend_for_a_history(shop: Path) -> None:
    answer = invoke("recommend", shop, "--item", "mug-white", "--item", "mug-black", "--k", 2)
    assert ranked(answer.output) == [
        found.item for found in kgrec.load(shop).recommend(history=["mug-white", "mug-black"], k=2)
    ]


def test_an_unknown_user_gets_an_answer_and_a_note(shop: Path) -> None:
    answer = invoke("recommend", shop, "nobody", "--k", 4)
    assert answer.exit_code == 0
    assert "'nobody' is not known" in answer.output
    assert len(ranked(answer.output)) == 4


# --- errors


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("build", "{tmp}/none.jsonl", "{tmp}/s", "--encoder", "hashing"), "none.jsonl"),
        (("build", "{tmp}/products.jsonl", "{tmp}/s", "--encoder", "/no/such/model"), "Three ways out"),
        (("build", "{tmp}/products.jsonl", "{tmp}/s", "--events", "{tmp}/products.jsonl"), "no user column"),
        (("recommend", "{tmp}/none"), "is no snapshot"),
    ],
)
def test_an_error_is_one_line_and_exit_code_1(
    arguments: tuple[str, ...],
    message: str,
    products: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("COLUMNS", "2000")  # a terminal this wide wraps nothing
    given = [argument.format(tmp=products.parent) for argument in arguments]
    assert run_main(monkeypatch, *given) == 1
    shown = capsys.readouterr()
    (line,) = filter(str.strip, shown.err.splitlines())
    assert line.startswith("error: ")
    assert message in line
    assert "Traceback" not in shown.out


@pytest.mark.parametrize("arguments", [("--k", 0), ("--language", "tlh")])
def test_an_impossible_option_is_an_error(
    arguments: tuple[object, ...], shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_main(monkeypatch, "recommend", shop, "u0", *arguments) == 1
    assert capsys.readouterr().err.startswith("error: ")


def test_a_damaged_shop_is_refused_by_the_name_of_the_file(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = shop / "model-weights.npy"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    assert run_main(monkeypatch, "recommend", shop, "u0") == 1
    assert "model-weights.npy" in "".join(capsys.readouterr().err.split())


def test_a_good_end_is_exit_code_0(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_main(monkeypatch, "recommend", shop, "u0") in (0, None)


def ranked(output: str) -> list[str]:
    """Return the ids behind the ranks."""
    return re.findall(r"^ *\d+\. (\S+)", output, re.MULTILINE)
