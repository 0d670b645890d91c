from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from kgrec.errors import SettingsError
from kgrec.explanation import ExplanationSettings, Sensitive

from .shops import shop_of

TITLES = (
    "Rose soap",
    "Pregnancy test twin pack",
    "Ramadan lantern",
    "验孕棒 两支装",
    "Rose candle",
    "Prayer mat green",
)
FACTS = (
    *((num, "colour", "green") for num in (0, 4, 5)),
    *((num, "religion", "x") for num in (0, 4)),
    *((num, "scent", "rose") for num in (0, 4)),
    (2, "occasion", "ramadan"),
)
HISTORIES = [[0, 1, 2, 3, 4]] * 5


@pytest.mark.parametrize("language", ["en", "zh"])
def test_sensitive_facts_and_items_are_never_named(language: str) -> None:
    shop = shop_of(TITLES, FACTS, HISTORIES, settings=ExplanationSettings(hub_share=1.0))
    cells = {(4, "graph:colour"): 0.2, (4, "graph:brand"): 0.1, (1, "behaviour"): 0.9, (3, "behaviour"): 0.4}
    found = shop.explain(0, [4, 1, 3], cells, language=language)
    assert {entry.history_item for entry in found.evidence} == {"id4"}
    assert found.withheld == 2
    assert sum(part.amount for part in found.contributions) == pytest.approx(found.score) == 1.6
    said = f"{found.badge}{found.text}{found.paragraph}{found.phrases}"
    for word in ("Pregnancy", "验孕", "id1", "id3"):
        assert word not in said
    assert "Rose Candle" in found.text or "Rose candle" in found.text


def told(sensitive: Sensitive) -> list[str]:
    settings = ExplanationSettings(hub_share=1.0, sensitive=sensitive)
    shop = shop_of(TITLES, FACTS, HISTORIES, settings=settings)
    cells = {(4, "graph:religion"): 0.5, (4, "graph:scent"): 0.4, (4, "graph:colour"): 0.3}
    found = shop.explain(0, [4], cells)
    assert found.withheld == 3 - len(found.evidence)
    assert sum(part.amount for part in found.contributions) == pytest.approx(1.2)
    return [entry.value for entry in found.evidence]


def test_sensitive_values_and_relations_are_withheld() -> None:
    assert told(Sensitive()) == ["rose", "green"]
    assert told(Sensitive.nothing()) == ["x", "rose", "green"]
    assert told(Sensitive().minus("religion")) == ["x", "rose", "green"]
    assert told(Sensitive().plus(values=["scent: ROSE"])) == ["green"]
    assert told(Sensitive().plus(values=["colour: rose"])) == ["rose", "green"]
    assert told(Sensitive().plus(values=["green"], relations=["scent"])) == []
    assert told(Sensitive().plus(words=["candle"])) == []  # the history item itself
    assert told(Sensitive().plus(words=["greens"])) == []  # both products say it


def test_of_a_sensitive_product_nothing_is_told() -> None:
    shop = shop_of(TITLES, FACTS, HISTORIES, settings=ExplanationSettings(hub_share=1.0))
    found = shop.explain(1, [4], {(4, "behaviour"): 0.4})
    assert found.evidence == ()
    assert found.withheld == 1
    assert "ose" not in found.paragraph + found.badge
    assert found.contributions[0].history_item == "id4"
    assert shop.explainer.paths(1, np.array([4], np.int32)) == ()


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("Pregnancy Tests, 2 pack", True),
        ("FOR DIABETICS", True),
        ("Blood   glucose meter", True),
        ("blood orange soap", False),
        ("Christian Dior lipstick", False),
        ("Christmas tree", False),
        ("Buddha statue", False),
        ("糖尿病人专用", True),
        ("圣诞树", False),
        ("gayly coloured", False),
        ("", False),
    ],
)
def test_the_own_list(text: str, held: bool) -> None:
    assert Sensitive().holds_text(text) is held
    assert not Sensitive.nothing().holds_text(text)


def test_a_list_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "sensitive.yaml"
    file.write_text("relations: [skin_concern]\nvalues: ['occasion: ramadan', kosher]\nwords: [acne, 痘]\n", "utf-8")
    read = Sensitive.read(file)
    assert read.holds_fact("skin_concern", "anything")
    assert read.holds_fact("diet", "KOSHER")
    assert read.holds_text("Acne cream")
    assert read.holds_text("pregnancy test")  # the defaults stay
    file.write_text(json.dumps({"words": ["acne"], "defaults": False}), "utf-8")
    alone = Sensitive.read(file)
    assert alone == Sensitive(relations=frozenset(), words=frozenset({"acne"}))
    assert not alone.holds_text("pregnancy test")
    file.write_text("", "utf-8")
    assert Sensitive.read(file) == Sensitive()
    for wrong in ("[1, 2]", "word: [x]", "words: acne", "words: [3]", "defaults: 1", "relations: ['']", "a: b: c"):
        file.write_text(wrong, "utf-8")
        with pytest.raises(SettingsError, match="sensitive matters"):
            Sensitive.read(file)
    with pytest.raises(SettingsError, match="cannot be read"):
        Sensitive.read(tmp_path / "missing.yaml")
    with pytest.raises(SettingsError, match="sensitive"):
        ExplanationSettings(sensitive={"words": []})  # type: ignore[arg-type]
