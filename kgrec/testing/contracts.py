"""One class an extension point: what every implementation must do, as tests with plain asserts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from kgrec.data import Histories, Product
from kgrec.errors import DataError, SettingsError
from kgrec.protocols import Encoder, Explainer, Extractor, Index, Scorer
from kgrec.testing.synthetic import checkerboard

__all__ = ["EncoderContract", "ExplainerContract", "ExtractorContract", "IndexContract", "ScorerContract"]

TEXTS = (
    "Red robin mug",
    "",
    "Garden chair made of oak",
    "red ROBIN mug, large",
    "   ",
    "青花瓷茶杯 300毫升",
    "a" * 5_000,
)
PRODUCTS = (
    Product(id="a", title="PINK CHERRY LIGHTS", description="A string of 20 pink lights, 3 m long, for Christmas."),
    Product(id="b"),
    Product(id="c", title="Café set “Ünïcödé” 😀 red & blue glass 15CM", brand="ACME"),
    Product(id="d", title="红色陶瓷马克杯 350毫升", language="zh"),
    Product(id="e", title="   ", description="\n\t "),
    Product(id="f", title="<b>bold</b> " + "silver frame " * 200),
)


class EncoderContract(ABC):
    """Texts → unit vectors, in order, the same every time."""

    @abstractmethod
    def make(self) -> Encoder:
        """Return the encoder under test; called once a test."""

    def test_is_an_encoder(self) -> None:
        """It has the methods, a name and a positive dimension."""
        encoder = self.make()
        assert isinstance(encoder, Encoder)
        assert encoder.name
        assert encoder.dimension > 0

    def test_shape_and_type(self) -> None:
        """Vectors are finite float32 (texts, dimension)."""
        encoder = self.make()
        vectors = encoder.encode(TEXTS)
        assert vectors.dtype == np.float32
        assert vectors.shape == (len(TEXTS), encoder.dimension)
        assert np.all(np.isfinite(vectors))

    def test_no_texts(self) -> None:
        """Nothing in, nothing out."""
        encoder = self.make()
        assert encoder.encode([]).shape == (0, encoder.dimension)

    def test_rows_have_unit_length(self) -> None:
        """A text has length 1, an empty one 0."""
        norms = np.linalg.norm(self.make().encode(TEXTS), axis=1)
        expected = [1.0 if text.strip() else 0.0 for text in TEXTS]
        np.testing.assert_allclose(norms, expected, atol=1e-5)

    def test_order_is_kept(self) -> None:
        """Each text gets its own vector, whatever stands beside it."""
        encoder = self.make()
        forward, backward = encoder.encode(TEXTS), encoder.encode(TEXTS[::-1])[::-1]
        cosines = np.sum(forward * backward, axis=1)[[bool(text.strip()) for text in TEXTS]]
        assert np.all(cosines > 0.999), cosines

    def test_same_text_same_vector(self) -> None:
        """A second call and a second encoder give the same."""
        first, second = self.make(), self.make()
        np.testing.assert_array_equal(first.encode(TEXTS), first.encode(TEXTS))
        np.testing.assert_array_equal(first.encode(TEXTS), second.encode(TEXTS))
        assert first.name == second.name

    def test_similar_texts_are_closer(self) -> None:
        """Two mugs are nearer to each other than to a garden chair."""
        mug, chair, large_mug = self.make().encode(TEXTS)[[0, 2, 3]]
        assert mug @ large_mug > mug @ chair

    def test_progress_ends_at_the_total(self) -> None:
        """Progress never falls, and ends where it said it would."""
        told: list[tuple[int, int | None]] = []
        self.make().encode(TEXTS, progress=lambda stage, done, total: told.append((done, total)))
        done = [step[0] for step in told]
        assert done == sorted(done)
        assert told[-1][0] == told[-1][1]


class ExtractorContract(ABC):
    """Products → facts that stand where they say they stand."""

    @abstractmethod
    def make(self) -> Extractor:
        """Return the extractor under test; called once a test."""

    def test_is_an_extractor(self) -> None:
        """It has the method and a name."""
        extractor = self.make()
        assert isinstance(extractor, Extractor)
        assert extractor.name

    def test_says_something(self) -> None:
        """A product with a plain title has a fact."""
        assert list(self.make().extract(PRODUCTS[:1]))

    def test_spans_hold(self) -> None:
        """Every fact read from a text is found in it, character by character."""
        products = {product.id: product for product in PRODUCTS}
        for fact in self.make().extract(PRODUCTS):
            assert fact.start >= 0, fact
            assert getattr(products[fact.product], fact.field)[fact.start : fact.end] == fact.surface, fact

    def test_facts_are_complete(self) -> None:
        """Relation and value are stated, and confidence is 0 … 1."""
        for fact in self.make().extract(PRODUCTS):
            assert fact.relation, fact
            assert fact.value, fact
            assert fact.extractor, fact
            assert 0 <= fact.confidence <= 1, fact

    def test_order_of_products_is_kept(self) -> None:
        """Facts come product by product."""
        place = {product.id: num for num, product in enumerate(PRODUCTS)}
        found = [place[fact.product] for fact in self.make().extract(PRODUCTS)]
        assert found == sorted(found)

    def test_nothing_stated_no_facts(self) -> None:
        """A product without words yields nothing."""
        assert [fact for fact in self.make().extract(PRODUCTS) if fact.product in {"b", "e"}] == []
        assert list(self.make().extract([])) == []

    def test_products_do_not_touch_each_other(self) -> None:
        """One at a time gives the same facts as all at once, and so does a second run."""
        extractor = self.make()
        together = list(extractor.extract(iter(PRODUCTS)))
        assert together == [fact for product in PRODUCTS for fact in extractor.extract([product])]


class IndexContract(ABC):
    """Vectors → nearest vectors by cosine, checked against all products in float64."""

    least_recall: ClassVar[float] = 1.0
    """Share of the true neighbours that must be found; 1 for an exact index."""
    score_tolerance: ClassVar[float] = 1e-5
    """How far a score may be from the true cosine."""

    @abstractmethod
    def make(self, vectors: NDArray[np.float32]) -> Index:
        """Return an index of the vectors, float32 (n, d), of any length."""

    def test_is_an_index(self) -> None:
        """It has the methods and counts its vectors."""
        index = self.make(_points(50))
        assert isinstance(index, Index)
        assert len(index) == 50

    def test_against_brute_force_with_unit_vectors(self) -> None:
        """Unit vectors: the k nearest by cosine, best first."""
        self._compare(_unit(_points(500)), _unit(_points(20, seed=1)))

    def test_against_brute_force_with_vectors_of_any_length(self) -> None:
        """Lengths do not matter: scores are cosines."""
        scale = np.random.default_rng(2).uniform(0.01, 100, (500, 1)).astype(np.float32)
        self._compare(_points(500) * scale, _points(20, seed=1) * 7)

    def test_its_own_neighbour(self) -> None:
        """A vector is nearest to itself, with cosine 1."""
        vectors = _points(200)
        scores, nums = self.make(vectors).search(vectors * 3, 1)
        assert np.mean(nums[:, 0] == np.arange(200)) >= self.least_recall
        np.testing.assert_allclose(scores[:, 0], 1, atol=self.score_tolerance)

    def test_more_asked_than_there_are(self) -> None:
        """The rest is −inf and −1."""
        scores, nums = self.make(_points(3)).search(_points(2, seed=1), 5)
        assert nums.shape == scores.shape == (2, 5)
        assert np.all(nums[:, 3:] == -1)
        assert np.all(np.isneginf(scores[:, 3:]))
        assert [sorted(row) for row in nums[:, :3].tolist()] == [[0, 1, 2], [0, 1, 2]]

    def test_rows_are_filled_and_name_nothing_twice(self) -> None:
        """−1 stands only where there are no more vectors, also when most of them are asked for."""
        index = self.make(_points(300))
        for k in (1, 40, 299, 300):
            _, nums = index.search(_points(6, seed=1), k)
            assert nums.min() >= 0
            assert all(len(set(row)) == k for row in nums.tolist())

    def test_several_threads(self) -> None:
        """Searches at once give what they give one after the other."""
        index = self.make(_points(500))
        asked = [(_points(3, seed=seed), 1 + seed * 7) for seed in range(12)]
        alone = [index.search(*one) for one in asked]
        with ThreadPoolExecutor(max_workers=4) as pool:
            together = list(pool.map(lambda one: index.search(*one), asked * 3))
        for (scores, nums), (known, right) in zip(together, alone * 3, strict=True):
            np.testing.assert_array_equal(nums, right)
            np.testing.assert_array_equal(scores, known)

    def test_no_queries(self) -> None:
        """Nothing asked, nothing answered."""
        scores, nums = self.make(_points(10)).search(np.zeros((0, 16), np.float32), 4)
        assert scores.shape == nums.shape == (0, 4)

    def test_zero_rows_are_similar_to_nothing(self) -> None:
        """A row or a query without a direction scores 0, not NaN."""
        vectors = _points(20)
        vectors[4] = 0
        scores, _ = self.make(vectors).search(np.stack([np.zeros(16, np.float32), vectors[7]]), 20)
        assert not np.any(np.isnan(scores))
        np.testing.assert_array_equal(scores[0][np.isfinite(scores[0])], 0)

    def test_input_is_left_alone(self) -> None:
        """Neither vectors nor queries are changed."""
        vectors, queries = _points(30) * 5, _points(4, seed=1) * 5
        kept = vectors.copy(), queries.copy()
        self.make(vectors).search(queries, 3)
        np.testing.assert_array_equal(vectors, kept[0])
        np.testing.assert_array_equal(queries, kept[1])

    def test_wrong_input_is_refused(self) -> None:
        """NaN, infinity and another dimension are typed errors."""
        broken = _points(10)
        broken[2, 3] = np.nan
        assert _raises(DataError, lambda: self.make(broken))
        assert _raises(DataError, lambda: self.make(_points(10)).search(broken, 2))
        assert _raises(DataError, lambda: self.make(_points(10)).search(np.ones((1, 5), np.float32), 2))
        assert _raises(DataError, lambda: self.make(np.ones(5, np.float32)))

    def _compare(self, vectors: NDArray[np.float32], queries: NDArray[np.float32], k: int = 10) -> None:
        scores, nums = self.make(vectors).search(queries, k)
        assert scores.dtype == np.float32
        assert nums.dtype == np.int64
        cosines = _unit(queries.astype(np.float64)) @ _unit(vectors.astype(np.float64)).T
        best = np.argsort(-cosines, axis=1, kind="stable")[:, :k]
        found = np.mean([len(set(a) & set(b)) / k for a, b in zip(nums.tolist(), best.tolist(), strict=True)])
        assert found >= self.least_recall, f"recall {found:.4f} is below {self.least_recall}"
        assert np.all(np.diff(scores, axis=1) <= 0), "scores must fall"
        np.testing.assert_allclose(scores, np.take_along_axis(cosines, nums, axis=1), atol=self.score_tolerance)
        if self.least_recall == 1:
            np.testing.assert_array_equal(nums, best)


class ScorerContract(ABC):
    """Histories → a score for every product."""

    personal: ClassVar[bool] = True
    """Whether the answer depends on the history: then the one right answer of a checkerboard is found."""
    masks_history: ClassVar[bool] = False
    """Whether products of the history may get −inf."""

    @abstractmethod
    def make(self, histories: Histories, n: int) -> Scorer:
        """Return a scorer trained on the histories of a shop of n products."""

    def test_is_a_scorer(self) -> None:
        """It has the method, and gives float32 (users, n) without NaN."""
        histories, _ = checkerboard(12)
        scorer = self.make(histories, 12)
        scores = scorer.score(histories)
        assert isinstance(scorer, Scorer)
        assert scores.dtype == np.float32
        assert scores.shape == (12, 12)
        assert not np.any(np.isnan(scores))
        assert not np.any(np.isposinf(scores))
        assert self.masks_history or np.all(np.isfinite(scores))

    def test_each_history_for_itself(self) -> None:
        """The scores of a history do not depend on the others that are asked about."""
        histories, _ = checkerboard(12)
        scorer = self.make(histories, 12)
        together = scorer.score(histories)
        turned = np.array([7, 2, 2, 11])
        np.testing.assert_allclose(scorer.score(histories.select(turned)), together[turned], rtol=1e-5, atol=1e-6)

    def test_no_history(self) -> None:
        """No users give no rows; an empty history and one of products without behaviour are answered."""
        scorer = self.make(checkerboard(12)[0], 14)
        assert scorer.score(Histories.of([])).shape == (0, 14)
        scores = scorer.score(Histories.of([[], [12, 13], [0]]))
        assert scores.shape == (3, 14)
        assert not np.any(np.isnan(scores))

    def test_nothing_to_learn_from(self) -> None:
        """A shop without behaviour is answered too."""
        scores = self.make(Histories.of([]), 6).score(Histories.of([[1, 2], []]))
        assert scores.shape == (2, 6)
        assert not np.any(np.isnan(scores))

    def test_same_input_same_scores(self) -> None:
        """Two fits agree, and asking changes nothing."""
        histories, _ = checkerboard(12)
        kept = histories.items.copy(), histories.weights.copy()
        first, second = self.make(histories, 12), self.make(histories, 12)
        scores = first.score(histories).copy()
        np.testing.assert_array_equal(first.score(histories), scores)
        np.testing.assert_array_equal(second.score(histories), scores)
        np.testing.assert_array_equal(histories.items, kept[0])
        np.testing.assert_array_equal(histories.weights, kept[1])

    def test_finds_the_one_right_answer(self) -> None:
        """On a checkerboard the product that a user lacks comes first."""
        if not self.personal:
            return
        histories, answers = checkerboard(20)
        scores = np.array(self.make(histories, 20).score(histories))
        for user in range(20):
            scores[user, histories.row(user)] = -np.inf
        np.testing.assert_array_equal(scores.argmax(axis=1), answers.items)


class ExplainerContract(ABC):
    """Parts of a score → contributions that add up to it, evidence, and a sentence."""

    languages: ClassVar[tuple[str, ...]] = ("en", "zh")
    sources: ClassVar[tuple[str, ...]] = ("behaviour", "sequence", "text", "graph:colour")

    @abstractmethod
    def make(self) -> tuple[Explainer, int]:
        """Return the explainer under test and the number of products it knows, at least 5."""

    def test_is_an_explainer(self) -> None:
        """It has the methods, and knows enough products for these tests."""
        explainer, n = self.make()
        assert isinstance(explainer, Explainer)
        assert n >= 5

    def test_contributions_sum_to_the_score(self) -> None:
        """Whatever is given, zeros, negative parts and repeats included."""
        explainer, n = self.make()
        rng = np.random.default_rng(0)
        for _ in range(20):
            history = rng.integers(0, n, rng.integers(1, 8)).astype(np.int32)
            amounts = rng.gamma(1.0, 1.0, (len(history), 4)) * (rng.random((len(history), 4)) < 0.7)
            amounts *= np.where(rng.random(amounts.shape) < 0.1, -0.1, 1.0)
            amounts[0, 0] += 1.0
            score = float(amounts.sum())
            for language in self.languages:
                product = int(rng.integers(n))
                found = explainer.explain(product, score, history, amounts, self.sources, language=language)
                assert found.score == score
                np.testing.assert_allclose(sum(part.amount for part in found.contributions), score, rtol=1e-5)
                assert {part.source for part in found.contributions} <= set(self.sources)
                assert all(part.history_item for part in found.contributions)

    def test_there_is_a_sentence(self) -> None:
        """In every language, for a history and for one product."""
        explainer, _ = self.make()
        amounts = np.full((2, 4), 0.25)
        history = np.array([1, 2], np.int32)
        for language in self.languages:
            found = explainer.explain(3, 2.0, history, amounts, self.sources, language=language)
            assert found.language == language
            assert found.text.strip()
            beside = explainer.explain(
                3, 1.0, history[:1], amounts[:1], self.sources, language=language, basis="product"
            )
            assert beside.text.strip()

    def test_popularity(self) -> None:
        """Where only popularity speaks, it is the one contribution and makes the whole score."""
        explainer, _ = self.make()
        for language in self.languages:
            for score in (0.0, 0.5):
                found = explainer.explain_popular(4, score, language=language)
                assert found.text.strip()
                assert found.score == score
                assert [(part.history_item, part.source) for part in found.contributions] == [("", "popularity")]
                assert found.contributions[0].amount == score

    def test_empty_history(self) -> None:
        """A score of nothing is explained with nothing, not with an invented reason."""
        found = self.make()[0].explain(1, 0.0, np.zeros(0, np.int32), np.zeros((0, 4)), self.sources)
        assert found.contributions == ()
        assert found.evidence == ()
        assert found.text.strip()

    def test_unknown_language(self) -> None:
        """A language that is not spoken is a typed error."""
        explainer, _ = self.make()
        history, amounts = np.array([1], np.int32), np.ones((1, 4))
        assert _raises(SettingsError, lambda: explainer.explain(2, 4.0, history, amounts, self.sources, language="xx"))
        assert _raises(SettingsError, lambda: explainer.explain_popular(2, 4.0, language="xx"))


def _points(n: int, *, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(size=(n, 16)).astype(np.float32)


def _unit(vectors: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def _raises(kind: type[Exception], call: object) -> bool:
    """Tell whether the call raises this error; any other error goes through."""
    assert callable(call)
    try:
        call()
    except kind:
        return True
    return False
