from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import kgrec
from kgrec.adapting import AdaptSettings, Comparison, StudentSettings, adapt_encoder
from kgrec.adapting.report import verdict
from kgrec.data import Facts
from kgrec.errors import DataError, SettingsError
from kgrec.evaluation import PairedTest
from tests.adapting import tiny


def test_what_a_random_encoder_learns_helps_search_and_retrieval() -> None:
    report = tiny.adapted().report
    assert tiny.adapted().kept
    assert report["search ndcg@10"].test.low > 0.1
    assert report["retrieval ndcg@10"].after > report["retrieval ndcg@10"].before
    assert report["search recall@10"].test.p_value < 0.05
    assert report.gain > 0.1
    assert report.training.best_step > 0
    assert report.training.losses[-1] < report.training.losses[0]
    assert "the adapted encoder is kept" in report.as_text()
    with pytest.raises(KeyError):
        report["model ndcg@10"]


def test_the_adapted_encoder_has_a_name_of_its_own() -> None:
    """Vectors of one name are comparable, those of old and new are not."""
    assert tiny.adapted().encoder.name.startswith("tiny adapted ")
    old = kgrec.SentenceEncoder(tiny.folder())
    assert old.name == "tiny"
    assert not np.allclose(old.encode(["red mug"]), tiny.adapted().encoder.encode(["red mug"]), atol=0.05)


def test_an_encoder_that_learned_nothing_leaves_the_old_one() -> None:
    made, facts = tiny.shop()
    old = kgrec.SentenceEncoder(tiny.folder(), precision="float32")
    settings = replace(tiny.SETTINGS, steps=2, rate=1e-12)
    found = adapt_encoder(made.catalogue, made.events, facts, encoder=old, settings=settings)
    assert found.encoder is old
    assert not found.kept
    assert not found.report.kept
    assert "the old encoder is kept" in found.report.why


def test_a_gain_that_is_asked_for_and_missed_leaves_the_old_one() -> None:
    made, facts = tiny.shop()
    settings = replace(tiny.SETTINGS, least_gain=50.0, steps=20)
    found = adapt_encoder(made.catalogue, made.events, facts, encoder=tiny.folder(), settings=settings)
    assert found.encoder.name == "tiny"
    assert "not above" in found.report.why
    assert found.report.gain > 0


def test_a_stopped_training_goes_on_as_if_it_had_not_been(tmp_path: Path) -> None:
    made, facts = tiny.shop()
    settings = replace(tiny.SETTINGS, steps=12, evaluate_steps=4, checkpoint_steps=5)
    whole = adapt_encoder(made.catalogue, made.events, facts, encoder=tiny.folder(), settings=settings)

    def stop(stage: str, done: int, total: int | None) -> None:
        if stage == "adapt the encoder" and done == 8:
            raise KeyboardInterrupt

    folder = tmp_path / "checkpoint"
    with pytest.raises(KeyboardInterrupt):
        adapt_encoder(
            made.catalogue,
            made.events,
            facts,
            encoder=tiny.folder(),
            settings=settings,
            checkpoint=folder,
            progress=stop,
        )
    with pytest.raises(DataError, match="other settings"):
        adapt_encoder(
            made.catalogue,
            made.events,
            facts,
            encoder=tiny.folder(),
            settings=replace(settings, rate=1e-3),
            checkpoint=folder,
        )
    steps: list[int] = []
    again = adapt_encoder(
        made.catalogue,
        made.events,
        facts,
        encoder=tiny.folder(),
        settings=settings,
        checkpoint=folder,
        progress=lambda stage, done, _: steps.append(done) if stage == "adapt the encoder" else None,
    )
    assert steps[0] == 6
    assert again.report.training.validations == pytest.approx(whole.report.training.validations, abs=1e-6)
    assert again.encoder.name == whole.encoder.name
    assert not list(folder.iterdir())


