from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kgrec.extraction.tagging import TaggerExtractor
from tests.extraction.tagging import tiny


@pytest.fixture(scope="session")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.encoder(tmp_path_factory.mktemp("weights") / "tiny")


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> Iterator[None]:
    """Threads cost more than they bring in a network this small."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def tagger(encoder: Path) -> TaggerExtractor:
    return TaggerExtractor.train(tiny.labelled(120), encoder=encoder, settings=tiny.SETTINGS)
