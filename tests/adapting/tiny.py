"""A tiny sentence encoder with random weights, built on the spot, that reads the words of a generated shop."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path

from kgrec.adapting import Adapted, AdaptSettings, StudentSettings, adapt_encoder
from kgrec.data import Catalogue, Facts
from kgrec.embedding import product_documents
from kgrec.extraction import extract
from kgrec.testing import ClusteredShop, clustered_shop
from kgrec.weights import quiet_loading

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
TEACHING = StudentSettings(layers=1, steps=60, batch_size=24, rate=2e-3, evaluate_steps=20, max_minutes=None)


@cache
def shop() -> tuple[ClusteredShop, Facts]:
    made = clustered_shop(60, 160, clusters=4, seed=3)
    return made, extract(made.catalogue)


@cache
def folder(layers: int = 2, seed: int = 0) -> Path:
    """Return the folder of a BERT with mean pooling, with a vocabulary of the shop's words and letters."""
    made, facts = shop()
    path = Path(tempfile.mkdtemp(prefix="kgrec-tiny-")) / "tiny"
    return write(path, made.catalogue, facts, layers=layers, seed=seed)


def write(path: Path, catalogue: Catalogue, facts: Facts, *, layers: int = 2, seed: int = 0) -> Path:
    """Write an encoder that knows the words of a catalogue."""
    import torch
    from sentence_transformers import SentenceTransformer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    text = " ".join(product_documents(catalogue, facts)).lower()
    words = sorted(set("".join(letter if letter.isalnum() else " " for letter in text).split()))
    letters = [chr(code) for code in range(33, 127) if not chr(code).isupper()]
    marks = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    inner = path.parent / "bert"
    inner.mkdir(parents=True)
    vocabulary = dict.fromkeys([*marks, *letters, *(f"##{letter}" for letter in letters), *words])
    (inner / "vocab.txt").write_text("\n".join(vocabulary) + "\n", "utf-8")
    tokenizer = BertTokenizerFast(vocab=str(inner / "vocab.txt"), do_lower_case=True)
    with torch.random.fork_rng(devices=[]), quiet_loading():
        torch.manual_seed(seed)
        config = BertConfig(
            vocab_size=len(tokenizer),
            hidden_size=32,
            num_hidden_layers=layers,
            num_attention_heads=2,
            intermediate_size=64,
            max_position_embeddings=140,
        )
        BertModel(config).save_pretrained(inner)
        tokenizer.save_pretrained(inner)
        SentenceTransformer(str(inner), device="cpu").save(str(path), create_model_card=False)
    return path


@cache
def adapted() -> Adapted:
    """Return the tiny encoder after it has learned the shop."""
    made, facts = shop()
    return adapt_encoder(made.catalogue, made.events, facts, encoder=folder(), settings=SETTINGS)


def replaced(**given: float) -> AdaptSettings:
    """Return the tiny settings with some others, as the command line makes them."""
    return replace(SETTINGS, steps=25, checkpoint_steps=10, **given)  # type: ignore[arg-type]
