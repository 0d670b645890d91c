from __future__ import annotations

import numpy as np
import pytest

from .shops import FACTS, HISTORIES, TITLES, Shop, shop_of


@pytest.fixture(scope="session")
def shop() -> Shop:
    vectors = np.eye(len(TITLES), 4, dtype=np.float32)
    vectors[7] = vectors[2]
    return shop_of(TITLES, FACTS, HISTORIES, vectors=vectors)
