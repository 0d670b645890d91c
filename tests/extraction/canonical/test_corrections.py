from __future__ import annotations

from pathlib import Path

import pytest

from kgrec.data import Fact, Facts
from kgrec.errors import CorrectionsError
from kgrec.extraction.canonical import Corrections

GIVEN = """\
# what the shop's people have said
- accept: {relation: colour, value: pink, product: "1"}
- reject:
    relation: theme
    value: Rose
- rename: {relation: colour, value: off white, to: ivory}
- merge: {relation: material, values: [PU leather, faux leather], to: imitation leather}
"""


def fact(product: str, relation: str, value: str, **more: object) -> Fact:
    return Fact(product=product, relation=relation, value=value, field="title", **more)  # type: ignore[arg-type]


FACTS = Facts.of(
    [
        fact("1", "colour", "pink", confidence=0.5),
        fact("2", "colour", "pink", confidence=0.5),
        fact("1", "theme", "rose"),
        fact("2", "colour", "rose"),
        fact("2", "colour", "Off-White"),
        fact("3", "material", "PU Leather"),
        fact("4", "material", "faux leather", stated="Faux-Leather"),
        fact("5", "material", "leather"),
    ]
)


def read(tmp_path: Path, text: str) -> Corrections:
    path = tmp_path / "corrections.yaml"
    path.write_text(text, encoding="utf-8")
    return Corrections.read(path)


def test_what_each_entry_does(tmp_path: Path) -> None:
    corrections = read(tmp_path, GIVEN)
    facts, applied = corrections.apply(FACTS)
    assert [(found.product, found.value, found.stated, found.standing, found.confidence) for found in facts] == [
        ("1", "pink", "", "accepted", 1.0),
        ("2", "pink", "", "", 0.5),
        ("1", "rose", "", "rejected", 1.0),
        ("2", "rose", "", "", 1.0),
        ("2", "ivory", "Off-White", "", 1.0),
        ("3", "imitation leather", "PU Leather", "", 1.0),
        ("4", "imitation leather", "Faux-Leather", "", 1.0),
        ("5", "leather", "", "", 1.0),
    ]
    assert [(entry.correction.line, entry.facts) for entry in applied] == [(2, 1), (3, 1), (6, 1), (7, 2)]
    assert facts.set_aside == ()
    assert list(corrections.apply(facts).facts) == list(facts)


def test_entries_that_meet_nothing_are_reported(tmp_path: Path) -> None:
    corrections = read(tmp_path, "- reject: {relation: colour, value: mauve}\n\n- accept: {relation: x, value: y}\n")
    facts = corrections.apply(FACTS).facts
    assert [row.line for row in facts.set_aside] == [1, 3]
    assert facts.set_aside[0].file.endswith("corrections.yaml")
    assert "meets no fact: reject colour 'mauve'" in facts.set_aside[0].reason
    assert list(facts) == list(FACTS)


def test_a_fact_that_nobody_states_is_added_to_a_product_that_is_there(tmp_path: Path) -> None:
    text = "- accept: {relation: colour, value: teal, product: '%s'}\n"
    (added,) = list(read(tmp_path, text % "1").apply(FACTS).facts)[len(FACTS) :]
    assert (added.product, added.value, added.extractor, added.standing) == ("1", "teal", "corrections", "accepted")
    assert read(tmp_path, text % "9").apply(FACTS).facts.set_aside[0].line == 1
    assert len(read(tmp_path, text % "9").apply(FACTS, ["9"]).facts) == len(FACTS) + 1
    corrections = read(tmp_path, text % "1")
    once = corrections.apply(FACTS).facts
    assert list(corrections.apply(once).facts) == list(once)


def test_scalars_are_texts(tmp_path: Path) -> None:
    corrections = read(tmp_path, "- reject: {relation: made, value: no}\n- reject: {relation: n, value: 007}\n")
    assert [entry.values for entry in corrections.entries] == [("no",), ("007",)]
    assert len(read(tmp_path, "")) == len(read(tmp_path, "# nothing yet\n")) == 0


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("reject: {relation: a, value: b}", r":1: expected a list"),
        ("- reject: {relation: a, value: b}\n- [1", r":2: this is no YAML"),
        ("- accept: {relation: a, value: b}\n- reject", r":2: expected one action"),
        ("- reject: [a, b]", r":1: expected fields"),
        ("- forget: {relation: a, value: b}", r":1: there is no action 'forget'; known are accept, reject"),
        ("- reject: {relation: a}", r":1: this reject lacks value; it takes relation, value and perhaps product"),
        ("- merge: {relation: a, values: b, to: c}", r":1: values of merge must be a list"),
        ("- rename: {relation: a, value: [b], to: c}", r":1: value of rename must be one text"),
        ("- rename: {relation: a, value: b, to: c, why: d}", r":1: this rename has why"),
        ("- reject: {relation: a, value: ''}", r":1: value of reject is blank"),
        ("- reject: {relation: a, value: b, value: c}", r":1: value of reject is blank or given twice"),
        ("- &x reject: {relation: a, value: b}", r":1: anchors"),
        ("- reject: {relation: a, value: !!python/name:os.system b}", r":1: anchors, aliases and tags"),
        ("- accept: {relation: a, value: b}\n- reject: {relation: a, value: B}", r":2: .* contradicts line 1"),
        ("- rename: {relation: a, value: b, to: c}\n- rename: {relation: a, value: b, to: d}", r":2: .* contradicts"),
    ],
)
def test_malformed_files_are_refused_with_the_line(tmp_path: Path, text: str, where: str) -> None:
    with pytest.raises(CorrectionsError, match=r"corrections\.yaml" + where):
        read(tmp_path, text)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(CorrectionsError, match="cannot be read"):
        Corrections.read(tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"- reject: {relation: a, value: \xff}")
    with pytest.raises(CorrectionsError, match="UTF-8"):
        Corrections.read(tmp_path / "latin.yaml")


def test_entries_survive_a_document(tmp_path: Path) -> None:
    corrections = read(tmp_path, GIVEN)
    assert Corrections.of_document(corrections.to_document()).entries == corrections.entries
    for wrong in ([["accept"]], [["accept", "r", 3, "", "", 1]], [["burn", "r", ["v"], "", "", 1]], 7):
        with pytest.raises(CorrectionsError):
            Corrections.of_document(wrong)  # type: ignore[arg-type]