def comparison(name: str, before: float, after: float, p_value: float) -> Comparison:
    apart = after - before
    test = PairedTest(difference=apart, low=apart - 0.1, high=apart + 0.1, p_value=p_value, n_users=50)
    return Comparison(name=name, before=before, after=after, test=test)


@pytest.mark.parametrize(
    ("search", "retrieval", "kept", "why"),
    [
        ((0.4, 0.5, 0.01), (0.1, 0.1, 1.0), True, "adapted"),
        ((0.4, 0.5, 0.30), (0.1, 0.1, 1.0), False, "chance"),
        ((0.4, 0.6, 0.01), (0.1, 0.09, 0.01), False, "retrieval ndcg@10 became worse"),
        ((0.4, 0.41, 0.01), (0.1, 0.09, 0.40), False, "not above"),
    ],
)
def test_the_old_encoder_stays_unless_the_new_one_is_surely_better(
    search: tuple[float, float, float], retrieval: tuple[float, float, float], kept: bool, why: str
) -> None:
    found = comparison("search ndcg@10", *search), comparison("retrieval ndcg@10", *retrieval)
    gain, chosen, said = verdict(found, AdaptSettings(), 10)
    assert (chosen, why in said) == (kept, True)
    assert gain == pytest.approx((search[1] / search[0] + retrieval[1] / retrieval[0]) / 2 - 1)
    assert not verdict(found, AdaptSettings(), 0)[1]


def test_the_whole_model_is_compared_too() -> None:
    made, facts = tiny.shop()
    settings = replace(tiny.SETTINGS, steps=2, linear_model=True)
    report = adapt_encoder(made.catalogue, made.events, facts, encoder=tiny.folder(), settings=settings).report
    assert 0.3 < report["model ndcg@10"].before < 1
    assert report["model recall@10"].test.n_users == report["retrieval recall@10"].test.n_users


def test_without_events_the_graph_teaches_and_search_judges() -> None:
    made, facts = tiny.shop()
    settings = replace(tiny.SETTINGS, steps=20)
    report = adapt_encoder(made.catalogue, None, facts, encoder=tiny.folder(), settings=settings).report
    assert {comparison.name for comparison in report.comparisons} == {"search ndcg@10", "search recall@10"}
    assert report.pairs["behaviour"] == 0
    assert report.pairs["graph"] > 0


def test_without_facts_behaviour_teaches_and_judges() -> None:
    made, _ = tiny.shop()
    settings = replace(tiny.SETTINGS, steps=4)
    report = adapt_encoder(made.catalogue, made.events, Facts.of([]), encoder=tiny.folder(), settings=settings).report
    assert {comparison.name for comparison in report.comparisons} == {"retrieval ndcg@10", "retrieval recall@10"}


def test_nothing_to_learn_from_is_said() -> None:
    made, _ = tiny.shop()
    with pytest.raises(DataError, match="nothing to learn from"):
        adapt_encoder(made.catalogue, None, Facts.of([]), encoder=tiny.folder(), settings=tiny.SETTINGS)


def test_an_encoder_without_weights_cannot_be_adapted() -> None:
    made, facts = tiny.shop()
    with pytest.raises(SettingsError, match="SentenceEncoder"):
        adapt_encoder(made.catalogue, None, facts, encoder=kgrec.HashingEncoder())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wrong",
    [
        {"temperature": 0.0},
        {"batch_size": 1},
        {"drop": 1.5},
        {"held_values": 0.0},
        {"max_minutes": 0.0},
        {"search_weight": 0.0, "retrieval_weight": 0.0},
        {"behaviour_share": 0.0, "graph_share": 0.0, "search_share": 0.0},
    ],
)
def test_impossible_settings_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(SettingsError):
        AdaptSettings(**wrong)  # type: ignore[arg-type]


def test_impossible_settings_of_a_student_are_refused() -> None:
    for wrong in ({"layers": 0}, {"similarity_weight": 0.0, "vector_weight": 0.0}, {"held_texts": 2}):
        with pytest.raises(SettingsError):
            StudentSettings(**wrong)  # type: ignore[arg-type]
