"""A tiny encoder with random weights, built on the spot, and titles that a tagger can learn from quickly."""

from __future__ import annotations

from pathlib import Path

from kgrec.data import Product
from kgrec.extraction.labelled import LabelledProduct
from kgrec.extraction.tagging import TaggerSettings
from kgrec.weights import quiet_loading

COLOURS = ("Red", "Blue", "Green", "Pink", "Black", "White")
THINGS = ("Mug", "Chair", "Lamp", "Glass", "Frame")
SETTINGS = TaggerSettings(
    layers=0,
    epochs=10,
    least_steps=1,
    tune_encoder=True,
    encoder_rate=3e-3,
    head_rate=5e-3,
    size=32,
    dropout=0.0,
    pairless=0.2,
    batch_size=16,
)


def encoder(folder: Path) -> Path:
    """Write a BERT of two layers over letters, with its tokenizer."""
    import torch
    from transformers import BertConfig, BertModel, BertTokenizerFast

    letters = "abcdefghijklmnopqrstuvwxyz0123456789.,-#/é青花红色"
    marks = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    folder.mkdir(parents=True)
    vocabulary = folder / "vocab.txt"
    words = [word.lower() for word in (*COLOURS, *THINGS, "acme")]
    vocabulary.write_text("\n".join([*marks, *letters, *(f"##{letter}" for letter in letters), *words]) + "\n", "utf-8")
    tokenizer = BertTokenizerFast(vocab=str(vocabulary), do_lower_case=True)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        config = BertConfig(
            vocab_size=len(tokenizer),
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
            max_position_embeddings=160,
        )
        with quiet_loading():
            BertModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def labelled(count: int, first: int = 0) -> list[LabelledProduct]:
    """Return products whose colour stands anywhere and whose brand, where there is one, stands first."""
    made = []
    for num in range(first, first + count):
        colour, thing = COLOURS[num * 5 % 6], THINGS[num % 5]
        brand = f"Brand{chr(97 + num % 23)}{num % 7}" if num % 3 else ""
        title = f"{brand} {colour} {thing} {num}cm" if num % 2 else f"{brand} {thing} {num}cm {colour.upper()}"
        values = {
            "Color": (colour if num % 2 else colour.upper(),),
            "Brand Name": (brand,) if brand else (),
            "Size": (f"{num}cm",),
        }
        product = Product(id=f"p{num}", title=title.strip(), categories=(("Home", "Things"),))
        made.append(LabelledProduct(product=product, category="Things", values=values))
    return made
