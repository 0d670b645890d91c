from __future__ import annotations

from pathlib import Path

import pytest

from kgrec.ranking.cross import CrossEncoderReranker, TokenLists
from tests.ranking.cross import tiny


@pytest.fixture(scope="package")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.encoder(tmp_path_factory.mktemp("encoders") / "tiny")


@pytest.fixture(scope="package")
def trained(encoder: Path) -> CrossEncoderReranker:
    shelf, pools, targets = tiny.easy()
    return CrossEncoderReranker.train(pools, targets, shelf, encoder=encoder, settings=tiny.SETTINGS, threads=2)


@pytest.fixture(scope="package")
def lists(encoder: Path) -> TokenLists:
    shelf, pools, targets = tiny.easy()
    return CrossEncoderReranker.write_lists(pools, targets, shelf, encoder=encoder, settings=tiny.SETTINGS)


@pytest.fixture(scope="package")
def student(trained: CrossEncoderReranker, lists: TokenLists) -> CrossEncoderReranker:
    return trained.distil(lists, settings=tiny.DISTILLING)
