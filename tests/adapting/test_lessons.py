from __future__ import annotations

import numpy as np
import pytest
import torch

from kgrec.adapting.augmenting import Texts, synonyms_of
from kgrec.adapting.judging import Exam, TextScorer, gain_of
from kgrec.adapting.learning import contrast
from kgrec.adapting.lessons import Lessons
from kgrec.adapting.pairs import behaviour_pairs, graph_pairs
from kgrec.adapting.queries import HeldValues, SpokenValues, held_queries
from kgrec.adapting.settings import AdaptSettings
from kgrec.data import Catalogue, Fact, Facts, Histories, Product
from kgrec.graph import Graph
from tests.adapting import tiny

SETTINGS = AdaptSettings(batch_size=16)


def known(*triples: tuple[str, str, str]) -> Facts:
    return Facts.of(Fact(product=p, relation=r, value=v, field="title") for p, r, v in triples)


def test_pairs_of_behaviour_are_near_in_a_history() -> None:
    pairs = behaviour_pairs(Histories.of([[3, 1, 2], [1, 3], [4]]), 5, window=1)
    assert list(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True)) == [(1, 2), (1, 3)]
    assert pairs.share.sum() == pytest.approx(1)
    assert pairs.share[1] > pairs.share[0]  # seen twice
    wider = behaviour_pairs(Histories.of([[3, 1, 2]]), 5, window=2)
    assert (2, 3) in set(zip(wider.first.tolist(), wider.second.tolist(), strict=True))


def test_pairs_are_drawn_by_their_share_and_known_in_both_directions() -> None:
    pairs = behaviour_pairs(Histories.of([[0, 1], [0, 1], [2, 3]]), 4, window=1)
    first, second = pairs.drawn(2_000, np.random.default_rng(0))
    assert {tuple(sorted(pair)) for pair in zip(first.tolist(), second.tolist(), strict=True)} == {(0, 1), (2, 3)}
    assert np.mean(np.isin(first, [0, 1])) == pytest.approx(pairs.share[0], abs=0.05)
    held = pairs.holds(np.array([0, 1, 3], np.int32), np.array([1, 0, 2], np.int32))
    assert held.tolist() == [[True, False, False], [False, True, False], [False, False, True]]


def test_pairs_of_the_graph_share_rare_values() -> None:
    facts = known(*((f"{at}", "colour", "red") for at in range(5)), ("0", "theme", "owl"), ("3", "theme", "owl"))
    graph = Graph.from_facts([f"{at}" for at in range(6)], facts)
    rare = graph_pairs(graph, rare_products=2)
    assert list(zip(rare.first.tolist(), rare.second.tolist(), strict=True)) == [(0, 3)]
    more = graph_pairs(graph, rare_products=5)
    assert len(more) == 10
    assert int(np.argmax(more.share)) == 2  # (0, 3)


def test_no_pair_that_belongs_together_is_a_negative() -> None:
    made, facts = tiny.shop()
    graph = Graph.from_facts(made.catalogue.ids, facts)
    spoken, held = SpokenValues(graph, facts), HeldValues.drawn(len(graph.values), 0.2, 0)
    plain = AdaptSettings(batch_size=16, drop=0.0, crop=0.0)
    texts = Texts(made.catalogue, facts, plain, {})
    lessons = Lessons(texts, spoken, made.events.histories(), held, plain, 0)
    written = {texts.document(num, np.random.default_rng(0)): num for num in range(len(made.catalogue))}
    said = {value for value in range(len(graph.values)) if held.any[value]}
    seen_search = masked = 0
    for step in range(40):
        lesson = lessons.drawn(step)
        assert lesson.masked.shape == (len(lesson.asked), len(lesson.wanted))
        assert not lesson.masked.diagonal().any()
        masked += int(lesson.masked.sum())
        wanted = np.array([written[text] for text in lesson.wanted])
        if all(text in written for text in lesson.asked):
            asked = np.array([written[text] for text in lesson.asked])
            together = lessons.behaviour.holds(asked, wanted) | lessons.graph.holds(asked, wanted)
            together |= asked[:, None] == wanted[None, :]
            np.fill_diagonal(together, False)
            assert not (together & ~lesson.masked).any()
        else:
            seen_search += 1
            for at, text in enumerate(lesson.asked):
                titles = [made.catalogue[int(num)].title.casefold() for num in wanted]
                if text.casefold() in titles[at]:
                    answers = [text.casefold() in title for title in titles]
                    answers[at] = False
                    assert not (np.array(answers) & ~lesson.masked[at]).any()
                values = {graph.label(value)[1].casefold() for value in said & set(graph.values_of(int(wanted[at])))}
                assert not any(f" {value} " in f" {text.casefold()} " for value in values)
    assert seen_search > 4
    assert masked > 0


def test_a_lesson_depends_on_its_step_alone() -> None:
    made, facts = tiny.shop()
    graph = Graph.from_facts(made.catalogue.ids, facts)
    spoken, held = SpokenValues(graph, facts), HeldValues.drawn(len(graph.values), 0.2, 0)
    lessons = Lessons(Texts(made.catalogue, facts, SETTINGS, {}), spoken, made.events.histories(), held, SETTINGS, 0)
    seventh = lessons.drawn(7)
    lessons.drawn(8)
    again = lessons.drawn(7)
    assert (seventh.asked, seventh.wanted) == (again.asked, again.wanted)
    assert lessons.drawn(8).asked != seventh.asked


