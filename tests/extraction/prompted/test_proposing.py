"""Schemas that a model proposes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kgrec.data import Product
from kgrec.errors import DataError, SchemaError
from kgrec.extraction.calibration import Signals
from kgrec.extraction.labelled import LabelledProduct
from kgrec.extraction.prompted import LlmExtractor, calibrate, propose_schema
from kgrec.extraction.schema import AttributeSchema
from tests.extraction.prompted.models import SCHEMA, Recorder, calls_of, product

PRODUCTS = [
    Product(id=str(num), title=f"Mug {num}", categories=(("Kitchen", "Mugs" if num % 2 else f"rare {num}"),))
    for num in range(40)
]
ENTRY = {"name": "Volume", "type": "number", "unit": "ml", "examples": [300, "0.5 l", None]}


def test_a_proposal_is_written_for_review(tmp_path: Path) -> None:
    entries: list[Any] = [
        ENTRY,
        {"name": "volume"},
        "Colour",
        {"name": "Shape", "type": "enum", "allowed": []},
        {"x": 1},
        7,
    ]
    entries += [{"name": "For", "type": "enum", "inferred": True, "allowed": ["adults", "Adults", "children"]}]
    model = Recorder(f"Of course!\n```json\n{json.dumps({'attributes': entries})}\n```")
    schema = propose_schema(PRODUCTS, calls_of(model), path=tmp_path / "proposed.yaml", sample=4)
    assert set(schema.categories) == {"Mugs", "Kitchen"}
    attributes = schema.categories["Mugs"].attributes
    assert [(a.name, a.type) for a in attributes] == [
        ("Volume", "number"),
        ("Colour", "text"),
        ("Shape", "text"),
        ("For", "enum"),
    ]
    assert attributes[0].examples == ("300", "0.5 l")
    assert list(attributes[3].allowed) == ["adults", "children"]
    assert len(model.asked) == 2
    assert model.asked[0][-1].content.count("<product>") == 4
    assert AttributeSchema.from_file(tmp_path / "proposed.yaml") == schema


def test_a_category_that_fails_is_named_in_the_file(tmp_path: Path) -> None:
    model = Recorder(["no idea", json.dumps({"attributes": {"Volume": {"type": "number"}}})])
    schema = propose_schema(PRODUCTS, calls_of(model), path=tmp_path / "proposed.yaml")
    assert len(schema.categories) == 1
    assert "# not proposed: Kitchen: the reply cannot be read" in (tmp_path / "proposed.yaml").read_text()


def test_a_category_without_attributes_costs_no_other(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    model = Recorder(['{"attributes": []}', json.dumps({"attributes": ["Volume"]})])
    schema = propose_schema(PRODUCTS, calls_of(model), path=tmp_path / "proposed.yaml")
    assert len(schema.categories) == 1
    assert "the model proposed no attribute that can be used" in (tmp_path / "proposed.yaml").read_text()
    assert "no schema was proposed for the category Kitchen" in caplog.text


@pytest.mark.parametrize("reply", ["no", "{}", '{"attributes": 3}', OSError("down")])
def test_nothing_proposed_is_an_error(reply: Any) -> None:
    with pytest.raises(SchemaError, match="no schema was proposed"):
        propose_schema(PRODUCTS, calls_of(Recorder(reply)))


def test_a_calibration_is_learned_from_labels() -> None:
    """All brands are right, and colours in two of three cases: five in six."""
    labelled = [
        LabelledProduct(
            product=product(num), category="", values={"Brand": (f"Brand{num}",), "Colour": ("red",) if num % 3 else ()}
        )
        for num in range(60)
    ]
    calibration, figure = calibrate(LlmExtractor(calls_of(Recorder()), SCHEMA), labelled)
    assert figure.count == 120
    assert calibration.values == 120
    assert figure.ece < 0.1
    assert calibration.confidence(Signals(likeness="exact", words=1)) == pytest.approx(5 / 6, abs=0.1)
    with pytest.raises(DataError, match="at least 5 labelled products"):
        calibrate(LlmExtractor(calls_of(Recorder()), SCHEMA), labelled[:2])
    with pytest.raises(DataError, match="share an id"):
        calibrate(LlmExtractor(calls_of(Recorder()), SCHEMA), [*labelled, labelled[0]])
