"""Compile the ranking loop once, so that no single test is charged for it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import settings

from kgrec.data import Histories
from kgrec.evaluation import PopularityScorer, fixed_split, rank

settings.register_profile("no deadline", deadline=None)  # a busy machine is no reason to fail
settings.load_profile("no deadline")


@pytest.fixture(scope="session", autouse=True)
def _compiled() -> None:
    rank(PopularityScorer(np.ones(3)), fixed_split(Histories.of([[0]]), Histories.of([[1]])), k=1)
