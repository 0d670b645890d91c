from __future__ import annotations

import numpy as np
import pytest

import kgrec
from tests.updates.shops import built, change_at_random, fresh_fit


def histories(n: int, rng: np.random.Generator) -> kgrec.Histories:
    return kgrec.Histories.of([rng.choice(n, int(rng.integers(1, 12)), replace=False) for _ in range(200)])


@pytest.mark.parametrize("seed", [0])
def test_a_thousand_updates_equal_a_fit(seed: int) -> None:
    shop, _ = built()
    rng = np.random.default_rng(seed)
    _, more = built(300, 10, seed=9)
    pool = [
        *list(shop.catalogue),
        *[kgrec.Product(id=f"x{p.id}", title=p.title, brand=p.brand) for p in more.catalogue],
    ]
    change_at_random(shop, pool, 1_000, rng)
    shop.settle()
    assert shop.pending == 0
    now = shop.shop
    asked = histories(len(now.catalogue), rng)
    mine, exact = now.model.score(asked), fresh_fit(now).score(asked)
    np.testing.assert_allclose(mine, exact, rtol=1e-4, atol=1e-5 * np.abs(exact).max())
