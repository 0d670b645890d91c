from __future__ import annotations

import pytest

from kgrec.data import Product, Review
from kgrec.errors import SettingsError
from kgrec.extraction.grounding import why_ungrounded
from kgrec.sentiment import AspectSettings, LexiconSentiment, SentimentModel, aspect_facts, aspects
from kgrec.sentiment.aspects import wilson_lower
from kgrec.sentiment.clauses import clauses_of
from kgrec.sentiment.mentions import mentions_of
from kgrec.sentiment.terms import learned_terms, seed_terms
from tests.sentiment.shops import made_up


def said(text: str) -> set[tuple[str, int]]:
    return {(one.aspect, one.side) for clause in clauses_of(text) for one in mentions_of(clause, seed_terms())}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The sound is crystal clear but the cable is flimsy.", {("sound", 1), ("cable", -1)}),
        ("Great battery life, terrible screen", {("battery life", 1), ("screen", -1)}),
        ("I love the design", {("design", 1)}),
        ("I don't like the design", {("design", -1)}),
        ("The instructions are not very clear", {("instructions", -1)}),
        ("the display isn't bright", {("screen", -1)}),
        ("good quality cable", {("quality", 1)}),
        ("a nice microphone stand", set()),
        ("cheap price", {("price", 1)}),
        ("Easy to use and well made", {("ease of use", 1), ("build quality", 1)}),
        ("it is not easy to use", {("ease of use", -1)}),
        ("The smell is strong", {("smell", -1)}),
        ("It sounds like a screen door", set()),
        ("The sound comes from a speaker", set()),
        ("I wanted good but got battery", set()),
        ("屏幕很清晰，物流太慢了", {("屏幕", 1), ("物流", -1)}),
        ("质量不好", {("质量", -1)}),
        ("质量真的非常不错", {("质量", 1)}),
        ("很漂亮的颜色", {("颜色", 1)}),
        ("价格便宜，但是包装有点破", {("价格", 1), ("包装", -1)}),
        ("味道不怎么新鲜", {("味道", -1)}),
        ("这个屏幕是三月买的", set()),
        ("很好吃", {("味道", 1)}),
        ("屏幕 great 好看", {("外观", 1)}),
    ],
)
def test_what_is_said(text: str, expected: set[tuple[str, int]]) -> None:
    assert said(text) == expected


def reviews_of(product: str, *texts: str, user: str = "") -> list[Review]:
    return [Review(id=f"{product}{at}", product=product, text=text, user=user) for at, text in enumerate(texts)]


REVIEWS = [
    *reviews_of(
        "lamp",
        "The battery life is great. Nice design.",
        "Great battery life! Overpriced.",
        "Impressive battery life, but overpriced",
        "battery life is not good",
        "Overpriced. the design is nice",
        "Nice design, awful design",
    ),
    *reviews_of("手机", "屏幕很清晰", "屏幕非常清晰，物流慢", "屏幕清晰。物流太慢了", "屏幕不清晰，物流很慢"),
]


def test_edges_with_counts_and_sentences() -> None:
    found = aspects(REVIEWS, settings=AspectSettings(learn_terms=False))
    assert [(one.product, one.relation, one.aspect, one.support, one.against) for one in found] == [
        ("lamp", "criticised_for", "price", 3, 0),
        ("lamp", "praised_for", "battery life", 3, 1),
        ("手机", "criticised_for", "物流", 3, 0),
        ("手机", "praised_for", "屏幕", 3, 1),
    ]
    by_id = {review.id: review for review in REVIEWS}
    for summary in found:
        assert len({sentence.review for sentence in summary.sentences}) == summary.support
        for sentence in summary.sentences:
            assert by_id[sentence.review].words[sentence.start : sentence.end] == sentence.text
            assert by_id[sentence.review].product == summary.product
    battery = found[1]
    assert battery.confidence == pytest.approx(wilson_lower(3, 4))
    assert [sentence.text for sentence in battery.sentences] == [
        "The battery life is great.",
        "Great battery life!",
        "Impressive battery life, but overpriced",
    ]


def test_facts_pass_the_check_of_grounding() -> None:
    (fact,) = aspect_facts(aspects(reviews_of("p", *(f"{n} Easy to use" for n in range(3)))))
    assert (fact.relation, fact.value, fact.field, fact.start, fact.extractor) == (
        "praised_for",
        "ease of use",
        "reviews",
        -1,
        "reviews",
    )
    assert why_ungrounded(fact, Product(id="p")) is None


