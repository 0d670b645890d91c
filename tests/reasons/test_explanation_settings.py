"""What the merchant says of explanations holds for loaded shops, and after updates."""

from __future__ import annotations

from pathlib import Path

import pytest

import kgrec
from kgrec.explanation import ExplanationSettings, Sensitive

from .shops import USERS, shop

USER = USERS[3]


def spoken(asked: kgrec.Recommender) -> set[str]:
    """Return the history items that any explanation names."""
    whys = [found.explanation for found in asked.recommend(USER, k=10, explain="details")]
    items = {entry.history_item for why in whys if why for entry in why.evidence}
    return items | {path.history_item for why in whys if why for path in why.paths}


def test_a_loaded_shop_keeps_quiet_and_goes_on_doing_so(tmp_path: Path) -> None:
    item = sorted(spoken(shop()))[0]
    word = shop().catalogue.product(item).title.split()[1]
    shop().save(tmp_path / "shop")
    quiet = ExplanationSettings(sensitive=Sensitive(words=frozenset({word})), escape=True)
    loaded = kgrec.load(tmp_path / "shop", explanations=quiet)
    assert item in spoken(kgrec.load(tmp_path / "shop"))
    assert item not in spoken(loaded)
    loaded.add_events([(USER, "p000000", "view", 9e8)])
    loaded.remove(shop().catalogue.ids[-1])
    assert item not in spoken(loaded)
    for found in loaded.recommend(USER, k=10):
        assert found.explanation is not None
        assert word.casefold() not in found.explanation.paragraph.casefold()
        total = sum(part.amount for part in found.explanation.contributions)
        assert total == pytest.approx(found.score, rel=1e-5)


def test_a_page_of_answers_repeats_no_phrasing() -> None:
    for language in ("en", "zh"):
        for user in USERS:
            texts = [f.explanation.text for f in shop().recommend(user, k=10, language=language) if f.explanation]
            assert len(set(texts)) == 10
