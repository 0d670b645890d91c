from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from kgrec.data import Catalogue, Explanation, Pool
from kgrec.errors import DataError, RerankError
from kgrec.explanation import explain_reranked, leave_one_out
from kgrec.graph import Graph
from kgrec.protocols import Reranker, Shelf

from .shops import Shop


@dataclass(frozen=True)
class OnShelf:
    catalogue: Catalogue
    graph: Graph
    vectors: np.ndarray


class PairSums:
    """Sums a table over the history, and cubes it: nothing that splits."""

    name = "pairs"

    def __init__(self, table: np.ndarray) -> None:
        self.table = table
        self.calls = 0

    def score(self, pools: Sequence[Pool], shelf: Shelf) -> list[np.ndarray]:
        self.calls += 1
        return [(self.table[pool.history][:, pool.candidates].sum(axis=0) ** 3).astype(np.float32) for pool in pools]


class Broken(PairSums):
    def score(self, pools: Sequence[Pool], shelf: Shelf) -> list[np.ndarray]:
        return [np.full(len(pool), np.nan, np.float32) for pool in pools]


@pytest.fixture
def shelf(shop: Shop) -> OnShelf:
    return OnShelf(shop.catalogue, shop.graph, np.zeros((8, 0), np.float32))


def pool_of(history: Sequence[int]) -> Pool:
    return Pool(
        history=np.array(history, np.int32),
        times=np.full(len(history), np.nan),
        candidates=np.array([4, 5, 6, 7], np.int32),
        retrieval=np.array([4, 3, 2, 1], np.float32),
    )


def test_changes_are_those_of_asking_again(shelf: OnShelf) -> None:
    table = np.random.default_rng(0).normal(size=(8, 8))
    reranker = PairSums(table)
    assert isinstance(reranker, Reranker)
    pool = pool_of([0, 1, 2, 1, 3])
    for product in pool.candidates.tolist():
        found = leave_one_out(pool, shelf, reranker, product)
        at = pool.candidates.tolist().index(product)
        full = reranker.score([pool], shelf)[0]
        assert found.score == full[at]
        assert found.rank == 1 + int((full > full[at]).sum())
        assert found.retrieval_rank == at + 1
        assert set(found.changes) == {"id0", "id1", "id2", "id3"}
        for num in range(4):
            rest = reranker.score([pool_of([item for item in (0, 1, 2, 1, 3) if item != num])], shelf)[0]
            assert found.changes[f"id{num}"] == pytest.approx(float(full[at] - rest[at]))
            assert found.ranks[f"id{num}"] == 1 + int((rest > rest[at]).sum())
        assert list(found.changes.values()) == sorted(found.changes.values(), reverse=True)
    reranker.calls = 0
    few = leave_one_out(pool, shelf, reranker, 5, most=2)
    assert reranker.calls == 1
    assert set(few.changes) == {"id3", "id1"}
    assert few.left_out == 2


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_explanation_says_both(shop: Shop, shelf: OnShelf, language: str) -> None:
    table = np.zeros((8, 8))
    table[2, 6], table[3, 4], table[3, 6] = 2.0, 1.0, 0.4
    why = shop.explain(6, [3, 2], {(3, "graph:brand"): 0.4}, language=language)
    both = explain_reranked(why, pool_of([3, 2]), shelf, PairSums(table))
    assert (both.score, both.contributions, both.evidence, both.text) == (
        why.score,
        why.contributions,
        why.evidence,
        why.text,
    )
    assert both.reranked is not None
    assert (both.reranked.retrieval_rank, both.reranked.rank, both.reranked.stage) == (3, 1, "pairs")
    assert both.reranked.ranks["id2"] == 2
    said = both.paragraph.removeprefix(why.paragraph).strip()
    assert (
        said
        == {
            "en": "Retrieval had it in place 3, the re-ranker pairs in place 1. "
            "Without “White Hanging Heart T-Light Holder” the re-ranker would have it in place 2.",
            "zh": "检索把它排在第3位，重排序模型pairs把它提到第1位。"
            "如果没有“White Hanging Heart T-Light Holder”，重排序模型会把它排在第2位。",
        }[language]
    )
    secret = explain_reranked(why, pool_of([3, 2]), shelf, PairSums(table), private=lambda num: num == 2)
    assert "White" not in secret.paragraph.removeprefix(why.paragraph)


def test_no_history_and_what_cannot_be_used(shop: Shop, shelf: OnShelf) -> None:
    empty = leave_one_out(pool_of([]), shelf, PairSums(np.ones((8, 8))), 5)
    assert (empty.changes, empty.rank) == ({}, 2)
    with pytest.raises(DataError, match="candidates"):
        leave_one_out(pool_of([1]), shelf, PairSums(np.ones((8, 8))), 0)
    with pytest.raises(DataError, match="most"):
        leave_one_out(pool_of([1]), shelf, PairSums(np.ones((8, 8))), 5, most=0)
    with pytest.raises(RerankError, match="finite score"):
        leave_one_out(pool_of([1]), shelf, Broken(np.ones((8, 8))), 5)
    assert isinstance(shop.explain(1, [], {}), Explanation)
