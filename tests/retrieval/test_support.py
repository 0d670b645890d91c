from __future__ import annotations

import numpy as np
import pytest

from kgrec.retrieval import Knowledge
from kgrec.retrieval.cooccurrence import count_cooccurrence
from kgrec.retrieval.support import choose_support

from .shops import histories_of, knowledge_of

NO_TEXT = np.zeros((6, 0), np.int32)
NO_KERNEL = np.zeros((6, 0), np.float32)


def chosen(
    rows: list[list[int]],
    known: Knowledge | None = None,
    *,
    neighbours: np.ndarray = NO_TEXT,
    kernel: np.ndarray = NO_KERNEL,
    size: int = 4,
    weight: float = 1.0,
    **options: float,
) -> np.ndarray:
    known = known or Knowledge.empty(6)
    counts = count_cooccurrence(
        histories_of(rows), 6, length_exponent=0, past_decay=0.7, future_decay=0.6, window=9, baskets=False
    )
    values = known.weights(np.full(len(known.relations), weight, np.float32))
    return choose_support(
        counts,
        known,
        values,
        neighbours,
        kernel,
        size=size,
        products=np.arange(6, dtype=np.int32),
        popularity_exponent=options.get("popularity_exponent", 0.0),
        ridge=options.get("ridge", 1.0),
    )


def test_strongest_neighbours_by_behaviour() -> None:
    support = chosen([[0, 1]] * 5 + [[0, 2]] * 3 + [[0, 3]], size=2)
    assert support[0].tolist() == [1, 2]
    assert support[3].tolist() == [0, -1]
    assert support[4].tolist() == [-1, -1]


def test_what_leads_to_a_product_counts() -> None:
    # 1 and 2 are touched with 0 equally often; 1 before it, 2 after it.
    assert chosen([[1, 0], [0, 2]], size=1)[0].tolist() == [1]


def test_graph_and_text_fill_up() -> None:
    known = knowledge_of(6, [(4, "brand", "a"), (5, "brand", "a"), (3, "brand", "b")])
    neighbours = np.full((6, 2), -1, np.int32)
    neighbours[4] = [2, 1]
    kernel = np.full((6, 2), 0.5, np.float32)
    support = chosen([[0, 1]], known, neighbours=neighbours, kernel=kernel, size=4)
    assert support[4].tolist() == [1, 2, 5, -1]
    assert support[5].tolist() == [4, -1, -1, -1]


def test_a_relation_of_weight_zero_proposes_nothing() -> None:
    known = knowledge_of(6, [(4, "brand", "a"), (5, "brand", "a")])
    assert np.all(chosen([], known, weight=0.0) == -1)


def test_popular_products_are_discounted() -> None:
    rows = [[0, 1]] * 4 + [[1]] * 200 + [[0, 2]] * 3
    assert chosen(rows, size=1)[0].tolist() == [1]
    assert chosen(rows, size=1, popularity_exponent=0.5)[0].tolist() == [2]


@pytest.mark.parametrize("size", [1, 3, 10])
def test_shape_of_the_answer(size: int) -> None:
    rng = np.random.default_rng(0)
    support = chosen([rng.integers(0, 6, 4).tolist() for _ in range(10)], size=size)
    assert support.shape == (6, size)
    assert support.dtype == np.int32
    for product, row in enumerate(support.tolist()):
        named = [other for other in row if other >= 0]
        assert row == named + [-1] * (size - len(named))
        assert named == sorted(set(named))
        assert product not in named
