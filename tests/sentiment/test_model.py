from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kgrec.data import Review
from kgrec.errors import DataError, SettingsError, SnapshotDamagedError, SnapshotError, SnapshotVersionError
from kgrec.sentiment import LexiconSentiment, SentimentModel, SentimentSettings
from kgrec.sentiment.grouping import held_out_groups, joined_groups
from tests.sentiment.shops import made_up


@pytest.fixture(scope="module")
def model() -> SentimentModel:
    english, chinese = made_up(200, chinese=False), made_up(200, chinese=True)
    return SentimentModel.train(english[0] + chinese[0], english[1] + chinese[1], seed=3)


@pytest.mark.parametrize("chinese", [False, True])
def test_other_texts_of_both_languages(model: SentimentModel, chinese: bool) -> None:
    texts, labels = made_up(100, chinese=chinese, seed=9)
    scores = model.predict(texts)
    assert scores.shape == (100,)
    assert scores.dtype == np.float64
    assert np.mean((scores > 0.5) == np.array(labels)) == 1.0


def test_the_words_that_spoke(model: SentimentModel) -> None:
    text = "The strap is terrible, but it works well"
    verdict = model.explain(text)
    assert verdict.logit == pytest.approx(verdict.offset + sum(one.amount for one in verdict.spoke))
    assert verdict.probability == pytest.approx(model.predict([text])[0])
    assert verdict.logit == pytest.approx(model.logits([text])[0])
    amounts = {one.words: one.amount for one in verdict.spoke}
    assert amounts["terrible"] < 0 < amounts["works well"]
    assert all(text[one.start : one.end] == one.words for one in verdict.spoke)
    assert [abs(one.amount) for one in verdict.spoke] == sorted(
        (abs(one.amount) for one in verdict.spoke), reverse=True
    )


def test_words_never_seen_say_nothing(model: SentimentModel) -> None:
    verdict = model.explain("zzz qqq 丏丐")
    assert verdict.spoke == ()
    assert verdict.logit == verdict.offset
    assert model.predict([""])[0] == pytest.approx(verdict.probability)
    assert model.predict([]).shape == (0,)
    with pytest.raises(DataError, match="list of texts"):
        model.predict("great")


def test_probabilities_are_calibrated_to_the_share_of_each_kind() -> None:
    rng = np.random.default_rng(0)
    labels = (rng.random(600) < 0.9).astype(int).tolist()
    texts = [f"{at} {'fine' if label or rng.random() < 0.5 else 'bad'} thing" for at, label in enumerate(labels)]
    scores = SentimentModel.train(texts, labels, seed=1).predict(texts)
    assert np.mean(scores) == pytest.approx(np.mean(labels), abs=0.02)
    fine = np.array(["fine" in text for text in texts])
    assert np.mean(scores[fine]) == pytest.approx(np.mean(np.array(labels)[fine]), abs=0.03)


def test_equal_input_equal_model_and_another_seed_another_draw() -> None:
    texts, labels = made_up(80, chinese=False)
    first, second = (SentimentModel.train(texts, labels, seed=5) for _ in range(2))
    np.testing.assert_array_equal(first.logits(texts), second.logits(texts))


def test_saved_and_loaded(model: SentimentModel, tmp_path: Path) -> None:
    model.save(tmp_path / "m")
    loaded = SentimentModel.load(tmp_path / "m")
    texts = made_up(20, chinese=True, seed=4)[0]
    np.testing.assert_array_equal(loaded.logits(texts), model.logits(texts))
    assert loaded.settings == model.settings
    assert loaded.explain(texts[0]) == model.explain(texts[0])


def test_what_cannot_be_loaded(model: SentimentModel, tmp_path: Path) -> None:
    with pytest.raises(SnapshotDamagedError, match="holds no sentiment model"):
        SentimentModel.load(tmp_path / "nowhere")
    folder = tmp_path / "m"
    model.save(folder)
    about = json.loads((folder / "sentiment.json").read_text())
    (folder / "sentiment.json").write_text(json.dumps({**about, "format": 99}))
    with pytest.raises(SnapshotVersionError, match="99"):
        SentimentModel.load(folder)
    (folder / "sentiment.json").write_text(json.dumps(about))
    (folder / "sentiment.npz").write_bytes((folder / "sentiment.npz").read_bytes()[:200])
    with pytest.raises(SnapshotDamagedError):
        SentimentModel.load(folder)
    (tmp_path / "file").write_text("")
    with pytest.raises(SnapshotError):
        model.save(tmp_path / "file")


