from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import taggers

from benchmarks import extraction, gold
from kgrec.data import Product
from kgrec.extraction.labelled import LabelledProduct
from kgrec.extraction.tagging import TaggerExtractor
from tests.extraction.tagging import tiny

COLOURS = ("Red", "Blue", "Green", "Pink")


def write(file: Path, rows: list[dict[str, Any]]) -> None:
    text = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n\n"
    if file.suffix == ".gz":
        file.write_bytes(gzip.compress(text.encode()))
    else:
        file.write_text(text, "utf-8")


def titles(count: int, first: int = 0) -> list[dict[str, Any]]:
    rows = []
    for num in range(first, first + count):
        colour = COLOURS[num % 4]
        given = {"Color": {colour: 1}, "Brand Name": {"ACME": 1} if num % 2 else {"n/a": 1}}
        title = f"{'ACME ' * (num % 2)}{colour} Cotton Shirt N{num}"
        rows.append({"input": title, "category": "Shirts", "target_scores": given})
    return rows


def run(monkeypatch: pytest.MonkeyPatch, folder: Path, *further: str) -> dict[str, Any]:
    file = folder / "out" / "figures.json"
    monkeypatch.setattr(sys, "argv", ["extraction.py", "--gold", str(folder), "--json", str(file), *further])
    extraction.main()
    made: dict[str, Any] = json.loads(file.read_text())
    return made


def test_titles_with_replies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = titles(8, 40)
    write(tmp_path / "train.jsonl.gz", titles(40))
    write(tmp_path / "test.jsonl", rows)
    replies = [
        {"Color": "red", "Brand Name": "n/a"},
        {"Color": "Blue", "Brand Name": "Globex"},
        *[{name: next(iter(values)) for name, values in row["target_scores"].items()} for row in rows[2:]],
    ]
    write(
        tmp_path / "gpt4_replies.jsonl",
        [
            {"title": row["input"], "category": "Shirts", "reply": json.dumps(reply)}
            for row, reply in zip(rows, replies, strict=True)
        ],
    )
    result = run(monkeypatch, tmp_path, "--only", "rules", "llm")
    assert result["judged"] == {"products": 8, "cells": 16}
    for name in ("rules", "llm"):
        assert {"micro_precision", "micro_recall", "micro_f1", "macro_f1", "wrong_spans"} <= set(result[name])
        assert result[name]["wrong_spans"] == 0
    assert result["rules"]["micro_f1"] == 1.0
    assert result["llm"]["counts"] == {"nn": 4, "nv": 0, "vn": 1, "vc": 11, "vw": 0}, (
        "Globex is not in the title; red stands there as Red"
    )


def test_the_tagger_beside_one_taught_by_replies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train = TaggerExtractor.train
    encoder = tiny.encoder(tmp_path / "weights")

    def quickly(labelled: Sequence[LabelledProduct], **given: Any) -> TaggerExtractor:
        return train(labelled, encoder=encoder, settings=replace(tiny.SETTINGS, least_steps=60), **given)

    monkeypatch.setattr(taggers.TaggerExtractor, "train", quickly)
    rows = [titles(1, first + num)[0] for first in range(80, 112, 8) for num in (0, 4, 1, 5, 2, 6, 3, 7)]
    write(tmp_path / "train.jsonl", titles(80))
    write(tmp_path / "test.jsonl", rows)
    answers = [{name: next(iter(values)) for name, values in row["target_scores"].items()} for row in rows]
    replies = [
        {"title": row["input"], "category": "Shirts", "reply": json.dumps(answer)}
        for row, answer in zip(rows, answers, strict=True)
    ]
    write(tmp_path / "gpt4_replies.jsonl", [*replies[:-1], {**replies[-1], "reply": "no JSON"}])
    result = run(monkeypatch, tmp_path, "--only", "tagger", "llm")
    tagger = result["tagger"]
    assert tagger["micro_f1"] >= 0.9
    assert tagger["wrong_spans"] == 0
    assert tagger["training_seconds"] > 0
    assert tagger["titles_per_s"] > 0
    assert tagger["taught_by_replies"]["micro_f1"] > 0.5
    assert tagger["precision"] == ("int8" if "agreement" in tagger["int8"] else "float32")
    assert any("tokens a title" in note for note in tagger["notes"])
    assert result["llm"]["counts"]["vn"] == 2, "the reply that is no JSON"


