"""A tiny BERT with random weights, built on the spot, that reads the words of the generated shop."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kgrec.data import Pool, Targets
from kgrec.ranking.cross import CrossEncoderSettings, DistillSettings
from kgrec.ranking.texts import TextSettings, product_text
from kgrec.testing import PlainShelf, rerank_shop
from kgrec.weights import quiet_loading

TEXT = TextSettings(max_tokens=48, candidate_tokens=14, item_tokens=8, profile_tokens=6, history_items=3)
SETTINGS = CrossEncoderSettings(
    text=TEXT,
    negatives=5,
    lists_in_step=16,
    epochs=7,
    rate=2e-3,
    head_rate=4e-3,
    validation_share=0.2,
    evaluations=1,
    patience=20,
)
DISTILLING = DistillSettings(layers=2, candidates=8, lists_in_step=16, epochs=4, rate=2e-3, evaluations=1)


def encoder(folder: Path, *, layers: int = 3, seed: int = 0) -> Path:
    """Write a BERT, with a vocabulary of whole words and letters."""
    import torch
    from transformers import BertConfig, BertModel, BertTokenizerFast

    shelf, _, _ = rerank_shop()
    text = " ".join(product_text(shelf, num) for num in range(len(shelf.catalogue))).lower()
    words = sorted(set(text.replace(";", " ").replace(":", " ").replace(",", " ").split()))
    marks = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    letters = [chr(code) for code in range(33, 127) if not chr(code).isupper()] + list("青花红色茶杯")
    folder.mkdir(parents=True)
    file = folder / "vocab.txt"
    vocabulary = dict.fromkeys([*marks, *letters, *(f"##{letter}" for letter in letters), *words])
    file.write_text("\n".join(vocabulary) + "\n", "utf-8")
    tokenizer = BertTokenizerFast(vocab=str(file), do_lower_case=True)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        config = BertConfig(
            vocab_size=len(tokenizer),
            hidden_size=32,
            num_hidden_layers=layers,
            num_attention_heads=2,
            intermediate_size=64,
            max_position_embeddings=64,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
        )
        with quiet_loading():
            BertModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def easy() -> tuple[PlainShelf, list[Pool], Targets]:
    """Return pools in which the one robin mug is wanted, whatever the history: quick to learn from words alone."""
    shelf, pools, _ = rerank_shop()
    mugs = [num for num, product in enumerate(shelf.catalogue) if " mug " in product.title]
    others = [num for num in range(len(shelf.catalogue)) if num not in mugs]
    rng = np.random.default_rng(0)
    made, wanted = [], []
    for pool in pools:
        candidates = rng.permutation([rng.choice(mugs), *rng.choice(others, 9, replace=False)]).astype(np.int32)
        retrieval = np.linspace(1, 0, 10, dtype=np.float32)
        made.append(Pool(history=pool.history, times=pool.times, candidates=candidates, retrieval=retrieval))
        wanted.append(next(num for num in candidates if num in mugs))
    return shelf, made, Targets(indptr=np.arange(len(made) + 1), items=np.array(wanted, np.int32))


def graded(shelf: PlainShelf, pools: list[Pool]) -> list[np.ndarray]:
    """Return a teacher's scores: each word of a title has a weight of its own."""
    rng = np.random.default_rng(1)
    words = sorted({word for product in shelf.catalogue for word in product.title.split()[:3]})
    weight = dict(zip(words, rng.normal(size=len(words)), strict=True))
    of = [sum(weight[word] for word in product.title.split()[:3]) for product in shelf.catalogue]
    return [np.array([of[num] for num in pool.candidates], np.float32) for pool in pools]