def test_what_cannot_be_learned_from() -> None:
    texts, labels = made_up(40, chinese=False)
    with pytest.raises(DataError, match="39 labels"):
        SentimentModel.train(texts, labels[1:])
    with pytest.raises(DataError, match="expected 1 or True"):
        SentimentModel.train(texts, [2, *labels[1:]])
    with pytest.raises(DataError, match="5 of each kind"):
        SentimentModel.train(texts, [1] * 40)
    with pytest.raises(DataError, match="lower minimum_texts"):
        SentimentModel.train(["。"] * 40, labels)


@pytest.mark.parametrize(
    "wrong",
    [{"longest": 0}, {"minimum_texts": 0}, {"strengths": ()}, {"strengths": (0.0,)}, {"validation_share": 0.5}],
)
def test_impossible_settings(wrong: dict[str, object]) -> None:
    with pytest.raises(SettingsError, match=next(iter(wrong))):
        SentimentSettings(**wrong)  # type: ignore[arg-type]


def test_progress_ends() -> None:
    told: list[tuple[int, int | None]] = []
    texts, labels = made_up(60, chinese=False)
    SentimentModel.train(texts, labels, progress=lambda stage, done, total: told.append((done, total)))
    assert told[0] == (0, 6)
    assert told[-1] == (6, 6)


def test_from_reviews_with_stars() -> None:
    texts, labels = made_up(100, chinese=False)
    reviews = [
        Review(id=str(at), product="p", text=text, stars=[1.0, 2.0][at % 2] if not label else [4.0, 5.0][at // 2 % 2])
        for at, (text, label) in enumerate(zip(texts, labels, strict=True))
    ]
    middling = [Review(id=f"m{at}", product="p", text=texts[0], stars=3.0) for at in range(30)]
    unrated = [Review(id="n", product="p", text=texts[0])]
    first = SentimentModel.from_reviews(reviews)
    second = SentimentModel.from_reviews([*reviews, *middling, *unrated])
    np.testing.assert_array_equal(first.logits(texts), second.logits(texts))
    assert np.mean((first.predict(texts) > 0.5) == np.array(labels)) == 1.0


def test_groups_are_chains() -> None:
    texts = ["Good!", "bad", "good", "fine", "BAD.", "else"]
    assert joined_groups(texts).tolist() == [0, 1, 0, 2, 1, 3]
    users = ["a", "b", "c", "a", "d", "d"]
    groups = joined_groups(texts, users)
    assert groups[0] == groups[2] == groups[3]
    assert groups[1] == groups[4] == groups[5]
    assert groups[0] != groups[1]


def test_held_out_groups_are_whole_and_strata_keep_their_share() -> None:
    rng = np.random.default_rng(0)
    groups = np.sort(rng.integers(0, 300, 1000))
    groups = np.unique(groups, return_inverse=True)[1]
    strata = (rng.random(1000) < 0.9).astype(np.int64)
    mask = held_out_groups(groups, strata, 0.2, rng)
    assert all(len(set(mask[groups == group].tolist())) == 1 for group in set(groups.tolist()))
    assert 0.17 < mask.mean() < 0.23
    assert 0.1 < mask[strata == 0].mean() < 0.3


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("Great sound and very sturdy", True),
        ("It broke after a week. Terrible.", False),
        ("not good at all", False),
        ("I wasn't disappointed", True),
        ("质量很好，很满意", True),
        ("太差了，失望", False),
        ("一点都不好用", False),
        ("很不错", True),
        ("没有异味", True),
    ],
)
def test_lexicon(text: str, good: bool) -> None:
    assert (LexiconSentiment().predict([text])[0] > 0.5) == good


def test_lexicon_with_nothing_said() -> None:
    assert LexiconSentiment().predict(["", "The box is blue", "İ"]).tolist() == [0.5, 0.5, 0.5]


@pytest.mark.parametrize("given", ["one text", [None]])
def test_the_lexicon_takes_texts(given: Any) -> None:
    with pytest.raises(DataError, match="text"):
        LexiconSentiment().predict(given)
