"""A tiny sentence encoder with random weights, built on the spot, that reads the words of a generated shop."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path

from kgrec.adapting import Adapted, AdaptSettings, StudentSettings, adapt_encoder
from kgrec.data import Facts
from kgrec.embedding import product_documents
from kgrec.extraction import extract
from kgrec.testing import ClusteredShop, clustered_shop, tiny_encoder

SETTINGS = AdaptSettings(
    steps=60,
    batch_size=24,
    rate=3e-3,
    max_minutes=None,
    evaluate_steps=20,
    queries=60,
    validation_products=40,
    linear_model=False,
)
TEACHING = StudentSettings(layers=1, steps=40, batch_size=24, rate=2e-3, evaluate_steps=20, max_minutes=None)


@cache
def shop() -> tuple[ClusteredShop, Facts]:
    made = clustered_shop(60, 160, clusters=4, seed=3)
    return made, extract(made.catalogue)


@cache
def folder(layers: int = 2, seed: int = 0) -> Path:
    """Return the folder of a BERT with mean pooling, that knows the shop's words."""
    made, facts = shop()
    path = Path(tempfile.mkdtemp(prefix="kgrec-tiny-")) / "tiny"
    return tiny_encoder(path, product_documents(made.catalogue, facts), layers=layers, seed=seed)


@cache
def adapted() -> Adapted:
    """Return the tiny encoder after it has learned the shop."""
    made, facts = shop()
    return adapt_encoder(made.catalogue, made.events, facts, encoder=folder(), settings=SETTINGS)


def replaced(**given: float) -> AdaptSettings:
    """Return the tiny settings with some others, as the command line makes them."""
    return replace(SETTINGS, steps=25, checkpoint_steps=10, **given)  # type: ignore[arg-type]
