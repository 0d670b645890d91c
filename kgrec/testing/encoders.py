"""A tiny sentence encoder with random weights, made without a download."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

__all__ = ["tiny_encoder"]


def tiny_encoder(
    folder: str | os.PathLike[str], texts: Iterable[str], *, layers: int = 2, width: int = 32, seed: int = 0
) -> Path:
    """Write a BERT with mean pooling that knows the words of some texts, and nothing of what they mean.

    Args:
        folder: new; ``kgrec.SentenceEncoder(folder)`` reads it.
        texts: whose words get a token each; other words are spelt.
        layers: at least 1.
        width: of a vector, even.
        seed: same seed, same weights.

    Returns:
        The folder.
    """
    import torch
    from sentence_transformers import SentenceTransformer
    from transformers import BertConfig, BertModel, BertTokenizerFast  # type: ignore[attr-defined]

    from kgrec.weights import quiet_loading

    plain = " ".join(texts).lower()
    words = sorted(set("".join(letter if letter.isalnum() else " " for letter in plain).split()))
    letters = [chr(code) for code in range(33, 127) if not chr(code).isupper()]
    marks = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    vocabulary = dict.fromkeys([*marks, *letters, *(f"##{letter}" for letter in letters), *words])
    with tempfile.TemporaryDirectory() as inner, torch.random.fork_rng(devices=[]), quiet_loading():
        torch.manual_seed(seed)
        file = Path(inner) / "vocab.txt"
        file.write_text("\n".join(vocabulary) + "\n", "utf-8")
        tokenizer = BertTokenizerFast(vocab=str(file), do_lower_case=True)
        config = BertConfig(
            vocab_size=len(tokenizer),
            hidden_size=width,
            num_hidden_layers=layers,
            num_attention_heads=2,
            intermediate_size=2 * width,
            max_position_embeddings=140,
        )
        BertModel(config).save_pretrained(inner)
        tokenizer.save_pretrained(inner)
        SentenceTransformer(inner, device="cpu").save(str(folder), create_model_card=False)
    return Path(folder)