def test_held_queries_name_a_held_value_and_know_every_answer() -> None:
    made, facts = tiny.shop()
    graph = Graph.from_facts(made.catalogue.ids, facts)
    spoken, held = SpokenValues(graph, facts), HeldValues.drawn(len(graph.values), 0.4, 1)
    assert not (held.validation & held.report).any()
    queries = held_queries(spoken, held.report, held.validation, count=30, max_answers=20, seed=0)
    assert 5 < len(queries) <= 30
    assert len({query.values for query in queries}) == len(queries)
    for query in queries:
        assert any(held.report[value] for value in query.values)
        assert not any(held.validation[value] for value in query.values)
        carriers = [num for num in range(60) if set(query.values) <= set(graph.values_of(num).tolist())]
        assert query.answers.tolist() == carriers
        assert 1 <= len(carriers) <= 20


def test_queries_say_values_as_titles_do() -> None:
    facts = Facts.of(
        Fact(product="a", relation=relation, value=value, field="title", start=start, end=start + 3, surface=value)
        for relation, value, start in (("product_type", "mug", 12), ("colour", "red", 0), ("material", "ceramic", 4))
    )
    spoken = SpokenValues(Graph.from_facts(["a"], facts), facts)
    assert spoken.text(spoken.of(0)) == "red ceramic mug"


def test_attributes_are_dropped_values_said_otherwise_and_words_cut() -> None:
    products = Catalogue([Product(id="a", title="Rosy tea cup for two", brand="Elm", description="Fine and thin.")])
    facts = known(("a", "colour", "red"), ("a", "material", "china"))
    rng = np.random.default_rng(0)
    dropping = Texts(products, facts, AdaptSettings(drop=0.5, crop=0.0), {})
    written = {dropping.document(0, rng) for _ in range(60)}
    assert any("Elm" not in text and "red" in text for text in written)
    assert any("red" not in text and "china" in text for text in written)
    assert all(text.startswith("Rosy tea cup for two") for text in written)
    saying = Texts(products, facts, AdaptSettings(drop=0.0, crop=0.0, synonym=1.0), {"red": ("crimson",)})
    assert "colour: crimson" in saying.document(0, rng)
    assert saying.said("a redwood red mug", "red", rng) == "a redwood crimson mug"
    cutting = Texts(products, facts, AdaptSettings(drop=0.0, crop=1.0), {})
    whole = "Rosy tea cup for two. Elm. colour: red. material: china. Fine and thin."
    cut = {cutting.document(0, rng) for _ in range(30)}
    assert all(text in whole for text in cut)
    assert min(len(text.split()) for text in cut) >= 0.6 * len(whole.split())
    assert len(cut) > 5


def test_synonyms_come_from_what_the_facts_have_agreed_on() -> None:
    facts = Facts.of([Fact(product="a", relation="colour", value="grey", field="title", stated="gray")])
    facts = facts.with_conventions({"merges": [["colour", "slate", "grey", "learned"]]})
    assert synonyms_of(facts, {"Grey": ["ash"]}) == {"grey": ("ash", "gray", "slate")}


def test_the_loss_is_that_of_two_softmaxes_without_the_masked() -> None:
    asked = torch.nn.functional.normalize(torch.tensor([[1.0, 0.2], [0.1, 1.0], [0.9, 0.4]]), dim=1)
    wanted = torch.nn.functional.normalize(torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 0.1]]), dim=1)
    masked = torch.zeros(3, 3, dtype=torch.bool)
    masked[0, 2] = True
    logits = (asked @ wanted.T / 0.5).numpy().astype(float)
    logits[0, 2] = -np.inf
    shares = [np.exp(logits[i, i]) / np.exp(logits[i]).sum() for i in range(3)]
    shares += [np.exp(logits[i, i]) / np.exp(logits[:, i]).sum() for i in range(3)]
    expected = -np.mean(np.log(shares))
    assert float(contrast(asked, wanted, masked, 0.5)) == pytest.approx(expected, abs=1e-5)


def test_the_text_scorer_takes_the_newest_products() -> None:
    vectors = np.eye(4, dtype=np.float32)
    vectors[3] = vectors[0] + 0.1 * vectors[1]
    scores = TextScorer(vectors, 1).score(Histories.of([[1, 0], []]))
    assert int(np.argmax(scores[0])) == 0
    assert scores[0, 3] > scores[0, 1]
    assert not scores[1].any()


def test_the_gain_weighs_what_was_measured() -> None:
    settings = AdaptSettings(search_weight=1.0, retrieval_weight=3.0)
    before, after = {"search ndcg@10": 0.4, "retrieval ndcg@10": 0.1}, {"search ndcg@10": 0.6, "retrieval ndcg@10": 0.1}
    assert gain_of(before, after, settings) == pytest.approx(0.125)
    assert gain_of({"search ndcg@10": 0.4}, {"search ndcg@10": 0.6}, settings) == pytest.approx(0.5)
    assert gain_of({}, {}, settings) == 0


def test_an_exam_of_a_part_asks_only_what_can_be_answered() -> None:
    made, facts = tiny.shop()
    graph = Graph.from_facts(made.catalogue.ids, facts)
    spoken, held = SpokenValues(graph, facts), HeldValues.drawn(len(graph.values), 0.4, 1)
    queries = held_queries(spoken, held.report, held.validation, count=30, max_answers=20, seed=0)
    exam = Exam.of(tuple(p.title for p in made.catalogue), queries, None, SETTINGS, most=30, seed=0)
    assert exam.products is not None
    assert len(exam.products) == 30
    assert exam.queries
    assert all(np.isin(query.answers, exam.products).all() and len(query.answers) for query in exam.queries)