def test_equal_texts_and_one_writer_count_once() -> None:
    assert aspects(reviews_of("p", *["Great sound"] * 5)) == ()
    one_writer = reviews_of("p", "Great sound", "Lovely sound", "Superb sound", user="u")
    assert aspects(one_writer) == ()
    assert len(aspects(reviews_of("p", "Great sound", "Lovely sound", "Superb sound"))) == 1


def test_agreement_and_support_are_settings() -> None:
    texts = ["Great sound", "Lovely sound", "Superb sound", "Awful sound", "Terrible sound"]
    assert aspects(reviews_of("p", *texts)) == ()
    (one,) = aspects(reviews_of("p", *texts), settings=AspectSettings(minimum_agreement=0.6))
    assert (one.support, one.against) == (3, 2)
    assert len(aspects(reviews_of("p", "Great sound"), settings=AspectSettings(minimum_reviews=1))) == 1


def test_the_model_vetoes_what_the_sentence_contradicts() -> None:
    texts, labels = made_up(120, chinese=False)
    model = SentimentModel.train(
        [*texts, *[f"{at} yeah right great sound and sent it back" for at in range(40)]], [*labels, *[0] * 40]
    )
    ironic = reviews_of("p", *[f"{at} yeah right great sound and sent it back" for at in range(4)])
    settings = AspectSettings(learn_terms=False)
    assert aspects(ironic, model, settings=settings) == ()
    (one,) = aspects(ironic, LexiconSentiment(), settings=settings)
    assert one.support == 4


def test_terms_are_learned_from_where_they_stand() -> None:
    english = [f"{at} I think the intonation is perfect and the fretboard was smooth." for at in range(12)]
    english += [f"{at} it quickly is great to have" for at in range(12)]
    chinese = [f"{at}，旋钮孔很精致，因为很满意，上面的旋钮孔不大" for at in range(12)]
    reviews = reviews_of("p", *english, *chinese)
    learned = learned_terms(reviews, 10, 1000)
    assert {"intonation", "fretboard", "旋钮孔"} <= learned
    assert learned.isdisjoint({"it", "quickly", "因为"})
    assert learned_terms(reviews, 13, 1000) == frozenset()


def test_what_the_product_is_called_is_no_aspect() -> None:
    def texts(word: str, other: str) -> list[str]:
        return [f"{at} I use the {word}. A great {word} and the {other} is smooth." for at in range(12)]

    reviews = [*reviews_of("w", *texts("whistle", "mouthpiece")), *reviews_of("b", *texts("mouthpiece", "whistle"))]
    found = {(one.product, one.aspect) for one in aspects(reviews)}
    assert found == set()  # all reviews of both speak of both
    rare = [f"{at} the whistle is great" for at in range(3)]
    mixed = [*reviews, *reviews_of("f", *rare, *"abcdefghijkl")]
    assert {(one.product, one.aspect) for one in aspects(mixed)} == {("f", "whistle")}
    assert aspects(mixed, catalogue=[Product(id="f", title="Tin whistles, set of 3")]) == ()


def test_clauses_keep_their_places() -> None:
    text = "  Fine, but 3.5 stars.\nNo!  屏幕好，但是贵。"
    clauses = list(clauses_of(text))
    assert [clause.text for clause in clauses] == ["Fine", "3.5 stars.", "No!", "屏幕好", "贵。"]
    assert all(text[clause.start : clause.end] == clause.text for clause in clauses)
    assert [text[slice(*clause.sentence)] for clause in clauses[:2]] == ["Fine, but 3.5 stars."] * 2


def test_wilson() -> None:
    assert wilson_lower(0, 0) == 0
    assert wilson_lower(0, 5) == 0
    assert wilson_lower(20, 20) == pytest.approx(0.8389, abs=1e-4)
    assert wilson_lower(8, 10) == pytest.approx(0.4902, abs=1e-4)


@pytest.mark.parametrize(
    "wrong", [{"minimum_reviews": 0}, {"minimum_agreement": 0.5}, {"contradiction": -1.0}, {"max_sentences": 0}]
)
def test_impossible_settings(wrong: dict[str, object]) -> None:
    with pytest.raises(SettingsError, match=next(iter(wrong))):
        AspectSettings(**wrong)  # type: ignore[arg-type]


def test_no_reviews_and_progress() -> None:
    told: list[tuple[int, int | None]] = []
    assert aspects([], progress=lambda stage, done, total: told.append((done, total))) == ()
    aspects(REVIEWS, progress=lambda stage, done, total: told.append((done, total)))
    assert told == [(0, 0), (0, 10), (10, 10)]
