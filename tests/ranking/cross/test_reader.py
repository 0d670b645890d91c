from __future__ import annotations

import numpy as np
import pytest

from kgrec.ranking.cross import CrossEncoderReranker, TokenLists
from kgrec.ranking.cross.reader import PoolReader, as_tensors
from kgrec.ranking.cross.writing import PoolRows


def test_it_is_the_network_under_a_mask(trained: CrossEncoderReranker, lists: TokenLists) -> None:
    """Read once a pool, the history gives what the whole network gives where the history cannot see the candidate."""
    import torch

    network, marks = trained.parts.network.model, trained.parts.writer.marks
    pool = lists.written(3)
    with torch.inference_mode():
        ours = PoolReader(network).eval()(**as_tensors(pool.rows(range(len(pool.candidates)), marks))).scores
        for candidate, score in zip(pool.candidates, ours.tolist(), strict=True):
            ids = [*marks.before, *pool.query, *marks.between, *candidate, *marks.after]
            begins = 1 + len(pool.query) + len(marks.between)
            bias = torch.zeros(1, 1, len(ids), len(ids))
            bias[0, 0, 1:begins, 0] = bias[0, 0, 1:begins, begins:] = -1e4
            types = torch.tensor([[0] * begins + [1] * (len(ids) - begins)])
            whole = network(input_ids=torch.tensor([ids]), token_type_ids=types, attention_mask=bias).logits
            assert float(whole[0, 0]) == pytest.approx(score, abs=1e-5)


def test_pools_side_by_side_are_read_as_alone(trained: CrossEncoderReranker, lists: TokenLists) -> None:
    import torch

    reader, marks = PoolReader(trained.parts.network.model).eval(), trained.parts.writer.marks
    pools = [lists.written(row) for row in (0, 5, 9)]
    sizes = [10, 3, 1]
    chosen = [pool.candidates[:size] for pool, size in zip(pools, sizes, strict=True)]
    with torch.inference_mode():
        together = reader(**as_tensors(PoolRows.of([pool.query for pool in pools], chosen, marks))).scores.numpy()
        alone = [
            reader(**as_tensors(pool.rows(range(size), marks))).scores.numpy()
            for pool, size in zip(pools, sizes, strict=True)
        ]
    np.testing.assert_allclose(together, np.concatenate(alone), atol=1e-5)