def test_labels_from_a_reply() -> None:
    product = Product(id="a", title="Red, Green Quick-Dry shirt")
    row = LabelledProduct(product=product, category="Shirts", values={"Color": ("secret",)})
    reply = {"Color": "red, green", "Feature": "Breathable, quick-dry", "Style": "n/a", "Size": "XL", "Age": ["x"]}
    taught = taggers._as_replied(row, {(product.title, "Shirts"): json.dumps(reply)})
    assert taught.values == {"Color": ("Red, Green",), "Feature": ("Quick-Dry",), "Style": ()}


def test_no_replies_is_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "train.jsonl", titles(4))
    write(tmp_path / "test.jsonl", titles(4, 4))
    assert "gpt4_replies.jsonl" in run(monkeypatch, tmp_path, "--only", "llm")["llm"]["reason"]


def test_absent_beside_values(tmp_path: Path) -> None:
    scores = {"Color": {"Red": 1, "n/a": 1}, "Size": {"n/a": 1}}
    write(tmp_path / "train.jsonl", titles(2))
    write(tmp_path / "test.jsonl", [{"input": "Red", "category": "Shirts", "target_scores": scores}])
    read = gold.read_gold(tmp_path)
    assert read.absent_too == {("test-0", "Color")}
    cells = list(gold.cells_of(read.judged, {}, read.absent_too))
    assert [(cell.gold, cell.absent_too) for cell in cells] == [(("Red",), True), ((), False)]


def test_offers_prefer_the_large_training_file_and_the_normalised_variant(tmp_path: Path) -> None:
    def offer(value: str) -> dict[str, Any]:
        return {
            "id": 7,
            "category": "Discs",
            "input_title": "Disc 8GB",
            "input_description": None,
            "target_scores": {"Capacity": {value: {"pid": [0], "score": 1}}, "Ports": {"n/a": 1}},
        }

    for variant in ("raw_all_attributes", "normalized_published"):
        (tmp_path / variant).mkdir()
        for name, count in (("train", 1), ("train_large", 3), ("test", 2)):
            write(tmp_path / variant / f"{name}.jsonl.gz", [offer(variant)] * count)
    read = gold.read_gold(tmp_path)
    assert read.kind == "offers"
    ((train, test),) = read.folds
    assert (len(train), len(test)) == (3, 2)
    assert test[0].values == {"Capacity": ("normalized_published",), "Ports": ()}
    assert test[0].product.description == ""
    assert len({row.product.id for row in (*train, *test)}) == 5
    assert read.attributes == {"Discs": ("Capacity", "Ports")}
    assert len(gold.read_gold(tmp_path / "raw_all_attributes").judged) == 2


def test_spans_without_a_training_file_are_folded(tmp_path: Path) -> None:
    row = {
        "sentences": "红色圆领裙",
        "label_set": ["颜色", "领型", "材质"],
        "spans": [
            {"start": 0, "end": 2, "type": "颜色", "term": "红色"},
            {"start": 2, "end": 4, "type": "领型", "term": "圆领"},
        ],
    }
    write(tmp_path / "dev.jsonl", [row] * 11)
    read = gold.read_gold(tmp_path)
    assert read.kind == "spans"
    assert len(read.folds) == 5
    assert sorted(row.product.id for row in read.judged) == sorted(f"dev-{num}" for num in range(11))
    for train, test in read.folds:
        assert not {row.product.id for row in train} & {row.product.id for row in test}
        assert len(train) + len(test) == 11
    assert read.judged[0].values == {"颜色": ("红色",), "领型": ("圆领",), "材质": ()}
    assert read.spans["dev-0"] == (("颜色", 0, 2), ("领型", 2, 4))


def test_folders_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"test\.jsonl"):
        gold.read_gold(tmp_path)
    write(tmp_path / "test.jsonl", [{"text": "?"}])
    with pytest.raises(ValueError, match="form that is not known"):
        gold.read_gold(tmp_path)
    (tmp_path / "test.jsonl").write_text('{"input": "a"}\nnonsense\n')
    with pytest.raises(ValueError, match="line 2"):
        gold.read_gold(tmp_path)
